"""Object Lambda and Multi-Region Access Points: their policies, flags, functions and buckets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import ACCOUNT, ACCOUNT_KEY, ROOT, V6, bucket, data_bucket, policy_text

PRIVATE, PUBLIC, DESTINATION = "s3-access-point-private", "s3-no-public-grant", "s3-no-external-destinations"
FOREIGN = "999999999999"
FOREIGN_ROOT = {"AWS": f"arn:aws:iam::{FOREIGN}:root"}
OBJECT_LAMBDA_ARN = f"arn:aws:s3-object-lambda:us-east-1:{ACCOUNT}:accesspoint/redacted"
MULTI_REGION_ARN = f"arn:aws:s3::{ACCOUNT}:accesspoint/mfzwi23gnjvgw.mrap"
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def control_resource(type_name: str, label: str, /, **inputs: Any) -> Resource:
    return Resource(f"aws:s3control/{type_name[0].lower()}{type_name[1:]}:{type_name}", label, inputs)


SUPPORTING = Resource("aws:s3/accessPoint:AccessPoint", "supporting", {"name": "supporting", "bucket": "data"})
FUNCTION = Resource("aws:lambda/function:Function", "function", {"name": "redact"})


def object_lambda(function: Any = UNKNOWN, supporting: Any = UNKNOWN) -> Resource:
    configuration = {
        "supportingAccessPoint": supporting,
        "transformationConfigurations": [
            {"actions": ["GetObject"], "contentTransformation": {"awsLambda": {"functionArn": function}}}
        ],
    }
    point = control_resource("ObjectLambdaAccessPoint", "point", name="redacted", configuration=configuration)
    point = replace(point, outputs={"arn": OBJECT_LAMBDA_ARN})
    return replace(point, comes_from={"configuration": ["supporting", "function"]}) if function == UNKNOWN else point


def object_lambda_policy(policy: Any, name: Any = "redacted") -> Resource:
    return control_resource("ObjectLambdaAccessPointPolicy", "it", name=name, policy=policy)


def multi_region(*regions: Any, block: Any = None, name: Any = "records") -> Resource:
    details = {"name": name, "regions": list(regions or ({"bucket": "data"},)), "publicAccessBlock": block}
    point = control_resource("MultiRegionAccessPoint", "point", details=details)
    return replace(point, outputs={"arn": MULTI_REGION_ARN})


def multi_region_policy(policy: Any, name: Any = "records") -> Resource:
    return control_resource("MultiRegionAccessPointPolicy", "it", details={"name": name, "policy": policy})


def stacks_with_policy(principal: Any, data_class: str = "PHI", **elements: Any) -> list[list[Resource]]:
    """Return a stack with an Object Lambda Access Point, and one with a Multi-Region Access Point, with a policy."""

    def text(actions: str, resource: str) -> str:
        return policy_text(
            {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource} | elements
        )

    base = [ACCOUNT_KEY, data_bucket(data_class=data_class)]
    of_lambda = object_lambda_policy(text("s3-object-lambda:*", OBJECT_LAMBDA_ARN))
    of_regions = multi_region_policy(text("s3:GetObject", f"{MULTI_REGION_ARN}/object/*"))
    return [[*base, SUPPORTING, FUNCTION, object_lambda(), of_lambda], [*base, multi_region(), of_regions]]


@pytest.mark.parametrize("position", [0, 1])
def test_policy_for_the_own_account_passes(pack: PackProcess, position):
    stack = stacks_with_policy({"AWS": ROOT})[position]
    for control in (PRIVATE, PUBLIC, DESTINATION):
        assert failed_resources(pack, control, stack) == set()


@pytest.mark.parametrize("position", [0, 1])
def test_policy_for_another_account_fails(pack: PackProcess, position):
    stack = stacks_with_policy(FOREIGN_ROOT)[position]
    assert failed_resources(pack, PRIVATE, stack) == {"it"}
    assert failed_resources(pack, PUBLIC, stack) == set()


@pytest.mark.parametrize("position", [0, 1])
def test_public_policy_fails_and_shows_a_request(pack: PackProcess, position):
    stack = stacks_with_policy("*")[position]
    action = ("s3-object-lambda:GetObject", "s3:GetObject")[position]
    for control in (PRIVATE, PUBLIC):
        (finding,) = findings_for(pack, control, stack)
        assert finding.resource == "it"
        assert action in finding.message


@pytest.mark.parametrize("position", [0, 1])
def test_policy_is_checked_by_the_data_class_of_the_buckets(pack: PackProcess, position):
    stack = stacks_with_policy(FOREIGN_ROOT, "Internal")[position]
    assert failed_resources(pack, PRIVATE, stack) == set()
    assert failed_resources(pack, PUBLIC, stacks_with_policy("*", "Internal")[position]) == {"it"}


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("text", ["{", "", UNKNOWN])
def test_malformed_policy_fails_and_an_unknown_one_is_unverified(pack: PackProcess, position, text):
    policy = (object_lambda_policy, multi_region_policy)[position](text)
    stack = [*stacks_with_policy("*")[position][:-1], policy]
    check = unverified_resources if text == UNKNOWN else failed_resources
    for control in (PRIVATE, PUBLIC):
        assert check(pack, control, stack) == {"it"}


def test_policy_of_an_access_point_outside_the_stack_is_checked_as_phi(pack: PackProcess):
    for stack in stacks_with_policy(FOREIGN_ROOT, "Internal"):
        alone = [resource for resource in stack if resource.name != "point"]
        assert failed_resources(pack, PRIVATE, alone) == {"it"}


@pytest.mark.parametrize("name", ["redacted", UNKNOWN])
def test_policy_belongs_to_the_object_lambda_access_point_that_its_name_comes_from(pack: PackProcess, name):
    allow = {"Effect": "Allow", "Principal": FOREIGN_ROOT, "Action": "s3-object-lambda:GetObject", "Resource": "*"}
    policy = replace(object_lambda_policy(policy_text(allow), name), comes_from={"name": ["point"]})
    for data_class, expected in (("PHI", {"it"}), ("Internal", set())):
        stack = [ACCOUNT_KEY, data_bucket(data_class=data_class), SUPPORTING, FUNCTION, object_lambda(), policy]
        assert failed_resources(pack, PRIVATE, stack) == expected


def test_policy_belongs_to_the_multi_region_access_point_that_its_details_come_from(pack: PackProcess):
    allow = {"Effect": "Allow", "Principal": FOREIGN_ROOT, "Action": "s3:GetObject", "Resource": "*"}
    policy = replace(multi_region_policy(policy_text(allow), UNKNOWN), comes_from={"details": ["point"]})
    for data_class, expected in (("PHI", {"it"}), ("Internal", set())):
        stack = [ACCOUNT_KEY, data_bucket(data_class=data_class), multi_region(), policy]
        assert failed_resources(pack, PRIVATE, stack) == expected


def test_component_declares_the_structure_of_a_multi_region_policy(pack: PackProcess):
    allow = {"Effect": "Allow", "Principal": FOREIGN_ROOT, "Action": "s3:GetObject", "Resource": [UNKNOWN]}
    component = Resource("example:x:Component", "around", {"accessPointPolicy": {"Statement": [allow]}})
    policy = replace(multi_region_policy(UNKNOWN), parent="around")
    stack = [ACCOUNT_KEY, data_bucket(), multi_region(), component, policy]
    assert [finding.resource for finding in findings_for(pack, PRIVATE, stack)] == ["it"]


@pytest.mark.parametrize("flag", FLAGS)
def test_multi_region_access_point_with_a_flag_off_fails(pack: PackProcess, flag):
    for block in (None, {}, {flag: True}):
        assert failed_resources(pack, PRIVATE, [data_bucket(), multi_region(block=block)]) == set()
    assert failed_resources(pack, PRIVATE, [data_bucket(), multi_region(block={flag: False})]) == {"point"}
    for block in (UNKNOWN, {flag: UNKNOWN}):
        assert unverified_resources(pack, PRIVATE, [data_bucket(), multi_region(block=block)]) == {"point"}


def test_multi_region_access_point_holds_phi_if_one_of_its_buckets_does(pack: PackProcess):
    block = {"blockPublicAcls": False}
    buckets = [bucket("assets", "Public", V6), bucket("records", "PHI", V6)]
    for names, expected in ((["assets"], set()), (["assets", "records"], {"point"}), (["elsewhere"], {"point"})):
        point = multi_region(*({"bucket": name} for name in names), block=block)
        assert failed_resources(pack, PRIVATE, [*buckets, point]) == expected
        unnamed = multi_region(*({"bucket": UNKNOWN} for _ in names), block=block)
        sources = [name for name in names if name != "elsewhere"]
        unnamed = replace(unnamed, comes_from={"details": sources})
        assert failed_resources(pack, PRIVATE, [*buckets, unnamed]) == expected


def test_multi_region_access_point_with_a_bucket_of_another_account_fails(pack: PackProcess):
    own, foreign = ({"bucket": "partner", "bucketAccountId": account} for account in (ACCOUNT, FOREIGN))
    stack = [ACCOUNT_KEY, data_bucket()]
    assert failed_resources(pack, DESTINATION, [*stack, multi_region({"bucket": "data"}, own)]) == set()
    (finding,) = findings_for(pack, DESTINATION, [*stack, multi_region({"bucket": "data"}, foreign)])
    assert finding.resource == "point"
    assert f"sent to account {FOREIGN}, which isn't trusted" in finding.message
    pack.configure(s3_no_external_destinations={"accounts": [FOREIGN]})
    trusted = failed_resources(pack, DESTINATION, [*stack, multi_region({"bucket": "data"}, foreign)])
    pack.configure()
    assert trusted == set()


def test_access_point_of_a_bucket_of_another_account_fails(pack: PackProcess):
    def point(**inputs: Any) -> Resource:
        return replace(SUPPORTING, name="point", inputs={"name": "point", "bucket": "partner"} | inputs)

    for own in (point(), point(bucketAccountId=ACCOUNT)):
        assert failed_resources(pack, DESTINATION, [ACCOUNT_KEY, own]) == set()
    (finding,) = findings_for(pack, DESTINATION, [ACCOUNT_KEY, point(bucketAccountId=FOREIGN)])
    assert finding.resource == "point"
    assert f"sent to account {FOREIGN}, which isn't trusted" in finding.message
    unknown = point(bucketAccountId=UNKNOWN)
    assert unverified_resources(pack, DESTINATION, [ACCOUNT_KEY, unknown]) == {"point"}


@pytest.mark.parametrize("regions", [UNKNOWN, [UNKNOWN], [{"bucket": "partner", "bucketAccountId": UNKNOWN}]])
def test_multi_region_access_point_with_an_unknown_account_is_unverified(pack: PackProcess, regions):
    point = control_resource("MultiRegionAccessPoint", "point", details={"name": "records", "regions": regions})
    assert unverified_resources(pack, DESTINATION, [ACCOUNT_KEY, data_bucket(), point]) == {"point"}
    details = control_resource("MultiRegionAccessPoint", "point", details=UNKNOWN)
    assert unverified_resources(pack, DESTINATION, [ACCOUNT_KEY, data_bucket(), details]) == {"point"}


def test_multi_region_access_point_with_a_bucket_that_may_be_of_another_stack_counts_as_phi(pack: PackProcess):
    other = Resource("pulumi:pulumi:StackReference", "other", {"name": "other"}, provider=None)
    assets = Resource("aws:s3/bucket:Bucket", "assets", {"bucket": "assets", "tags": {"DataClass": "Public"}})
    point = multi_region({"bucket": "assets"}, {"bucket": UNKNOWN}, block={"blockPublicAcls": False})
    for sources, expected in ((["assets"], set()), (["assets", "other"], {"point"})):
        stack = [other, assets, replace(point, comes_from={"details": sources})]
        assert failed_resources(pack, PRIVATE, stack) == expected


def test_multi_region_access_point_with_an_unknown_bucket_counts_as_phi(pack: PackProcess):
    point = multi_region({"bucket": "assets"}, {"bucket": UNKNOWN}, block={"blockPublicAcls": False})
    assert failed_resources(pack, PRIVATE, [bucket("assets", "Public"), point]) == {"point"}


def test_object_lambda_function_of_another_account_fails(pack: PackProcess):
    base = [ACCOUNT_KEY, data_bucket(), SUPPORTING, FUNCTION]
    own, foreign = (f"arn:aws:lambda:us-east-1:{account}:function:redact" for account in (ACCOUNT, FOREIGN))
    assert failed_resources(pack, DESTINATION, [*base, object_lambda()]) == set()
    assert failed_resources(pack, DESTINATION, [*base, object_lambda(own)]) == set()
    (finding,) = findings_for(pack, DESTINATION, [*base, object_lambda(foreign)])
    assert finding.resource == "point"
    assert f"sent to account {FOREIGN}, which isn't trusted" in finding.message


def test_unknown_object_lambda_function_is_unverified(pack: PackProcess):
    unknown = replace(object_lambda(), comes_from={})
    assert unverified_resources(pack, DESTINATION, [ACCOUNT_KEY, data_bucket(), SUPPORTING, unknown]) == {"point"}
    elsewhere = replace(FUNCTION, account=FOREIGN, provider="other")
    stack = [ACCOUNT_KEY, data_bucket(), SUPPORTING, elsewhere, object_lambda()]
    assert unverified_resources(pack, DESTINATION, stack) == {"point"}


def test_multi_region_access_point_is_judged_before_it_exists(pack: PackProcess):
    pack.check_resource(data_bucket())
    weak = multi_region(
        {"bucket": "data"}, {"bucket": "partner", "bucketAccountId": FOREIGN}, block=dict.fromkeys(FLAGS, False)
    )
    findings = pack.check_resource(replace(weak, provider_config={"allowedAccountIds": f'["{ACCOUNT}"]'}))
    assert {PRIVATE, DESTINATION} <= {finding.policy for finding in findings if finding.mandatory}


def test_public_policies_are_judged_before_they_exist(pack: PackProcess):
    for stack in stacks_with_policy("*"):
        assert PUBLIC in {finding.policy for finding in pack.check_resource(stack[-1]) if finding.mandatory}
