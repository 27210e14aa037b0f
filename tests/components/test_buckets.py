"""The stack's buckets on mocks: what each is declared with, and whom its policy lets in and keeps out."""

from __future__ import annotations

import json

import pytest

from hipaa import evaluator
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, Monitor, whole_program
from tests.components.policy_requests import (
    ALLOWED,
    ANONYMOUS,
    DENIED,
    NOT_ALLOWED,
    OTHER,
    OUTSIDER,
    ROOT,
    outcome,
    role,
    service,
)

PHI, TRAIL, LOGS = (f"phi-prod-{each}-{ACCOUNT_ID}-us-east-1" for each in ("phi", "trail", "access-logs"))
REPLICA, REPLICA_LOGS = (f"phi-prod-{each}-{ACCOUNT_ID}-us-west-2" for each in ("replica", "replica-logs"))
BUCKETS = {"phi": PHI, "replica": REPLICA, "trail-files": TRAIL, "access-logs": LOGS, "replica-logs": REPLICA_LOGS}
HOLD_PHI = ("phi", "replica")
LOCKED = (*HOLD_PHI, "trail-files")
DELIVERED_TO = ("access-logs", "replica-logs")
KEYS = {
    "phi": f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi-key",
    "replica": f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-key",
    "trail-files": f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit-key",
}
APP = role("app")
ADMINISTRATORS = [role("deployer"), role("phi-prod-break-glass"), role("admin")]
ORGANIZATION = "o-abcdefghij"
OF_ORGANIZATION = {"aws:PrincipalOrgID": [ORGANIZATION]}


@pytest.fixture(scope="module")
def prod():
    return whole_program("prod", administrators=json.dumps([role("admin").id, DEPLOYER]))


@pytest.fixture(scope="module")
def changed():
    """With every setting of the buckets another."""
    return whole_program(
        "prod",
        organizationId=ORGANIZATION,
        lockMode="COMPLIANCE",
        lockDays="2200",
        retentionDays="3000",
        archiveAfterDays="30",
        logRetentionDays="2500",
        intelligentTiering="true",
    )


def policy(stack: Monitor, name: str):
    return stack.one("BucketPolicy", f"{name}-policy").policy


def arn(name: str) -> str:
    return f"arn:aws:s3:::{BUCKETS[name]}"


# What every bucket refuses.


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(
    "transport",
    [
        {"aws:SecureTransport": ["false"]},
        {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.0"]},
        {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.1"]},
    ],
)
def test_neither_plain_http_nor_old_tls_is_let_in(prod, name, transport):
    document = evaluator.parse(policy(prod, name))
    for resource in (arn(name), f"{arn(name)}/{evaluator.ANY}"):
        request = evaluator.Request("s3:" + evaluator.ANY, resource, evaluator.ANYONE, transport)
        assert evaluator.evaluate([document], request).outcome is DENIED


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tls_of_today_is(prod, name, version):
    asked = (APP, "s3:GetObject", f"{arn(name)}/object", {"s3:TlsVersion": [version]})
    assert outcome(policy(prod, name), *asked) is NOT_ALLOWED


ANYTHING = [("s3:GetObject", "/object"), ("s3:PutObject", "/object"), ("s3:ListBucket", ""), ("s3:PutBucketPolicy", "")]


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(("action", "of"), ANYTHING)
def test_outsiders_and_nobody_are_refused_and_insiders_need_iam(prod, name, action, of):
    """No bucket's policy lets a principal of the account in: what it doesn't deny, IAM decides."""
    asked = (action, arn(name) + of)
    document = policy(prod, name)
    assert outcome(document, OUTSIDER, *asked) is DENIED
    assert outcome(document, ANONYMOUS, *asked) is DENIED
    assert outcome(document, ANONYMOUS, *asked, {"aws:PrincipalIsAWSService": ["false"]}) is DENIED
    for administrator in ADMINISTRATORS:
        assert outcome(document, administrator, *asked) is NOT_ALLOWED


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(
    ("principal", "organization", "expected"),
    [
        (APP, [ORGANIZATION], NOT_ALLOWED),
        (OUTSIDER, [ORGANIZATION], NOT_ALLOWED),
        (OUTSIDER, ["o-zzzzzzzzzz"], DENIED),
        (OUTSIDER, None, DENIED),
        (ANONYMOUS, None, DENIED),
    ],
)
def test_an_organization_stands_in_for_the_account(changed, name, principal, organization, expected):
    context = {"aws:PrincipalOrgID": organization}
    assert outcome(policy(changed, name), principal, "s3:GetObject", f"{arn(name)}/object", context) is expected


WEAKENING = [
    ("s3:DeleteObjectVersion", "/object"),
    ("s3:BypassGovernanceRetention", "/object"),
    *((action, "") for action in ("s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketAcl")),
    *((f"s3:PutBucket{what}", "") for what in ("Logging", "OwnershipControls", "PublicAccessBlock", "Versioning")),
    *((f"s3:Put{what}Configuration", "") for what in ("BucketObjectLock", "Encryption", "Lifecycle", "Replication")),
]


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(("action", "of"), WEAKENING)
def test_only_administrators_delete_versions_and_change_guards(prod, name, action, of):
    document = policy(prod, name)
    for other in (APP, ROOT, role("phi-prod-application"), role("deployer2"), role("team/deployer")):
        assert outcome(document, other, action, arn(name) + of) is DENIED
    for administrator in ADMINISTRATORS:
        assert outcome(document, administrator, action, arn(name) + of) is NOT_ALLOWED


# What is uploaded.

ALGORITHM = "s3:x-amz-server-side-encryption"
KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_ALGORITHM = "s3:x-amz-server-side-encryption-customer-algorithm"
AWS_MANAGED = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/of-aws"


@pytest.mark.parametrize("name", HOLD_PHI)
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, NOT_ALLOWED),  # an upload without a header, or a part of one: default encryption gives it the key
        ({ALGORITHM: ["aws:kms"], KEY: ...}, NOT_ALLOWED),
        ({ALGORITHM: ["AES256"]}, DENIED),
        ({ALGORITHM: ["aws:kms"]}, DENIED),
        ({ALGORITHM: ["aws:kms:dsse"]}, DENIED),
        ({ALGORITHM: ["aws:kms"], KEY: [AWS_MANAGED]}, DENIED),
        ({ALGORITHM: ["aws:kms:dsse"], KEY: [AWS_MANAGED]}, DENIED),
        ({CUSTOMER_ALGORITHM: ["AES256"]}, DENIED),
        ({CUSTOMER_ALGORITHM: ["AES256"], ALGORITHM: ["aws:kms"], KEY: ...}, DENIED),
    ],
)
@pytest.mark.parametrize("principal", [APP, *ADMINISTRATORS, service("logging.s3")])
def test_an_upload_takes_the_buckets_key_or_is_refused(prod, name, headers, expected, principal):
    """`...`: the bucket's own key."""
    told = {key: [KEYS[name]] if value is ... else value for key, value in headers.items()}
    assert outcome(policy(prod, name), principal, "s3:PutObject", f"{arn(name)}/object", told) is expected


