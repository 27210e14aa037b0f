"""The stack's buckets on mocks: their settings, and the requests that their policies allow and deny."""

from __future__ import annotations

import json

import pytest

from hipaa_controls import evaluator
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_main
from tests.components.policy_requests import (
    ALLOWED,
    ANONYMOUS,
    EXPLICIT_DENY,
    EXTERNAL_ROLE,
    IMPLICIT_DENY,
    OTHER_ACCOUNT_ID,
    ROOT,
    request_outcome,
    role,
    service,
)

PHI, TRAIL, LOGS = (f"phi-prod-{purpose}-{ACCOUNT_ID}-us-east-1" for purpose in ("phi", "trail", "access-logs"))
REPLICA, REPLICA_LOGS, TRAIL_REPLICA = (
    f"phi-prod-{purpose}-{ACCOUNT_ID}-us-west-2" for purpose in ("replica", "replica-logs", "trail-replica")
)
BUCKETS = {
    "phi": PHI,
    "replica": REPLICA,
    "trail-files": TRAIL,
    "trail-replica": TRAIL_REPLICA,
    "access-logs": LOGS,
    "replica-logs": REPLICA_LOGS,
}
PHI_BUCKETS = ("phi", "replica")
LOCKED_BUCKETS = (*PHI_BUCKETS, "trail-files", "trail-replica")
LOG_BUCKETS = ("access-logs", "replica-logs")
KEYS = {
    "phi": f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi-key",
    "replica": f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-key",
    "trail-files": f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit-key",
    "trail-replica": f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-alerts-key",
}
APP = role("app")
ADMINISTRATORS = [role("deployer"), role("phi-prod-break-glass"), role("admin")]
ORGANIZATION = "o-abcdefghij"
IN_ORGANIZATION = {"aws:PrincipalOrgID": [ORGANIZATION]}
UNSCANNED = {"accountSecurityServices": '["guardDuty"]'}
"""The setting without Malware Protection, which denies reads of objects that aren't scanned."""


@pytest.fixture(scope="module")
def prod():
    return run_main("prod", bucketAdministrators=json.dumps([role("admin").id, DEPLOYER]), **UNSCANNED)


@pytest.fixture(scope="module")
def changed():
    """Return the stack with a different value of every setting of the buckets."""
    return run_main(
        "prod",
        organizationId=ORGANIZATION,
        objectLockMode="COMPLIANCE",
        objectLockDays="2200",
        noncurrentRetentionDays="3000",
        noncurrentArchiveDays="30",
        logRetentionDays="2500",
        intelligentTiering="true",
        **UNSCANNED,
    )


def policy(stack: RecordingMonitor, name: str):
    return stack.resource("BucketPolicy", f"{name}-policy").policy


def arn(name: str) -> str:
    return f"arn:aws:s3:::{BUCKETS[name]}"


