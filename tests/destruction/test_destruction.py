"""The judgment of identities and acts on small stacks, and on the program's own; and the page."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from destruction.acts import Act, Permission, acts
from destruction.aws_facts import FACTS
from destruction.declared_stack import ACCOUNT, BACKUP_ACCOUNT, DEPLOYER, DeclaredStack, Resource
from destruction.identities import Identity, identities
from destruction.judgment import Answer, judge, judge_after
from destruction.page import ORGANIZATION, OTHER_ADMINISTRATOR, declared_programs, markdown
from sandbox.folder import ROOT

YES, NO, NOT_JUDGED = Answer.YES, Answer.NO, Answer.NOT_JUDGED
BREAK_GLASS = f"arn:aws:iam::{ACCOUNT}:role/phi-prod-break-glass"
ADMINISTRATORS = [DEPLOYER, OTHER_ADMINISTRATOR, BREAK_GLASS]
BUCKET, OBJECT = "arn:aws:s3:::records", "arn:aws:s3:::records/object"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
ACCOUNT_ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
DELETION = Permission("s3:DeleteObject", OBJECT, BUCKET)
KEY_DELETION = Permission("kms:ScheduleKeyDeletion", KEY, KEY)


def allow(action: str, resource: str = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def stack(*resources: Resource) -> DeclaredStack:
    role = Resource("Role", ROLE, {"name": "app", "description": "The application"})
    return DeclaredStack((role, *resources))


def role_policy(*statements: dict[str, Any]) -> Resource:
    return Resource("RolePolicy", "", {"role": "app", "policy": document(*statements)})


def bucket_policy(*statements: dict[str, Any]) -> Resource:
    return Resource("BucketPolicy", "", {"bucket": "records", "policy": document(*statements)})


def key(*statements: dict[str, Any]) -> Resource:
    return Resource("Key", KEY, {"policy": document(*statements)})


def identity(declared: DeclaredStack, title: str) -> Identity:
    rows = identities(declared, ORGANIZATION, OTHER_ADMINISTRATOR, ADMINISTRATORS)
    (found,) = [row for row in rows if row.title == title]
    return found


def answer(declared: DeclaredStack, title: str, *permissions: Permission) -> Answer:
    return judge(identity(declared, title), Act("act", "An act", (permissions,)), declared)


APPLICATION = "`app`"
ROOT_USER = "Root user of the account"
UNNAMED = "Any other administrator of the account"
IN_ORGANIZATION = "Administrator of another member account of the organization"
OUTSIDE = "Administrator of any other account"
SERVICES = "AWS services"
BACKUP_ADMINISTRATOR = "Administrator of the backup account"


# One rule at a time.


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ((), NO),
        ((role_policy(allow("s3:DeleteObject", OBJECT)),), YES),
        ((role_policy(allow("s3:DeleteObject", f"{BUCKET}/other")),), NO),
        ((role_policy(allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),), YES),
        ((role_policy(allow("s3:*", Condition={"StringEquals": {"aws:PrincipalAccount": "444455556666"}})),), NO),
        ((bucket_policy(allow("s3:*", OBJECT, Principal={"AWS": ROLE})),), YES),
        ((bucket_policy(allow("s3:*", OBJECT, Principal=ACCOUNT_ROOT)),), NO),
        (
            (
                role_policy(allow("s3:*")),
                bucket_policy(allow("s3:*", OBJECT, Principal={"AWS": ROLE}, Effect="Deny")),
            ),
            NO,
        ),
    ],
)
def test_role_needs_an_allow_of_its_own_or_by_name_and_no_deny(resources, expected):
    assert answer(stack(*resources), APPLICATION, DELETION) is expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ((key(), role_policy(allow("kms:*"))), NO),
        ((key(allow("kms:*", Principal=ACCOUNT_ROOT)),), NO),
        ((key(allow("kms:*", Principal=ACCOUNT_ROOT)), role_policy(allow("kms:*"))), YES),
        ((key(allow("kms:Decrypt", Principal=ACCOUNT_ROOT)), role_policy(allow("kms:*"))), NO),
    ],
)
def test_role_needs_the_policy_of_a_key_too(resources, expected):
    assert answer(stack(*resources), APPLICATION, KEY_DELETION) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"ArnNotEquals": {"aws:PrincipalArn": ADMINISTRATORS}}, [YES, YES, NO, NO]),
        ({"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, [YES, YES, YES, YES]),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, [NO, NO, NO, NO]),
    ],
)
def test_administrator_has_what_the_resource_does_not_deny(condition, expected):
    declared = stack(bucket_policy(allow("s3:*", OBJECT, Principal="*", Effect="Deny", Condition=condition)))
    titles = ("Deployer", "Another bucket administrator", UNNAMED, ROOT_USER)
    assert [answer(declared, title, DELETION) for title in titles] == expected


@pytest.mark.parametrize(
    ("principal", "condition", "expected"),
    [
        (ACCOUNT_ROOT, {}, [NO, NO]),
        ({"AWS": "*"}, {}, [YES, YES]),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, [YES, NO]),
        ({"AWS": "777788889999"}, {}, [YES, YES]),
    ],
)
def test_other_account_needs_an_allow_of_the_resource(principal, condition, expected):
    declared = stack(bucket_policy(allow("s3:DeleteObject", OBJECT, Principal=principal, Condition=condition)))
    assert [answer(declared, title, DELETION) for title in (IN_ORGANIZATION, OUTSIDE)] == expected


@pytest.mark.parametrize(
    ("principal", "expected"), [({"Service": "logging.s3.amazonaws.com"}, YES), (ACCOUNT_ROOT, NO)]
)
def test_service_needs_an_allow_of_the_resource(principal, expected):
    declared = stack(bucket_policy(allow("s3:DeleteObject", OBJECT, Principal=principal)))
    assert answer(declared, SERVICES, DELETION) is expected


def test_root_user_replaces_a_bucket_policy_that_denies_it_but_no_other_administrator_does():
    denial = bucket_policy(allow("s3:*", "*", Principal="*", Effect="Deny"))
    declared = stack(denial)
    change = Permission("s3:DeleteBucketPolicy", BUCKET, BUCKET)
    assert [answer(declared, title, change) for title in (ROOT_USER, UNNAMED, "Deployer")] == [YES, NO, NO]
    assert answer(declared, ROOT_USER, Permission("s3:DeleteBucket", BUCKET, BUCKET)) is NO


def test_way_takes_all_of_its_permissions():
    bypass = Permission("s3:BypassGovernanceRetention", OBJECT, BUCKET)
    one = stack(role_policy(allow("s3:DeleteObject")))
    both = stack(role_policy(allow("s3:DeleteObject"), allow("s3:BypassGovernanceRetention")))
    assert answer(one, APPLICATION, DELETION, bypass) is NO
    assert answer(both, APPLICATION, DELETION, bypass) is YES


def test_act_on_what_the_stack_lacks_is_not_judged():
    declared = stack()
    assert judge(identity(declared, UNNAMED), Act("act", "An act", ()), declared) is NOT_JUDGED


# The program's own policies.


Programs = tuple[DeclaredStack, DeclaredStack]


@pytest.fixture(scope="module")
def programs() -> Programs:
    """Return the stack, and the program of the account that receives copies of its backups."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_CONFIG", "")  # restored at the end
        return declared_programs()


