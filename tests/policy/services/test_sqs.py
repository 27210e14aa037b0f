"""SQS queues: their encryption, and the principals and transport that their policies allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:results"
QUEUE_URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/results"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
QUEUE, QUEUE_POLICY = "aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"
ENCRYPTION, CUSTOMER_MANAGED_KEY = "sqs-encryption", "sqs-customer-managed-key"
EXTERNAL_ACCESS, TLS_ONLY = "sqs-no-external-access", "sqs-tls-only"
CONTROLS = (ENCRYPTION, CUSTOMER_MANAGED_KEY, EXTERNAL_ACCESS, TLS_ONLY)

# Its ARN gives the stack's own account.
KEY = Resource(
    "aws:kms/key:Key",
    "key",
    {
        "policy": json.dumps(
            {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}]}
        )
    },
    outputs={"arn": KEY_ARN},
)


def queue(
    resource_name: str = "queue",
    comes_from: dict[str, list[str]] | None = None,
    account: str | None = None,
    **inputs: Any,
) -> Resource:
    queue_inputs = {"name": "results"} | inputs
    return Resource(QUEUE, resource_name, queue_inputs, comes_from=comes_from or {}, account=account)


DENY_PLAIN_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": QUEUE_ARN,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ALLOW_OWN_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"],
    "Resource": QUEUE_ARN,
}
ALLOW_TOPIC = ALLOW_OWN_ACCOUNT | {
    "Principal": {"Service": "sns.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:events"}},
}
ALLOW_OTHER_ACCOUNT = ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": OTHER_ACCOUNT}}
ALLOW_ORGANIZATION = ALLOW_OWN_ACCOUNT | {
    "Principal": "*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
}


def policy_text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


FORMS = ("inline", "separate, by reference", "separate, by URL")


def with_policy(policy: Any, form: str, **inputs: Any) -> list[Resource]:
    """Return a stack that declares a queue policy in one of the forms. The resource that declares it is `policy`."""
    if form == "inline":
        return [KEY, queue("policy", policy=policy, **inputs)]
    if form == "separate, by URL":
        return [KEY, queue(**inputs), Resource(QUEUE_POLICY, "policy", {"queueUrl": QUEUE_URL, "policy": policy})]
    separate = Resource(
        QUEUE_POLICY, "policy", {"queueUrl": UNKNOWN, "policy": policy}, comes_from={"queueUrl": ["queue"]}
    )
    return [KEY, queue(**inputs), separate]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fifo", [{}, {"name": "results.fifo", "fifoQueue": True}], ids=["standard", "FIFO"])
def test_queue_with_key_and_policy_passes_every_control(pack: PackProcess, form, fifo):
    text = policy_text(DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT, ALLOW_TOPIC)
    if fifo:
        text = text.replace(QUEUE_ARN, f"{QUEUE_ARN}.fifo")
    stack = with_policy(text, form, kmsMasterKeyId=KEY_ARN, **fifo)
    if fifo and form == "separate, by URL":
        stack[-1] = Resource(QUEUE_POLICY, "policy", {"queueUrl": f"{QUEUE_URL}.fifo", "policy": text})
    for control in CONTROLS:
        assert findings_for(pack, control, stack) == [], control


# Encryption.


@pytest.mark.parametrize(
    ("inputs", "fails"),
    [
        ({}, False),  # AWS's default: SSE-SQS
        ({"sqsManagedSseEnabled": True}, False),
        ({"sqsManagedSseEnabled": "true"}, False),
        ({"sqsManagedSseEnabled": False}, True),
        ({"sqsManagedSseEnabled": "false"}, True),
        ({"sqsManagedSseEnabled": False, "kmsMasterKeyId": ""}, True),
        ({"sqsManagedSseEnabled": False, "kmsMasterKeyId": KEY_ARN}, False),
        ({"sqsManagedSseEnabled": False, "tags": {"DataClass": "Internal"}}, True),
        ({"kmsMasterKeyId": KEY_ARN}, False),
        ({"kmsMasterKeyId": "alias/aws/sqs"}, False),
        ({"kmsMasterKeyId": UNKNOWN}, False),  # either SSE-KMS, or AWS's default
    ],
)
def test_queue_without_encryption_fails(pack: PackProcess, inputs, fails):
    assert failed_resources(pack, ENCRYPTION, [queue(**inputs)]) == ({"queue"} if fails else set())


@pytest.mark.parametrize(
    "inputs", [{"sqsManagedSseEnabled": UNKNOWN}, {"sqsManagedSseEnabled": False, "kmsMasterKeyId": UNKNOWN}]
)
def test_encryption_that_depends_on_an_unknown_value_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, ENCRYPTION, [queue(**inputs)]) == {"queue"}


@pytest.mark.parametrize(("actual", "fails"), [(False, True), (True, False), (UNKNOWN, False)])
def test_encryption_of_an_existing_queue_counts_where_the_program_declares_none(pack: PackProcess, actual, fails):
    findings = pack.only_for(ENCRYPTION).evaluate_stack(
        [queue()], planned={"queue": {"name": "results", "sqsManagedSseEnabled": actual}}
    )
    assert [finding.resource for finding in findings] == (["queue"] if fails else [])


def test_only_the_unencrypted_one_of_two_queues_fails(pack: PackProcess):
    dead_letters = queue("dead-letters", name="dead-letters", sqsManagedSseEnabled=False)
    redriven = queue(redrivePolicy=UNKNOWN, comes_from={"redrivePolicy": ["dead-letters"]})
    assert failed_resources(pack, ENCRYPTION, [dead_letters, redriven]) == {"dead-letters"}


# Customer managed key.


@pytest.mark.parametrize(
    ("inputs", "fails"),
    [
        ({"kmsMasterKeyId": KEY_ARN}, False),
        ({"kmsMasterKeyId": "0a1b2c3d-0000-1111-2222-333344445555"}, False),
        ({"kmsMasterKeyId": "alias/results"}, False),
        ({"kmsMasterKeyId": "alias/aws/sqs"}, True),
        ({"kmsMasterKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/sqs"}, True),
        ({"kmsMasterKeyId": ""}, True),
        ({"kmsMasterKeyId": "hunter2"}, True),
        ({"sqsManagedSseEnabled": True}, True),
        ({}, True),
    ],
)
def test_queue_without_customer_managed_key_fails(pack: PackProcess, inputs, fails):
    stack = [queue(account=ACCOUNT, **inputs)]
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, stack) == ({"queue"} if fails else set())
    assert not any("hunter2" in finding.message for finding in pack.evaluate_stack(stack))


def test_key_of_the_stack_is_customer_managed(pack: PackProcess):
    comes_from = {"kmsMasterKeyId": ["key"]}
    assert (
        failed_resources(pack, CUSTOMER_MANAGED_KEY, [KEY, queue("queue", comes_from, kmsMasterKeyId=UNKNOWN)]) == set()
    )


def test_unknown_key_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [queue(kmsMasterKeyId=UNKNOWN)]) == {"queue"}


@pytest.mark.parametrize(
    ("tags", "fails"),
    [
        ({}, True),
        ({"DataClass": ""}, True),
        ({"DataClass": "PHI"}, True),
        ({"DataClass": "Replica"}, True),
        ({"DataClass": "secret"}, True),
        ({"DataClass": UNKNOWN}, True),
        ({"DataClass": "Internal"}, False),
        ({"DataClass": "public"}, False),
        ({"DataClass": "S3AccessLog"}, False),
        ({"dataclass": "Internal"}, True),
    ],
)
def test_data_class_decides_whether_a_customer_managed_key_is_required(pack: PackProcess, tags, fails):
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [queue(tags=tags)]) == ({"queue"} if fails else set())


def test_unknown_tags_are_unverified_unless_the_key_is_customer_managed(pack: PackProcess):
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [queue(tags=UNKNOWN)]) == {"queue"}
    assert (
        failed_resources(pack, CUSTOMER_MANAGED_KEY, [queue(account=ACCOUNT, tags=UNKNOWN, kmsMasterKeyId=KEY_ARN)])
        == set()
    )


def test_configured_tag_and_untagged_class_apply_to_queues():
    with start_pack() as pack:
        pack.configure(s3_data_class_tag={"tag": "Contents", "untaggedAs": "other"})
        tagged = queue("tagged", tags={"Contents": "PHI"})
        assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [tagged, queue("untagged")]) == {"tagged"}


def test_only_the_queue_with_the_wrong_key_fails(pack: PackProcess):
    stack = [
        queue("right", account=ACCOUNT, kmsMasterKeyId=KEY_ARN),
        queue("wrong", name="other", kmsMasterKeyId="alias/aws/sqs"),
    ]
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, stack) == {"wrong"}


# External access.


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        (ALLOW_OWN_ACCOUNT, False),
        (ALLOW_OWN_ACCOUNT | {"Action": "sqs:*", "Resource": "*"}, False),
        (ALLOW_TOPIC, False),
        (ALLOW_TOPIC | {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}, False),
        (DENY_PLAIN_HTTP, False),
        (ALLOW_OTHER_ACCOUNT, True),
        (ALLOW_ORGANIZATION, True),
        (ALLOW_OWN_ACCOUNT | {"Principal": "*"}, True),
        (ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": "*"}, "Action": "SQS:*"}, True),
        (ALLOW_TOPIC | {"Condition": {}}, True),
        (ALLOW_TOPIC | {"Condition": {"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}}, True),
        ({name: value for name, value in ALLOW_OWN_ACCOUNT.items() if name != "Principal"}, True),
    ],
)
def test_policy_that_allows_an_untrusted_principal_fails(pack: PackProcess, statement, fails, form):
    stack = with_policy(policy_text(statement), form)
    assert failed_resources(pack, EXTERNAL_ACCESS, stack) == ({"policy"} if fails else set())


def test_configured_accounts_and_organizations_are_trusted():
    stack = with_policy(policy_text(ALLOW_OTHER_ACCOUNT, ALLOW_ORGANIZATION), "inline")
    with start_pack() as pack:
        pack.configure(sqs_no_external_access={"accounts": [OTHER_ACCOUNT], "organizations": ["o-abcdefghij"]})
        assert failed_resources(pack, EXTERNAL_ACCESS, stack) == set()


@pytest.mark.parametrize("policy", [{}, {"policy": ""}])
def test_queue_without_policy_grants_no_external_access(pack: PackProcess, policy):
    assert failed_resources(pack, EXTERNAL_ACCESS, [KEY, queue(**policy)]) == set()


def test_only_the_policy_that_allows_another_account_fails(pack: PackProcess):
    right, wrong = (
        Resource(QUEUE, name, {"name": name, "policy": policy_text(statement | {"Resource": "*"})})
        for name, statement in (("right", ALLOW_OWN_ACCOUNT), ("wrong", ALLOW_OTHER_ACCOUNT))
    )
    assert failed_resources(pack, EXTERNAL_ACCESS, [KEY, right, wrong]) == {"wrong"}


def test_policy_is_unverified_while_the_stacks_account_is_unknown(pack: PackProcess):
    stack = with_policy(policy_text(ALLOW_OWN_ACCOUNT), "inline")[1:]
    assert unverified_resources(pack, EXTERNAL_ACCESS, stack) == {"policy"}


# TLS.


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("statements", "fails"),
    [
        ([DENY_PLAIN_HTTP], False),
        ([DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT], False),
        ([DENY_PLAIN_HTTP | {"Resource": "*", "Action": "*"}], False),
        ([DENY_PLAIN_HTTP | {"Principal": {"AWS": "*"}, "Action": "SQS:*"}], False),
        ([DENY_PLAIN_HTTP | {"Action": ["sqs:SendMessage", "sqs:ReceiveMessage"]}, ALLOW_OWN_ACCOUNT], False),
        ([ALLOW_OWN_ACCOUNT], True),
        ([DENY_PLAIN_HTTP | {"Action": "sqs:SendMessage"}], True),
        ([DENY_PLAIN_HTTP | {"Action": "sqs:ReceiveMessage"}], True),
        (
            [
                DENY_PLAIN_HTTP | {"Action": ["sqs:SendMessage", "sqs:ReceiveMessage"]},
                ALLOW_OWN_ACCOUNT | {"Action": "sqs:PurgeQueue"},
            ],
            True,
        ),
        ([DENY_PLAIN_HTTP | {"Principal": {"AWS": ROOT}}], True),
        ([DENY_PLAIN_HTTP | {"Resource": f"{QUEUE_ARN}2"}], True),
        ([DENY_PLAIN_HTTP | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}], True),
        ([DENY_PLAIN_HTTP | {"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}], True),
    ],
)
def test_policy_that_does_not_deny_plain_http_fails(pack: PackProcess, statements, fails, form):
    stack = with_policy(policy_text(*statements), form)
    assert failed_resources(pack, TLS_ONLY, stack) == ({"policy"} if fails else set())


@pytest.mark.parametrize("policy", [{}, {"policy": ""}])
def test_queue_without_policy_fails(pack: PackProcess, policy):
    one, two = (Resource(QUEUE, name, {"name": name} | policy) for name in ("one", "two"))
    text = policy_text(DENY_PLAIN_HTTP | {"Resource": QUEUE_ARN.replace("results", "one")})
    separate = Resource(QUEUE_POLICY, "policy", {"queueUrl": UNKNOWN, "policy": text}, comes_from={"queueUrl": ["one"]})
    assert failed_resources(pack, TLS_ONLY, [KEY, one, two]) == {"one", "two"}
    assert failed_resources(pack, TLS_ONLY, [KEY, one, two, separate]) == {"two"}


def test_queue_is_unverified_if_the_queue_of_a_policy_is_unknown(pack: PackProcess):
    separate = Resource(
        QUEUE_POLICY, "policy", {"queueUrl": UNKNOWN, "policy": policy_text(DENY_PLAIN_HTTP | {"Resource": "*"})}
    )
    assert unverified_resources(pack, TLS_ONLY, [KEY, queue(), separate]) == {"queue"}


def test_policy_of_a_queue_outside_the_stack_is_checked_by_its_url(pack: PackProcess):
    separate = Resource(QUEUE_POLICY, "policy", {"queueUrl": QUEUE_URL, "policy": policy_text(DENY_PLAIN_HTTP)})
    other = Resource(QUEUE_POLICY, "policy", {"queueUrl": f"{QUEUE_URL}2", "policy": policy_text(DENY_PLAIN_HTTP)})
    assert failed_resources(pack, TLS_ONLY, [separate]) == set()
    assert failed_resources(pack, TLS_ONLY, [other]) == {"policy"}


def test_policy_that_names_a_queue_is_unverified_while_the_queues_arn_is_unknown(pack: PackProcess):
    """The account is unknown, or Pulumi generates the name."""
    for stack in (
        [queue("policy", policy=policy_text(DENY_PLAIN_HTTP))],
        [KEY, Resource(QUEUE, "policy", {"policy": policy_text(DENY_PLAIN_HTTP)})],
    ):
        assert unverified_resources(pack, TLS_ONLY, stack) == {"policy"}
    for statement in (ALLOW_OWN_ACCOUNT, DENY_PLAIN_HTTP | {"Action": "sqs:SendMessage"}):
        assert failed_resources(pack, TLS_ONLY, [queue("policy", policy=policy_text(statement))]) == {"policy"}
    for_every_queue = policy_text(DENY_PLAIN_HTTP | {"Resource": "*"})
    assert failed_resources(pack, TLS_ONLY, [queue("policy", policy=for_every_queue)]) == set()


# Unknown policies.


@pytest.mark.parametrize("control", [EXTERNAL_ACCESS, TLS_ONLY])
@pytest.mark.parametrize("form", FORMS)
def test_unknown_policy_is_unverified(pack: PackProcess, control, form):
    assert unverified_resources(pack, control, with_policy(UNKNOWN, form)) == {"policy"}


@pytest.mark.parametrize(
    ("control", "statements"),
    [
        (TLS_ONLY, [DENY_PLAIN_HTTP | {"Resource": UNKNOWN}]),
        (TLS_ONLY, [DENY_PLAIN_HTTP | {"Effect": UNKNOWN}]),
        (TLS_ONLY, [UNKNOWN]),
        (EXTERNAL_ACCESS, [DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": UNKNOWN}}]),
        (EXTERNAL_ACCESS, [UNKNOWN]),
    ],
)
def test_unknown_element_in_a_components_policy_is_unverified(pack: PackProcess, control, statements):
    component = Resource("phi:x:Queue", "around", {"queuePolicy": {"Version": "2012-10-17", "Statement": statements}})
    role = Resource("aws:iam/role:Role", "role", {})
    inputs = {"queueUrl": UNKNOWN, "policy": UNKNOWN}
    policy = Resource(QUEUE_POLICY, "policy", inputs, "around", {"queueUrl": ["queue"], "policy": ["role"]})
    assert unverified_resources(pack, control, [KEY, role, component, queue(), policy]) == {"policy"}