# Requests that every bucket denies.


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(
    "transport",
    [
        {"aws:SecureTransport": ["false"]},
        {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.0"]},
        {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.1"]},
    ],
)
def test_bucket_policy_denies_plain_http_and_outdated_tls(prod, name, transport):
    document = evaluator.parse(policy(prod, name))
    for resource in (arn(name), f"{arn(name)}/{evaluator.ANY}"):
        request = evaluator.Request("s3:" + evaluator.ANY, resource, evaluator.ANYONE, transport)
        assert evaluator.evaluate([document], request).outcome is EXPLICIT_DENY


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_bucket_policy_does_not_deny_current_tls(prod, name, version):
    context = {"s3:TlsVersion": [version]}
    outcome = request_outcome(policy(prod, name), APP, "s3:GetObject", f"{arn(name)}/object", context)
    assert outcome is IMPLICIT_DENY


ACTIONS = [("s3:GetObject", "/object"), ("s3:PutObject", "/object"), ("s3:ListBucket", ""), ("s3:PutBucketPolicy", "")]


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(("action", "path"), ACTIONS)
def test_bucket_policy_denies_external_principals_and_leaves_the_account_to_iam(prod, name, action, path):
    """No bucket policy allows a principal of the account anything: IAM decides what the policy doesn't deny."""
    request = (action, arn(name) + path)
    document = policy(prod, name)
    assert request_outcome(document, EXTERNAL_ROLE, *request) is EXPLICIT_DENY
    assert request_outcome(document, ANONYMOUS, *request) is EXPLICIT_DENY
    assert request_outcome(document, ANONYMOUS, *request, {"aws:PrincipalIsAWSService": ["false"]}) is EXPLICIT_DENY
    for administrator in ADMINISTRATORS:
        assert request_outcome(document, administrator, *request) is IMPLICIT_DENY


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(
    ("principal", "organization", "expected"),
    [
        (APP, [ORGANIZATION], IMPLICIT_DENY),
        (EXTERNAL_ROLE, [ORGANIZATION], IMPLICIT_DENY),
        (EXTERNAL_ROLE, ["o-zzzzzzzzzz"], EXPLICIT_DENY),
        (EXTERNAL_ROLE, None, EXPLICIT_DENY),
        (ANONYMOUS, None, EXPLICIT_DENY),
    ],
)
def test_bucket_policy_trusts_the_organization_instead_of_the_account(changed, name, principal, organization, expected):
    context = {"aws:PrincipalOrgID": organization}
    assert request_outcome(policy(changed, name), principal, "s3:GetObject", f"{arn(name)}/object", context) is expected


PROTECTION_CHANGES = [
    ("s3:DeleteObjectVersion", "/object"),
    ("s3:BypassGovernanceRetention", "/object"),
    *((action, "") for action in ("s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketAcl")),
    *((f"s3:PutBucket{name}", "") for name in ("Logging", "OwnershipControls", "PublicAccessBlock", "Versioning")),
    *((f"s3:Put{name}Configuration", "") for name in ("BucketObjectLock", "Encryption", "Lifecycle", "Replication")),
]


@pytest.mark.parametrize("name", BUCKETS)
@pytest.mark.parametrize(("action", "path"), PROTECTION_CHANGES)
def test_bucket_policy_lets_only_administrators_delete_versions_and_change_protection(prod, name, action, path):
    document = policy(prod, name)
    for other in (APP, ROOT, role("phi-prod-application"), role("deployer2"), role("team/deployer")):
        assert request_outcome(document, other, action, arn(name) + path) is EXPLICIT_DENY
    for administrator in ADMINISTRATORS:
        assert request_outcome(document, administrator, action, arn(name) + path) is IMPLICIT_DENY


# Networks.

ENDPOINT, RANGE = "vpce-0a1b2c3d4e5f60718", "203.0.113.0/24"
IN_RANGE, OUTSIDE = {"aws:SourceIp": ["203.0.113.7"]}, {"aws:SourceIp": ["198.51.100.7"]}
VIA_ENDPOINT = {"aws:SourceVpce": [ENDPOINT]}
VIA_OTHER_ENDPOINT = {"aws:SourceVpce": ["vpce-ffffffffffffffff0"], "aws:VpcSourceIp": ["203.0.113.7"]}
LINKED_ROLE = role("aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie")
SERVICE_ROLES = [
    role(f"phi-prod-{name}")
    for name in (
        "replica-replication-role",
        "backup-role",
        "account-malware-scan-role",
        "replica-account-malware-scan-role",
    )
]
SCANNED = {"s3:ExistingObjectTag/GuardDutyMalwareScanStatus": ["NO_THREATS_FOUND"]}
GUARDDUTY = json.dumps(["guardDuty", "malwareProtection"])


@pytest.fixture(scope="module")
def guarded():
    """Return the stack with networks and with Malware Protection."""
    return run_main("prod", networks=json.dumps([ENDPOINT, RANGE]), accountSecurityServices=GUARDDUTY)


OBJECT_ACTIONS = ("GetObject", "GetObjectVersion", "PutObject", "DeleteObject", "DeleteObjectVersion", "RestoreObject")


@pytest.mark.parametrize("name", PHI_BUCKETS)
@pytest.mark.parametrize("action", OBJECT_ACTIONS)
@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (IN_RANGE, IMPLICIT_DENY),
        (VIA_ENDPOINT, IMPLICIT_DENY),
        (OUTSIDE, EXPLICIT_DENY),
        (VIA_OTHER_ENDPOINT, EXPLICIT_DENY),
        ({}, EXPLICIT_DENY),
        (OUTSIDE | {"aws:ViaAWSService": ["false"]}, EXPLICIT_DENY),
        (OUTSIDE | {"aws:ViaAWSService": ["true"]}, IMPLICIT_DENY),  # for example, Athena's own network
    ],
)
def test_bucket_policy_denies_objects_outside_the_networks(guarded, name, action, origin, expected):
    for principal in (role("phi-prod-application"), ADMINISTRATORS[0], role("phi-prod-legal-hold")):
        denied_anyway = action == "DeleteObjectVersion" and principal is not ADMINISTRATORS[0]
        request = (policy(guarded, name), principal, f"s3:{action}", f"{arn(name)}/object", SCANNED | origin)
        assert request_outcome(*request) is (EXPLICIT_DENY if denied_anyway else expected)