def judged(programs: Programs, title: str) -> set[str]:
    """Return the IDs of the acts that an identity can do."""
    prod, copies = programs
    row = identity(prod, title)
    return {act.id for act in acts(prod, copies, ADMINISTRATORS) if judge(row, act, prod + copies) is YES}


def test_every_bucket_key_and_topic_has_a_policy(programs):
    for program in programs:
        assert set(program.arns("Bucket", "Key", "ReplicaKey", "Topic")) <= program.policies.keys()


def test_acts_name_resources_of_the_programs(programs):
    prod, copies = programs
    all_acts = acts(prod, copies, ADMINISTRATORS)
    owners = {permission.policy_owner for act in all_acts for way in act.ways for permission in way}
    types = ("Bucket", "EventRule", "Key", "LogGroup", "MetricAlarm", "ReplicaKey", "Topic", "Trail", "Vault")
    assert owners <= {*prod.arns(*types), *copies.arns(*types), *ADMINISTRATORS}
    assert all(act.ways for act in all_acts)


def test_only_named_administrators_weaken_what_protects_versions(programs):
    protected = {"version", "locked-version", "retention", "bucket-policy", "bucket", "replica", "trail-file"}
    assert protected <= judged(programs, "Deployer")
    assert not (protected | {"legal-hold"}) & judged(programs, UNNAMED)
    assert (protected | {"legal-hold"}) & judged(programs, ROOT_USER) == {"bucket-policy"}
    assert judged(programs, "`phi-prod-break-glass`") == {"object", "version"}
    assert judged(programs, "`phi-prod-application`") == {"object"}
    assert judged(programs, "`phi-prod-replica-replication-role`") == {"object"}
    assert judged(programs, "`phi-prod-account-malware-scan-role`") == {"object", "events"}
    assert judged(programs, "`phi-prod-legal-hold`") == {"legal-hold"}
    assert judged(programs, "`phi-prod-auditor`") == set()
    assert judged(programs, IN_ORGANIZATION) | judged(programs, OUTSIDE) | judged(programs, SERVICES) == set()