@pytest.mark.parametrize(
    ("name", "action"),
    [
        *(("phi", f"s3:{each}") for each in ("AbortMultipartUpload", "ListMultipartUploadParts", "DeleteObject")),
        *(("replica", f"s3:Replicate{each}") for each in ("Object", "Delete", "Tags")),
        # By which AWS Backup copies a bucket and restores it.
        *(
            ("phi", f"s3:{each}")
            for each in ("GetObjectVersion", "PutObject", "PutObjectTagging", "PutObjectVersionTagging")
        ),
        *(
            ("phi", f"s3:{each}")
            for each in ("PutBucketNotification", "PutInventoryConfiguration", "ListBucketVersions")
        ),
    ],
)
def test_the_rest_of_an_upload_copies_and_backups_are_not_refused(prod, name, action):
    assert outcome(policy(prod, name), APP, action, f"{arn(name)}/object") is NOT_ALLOWED


# What is delivered.

OWNED = {"s3:x-amz-acl": ["bucket-owner-full-control"]}
LOGGING, S3, CLOUDTRAIL = service("logging.s3"), service("s3"), service("cloudtrail")


def from_(source: str | None, account: str | None = ACCOUNT_ID) -> dict[str, list[str] | None]:
    """What a service tells of the resource that it acts for."""
    return {"aws:SourceArn": source and [source], "aws:SourceAccount": account and [account]}


SOURCES = {"access-logs": ("phi", "trail-files"), "replica-logs": ("replica",)}
INVENTORY = "inventory/source/every-version/data.parquet"