@pytest.mark.parametrize(
    ("networks", "allowed", "denied"),
    [([ENDPOINT], VIA_ENDPOINT, IN_RANGE), ([RANGE], IN_RANGE, VIA_ENDPOINT)],
)
def test_bucket_policy_with_one_kind_of_network_denies_the_other(networks, allowed, denied):
    document = policy(run_main("prod", networks=json.dumps(networks), **UNSCANNED), "phi")
    for origin, expected in ((allowed, IMPLICIT_DENY), (denied, EXPLICIT_DENY)):
        assert request_outcome(document, APP, "s3:GetObject", f"{arn('phi')}/object", origin) is expected


@pytest.mark.parametrize("principal", [role("phi-prod-break-glass"), LINKED_ROLE, *SERVICE_ROLES, service("s3")])
def test_networks_exempt_break_glass_and_the_roles_of_services(guarded, principal):
    for name in PHI_BUCKETS:
        for action in ("s3:GetObjectVersion", "s3:PutObject", "s3:ReplicateObject", "s3:PutObjectTagging"):
            request = (policy(guarded, name), principal, action, f"{arn(name)}/object", SCANNED | OUTSIDE)
            assert request_outcome(*request) is IMPLICIT_DENY


def test_networks_let_batch_operations_start_replication_but_not_read(guarded):
    """S3 Batch Operations calls with its role, from a network of AWS."""
    starter = role("phi-prod-batch-replication-role")
    permissions = guarded.resource("RolePolicy", "batch-replication-role-permissions").policy
    request = (starter, "s3:InitiateReplication", f"{arn('phi')}/object", OUTSIDE)
    assert request_outcome(permissions, *request) is ALLOWED
    assert request_outcome(policy(guarded, "phi"), *request) is IMPLICIT_DENY
    assert request_outcome(policy(guarded, "phi"), APP, *request[1:]) is EXPLICIT_DENY
    read = (starter, "s3:GetObject", f"{arn('phi')}/object", OUTSIDE)
    assert request_outcome(permissions, *read) is IMPLICIT_DENY
    assert request_outcome(policy(guarded, "phi"), *read) is EXPLICIT_DENY  # it isn't scanned


@pytest.mark.parametrize("name", ["trail-files", "access-logs", "replica-logs"])
def test_networks_do_not_restrict_logs(guarded, name):
    assert request_outcome(policy(guarded, name), APP, "s3:GetObject", f"{arn(name)}/log", OUTSIDE) is IMPLICIT_DENY


def test_without_networks_every_network_is_allowed(prod):
    assert request_outcome(policy(prod, "phi"), APP, "s3:GetObject", f"{arn('phi')}/object", OUTSIDE) is IMPLICIT_DENY


# Malware.


