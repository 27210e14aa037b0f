"""What looks like a safeguard and isn't one: it doesn't count, and a resource that needs it doesn't pass."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crossguard.graph import Graph
from crossguard.providers import Provider
from crossguard.readers.s3_settings import COMPANION_READERS
from crossguard.resource_inputs import ResourceInputs
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.values import StackResource, Unknown
from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, reported, start_pack
from tests.policy.services.s3_stacks import ACCOUNT, companion, companion_by_reference, data_bucket, policy_text

OTHER = "999999999999"
VERSIONING, PUBLIC_ACCESS_BLOCK = "s3-versioning", "s3-public-access-block"
ENABLED = {"versioningConfiguration": {"status": "Enabled"}}
ALL_FLAGS_ON = dict.fromkeys(
    ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
)
QUEUE, TOPIC, KEY = "aws:sqs/queue:Queue", "aws:sns/topic:Topic", "aws:kms/key:Key"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"


def versioning(**changes: Any) -> Resource:
    return replace(companion("BucketVersioning", **ENABLED), **changes)


def deny_plain_http(resource: str, action: str) -> str:
    return policy_text(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": resource,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


# Components with the type of AWS's resource.


@pytest.mark.parametrize("token", [*COMPANION_READERS, "aws:s3/bucket:Bucket", QUEUE, TOPIC, KEY, ACCOUNT_BLOCK])
def test_component_with_a_type_of_aws_counts_for_nothing(pack: PackProcess, token):
    inputs = {"bucket": "data", "policy": deny_plain_http("arn:aws:s3:::data/*", "s3:*")} | ENABLED | ALL_FLAGS_ON
    posing = Resource(token, "posing", inputs, provider=None)
    bare = [data_bucket()]
    assert pack.check_resource(posing, bare) == []
    assert reported(pack.evaluate_stack([*bare, posing])) == reported(pack.evaluate_stack(bare))


def test_resource_of_another_provider_with_a_type_of_aws_counts_for_nothing(pack: PackProcess):
    posing = versioning(provider_type="pulumi:providers:aws-native")
    assert failed_resources(pack, VERSIONING, [data_bucket(), posing]) == {"bucket"}


def test_component_is_no_source_of_a_reference(pack: PackProcess):
    posing = Resource("aws:s3/bucket:Bucket", "posing", {"bucket": "data"}, provider=None)
    by_reference = companion_by_reference("BucketVersioning", "posing", **ENABLED)
    assert failed_resources(pack, VERSIONING, [data_bucket(), posing, by_reference]) == {"bucket"}


# Companions of another account's or region's bucket.

ELSEWHERE = {
    "the account of its provider": {"provider": "other", "account": OTHER},
    "the region of its provider": {"provider": "west", "region": "us-west-2"},
    "its own region": {"inputs": {"bucket": "data", "region": "us-west-2"} | ENABLED},
    "the owner that it expects": {"inputs": {"bucket": "data", "expectedBucketOwner": OTHER} | ENABLED},
}


@pytest.mark.parametrize("changes", ELSEWHERE.values(), ids=ELSEWHERE)
def test_companion_of_another_bucket_of_the_name_does_not_count(pack: PackProcess, changes):
    bucket = replace(data_bucket(), account=ACCOUNT)
    guard = replace(versioning(account=ACCOUNT), **changes)
    by_reference = replace(guard, inputs=guard.inputs | {"bucket": UNKNOWN}, comes_from={"bucket": ["bucket"]})
    for stack in ([bucket, guard], [bucket, by_reference]):
        assert failed_resources(pack, VERSIONING, stack) == {"bucket"}


SAME_BUCKET = {
    "the same provider": {},
    "a provider with the same credentials": {"provider": "second"},
    "a provider of the same account": {"provider": "second", "account": ACCOUNT, "provider_config": {"profile": "p"}},
    "the owner that it expects": {
        "provider": "second",
        "provider_config": {"profile": "p"},
        "inputs": {"bucket": "data", "expectedBucketOwner": ACCOUNT} | ENABLED,
    },
    "its own region, the same": {"inputs": {"bucket": "data", "region": "us-east-1"} | ENABLED},
}


@pytest.mark.parametrize("changes", SAME_BUCKET.values(), ids=SAME_BUCKET)
def test_companion_of_the_same_account_and_region_counts(pack: PackProcess, changes):
    bucket = replace(data_bucket(), account=ACCOUNT)
    assert findings_for(pack, VERSIONING, [bucket, replace(versioning(account=ACCOUNT), **changes)]) == []


PERHAPS_ELSEWHERE = {
    "other credentials": {"provider": "second", "provider_config": {"profile": "p"}},
    "credentials that aren't known": {"provider": "second", "provider_config": {"accessKey": UNKNOWN}},
    "other endpoints": {"provider": "second", "provider_config": {"endpoints": '[{"s3": "https://s3.example.com"}]'}},
    "other endpoints with the account and the owner": {
        "provider": "second",
        "account": ACCOUNT,
        "provider_config": {"endpoints": '[{"s3": "https://s3.example.com"}]'},
        "inputs": {"bucket": "data", "expectedBucketOwner": ACCOUNT} | ENABLED,
    },
    "a region that isn't known": {"provider": "second", "region": UNKNOWN},
    "an own region that isn't known": {"inputs": {"bucket": "data", "region": UNKNOWN} | ENABLED},
}


@pytest.mark.parametrize("changes", PERHAPS_ELSEWHERE.values(), ids=PERHAPS_ELSEWHERE)
def test_companion_that_may_be_of_another_bucket_is_unverified(pack: PackProcess, changes):
    bucket = replace(data_bucket(), account=changes.get("account"))
    assert unverified_resources(pack, VERSIONING, [bucket, replace(versioning(), **changes)]) == {"it"}


def test_bucket_is_unverified_if_a_control_of_the_bucket_reads_such_a_companion(pack: PackProcess):
    metrics = companion("BucketMetric", name="it")
    far = replace(metrics, provider="second", provider_config={"profile": "p"})
    for guard, expected in ((metrics, set()), (far, {"bucket"})):
        assert unverified_resources(pack, "s3-request-metrics", [data_bucket(), guard]) == expected


def test_policy_of_another_accounts_queue_does_not_count(pack: PackProcess):
    queue = Resource(QUEUE, "queue", {"name": "results"}, account=ACCOUNT)
    policy = deny_plain_http("*", "sqs:*")
    for account, expected in ((ACCOUNT, set()), (OTHER, {"queue"})):
        url = f"https://sqs.us-east-1.amazonaws.com/{account}/results"
        own = Resource("aws:sqs/queuePolicy:QueuePolicy", "it", {"queueUrl": url, "policy": policy}, account=ACCOUNT)
        assert failed_resources(pack, "sqs-tls-only", [queue, own]) == expected
        foreign = replace(own, provider="other", account=OTHER)
        assert failed_resources(pack, "sqs-tls-only", [queue, foreign]) == {"queue"}
    by_reference = {"queueUrl": UNKNOWN, "policy": policy}
    far = Resource(
        "aws:sqs/queuePolicy:QueuePolicy", "it", by_reference, provider="other", account=OTHER,
        comes_from={"queueUrl": ["queue"]},
    )  # fmt: skip
    assert unverified_resources(pack, "sqs-tls-only", [queue, far]) == {"queue"}


def test_policy_of_another_accounts_topic_does_not_count(pack: PackProcess):
    topic = Resource(TOPIC, "topic", {"name": "alerts"}, account=ACCOUNT)
    for account, region, expected in (
        (ACCOUNT, "us-east-1", set()),
        (OTHER, "us-east-1", {"topic"}),
        (ACCOUNT, "us-west-2", {"topic"}),
    ):
        arn = f"arn:aws:sns:{region}:{account}:alerts"
        inputs = {"arn": arn, "policy": deny_plain_http(arn, "sns:*")}
        policy = Resource("aws:sns/topicPolicy:TopicPolicy", "it", inputs, account=ACCOUNT)
        assert failed_resources(pack, "sns-private", [topic, policy]) == expected


LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
HERE = Provider("here", "us-east-1", {ACCOUNT: "allowedAccountIds of the provider here"})
GROUP = PulumiResource("urn::group", LOG_GROUP, {"name": "/audit/trail"}, provider=HERE)
REFERENCES = {
    "the stack's own ARN": (f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/audit/trail:*", GROUP, True),
    "its name": ("/audit/trail", GROUP, True),
    "another account": (f"arn:aws:logs:us-east-1:{OTHER}:log-group:/audit/trail", GROUP, False),
    "another region": (f"arn:aws:logs:us-west-2:{ACCOUNT}:log-group:/audit/trail", GROUP, False),
    "an account that may be another": (
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/audit/trail",
        replace(GROUP, provider=Provider("here", "us-east-1")),
        None,
    ),
    "another ARN than AWS chose": (
        f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/audit/trail",
        replace(GROUP, outputs={"arn": f"arn:aws:logs:us-east-1:{OTHER}:log-group:/audit/trail"}),
        False,
    ),
    "the name of another group that ends alike": ("/other/trail", replace(GROUP, inputs={"name": "trail"}), False),
}


@pytest.mark.parametrize(("name", "group", "expected"), REFERENCES.values(), ids=REFERENCES)
def test_name_refers_to_the_stacks_own_resource_only_in_its_account_and_region(name, group, expected):
    trail = PulumiResource("urn::trail", "aws:cloudtrail/trail:Trail", {"group": name}, provider=group.provider)
    graph = Graph([group, trail], ResourceInputs(), DataClassTag())
    ref = graph.resolve(trail, name, "group", {LOG_GROUP})
    if expected is None:
        assert isinstance(ref, Unknown)
        assert not ref.awaits_deployment
    else:
        assert ref == (StackResource(group.urn) if expected else name)


def test_providers_whose_credentials_are_not_known_may_be_of_two_accounts():
    role = (("assumeRoles", [{"roleArn": Unknown("here.assumeRoles")}]),)
    providers = [
        Provider(urn, "us-east-1", credentials=role) for urn in ("urn::one$provider::p", "urn::two$provider::p")
    ]
    first, second = (PulumiResource(provider.urn, LOG_GROUP, {}, provider=provider) for provider in providers)
    assert isinstance(Graph([first, second], ResourceInputs(), DataClassTag()).same_account(first, second), Unknown)


# Settings that two resources declare.

SECOND = {
    VERSIONING: ("BucketVersioning", ENABLED, {"versioning": {"enabled": True}}),
    PUBLIC_ACCESS_BLOCK: ("BucketPublicAccessBlock", ALL_FLAGS_ON, None),
    "s3-acls-disabled": ("BucketOwnershipControls", {"rule": {"objectOwnership": "BucketOwnerEnforced"}}, None),
    "s3-no-public-grant": (
        "BucketPolicy",
        {"policy": deny_plain_http("arn:aws:s3:::data/*", "s3:*")},
        {"policy": deny_plain_http("arn:aws:s3:::data/*", "s3:*")},
    ),
}


@pytest.mark.parametrize("control", SECOND)
def test_second_companion_overwrites_the_first(pack: PackProcess, control):
    type_name, inputs, inline = SECOND[control]
    first, second = (companion(type_name, name, **inputs) for name in ("first", "second"))
    by_reference = replace(second, inputs=inputs | {"bucket": UNKNOWN}, comes_from={"bucket": ["bucket"]})
    assert findings_for(pack, control, [data_bucket(), first]) == []
    for stack in ([data_bucket(), first, second], [data_bucket(), first, by_reference], [first, second]):
        assert failed_resources(pack, control, stack) == {"first", "second"}
        for finding in findings_for(pack, control, stack):
            assert "first and second" in finding.message
    if inline:
        assert failed_resources(pack, control, [data_bucket(**inline), first]) == {"bucket", "first"}


def test_second_configuration_with_an_id_of_its_own_overwrites_nothing(pack: PackProcess):
    metrics = [companion("BucketMetric", name) for name in ("first", "second")]
    assert findings_for(pack, "s3-request-metrics", [data_bucket(), *metrics]) == []


POLICIES = {
    "sqs-no-external-access": (
        Resource(QUEUE, "owner", {"name": "results"}),
        ("aws:sqs/queuePolicy:QueuePolicy", "queueUrl"),
        deny_plain_http("*", "sqs:*"),
    ),
    "sns-private": (
        Resource(TOPIC, "owner", {"name": "alerts"}),
        ("aws:sns/topicPolicy:TopicPolicy", "arn"),
        deny_plain_http("*", "sns:*"),
    ),
    "kms-no-external-access": (
        Resource(KEY, "owner", {"description": "data"}),
        ("aws:kms/keyPolicy:KeyPolicy", "keyId"),
        deny_plain_http("*", "kms:*"),
    ),
    "s3-access-point-private": (
        Resource(
            "aws:s3/accessPoint:AccessPoint",
            "owner",
            {"bucket": "data", "name": "point"},
        ),
        ("aws:s3control/accessPointPolicy:AccessPointPolicy", "accessPointArn"),
        deny_plain_http("*", "s3:*"),
    ),
}


@pytest.mark.parametrize("control", POLICIES)
def test_second_policy_overwrites_the_first(pack: PackProcess, control):
    owner, (token, prop), document = POLICIES[control]
    first, second = (
        Resource(token, name, {prop: UNKNOWN, "policy": document}, comes_from={prop: ["owner"]})
        for name in ("first", "second")
    )
    inline = replace(owner, inputs=owner.inputs | {"policy": document})
    assert findings_for(pack, control, [owner, first]) == []
    assert failed_resources(pack, control, [owner, first, second]) == {"first", "second"}
    assert failed_resources(pack, control, [inline, first]) == {"owner", "first"}


def test_second_block_of_the_same_account_overwrites_the_first(pack: PackProcess):
    control = "s3-account-public-access-block"
    first, second = (Resource(ACCOUNT_BLOCK, name, ALL_FLAGS_ON) for name in ("first", "second"))
    assert failed_resources(pack, control, [first, second]) == {"first", "second"}
    assert failed_resources(pack, control, [first, replace(second, provider="west")]) == {"first", "second"}
    named = replace(second, inputs=ALL_FLAGS_ON | {"accountId": OTHER})
    elsewhere = replace(second, provider="other", account=OTHER)
    for other in (named, elsewhere):
        assert findings_for(pack, control, [replace(first, account=ACCOUNT), other]) == []


# Resources that the program only reads, and those that --target or --exclude left out.


def test_resource_that_is_only_read_is_reported_as_not_judged(pack: PackProcess):
    read = Resource("aws:s3/bucket:Bucket", "read", {}, only_read=True)
    guard = companion_by_reference("BucketVersioning", "read", **ENABLED)
    findings = pack.evaluate_stack([read, guard])
    assert {finding.resource for finding in findings if finding.policy == VERSIONING} == set()
    (notice,) = [finding for finding in findings if finding.policy == "pack-notice"]
    assert "read aws:s3/bucket:Bucket (1)" in notice.message


def test_resource_that_is_only_read_is_not_judged_in_a_saved_state(pack: PackProcess):
    read = Resource("aws:s3/bucket:Bucket", "read", {}, outputs={"bucket": "other-team"})
    assert reported(pack.evaluate_stack([read])) == {("pack-notice", "")}


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_new_resource_without_inputs_is_judged_where_pulumi_chooses_no_names(dry_run):
    with start_pack(PULUMI_DRY_RUN=dry_run) as pack:
        bare = [Resource(token, token, {}, autonamed=False) for token in ("aws:s3/bucket:Bucket", QUEUE)]
        assert failed_resources(pack, VERSIONING, bare) == {"aws:s3/bucket:Bucket"}
        assert failed_resources(pack, "sqs-tls-only", bare) == {QUEUE}


def test_unknown_value_that_may_come_from_a_resource_that_is_only_read_is_no_reference(pack: PackProcess):
    read = Resource(KEY, "read", {}, only_read=True)
    key = Resource(KEY, "key", {"enableKeyRotation": True})
    for sources, expected in ((["key"], set()), (["key", "read"], {"queue"})):
        queue = Resource(QUEUE, "queue", {"kmsMasterKeyId": UNKNOWN}, comes_from={"kmsMasterKeyId": sources})
        assert unverified_resources(pack, "sqs-customer-managed-key", [read, key, queue]) == expected


def test_companion_that_may_configure_a_bucket_that_is_only_read_does_not_count(pack: PackProcess):
    read = Resource("aws:s3/bucket:Bucket", "read", {}, only_read=True)
    guard = companion_by_reference("BucketVersioning", "bucket", **ENABLED)
    either = replace(guard, comes_from={"bucket": ["bucket", "read"]})
    for companion_of_it, expected in ((guard, set()), (either, {"bucket"})):
        assert failed_resources(pack, VERSIONING, [read, data_bucket(), companion_of_it]) == expected


LEFT_OUT = "was left out of this run by --target or --exclude"


def test_left_out_resource_is_unverified_and_so_is_what_counts_on_it(pack: PackProcess):
    guard = companion_by_reference("BucketVersioning", "bucket", **ENABLED)
    stack = [data_bucket(), replace(guard, left_out=True)]
    assert pack.check_resource(stack[1], stack) == []
    assert unverified_resources(pack, VERSIONING, stack) == {"it"}
    for finding in pack.evaluate_stack(stack):
        if "Unverified: " in finding.message:
            assert LEFT_OUT in finding.message
            assert "parse" not in finding.message
    metrics = replace(companion_by_reference("BucketMetric", "bucket"), left_out=True)
    assert unverified_resources(pack, "s3-request-metrics", [data_bucket(), metrics]) == {"bucket"}


def test_left_out_policy_does_not_pass_by_what_its_component_declares(pack: PackProcess):
    document = json.loads(deny_plain_http("*", "sqs:*"))
    component = Resource("example:x:Component", "around", {"queuePolicy": document}, provider=None)
    queue = Resource(QUEUE, "queue", {"name": "results"}, parent="around")
    policy = Resource(
        "aws:sqs/queuePolicy:QueuePolicy", "it", {"queueUrl": UNKNOWN, "policy": UNKNOWN}, parent="around",
        comes_from={"queueUrl": ["queue"]}, left_out=True,
    )  # fmt: skip
    assert unverified_resources(pack, "sqs-tls-only", [component, queue, policy]) == {"queue", "it"}


def test_left_out_bucket_is_unverified(pack: PackProcess):
    left_out = replace(data_bucket(), left_out=True)
    for control in (VERSIONING, "s3-data-class-tag", "s3-no-website"):
        assert unverified_resources(pack, control, [left_out]) == {"bucket"}
        for finding in findings_for(pack, control, [left_out]):
            assert LEFT_OUT in finding.message