@pytest.mark.parametrize("name", DELIVERED_TO)
@pytest.mark.parametrize(
    ("principal", "action", "key", "change", "expected"),
    [
        (LOGGING, "s3:PutObject", "source/2026/11/24/log", {}, ALLOWED),
        (LOGGING, "s3:PutObject", "log", from_(f"arn:aws:s3:::{BUCKETS['phi']}-2"), NOT_ALLOWED),
        (LOGGING, "s3:PutObject", "log", {"aws:SourceAccount": [OTHER]}, NOT_ALLOWED),
        (LOGGING, "s3:PutObject", "log", from_(None), NOT_ALLOWED),
        (LOGGING, "s3:PutObject", "log", {"aws:SourceAccount": None}, NOT_ALLOWED),
        (LOGGING, "s3:PutObject", "log", {"aws:SecureTransport": ["false"]}, DENIED),
        (LOGGING, "s3:GetObject", "log", {}, NOT_ALLOWED),
        (LOGGING, "s3:DeleteObject", "log", {}, NOT_ALLOWED),
        (S3, "s3:PutObject", INVENTORY, OWNED, ALLOWED),
        (S3, "s3:PutObject", INVENTORY, {}, NOT_ALLOWED),
        (S3, "s3:PutObject", "source/2026/11/24/log", OWNED, NOT_ALLOWED),
        (S3, "s3:PutObject", INVENTORY, OWNED | {"aws:SourceAccount": [OTHER]}, NOT_ALLOWED),
        (S3, "s3:PutObject", INVENTORY, OWNED | from_("arn:aws:s3:::other"), NOT_ALLOWED),
        (S3, "s3:PutObject", INVENTORY, OWNED | from_(None, None), NOT_ALLOWED),
        (S3, "s3:GetObject", INVENTORY, OWNED, NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", INVENTORY, OWNED, NOT_ALLOWED),
        (APP, "s3:PutObject", INVENTORY, OWNED | OF_ORGANIZATION, NOT_ALLOWED),
    ],
)
def test_logs_and_inventories_are_delivered_for_the_sources_alone(
    prod, changed, name, principal, action, key, change, expected
):
    for source in SOURCES[name]:
        context = from_(arn(source)) | change
        for stack in (prod, changed):  # an organization makes no difference to a service
            assert outcome(policy(stack, name), principal, action, f"{arn(name)}/{key}", context) is expected


@pytest.mark.parametrize("name", DELIVERED_TO)
def test_a_log_bucket_takes_no_logs_of_itself_or_of_another_regions(prod, name):
    others = set(BUCKETS) - set(SOURCES[name])
    asked = (LOGGING, "s3:PutObject", f"{arn(name)}/log")
    assert {outcome(policy(prod, name), *asked, from_(arn(each))) for each in others} == {NOT_ALLOWED}


TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT_ID}:trail/phi-prod-trail"
FILE = f"/AWSLogs/{ACCOUNT_ID}/CloudTrail/us-east-1/2026/11/24/file.json.gz"