@pytest.mark.parametrize("name", PHI_BUCKETS)
@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion"])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (["NO_THREATS_FOUND"], IMPLICIT_DENY),
        (None, EXPLICIT_DENY),  # not scanned yet, or written before Malware Protection was on
        *(([result], EXPLICIT_DENY) for result in ("THREATS_FOUND", "UNSUPPORTED", "ACCESS_DENIED", "FAILED", "")),
    ],
)
def test_bucket_policy_denies_reads_unless_no_threats_were_found(guarded, prod, name, action, status, expected):
    context = VIA_ENDPOINT | {"s3:ExistingObjectTag/GuardDutyMalwareScanStatus": status}
    request = (action, f"{arn(name)}/object", context)
    for principal in (role("phi-prod-application"), *ADMINISTRATORS[::2]):
        assert request_outcome(policy(guarded, name), principal, *request) is expected
        assert request_outcome(policy(prod, name), principal, *request) is IMPLICIT_DENY  # without Malware Protection
    for exempt in (role("phi-prod-break-glass"), LINKED_ROLE, *SERVICE_ROLES):
        assert request_outcome(policy(guarded, name), exempt, *request) is IMPLICIT_DENY


@pytest.mark.parametrize("name", PHI_BUCKETS)
@pytest.mark.parametrize("tag", ["GuardDutyMalwareScanStatus", "guarddutymalwarescanstatus"])
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"])
def test_bucket_policy_lets_only_services_tag_the_scan_result(guarded, name, tag, action):
    """AWS ignores the case of a tag's name in the condition key that the read of an object depends on."""
    document, tags = policy(guarded, name), {"s3:RequestObjectTagKeys": ["record", tag]}
    for principal in (role("phi-prod-application"), role("phi-prod-break-glass"), LINKED_ROLE, *ADMINISTRATORS):
        request = (document, principal, action, f"{arn(name)}/object")
        assert request_outcome(*request, VIA_ENDPOINT | tags) is EXPLICIT_DENY
        assert request_outcome(*request, VIA_ENDPOINT | {"s3:RequestObjectTagKeys": ["record"]}) is IMPLICIT_DENY
        assert request_outcome(*request, VIA_ENDPOINT) is IMPLICIT_DENY
    for principal in SERVICE_ROLES:  # a restore from a backup sets the tags of the original
        assert request_outcome(document, principal, action, f"{arn(name)}/object", tags) is IMPLICIT_DENY


@pytest.mark.parametrize("name", PHI_BUCKETS)
def test_bucket_policy_lets_only_its_own_replication_bring_tags(guarded, name):
    """Another bucket's replication could bring an object that is tagged as clean there by anyone."""
    request = ("s3:ReplicateTags", f"{arn(name)}/object", VIA_ENDPOINT)
    for principal in (role("replicator"), role("phi-prod-break-glass"), *ADMINISTRATORS):
        assert request_outcome(policy(guarded, name), principal, *request) is EXPLICIT_DENY
    for principal in SERVICE_ROLES:
        assert request_outcome(policy(guarded, name), principal, *request) is IMPLICIT_DENY


