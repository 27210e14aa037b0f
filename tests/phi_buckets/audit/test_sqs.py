"""The SQS queues of a live account: the facts, the findings, and queues that can't be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from hipaa_controls.model.values import Document, Location
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.sqs.facts import Queue, QueuePolicy
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import kms as kms_calls
from phi_buckets.audit.calls import sqs as calls
from phi_buckets.audit.collect import COLLECTORS, sqs
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import (
    OTHER_REGION,
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

ENCRYPTION, CUSTOMER_MANAGED_KEY = "sqs-encryption", "sqs-customer-managed-key"
EXTERNAL_ACCESS, TLS_ONLY = "sqs-no-external-access", "sqs-tls-only"
CONTROLS = (ENCRYPTION, CUSTOMER_MANAGED_KEY, EXTERNAL_ACCESS, TLS_ONLY)
NAME = "phi-dev-results"
PHI = {"DataClass": "PHI"}


def queue_arn(name: str = NAME, region: str = REGION) -> str:
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"


def policy(*statements: Mapping[str, Any], arn: str) -> str:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [deny, *statements]})


def new_key(session: boto3.Session, name: str, region: str) -> str:
    kms: Any = session.client("kms", region_name=region)
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    return str(key["Arn"])


def create_queue(
    session: boto3.Session, name: str = NAME, region: str = REGION, tags: Mapping[str, str] = PHI, **attributes: str
) -> str:
    """Create a queue and return its URL."""
    client: Any = session.client("sqs", region_name=region)
    return str(client.create_queue(QueueName=name, Attributes=attributes, tags=tags)["QueueUrl"])


def create_compliant_queue(session: boto3.Session, region: str = REGION, name: str = NAME, **attributes: str) -> str:
    key = new_key(session, name.replace(".", "-"), region)
    create_queue(
        session,
        name,
        region,
        **{"KmsMasterKeyId": key, "Policy": policy(arn=queue_arn(name, region))} | attributes,
    )
    return key


def audit_queues(
    session: boto3.Session, scope: Scope = WHOLE_ACCOUNT, regions: tuple[str, ...] = (REGION,)
) -> AuditResult:
    return audit(session, sqs.collect, CONTROLS, scope=scope, regions=regions)


def test_audit_includes_the_sqs_collector():
    assert sqs.collect in COLLECTORS


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, Scope({}, "phi-dev-")], ids=["account", "stack"])
def test_queue_is_collected_with_its_settings_and_passes(session, scope):
    key = create_compliant_queue(session)
    result = audit_queues(session, scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert result.findings(Status.PASS) == {control: {queue_arn()} for control in CONTROLS}
    location = Location("aws", REGION, ACCOUNT)
    [queue] = result.stack.facts_of_type(Queue)
    assert queue == Queue(queue_arn(), queue_arn(), key, queue.sse_sqs, tags=PHI, location=location)
    [queue_policy] = result.stack.facts_of_type(QueuePolicy)
    assert queue_policy.document
    assert json.loads(str(queue_policy.document.content)) == json.loads(policy(arn=queue_arn()))


def test_fifo_queue_and_dead_letter_queue_are_collected_as_queues(session):
    key = create_compliant_queue(session, name=f"{NAME}.fifo", FifoQueue="true")
    dead_letters = "phi-dev-dead-letters.fifo"
    attributes = {"FifoQueue": "true", "KmsMasterKeyId": key, "Policy": policy(arn=queue_arn(dead_letters))}
    create_queue(session, dead_letters, **attributes)
    result = audit_queues(session)
    both = {queue_arn(f"{NAME}.fifo"), queue_arn(dead_letters)}
    assert result.findings(Status.PASS) == dict.fromkeys(CONTROLS, both)
    assert result.blocking == {}


ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue_arn()}
ALLOW_OTHER_ACCOUNT = ALLOW | {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
ALLOW_SERVICE = ALLOW | {"Principal": {"Service": "sns.amazonaws.com"}}
ALLOW_OWN_ACCOUNT = ALLOW | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
WITHOUT_DENY = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_OWN_ACCOUNT]})


@pytest.mark.parametrize(
    ("attribute", "value", "controls"),
    [
        ("KmsMasterKeyId", "alias/aws/sqs", {CUSTOMER_MANAGED_KEY}),
        ("Policy", policy(ALLOW, arn=queue_arn()), {EXTERNAL_ACCESS}),
        ("Policy", policy(ALLOW_OTHER_ACCOUNT, arn=queue_arn()), {EXTERNAL_ACCESS}),
        ("Policy", policy(ALLOW_SERVICE, arn=queue_arn()), {EXTERNAL_ACCESS}),
        ("Policy", policy(ALLOW_OWN_ACCOUNT, arn=queue_arn()), set()),
        ("Policy", WITHOUT_DENY, {TLS_ONLY}),
        ("Policy", "", {TLS_ONLY}),
    ],
    ids=["AWS managed key", "everyone", "another account", "any service", "own account", "plain HTTP", "no policy"],
)
def test_weak_setting_fails_only_its_control(session, attribute, value, controls):
    create_compliant_queue(session, **{attribute: value})
    result = audit_queues(session)
    assert result.findings(Status.FAIL) == {control: {queue_arn()} for control in controls}
    assert result.findings(Status.UNVERIFIED) == {}


@pytest.mark.parametrize(
    ("attributes", "controls"),
    [
        ({"SqsManagedSseEnabled": "true"}, {CUSTOMER_MANAGED_KEY}),
        ({"SqsManagedSseEnabled": "false"}, {CUSTOMER_MANAGED_KEY, ENCRYPTION}),
        ({}, {CUSTOMER_MANAGED_KEY, ENCRYPTION}),
    ],
)
def test_queue_without_a_key_passes_encryption_only_if_aws_reports_sse_sqs(session, attributes, controls):
    """An absent attribute doesn't mean AWS's current default: queues from before 2022 have no encryption."""
    create_queue(session)
    attributes = attributes | {"Policy": policy(arn=queue_arn())}
    responding = session_with_response(calls.GET_QUEUE_ATTRIBUTES, {"Attributes": attributes})
    assert audit_queues(responding).blocking == {control: {queue_arn()} for control in controls}


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ({}, Status.FAIL),
        ({"DataClass": "PHI"}, Status.FAIL),
        ({"DataClass": "secret"}, Status.FAIL),
        ({"DataClass": "Internal"}, Status.NOT_APPLICABLE),
    ],
)
def test_data_class_decides_whether_a_customer_managed_key_is_required(session, tags, status):
    create_queue(session, tags=tags)
    assert CUSTOMER_MANAGED_KEY in audit_queues(session).findings(status)


@pytest.mark.parametrize(("call", "controls"), [(calls.LIST_QUEUES, CONTROLS), (calls.GET_QUEUE_ATTRIBUTES, CONTROLS)])
def test_denied_call_is_unverified_and_names_the_permission(session, call, controls):
    create_compliant_queue(session)
    assert_unverified(audit_queues(session_denying(call)), call, controls)


def test_denied_tags_are_unverified_unless_the_key_is_customer_managed(session):
    denied = session_denying(calls.LIST_QUEUE_TAGS)
    create_compliant_queue(session)
    assert audit_queues(denied).blocking == {}
    create_compliant_queue(session, name="other", KmsMasterKeyId="alias/aws/sqs")
    assert_unverified(audit_queues(denied), calls.LIST_QUEUE_TAGS, {CUSTOMER_MANAGED_KEY})


def test_denied_aliases_leave_the_key_unverified(session):
    create_compliant_queue(session, KmsMasterKeyId="alias/phi-dev-results")
    assert audit_queues(session).blocking == {}
    assert_unverified(
        audit_queues(session_denying(kms_calls.LIST_ALIASES)), kms_calls.LIST_ALIASES, {CUSTOMER_MANAGED_KEY}
    )


@pytest.mark.parametrize("call", [calls.GET_QUEUE_ATTRIBUTES, calls.LIST_QUEUE_TAGS])
@pytest.mark.parametrize("error_code", calls.GET_QUEUE_ATTRIBUTES.not_found_errors)
def test_queue_deleted_since_it_was_listed_is_left_out(session, call, error_code):
    create_compliant_queue(session)
    result = audit_queues(session_denying(call, error_code))
    assert (result.verdicts, result.failed_calls) == ((), ())


@pytest.mark.parametrize("call", [calls.GET_QUEUE_ATTRIBUTES, calls.LIST_QUEUE_TAGS])
def test_queue_deleted_from_the_emulator_since_it_was_listed_is_left_out(session, call: Call):
    url = create_queue(session)
    client: Any = session.client("sqs")
    client.delete_queue(QueueUrl=url)
    result = audit_queues(session_with_response(calls.LIST_QUEUES, {"QueueUrls": [url]}))
    assert (result.verdicts, result.failed_calls) == ((), ())
    assert call in result.call_counts


def test_each_region_has_its_own_queues_and_keys(session):
    create_compliant_queue(session)
    create_compliant_queue(session, OTHER_REGION, KmsMasterKeyId="alias/phi-dev-results")
    regions = (REGION, OTHER_REGION)
    both = {queue_arn(), queue_arn(region=OTHER_REGION)}
    assert audit_queues(session, regions=regions).findings(Status.PASS) == dict.fromkeys(CONTROLS, both)
    result = audit_queues(session_denying(calls.LIST_QUEUES, region=OTHER_REGION), regions=regions)
    assert result.findings(Status.PASS) == {control: {queue_arn()} for control in CONTROLS}
    assert result.findings(Status.UNVERIFIED) == {control: {queue_arn("*", OTHER_REGION)} for control in CONTROLS}


def test_all_pages_are_read(session, monkeypatch):
    names = [f"{NAME}-{number}" for number in range(5)]
    for name in names:
        create_queue(session, name)
    monkeypatch.setattr(sqs, "PAGE_SIZE", 2)
    result = audit_queues(session)
    assert {queue.resource for queue in result.stack.facts_of_type(Queue)} == set(map(queue_arn, names))
    assert result.call_counts[calls.LIST_QUEUES] == 3


def test_stack_scope_includes_queues_by_name(session):
    create_compliant_queue(session)
    create_queue(session, "other", SqsManagedSseEnabled="false")
    result = audit_queues(session, Scope({}, "phi-dev-"))
    assert result.blocking == {}
    assert result.call_counts[calls.GET_QUEUE_ATTRIBUTES] == 1
    assert audit_queues(session).findings(Status.FAIL)[ENCRYPTION] == {queue_arn("other")}


def test_aliases_are_not_listed_if_no_queue_has_a_key(session):
    create_queue(session)
    assert {call.service for call in audit_queues(session).call_counts} == {"sqs"}


def test_only_a_queue_with_a_policy_has_a_document(session):
    create_queue(session)
    [queue_policy] = audit_queues(session).stack.facts_of_type(QueuePolicy)
    assert queue_policy.document is None
    create_queue(session, "other", Policy=policy(arn=queue_arn("other")))
    documents = {fact.resource: fact.document for fact in audit_queues(session).stack.facts_of_type(QueuePolicy)}
    assert isinstance(documents[queue_arn("other")], Document)