@pytest.mark.parametrize(
    ("principal", "action", "of", "change", "expected"),
    [
        (CLOUDTRAIL, "s3:GetBucketAcl", "", {}, ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED, ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE.replace("CloudTrail", "CloudTrail-Digest"), OWNED, ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, {}, NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE.replace(ACCOUNT_ID, OTHER), OWNED, NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", "/elsewhere", OWNED, NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | from_(f"{TRAIL_ARN}-2"), NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | from_(TRAIL_ARN.replace(ACCOUNT_ID, OTHER), OTHER), NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | from_(None), NOT_ALLOWED),
        (CLOUDTRAIL, "s3:GetBucketAcl", "", from_(f"{TRAIL_ARN}-2"), NOT_ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | {"aws:SecureTransport": ["false"]}, DENIED),
        (CLOUDTRAIL, "s3:GetObject", FILE, OWNED, NOT_ALLOWED),
        (CLOUDTRAIL, "s3:DeleteObject", FILE, OWNED, NOT_ALLOWED),
        (service("config"), "s3:PutObject", FILE, OWNED, NOT_ALLOWED),
        (APP, "s3:PutObject", FILE, OWNED | OF_ORGANIZATION, NOT_ALLOWED),
    ],
)
def test_the_one_trail_is_delivered(prod, changed, principal, action, of, change, expected):
    context = from_(TRAIL_ARN) | change
    for stack in (prod, changed):
        assert outcome(policy(stack, "trail-files"), principal, action, arn("trail-files") + of, context) is expected


# What they are declared with.


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_named_closed_owned_and_versioned(prod, name):
    assert prod.one("Bucket", name).inputs["bucket"] == BUCKETS[name]
    closed = prod.one("BucketPublicAccessBlock", f"{name}-public-access-block").inputs
    guards = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert closed == {"bucket": BUCKETS[name], **dict.fromkeys(guards, True)}
    ownership = prod.one("BucketOwnershipControls", f"{name}-ownership").inputs["rule"]
    assert ownership == {"objectOwnership": "BucketOwnerEnforced"}
    versioning = prod.one("BucketVersioning", f"{name}-versioning").inputs["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}


@pytest.mark.parametrize("name", BUCKETS)
def test_encryption(prod, name):
    """Without a Bucket Key where CloudTrail's own encryption context binds what its key does."""
    key = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEYS[name]} if name in KEYS else {"sseAlgorithm": "AES256"}
    rules = [{"applyServerSideEncryptionByDefault": key, "bucketKeyEnabled": name in HOLD_PHI}]
    assert prod.one("BucketServerSideEncryptionConfiguration", f"{name}-encryption").inputs["rules"] == rules


def test_what_is_kept_is_locked_and_access_logs_are_not(prod, changed):
    """S3 delivers no access logs to a bucket with Object Lock."""
    for stack, mode, days in ((prod, "GOVERNANCE", 2192), (changed, "COMPLIANCE", 2200)):
        locks = {
            each.inputs["bucket"]: each.inputs["rule"] for each in stack.facts_of_type("BucketObjectLockConfiguration")
        }
        assert locks == {BUCKETS[name]: {"defaultRetention": {"mode": mode, "days": days}} for name in LOCKED}
        assert {each.name for each in stack.facts_of_type("Bucket") if each.inputs["objectLockEnabled"]} == set(LOCKED)


@pytest.mark.parametrize(("run", "archived", "gone", "logs"), [("prod", 90, 2555, 2192), ("changed", 30, 3000, 2500)])
def test_earlier_versions_are_kept_and_current_ones_stay(request, run, archived, gone, logs):
    stack = request.getfixturevalue(run)
    for name in BUCKETS:
        earlier, *more = stack.one("BucketLifecycleConfiguration", f"{name}-lifecycle").inputs["rules"]
        assert earlier["noncurrentVersionExpiration"] == {"noncurrentDays": gone if name in HOLD_PHI else logs}
        to_glacier = [{"noncurrentDays": archived, "storageClass": "GLACIER"}] if name in HOLD_PHI else None
        assert earlier.get("noncurrentVersionTransitions") == to_glacier
        assert earlier["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
        assert [each["transitions"] for each in more] == (
            [[{"days": 1, "storageClass": "INTELLIGENT_TIERING"}]] if run == "changed" and name in HOLD_PHI else []
        )
        for rule in (earlier, *more):
            assert (rule["status"], rule["filter"]) == ("Enabled", {})
            assert "expiration" not in rule


@pytest.mark.parametrize("name", HOLD_PHI)
def test_a_bucket_of_phi_is_counted_listed_and_told_of(prod, name):
    log_bucket = LOGS if name == "phi" else REPLICA_LOGS
    assert prod.one("BucketMetric", f"{name}-metrics").inputs == {"bucket": BUCKETS[name], "name": "EntireBucket"}
    assert prod.one("BucketNotification", f"{name}-events").inputs == {"bucket": BUCKETS[name], "eventbridge": True}
    inventory = prod.one("Inventory", f"{name}-inventory").inputs
    assert (inventory["bucket"], inventory["includedObjectVersions"]) == (BUCKETS[name], "All")
    assert inventory.get("enabled", True)
    destination = inventory["destination"]["bucket"]
    assert destination["bucketArn"] == f"arn:aws:s3:::{log_bucket}"
    assert (destination["accountId"], destination["prefix"]) == (ACCOUNT_ID, "inventory")
    assert "EncryptionStatus" in inventory["optionalFields"]


def test_access_is_logged_in_its_own_region_and_not_that_to_the_logs(prod):
    targets = {each.inputs["bucket"]: each.inputs["targetBucket"] for each in prod.of("BucketLogging")}
    assert targets == {PHI: LOGS, TRAIL: LOGS, REPLICA: REPLICA_LOGS}
    assert {each.inputs["targetPrefix"] for each in prod.of("BucketLogging")} == {f"{each}/" for each in targets}


# In which order.

GUARDS = ("public-access-block", "ownership", "versioning", "encryption", "policy")


@pytest.mark.parametrize("name", BUCKETS)
def test_order_in_which_s3_wants_it(prod, name):
    assert f"{name}-public-access-block" in prod.one("BucketOwnershipControls", f"{name}-ownership").after
    assert f"{name}-ownership" in prod.one("BucketPolicy", f"{name}-policy").after
    assert f"{name}-versioning" in prod.one("BucketLifecycleConfiguration", f"{name}-lifecycle").after
    if name in LOCKED:
        assert f"{name}-versioning" in prod.one("BucketObjectLockConfiguration", f"{name}-lock").after


@pytest.mark.parametrize(("source", "log_bucket"), [("phi", "access-logs"), ("replica", "replica-logs")])
def test_nothing_is_delivered_before_the_log_bucket_is_guarded(prod, source, log_bucket):
    guards = {f"{log_bucket}-{each}" for each in GUARDS}
    assert guards <= prod.one("BucketLogging", f"{source}-logging").after
    assert guards <= prod.one("Inventory", f"{source}-inventory").after
    assert {f"{source}-{each}" for each in (*GUARDS, "lock")} <= prod.one("Inventory", f"{source}-inventory").after