def test_exempt_roles_are_those_that_services_assume(guarded):
    """A name without a role could be given to another role."""
    services = ("s3.amazonaws.com", "backup.amazonaws.com", "malware-protection-plan.guardduty.amazonaws.com")
    trusts = {
        resource.inputs["name"]: json.loads(resource.inputs["assumeRolePolicy"])["Statement"][0]["Principal"]
        for resource in guarded.resources_of_type("Role")
    }
    del trusts["phi-prod-trail-replica-replication-role"]  # it may do nothing with PHI
    assumed = {role(name).id for name, principal in trusts.items() if principal.get("Service") in services}
    (statement,) = [entry for entry in policy(guarded, "phi")["Statement"] if entry["Sid"] == "DenyScanTags"]
    assert set(statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == assumed


def test_each_bucket_exempts_only_the_replication_of_its_own_objects():
    buckets = json.dumps({"phi": {}, "imaging": {}})
    two = run_main("dev", buckets=buckets, backupEnabled="false", replicaRegion="us-west-2", networks=f'["{RANGE}"]')
    for name, replica in (("phi", "replica"), ("imaging", "imaging-replica")):
        for bucket in (name, replica):
            (statement,) = [entry for entry in policy(two, bucket)["Statement"] if entry["Sid"] == "DenyOtherNetworks"]
            assert statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [
                role(exempt).id
                for exempt in (
                    "phi-dev-break-glass",
                    f"phi-dev-{replica}-replication-role",
                    "aws-service-role/*",
                    "phi-dev-batch-replication-role",
                )
            ]


# Legal holds.


@pytest.mark.parametrize("name", PHI_BUCKETS)
def test_bucket_policy_lets_only_the_legal_hold_role_change_holds(prod, name):
    request = ("s3:PutObjectLegalHold", f"{arn(name)}/object")
    for other in (APP, ROOT, role("phi-prod-application"), *ADMINISTRATORS, *SERVICE_ROLES):
        assert request_outcome(policy(prod, name), other, *request) is EXPLICIT_DENY
    assert request_outcome(policy(prod, name), role("phi-prod-legal-hold"), *request) is IMPLICIT_DENY


# Uploads.

ALGORITHM = "s3:x-amz-server-side-encryption"
KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_ALGORITHM = "s3:x-amz-server-side-encryption-customer-algorithm"
AWS_MANAGED_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/aws-managed"


@pytest.mark.parametrize("name", [*PHI_BUCKETS, "trail-replica"])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, IMPLICIT_DENY),  # an upload without the header, or a part upload: default encryption uses the bucket's key
        ({ALGORITHM: ["aws:kms"], KEY: ...}, IMPLICIT_DENY),
        ({ALGORITHM: ["AES256"]}, EXPLICIT_DENY),
        ({ALGORITHM: ["aws:kms"]}, EXPLICIT_DENY),
        ({ALGORITHM: ["aws:kms:dsse"]}, EXPLICIT_DENY),
        ({ALGORITHM: ["aws:kms"], KEY: [AWS_MANAGED_KEY]}, EXPLICIT_DENY),
        ({ALGORITHM: ["aws:kms:dsse"], KEY: [AWS_MANAGED_KEY]}, EXPLICIT_DENY),
        ({CUSTOMER_ALGORITHM: ["AES256"]}, EXPLICIT_DENY),
        ({CUSTOMER_ALGORITHM: ["AES256"], ALGORITHM: ["aws:kms"], KEY: ...}, EXPLICIT_DENY),
    ],
)
@pytest.mark.parametrize("principal", [APP, *ADMINISTRATORS, service("logging.s3")])
def test_bucket_policy_denies_uploads_with_another_key(prod, name, headers, expected, principal):
    """`...` stands for the bucket's own key."""
    context = {key: [KEYS[name]] if value is ... else value for key, value in headers.items()}
    assert request_outcome(policy(prod, name), principal, "s3:PutObject", f"{arn(name)}/object", context) is expected


@pytest.mark.parametrize("name", PHI_BUCKETS)
@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({KEY: ...}, IMPLICIT_DENY),
        ({KEY: ..., ALGORITHM: ["aws:kms"]}, IMPLICIT_DENY),
        ({KEY: [AWS_MANAGED_KEY]}, EXPLICIT_DENY),
        ({KEY: [AWS_MANAGED_KEY], ALGORITHM: ["aws:kms"]}, EXPLICIT_DENY),
        ({}, EXPLICIT_DENY),
    ],
)
def test_bucket_policy_denies_changes_to_another_key(prod, name, context, expected):
    """`...` stands for the bucket's own key."""
    context = {key: [KEYS[name]] if value is ... else value for key, value in context.items()}
    for principal in (APP, *ADMINISTRATORS):
        request = (principal, "s3:UpdateObjectEncryption", f"{arn(name)}/object", context)
        assert request_outcome(policy(prod, name), *request) is expected


@pytest.mark.parametrize(
    ("name", "action"),
    [
        *(("phi", f"s3:{action}") for action in ("AbortMultipartUpload", "ListMultipartUploadParts", "DeleteObject")),
        *(
            (name, f"s3:Replicate{suffix}")
            for name in ("replica", "trail-replica")
            for suffix in ("Object", "Delete", "Tags")
        ),
        # AWS Backup uses these to back up and restore a bucket.
        *(
            ("phi", f"s3:{action}")
            for action in ("GetObjectVersion", "PutObject", "PutObjectTagging", "PutObjectVersionTagging")
        ),
        *(
            ("phi", f"s3:{action}")
            for action in ("PutBucketNotification", "PutInventoryConfiguration", "ListBucketVersions")
        ),
    ],
)
def test_bucket_policy_does_not_deny_multipart_uploads_replication_and_backups(prod, name, action):
    assert request_outcome(policy(prod, name), APP, action, f"{arn(name)}/object") is IMPLICIT_DENY