@pytest.mark.parametrize(
    ("title", "earlier", "expected"),
    [
        ("Deployer", "bucket-policy", {"legal-hold"}),
        (ROOT_USER, "bucket-policy", {"version", "locked-version", "retention", "legal-hold", "bucket"}),
        (UNNAMED, "named", {"version", "locked-version", "retention", "legal-hold", "bucket-policy", "bucket"}),
        ("`phi-prod-break-glass`", None, set()),
        (IN_ORGANIZATION, None, set()),
    ],
)
def test_whoever_replaces_a_bucket_policy_or_becomes_an_administrator_can_then_do_what_it_denied(
    programs, title, earlier, expected
):
    prod, copies = programs
    all_acts = acts(prod, copies, ADMINISTRATORS)
    freeing = [act for act in all_acts if act.id in ("bucket-policy", "named")]
    row = identity(prod, title)
    found = {act.id: judge_after(row, act, freeing, prod + copies) for act in all_acts}
    freed = {id_: act.id for id_, act in found.items() if act}
    others = {} if title in ("Deployer", "`phi-prod-break-glass`", IN_ORGANIZATION) else {"replica", "trail-file"}
    assert freed == dict.fromkeys(expected | set(others), earlier)


def test_only_the_backup_account_deletes_copies(programs):
    prod, _ = programs
    rows = identities(prod, ORGANIZATION, OTHER_ADMINISTRATOR, ADMINISTRATORS)
    assert [row.title for row in rows if "copy" in judged(programs, row.title)] == [BACKUP_ADMINISTRATOR]
    assert judged(programs, BACKUP_ADMINISTRATOR) == {"copy"}
    assert all(f":{BACKUP_ACCOUNT}:" in arn for arn in programs[1].arns("Vault", "Key"))


def test_policy_without_its_denial_allows_any_administrator(programs):
    def weakened(resource: Resource) -> Resource:
        if resource.type_name != "BucketPolicy" or "-phi-1" not in resource.inputs["bucket"]:
            return resource
        policy = json.loads(resource.inputs["policy"])
        kept = [statement for statement in policy["Statement"] if statement.get("Sid") != "DenyProtectionChanges"]
        inputs = {**resource.inputs, "policy": json.dumps(policy | {"Statement": kept})}
        return dataclasses.replace(resource, inputs=inputs)

    prod, copies = programs
    changed = DeclaredStack(tuple(map(weakened, prod.resources)))
    gained = judged((changed, copies), UNNAMED) - judged(programs, UNNAMED)
    assert gained == {"version", "locked-version", "retention", "bucket-policy", "bucket"}


# The page.


def test_facts_are_about_acts_of_the_page(programs):
    known = {act.id for act in acts(*programs, ADMINISTRATORS)}
    assert {act for fact in FACTS for act in fact.acts} <= known


def test_page_is_up_to_date(programs):
    page = (ROOT / "docs" / "who-can-destroy-what.md").read_text(encoding="utf-8")
    assert page == markdown(*programs, OTHER_ADMINISTRATOR, ORGANIZATION), "run: make docs"