# Deliveries by services.

OWNED = {"s3:x-amz-acl": ["bucket-owner-full-control"]}
LOGGING, S3, CLOUDTRAIL = service("logging.s3"), service("s3"), service("cloudtrail")


def on_behalf_of(source: str | None, account: str | None = ACCOUNT_ID) -> dict[str, list[str] | None]:
    """Return the condition keys of a service that acts on behalf of a resource."""
    return {"aws:SourceArn": source and [source], "aws:SourceAccount": account and [account]}


SOURCES = {"access-logs": ("phi", "trail-files"), "replica-logs": ("replica", "trail-replica")}
INVENTORY = "inventory/source/every-version/data.parquet"


@pytest.mark.parametrize("name", LOG_BUCKETS)
@pytest.mark.parametrize(
    ("principal", "action", "key", "overrides", "expected"),
    [
        (LOGGING, "s3:PutObject", "source/2026/11/24/log", {}, ALLOWED),
        (LOGGING, "s3:PutObject", "log", on_behalf_of(f"arn:aws:s3:::{BUCKETS['phi']}-2"), IMPLICIT_DENY),
        (LOGGING, "s3:PutObject", "log", {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (LOGGING, "s3:PutObject", "log", on_behalf_of(None), IMPLICIT_DENY),
        (LOGGING, "s3:PutObject", "log", {"aws:SourceAccount": None}, IMPLICIT_DENY),
        (LOGGING, "s3:PutObject", "log", {"aws:SecureTransport": ["false"]}, EXPLICIT_DENY),
        (LOGGING, "s3:GetObject", "log", {}, IMPLICIT_DENY),
        (LOGGING, "s3:DeleteObject", "log", {}, IMPLICIT_DENY),
        (S3, "s3:PutObject", INVENTORY, OWNED, ALLOWED),
        (S3, "s3:PutObject", INVENTORY, {}, IMPLICIT_DENY),
        (S3, "s3:PutObject", "source/2026/11/24/log", OWNED, IMPLICIT_DENY),
        (S3, "s3:PutObject", INVENTORY, OWNED | {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (S3, "s3:PutObject", INVENTORY, OWNED | on_behalf_of("arn:aws:s3:::other"), IMPLICIT_DENY),
        (S3, "s3:PutObject", INVENTORY, OWNED | on_behalf_of(None, None), IMPLICIT_DENY),
        (S3, "s3:GetObject", INVENTORY, OWNED, IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:PutObject", INVENTORY, OWNED, IMPLICIT_DENY),
        (APP, "s3:PutObject", INVENTORY, OWNED | IN_ORGANIZATION, IMPLICIT_DENY),
    ],
)
def test_log_bucket_policy_allows_deliveries_only_on_behalf_of_its_sources(
    prod, changed, name, principal, action, key, overrides, expected
):
    for source in SOURCES[name]:
        context = on_behalf_of(arn(source)) | overrides
        for stack in (prod, changed):  # an organization makes no difference to a service
            assert request_outcome(policy(stack, name), principal, action, f"{arn(name)}/{key}", context) is expected


@pytest.mark.parametrize("name", LOG_BUCKETS)
def test_log_bucket_policy_denies_logs_of_itself_and_of_another_region(prod, name):
    request = (LOGGING, "s3:PutObject", f"{arn(name)}/log")
    outcomes = {
        request_outcome(policy(prod, name), *request, on_behalf_of(arn(source)))
        for source in set(BUCKETS) - set(SOURCES[name])
    }
    assert outcomes == {IMPLICIT_DENY}


TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT_ID}:trail/phi-prod-trail"
FILE = f"/AWSLogs/{ACCOUNT_ID}/CloudTrail/us-east-1/2026/11/24/file.json.gz"


@pytest.mark.parametrize(
    ("principal", "action", "path", "overrides", "expected"),
    [
        (CLOUDTRAIL, "s3:GetBucketAcl", "", {}, ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED, ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE.replace("CloudTrail", "CloudTrail-Digest"), OWNED, ALLOWED),
        (CLOUDTRAIL, "s3:PutObject", FILE, {}, IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:PutObject", FILE.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID), OWNED, IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:PutObject", "/elsewhere", OWNED, IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | on_behalf_of(f"{TRAIL_ARN}-2"), IMPLICIT_DENY),
        (
            CLOUDTRAIL,
            "s3:PutObject",
            FILE,
            OWNED | on_behalf_of(TRAIL_ARN.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID), OTHER_ACCOUNT_ID),
            IMPLICIT_DENY,
        ),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | on_behalf_of(None), IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:GetBucketAcl", "", on_behalf_of(f"{TRAIL_ARN}-2"), IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:PutObject", FILE, OWNED | {"aws:SecureTransport": ["false"]}, EXPLICIT_DENY),
        (CLOUDTRAIL, "s3:GetObject", FILE, OWNED, IMPLICIT_DENY),
        (CLOUDTRAIL, "s3:DeleteObject", FILE, OWNED, IMPLICIT_DENY),
        (service("config"), "s3:PutObject", FILE, OWNED, IMPLICIT_DENY),
        (APP, "s3:PutObject", FILE, OWNED | IN_ORGANIZATION, IMPLICIT_DENY),
    ],
)
def test_trail_bucket_policy_allows_delivery_of_one_trail_only(
    prod, changed, principal, action, path, overrides, expected
):
    context = on_behalf_of(TRAIL_ARN) | overrides
    resource = arn("trail-files") + path
    for stack in (prod, changed):
        assert request_outcome(policy(stack, "trail-files"), principal, action, resource, context) is expected


# Settings.


@pytest.mark.parametrize("name", BUCKETS)
def test_bucket_has_its_name_a_public_access_block_ownership_and_versioning(prod, name):
    assert prod.resource("Bucket", name).inputs["bucket"] == BUCKETS[name]
    public_access_block = prod.resource("BucketPublicAccessBlock", f"{name}-public-access-block").inputs
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert public_access_block == {"bucket": BUCKETS[name], **dict.fromkeys(flags, True)}
    ownership = prod.resource("BucketOwnershipControls", f"{name}-ownership").inputs["rule"]
    assert ownership == {"objectOwnership": "BucketOwnerEnforced"}
    versioning = prod.resource("BucketVersioning", f"{name}-versioning").inputs["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}


@pytest.mark.parametrize("name", BUCKETS)
def test_bucket_has_its_default_encryption(prod, name):
    """The trail bucket has no Bucket Key, because its key policy relies on CloudTrail's own encryption context."""
    key = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEYS[name]} if name in KEYS else {"sseAlgorithm": "AES256"}
    rules = [{"applyServerSideEncryptionByDefault": key, "bucketKeyEnabled": name in PHI_BUCKETS}]
    assert prod.resource("BucketServerSideEncryptionConfiguration", f"{name}-encryption").inputs["rules"] == rules


def test_buckets_have_object_lock_except_for_access_logs(prod, changed):
    """S3 doesn't deliver access logs to a bucket with Object Lock."""
    for stack, mode, days in ((prod, "GOVERNANCE", 2192), (changed, "COMPLIANCE", 2200)):
        configurations = stack.resources_of_type("BucketObjectLockConfiguration")
        assert {resource.inputs["bucket"]: resource.inputs["rule"] for resource in configurations} == {
            BUCKETS[name]: {"defaultRetention": {"mode": mode, "days": days}} for name in LOCKED_BUCKETS
        }
        buckets = stack.resources_of_type("Bucket")
        assert {bucket.name for bucket in buckets if bucket.inputs["objectLockEnabled"]} == set(LOCKED_BUCKETS)


@pytest.mark.parametrize(
    ("run", "archive_days", "retention_days", "log_retention_days"),
    [("prod", 90, 2555, 2192), ("changed", 30, 3000, 2500)],
)
def test_lifecycle_expires_noncurrent_versions_only(request, run, archive_days, retention_days, log_retention_days):
    stack = request.getfixturevalue(run)
    for name in BUCKETS:
        noncurrent, *current = stack.resource("BucketLifecycleConfiguration", f"{name}-lifecycle").inputs["rules"]
        expiration_days = retention_days if name in PHI_BUCKETS else log_retention_days
        assert noncurrent["noncurrentVersionExpiration"] == {"noncurrentDays": expiration_days}
        to_glacier = [{"noncurrentDays": archive_days, "storageClass": "GLACIER"}] if name in PHI_BUCKETS else None
        assert noncurrent.get("noncurrentVersionTransitions") == to_glacier
        assert noncurrent["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
        assert [rule["transitions"] for rule in current] == (
            [[{"days": 1, "storageClass": "INTELLIGENT_TIERING"}]] if run == "changed" and name in PHI_BUCKETS else []
        )
        for rule in (noncurrent, *current):
            assert (rule["status"], rule["filter"]) == ("Enabled", {})
            assert "expiration" not in rule


@pytest.mark.parametrize("name", PHI_BUCKETS)
def test_phi_bucket_has_request_metrics_an_inventory_and_events(prod, name):
    log_bucket = LOGS if name == "phi" else REPLICA_LOGS
    assert prod.resource("BucketMetric", f"{name}-metrics").inputs == {"bucket": BUCKETS[name], "name": "EntireBucket"}
    assert prod.resource("BucketNotification", f"{name}-events").inputs == {
        "bucket": BUCKETS[name],
        "eventbridge": True,
    }
    inventory = prod.resource("Inventory", f"{name}-inventory").inputs
    assert (inventory["bucket"], inventory["includedObjectVersions"]) == (BUCKETS[name], "All")
    assert inventory.get("enabled", True)
    destination = inventory["destination"]["bucket"]
    assert destination["bucketArn"] == f"arn:aws:s3:::{log_bucket}"
    assert (destination["accountId"], destination["prefix"]) == (ACCOUNT_ID, "inventory")
    assert "EncryptionStatus" in inventory["optionalFields"]


def test_buckets_log_access_in_their_own_region_except_for_log_buckets(prod):
    logging = [resource.inputs for resource in prod.resources_of_type("BucketLogging")]
    targets = {inputs["bucket"]: inputs["targetBucket"] for inputs in logging}
    assert targets == {PHI: LOGS, TRAIL: LOGS, REPLICA: REPLICA_LOGS, TRAIL_REPLICA: REPLICA_LOGS}
    assert {inputs["targetPrefix"] for inputs in logging} == {f"{bucket}/" for bucket in targets}


# Order.

PROTECTION = ("public-access-block", "ownership", "versioning", "encryption", "policy")


@pytest.mark.parametrize("name", BUCKETS)
def test_bucket_settings_are_created_in_the_order_that_s3_requires(prod, name):
    assert f"{name}-public-access-block" in prod.resource("BucketOwnershipControls", f"{name}-ownership").dependencies
    assert f"{name}-ownership" in prod.resource("BucketPolicy", f"{name}-policy").dependencies
    assert f"{name}-versioning" in prod.resource("BucketLifecycleConfiguration", f"{name}-lifecycle").dependencies
    if name in LOCKED_BUCKETS:
        assert f"{name}-versioning" in prod.resource("BucketObjectLockConfiguration", f"{name}-lock").dependencies


@pytest.mark.parametrize(("source", "log_bucket"), [("phi", "access-logs"), ("replica", "replica-logs")])
def test_deliveries_start_after_the_log_bucket_is_protected(prod, source, log_bucket):
    log_bucket_protection = {f"{log_bucket}-{setting}" for setting in PROTECTION}
    source_protection = {f"{source}-{setting}" for setting in (*PROTECTION, "lock")}
    assert log_bucket_protection <= prod.resource("BucketLogging", f"{source}-logging").dependencies
    assert log_bucket_protection | source_protection <= prod.resource("Inventory", f"{source}-inventory").dependencies
