"""S3: whom buckets and access points let in, and what opens them to browsers. In each stack `it` is what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

PUBLIC, EXTERNAL, ACLS = "s3-no-public-grant", "s3-no-external-access", "s3-acls-disabled"
POINT, ACCOUNT_BLOCK = "s3-access-point-private", "s3-account-public-access-block"
WEBSITE, CORS = "s3-no-website", "s3-cors"

V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
ACCOUNT, OTHER, PARTNER, ORGANIZATION = "111122223333", "444455556666", "777788889999", "o-abcdefghij"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DATA = "arn:aws:s3:::data"
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
ON = dict.fromkeys(FLAGS, True)
GROUPS = "http://acs.amazonaws.com/groups"


def bucket(name: str = "bucket", token: str = V7, data_class: str = "PHI", **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": "data", "tags": {"DataClass": data_class}} | inputs)


def companion(kind: str, name: str = "it", **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", name, {"bucket": "data"} | inputs)


def joined(kind: str, **inputs: Any) -> Resource:
    """A companion whose bucket is told only by where its value comes from."""
    given = companion(kind, bucket=UNKNOWN, **inputs)
    return Resource(given.type, given.name, given.inputs, comes_from={"bucket": ["bucket"]})


# The policy of `account` tells which account the stack is of.
TELLS = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
KEY = Resource("aws:kms/key:Key", "account", {"policy": json.dumps({"Statement": [TELLS]})})


def text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def forms(kind: str, given: dict[str, Any], own: dict[str, Any], v6: str = "") -> list[list[Resource]]:
    """A setting in every way that it can be declared: apart, by the bucket's name or by reference, or by the bucket."""
    return [
        [KEY, bucket(), companion(kind, **given)],
        [KEY, bucket(token=V6), joined(kind + v6, **given)],
        [KEY, bucket("it", **own)],
        [KEY, bucket("it", V6, **own)],
    ]


def policies(policy: Any) -> list[list[Resource]]:
    return forms("BucketPolicy", {"policy": policy}, {"policy": policy})


def alike(ask: Callable[..., set[str]], pack: PackProcess, control: str, stacks: list[list[Resource]]) -> set[str]:
    """What is answered of each of these stacks."""
    answers = [ask(pack, control, stack) for stack in stacks]
    assert answers == answers[:1] * len(stacks)
    return answers[0]


def component(of: str, prop: str, document: Any) -> list[Resource]:
    """A policy whose text isn't known yet, within a component that declares the structure of its document."""
    around = Resource("example:x:Component", "around", {prop: document})
    given = companion(of, policy=UNKNOWN)
    return [KEY, around, bucket(), Resource(given.type, "it", given.inputs, "around")]


def to(*principals: Any) -> dict[str, Any]:
    return OWN | {"Principal": {"AWS": list(principals)}}


def everyone(**condition: Any) -> dict[str, Any]:
    return OWN | {"Principal": "*", "Condition": condition}


def service(name: str = "logging.s3.amazonaws.com", **condition: Any) -> dict[str, Any]:
    return OWN | {"Principal": {"Service": name}, "Action": "s3:PutObject", "Condition": condition}


def of_account(account: str) -> list[dict[str, Any]]:
    """Statements that let in an account, or a service for it."""
    arns = {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:us-east-1:{account}:accesspoint/*"}}
    trail = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{account}:trail/t"}
    return [
        *map(to, (account, f"arn:aws:iam::{account}:root", f"arn:aws:iam::{account}:role/reader")),
        *(everyone(StringEquals={f"{key}Account": account}) for key in ("aws:Principal", "s3:DataAccessPoint")),
        everyone(ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{account}:role/*"}),
        everyone(**arns),
        service(StringEquals={"aws:SourceAccount": account}),
        service("cloudtrail.amazonaws.com", ArnEquals=trail),
    ]


OWN = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "s3:GetObject", "Resource": f"{DATA}/*"}
TLS = OWN | {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [DATA, f"{DATA}/*"]}
TLS |= {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
ORGANIZED = [everyone(StringEquals={"aws:PrincipalOrgID": ORGANIZATION})]
ORGANIZED += [service(StringEquals={"aws:SourceOrgID": ORGANIZATION})]
OUTSIDE = {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}

CLOSED = [
    [TLS],
    [TLS, OWN],
    *([each] for each in of_account(ACCOUNT)),
    [service(ArnLike={"aws:SourceArn": DATA})],
    [everyone(), TLS | OUTSIDE],
]
OPEN = [
    [TLS, everyone()],
    [to("*")],
    [to(ROOT, "*")],
    [to("*") | {"Action": "*", "Resource": "*"}],
    [everyone() | {"Action": "s3:ListBucket", "Resource": DATA}],
    [{key: value for key, value in OWN.items() if key != "Principal"} | {"NotPrincipal": {"AWS": ROOT}}],
    [everyone(Bool={"aws:SecureTransport": "true"})],
    [everyone(StringLike={"aws:Referer": "https://app.example.com/*"})],
    [everyone(IpAddress={"aws:SourceIp": "0.0.0.0/0"})],
    [everyone(NotIpAddress={"aws:SourceIp": "198.51.100.0/24"})],
    [everyone(DateLessThan={"aws:CurrentTime": "2099-01-01T00:00:00Z"})],
    [everyone(StringEqualsIfExists={"aws:PrincipalAccount": ACCOUNT})],
    [everyone(StringNotEquals={"aws:PrincipalAccount": OTHER})],
    [everyone(StringLike={"aws:PrincipalAccount": "*"})],
    [everyone(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/reader"})],
    [everyone(ArnLike={"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:*:accesspoint/*"})],
    [everyone(), TLS | OUTSIDE | {"Action": "s3:PutObject"}],
]
# Somebody in particular: no grant to the public.
STRANGE = [
    *([each] for each in (*of_account(OTHER), *ORGANIZED)),
    [to(ROOT, OTHER)],
    [OWN | {"Principal": {"CanonicalUser": 64 * "a"}}],
    [everyone(StringEquals={"aws:PrincipalAccount": [ACCOUNT, OTHER]})],
    [service()],
    [service(Bool={"aws:SecureTransport": "true"})],
    [service(ArnLike={"aws:SourceArn": "arn:aws:s3:::*"})],
    [service("cloudtrail.amazonaws.com", ArnLike={"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"})],
]
NAMELESS = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": f"{DATA}/*"}]})


@pytest.mark.parametrize("statements", CLOSED)
def test_a_policy_for_the_account_lets_nobody_else_in(pack: PackProcess, statements):
    for control in (PUBLIC, EXTERNAL):
        assert alike(failed_resources, pack, control, policies(text(*statements))) == set()


@pytest.mark.parametrize("statements", OPEN)
def test_a_policy_that_lets_anyone_in_fails(pack: PackProcess, statements):
    for control in (PUBLIC, EXTERNAL):
        assert alike(failed_resources, pack, control, policies(text(*statements))) == {"it"}


@pytest.mark.parametrize("statements", STRANGE)
def test_a_policy_that_lets_a_stranger_in_fails(pack: PackProcess, statements):
    assert alike(failed_resources, pack, EXTERNAL, policies(text(*statements))) == {"it"}
    assert alike(failed_resources, pack, PUBLIC, policies(text(*statements))) == set()


@pytest.mark.parametrize("control", [PUBLIC, EXTERNAL])
@pytest.mark.parametrize("policy", ["", "{", "[]", "5", NAMELESS])
def test_a_policy_that_can_not_be_parsed_fails(pack: PackProcess, control, policy):
    assert alike(failed_resources, pack, control, policies(policy)) == {"it"}


UNKNOWN_IN_PART = [
    UNKNOWN,
    [UNKNOWN],
    [everyone() | {"Effect": UNKNOWN}],
    *([OWN | {"Principal": each}] for each in (UNKNOWN, {"AWS": UNKNOWN}, {"AWS": [ROOT, UNKNOWN]})),
    [everyone(StringEquals={"aws:PrincipalAccount": UNKNOWN})],
    [everyone(), TLS | {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": UNKNOWN}}}],
]


@pytest.mark.parametrize("control", [PUBLIC, EXTERNAL])
def test_a_policy_that_is_not_known_is_told(pack: PackProcess, control):
    assert alike(unverified_resources, pack, control, policies(UNKNOWN)) == {"it"}
    for statements in UNKNOWN_IN_PART:
        document = {"Version": "2012-10-17", "Statement": statements}
        assert unverified_resources(pack, control, component("BucketPolicy", "bucketPolicy", document)) == {"it"}, (
            statements
        )


@pytest.mark.parametrize("principal", [{"Service": UNKNOWN}, {"Federated": UNKNOWN}, {"CanonicalUser": UNKNOWN}])
def test_a_principal_that_is_not_known_is_no_one_in_public(pack: PackProcess, principal):
    stack = component("BucketPolicy", "bucketPolicy", {"Statement": [OWN | {"Principal": principal}]})
    assert failed_resources(pack, PUBLIC, stack) == set()
    assert unverified_resources(pack, EXTERNAL, stack) == {"it"}


@pytest.mark.parametrize("statement", of_account(OTHER))
def test_an_account_may_be_the_stacks_own_while_that_can_not_be_told(pack: PackProcess, statement):
    stack = [bucket(), companion("BucketPolicy", policy=text(statement))]
    assert unverified_resources(pack, EXTERNAL, stack) == {"it"}
    assert failed_resources(pack, EXTERNAL, [KEY, *stack]) == {"it"}


@pytest.fixture
def partners(pack: PackProcess) -> Iterator[PackProcess]:
    trusted = {"accounts": [PARTNER], "organizations": [ORGANIZATION]}
    pack.configure(s3_no_external_access=trusted, s3_access_point_private=trusted)
    yield pack
    pack.configure()


@pytest.mark.parametrize("statement", [*of_account(PARTNER), *ORGANIZED])
def test_whom_the_config_names_is_trusted(partners: PackProcess, statement):
    policy = text(statement)
    others = policy.replace(PARTNER, OTHER).replace(ORGANIZATION, "o-0123456789")
    for control, declared in ((EXTERNAL, policies), (POINT, points)):
        assert alike(failed_resources, partners, control, declared(policy)) == set()
        assert alike(failed_resources, partners, control, declared(others)) == {"it"}


def acls(acl: Any = None, uri: Any = None) -> list[list[Resource]]:
    """An ACL, canned or with a grant."""
    grants = [{"permission": "READ", "grantee": {"type": "Group", "uri": uri}}]
    given = ({"acl": acl} if acl else {}) | ({"accessControlPolicy": {"grants": grants}} if uri else {})
    own = ({"acl": acl} if acl else {}) | ({"grants": [{"permissions": ["READ"], "uri": uri}]} if uri else {})
    return forms("BucketAcl", given, own, v6="V2")


PUBLIC_ACLS = [(each, None) for each in ("public-read", "public-read-write", "authenticated-read")]
PUBLIC_GRANTS = [(acl, f"{GROUPS}/global/{who}Users") for acl in (None, UNKNOWN) for who in ("All", "Authenticated")]


@pytest.mark.parametrize("acl", ["private", "log-delivery-write", "bucket-owner-full-control"])
def test_an_acl_that_grants_nothing_to_the_public_passes(pack: PackProcess, acl):
    assert alike(failed_resources, pack, PUBLIC, acls(acl)) == set()
    assert alike(failed_resources, pack, PUBLIC, acls(acl, f"{GROUPS}/s3/LogDelivery")) == set()


@pytest.mark.parametrize(("acl", "uri"), [*PUBLIC_ACLS, *PUBLIC_GRANTS])
def test_an_acl_that_grants_to_the_public_fails(pack: PackProcess, acl, uri):
    assert alike(failed_resources, pack, PUBLIC, acls(acl, uri)) == {"it"}


@pytest.mark.parametrize("stacks", [acls(UNKNOWN), acls(uri=UNKNOWN), acls("private", UNKNOWN)])
def test_an_acl_that_is_not_known_is_told(pack: PackProcess, stacks):
    assert alike(unverified_resources, pack, PUBLIC, stacks) == {"it"}


@pytest.mark.parametrize("grants", [UNKNOWN, [UNKNOWN]])
def test_grants_that_are_not_known_are_told(pack: PackProcess, grants):
    stacks = forms("BucketAcl", {"accessControlPolicy": {"grants": grants}}, {"grants": grants}, v6="V2")
    stacks += forms("BucketAcl", {"accessControlPolicy": UNKNOWN}, {"grants": grants})
    assert alike(unverified_resources, pack, PUBLIC, stacks) == {"it"}


def owned(rule: Any) -> list[list[Resource]]:
    kind = "BucketOwnershipControls"
    return [[bucket(), companion(kind, rule=rule)], [bucket(token=V6), joined(kind, rule=rule)]]


@pytest.mark.parametrize("owner", ["BucketOwnerPreferred", "ObjectWriter", "hunter2", "", None])
def test_the_owner_of_the_bucket_owns_its_objects(pack: PackProcess, owner):
    assert alike(failed_resources, pack, ACLS, owned({"objectOwnership": "BucketOwnerEnforced"})) == set()
    for rule in ({"objectOwnership": owner}, {}, None):
        assert alike(failed_resources, pack, ACLS, owned(rule)) == {"it"}
    assert not any(
        "hunter2" in finding.message for finding in pack.evaluate_stack(owned({"objectOwnership": owner})[0])
    )


@pytest.mark.parametrize("rule", [UNKNOWN, {"objectOwnership": UNKNOWN}])
def test_an_ownership_that_is_not_known_is_told(pack: PackProcess, rule):
    assert alike(unverified_resources, pack, ACLS, owned(rule)) == {"it"}


def points(policy: Any, block: Any = None, data_class: str = "PHI") -> list[list[Resource]]:
    """An access point of `data`, by name and by reference, with its policy its own or apart."""
    token, apart = "aws:s3/accessPoint:AccessPoint", "aws:s3control/accessPointPolicy:AccessPointPolicy"
    named = {"name": "point", "bucket": "data", "publicAccessBlockConfiguration": block}
    of_bucket, of_point = {"bucket": ["bucket"]}, {"accessPointArn": ["point"]}
    declared = Resource(apart, "it", {"accessPointArn": UNKNOWN, "policy": policy}, comes_from=of_point)
    of = [KEY, bucket(data_class=data_class)]
    return [
        [*of, Resource(token, "it", named | {"policy": policy})],
        [*of, Resource(token, "it", named | {"policy": policy, "bucket": UNKNOWN}, comes_from=of_bucket)],
        [*of, Resource(token, "point", named), declared],
    ]


@pytest.mark.parametrize("block", [None, {}, {"blockPublicAcls": True}, ON])
@pytest.mark.parametrize("policy", [None, "", "{}"])
def test_an_access_point_that_says_nothing_blocks_public_access(pack: PackProcess, block, policy):
    """S3 turns on what it doesn't turn off."""
    for control in (POINT, PUBLIC):
        assert alike(failed_resources, pack, control, points(policy, block)[:2]) == set()


@pytest.mark.parametrize("flag", FLAGS)
def test_an_access_point_blocks_public_access(pack: PackProcess, flag):
    for block in (ON | {flag: False}, {flag: "false"}, dict.fromkeys(FLAGS, UNKNOWN) | {flag: False}):
        assert alike(failed_resources, pack, POINT, points(None, block)[:2]) == {"it"}
    for block in (UNKNOWN, ON | {flag: UNKNOWN}):
        assert alike(unverified_resources, pack, POINT, points(None, block)[:2]) == {"it"}


def through_a_point(statements: list[Any]) -> list[list[Resource]]:
    point = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
    return points(text(*statements).replace(f"{DATA}/", f"{point}/object/").replace(f'"{DATA}"', f'"{point}"'))


@pytest.mark.parametrize("statements", CLOSED)
def test_a_policy_of_an_access_point_for_the_account_passes(pack: PackProcess, statements):
    for control in (POINT, PUBLIC):
        assert alike(failed_resources, pack, control, through_a_point(statements)) == set()


@pytest.mark.parametrize("statements", [*OPEN, *STRANGE])
def test_a_policy_of_an_access_point_that_lets_a_stranger_in_fails(pack: PackProcess, statements):
    assert alike(failed_resources, pack, POINT, through_a_point(statements)) == {"it"}
    assert alike(failed_resources, pack, PUBLIC, through_a_point(statements)) == (
        {"it"} if statements in OPEN else set()
    )


@pytest.mark.parametrize("control", [POINT, PUBLIC])
def test_a_policy_of_an_access_point_that_is_not_known_is_told(pack: PackProcess, control):
    assert alike(failed_resources, pack, control, points("{")) == {"it"}
    assert alike(unverified_resources, pack, control, points(UNKNOWN)) == {"it"}
    for statements in UNKNOWN_IN_PART:
        document = {"Version": "2012-10-17", "Statement": statements}
        assert unverified_resources(pack, control, component("AccessPoint", "accessPointPolicy", document)) == {"it"}, (
            statements
        )


def test_an_access_point_of_a_bucket_elsewhere_is_judged_as_if_of_phi(pack: PackProcess):
    off = companion("AccessPoint", bucket="elsewhere", publicAccessBlockConfiguration={"blockPublicAcls": False})
    assert failed_resources(pack, POINT, [bucket(data_class="Public"), off]) == {"it"}


def account(name: str = "it", **flags: Any) -> Resource:
    return Resource("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", name, flags)


def test_the_account_blocks_public_access(pack: PackProcess):
    for right in ([bucket()], [account(**ON)], [account(**dict.fromkeys(FLAGS, "true"))]):
        assert failed_resources(pack, ACCOUNT_BLOCK, right) == set()
    assert failed_resources(pack, ACCOUNT_BLOCK, [account()]) == {"it"}


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_of_the_account_that_is_off_fails(pack: PackProcess, flag):
    for off in (False, "false", None):
        assert failed_resources(pack, ACCOUNT_BLOCK, [account("right", **ON), account(**ON | {flag: off})]) == {"it"}
    rest = dict.fromkeys(FLAGS, UNKNOWN)
    assert failed_resources(pack, ACCOUNT_BLOCK, [account(**rest | {flag: False})]) == {"it"}
    for given in (rest, ON | {flag: UNKNOWN}):
        assert unverified_resources(pack, ACCOUNT_BLOCK, [account(**given)]) == {"it"}


def sites(given: dict[str, Any], own: Any) -> list[list[Resource]]:
    v7, v6 = (
        forms("BucketWebsiteConfiguration", given, each, "V2") for each in ({"website": own}, {"websites": [own]})
    )
    return [*v7[:3], v6[3]]


@pytest.mark.parametrize("index", ["index.html", UNKNOWN])
def test_a_website_fails(pack: PackProcess, index):
    assert alike(
        failed_resources, pack, WEBSITE, sites({"indexDocument": {"suffix": index}}, {"indexDocument": index})
    ) == {"it"}
    redirect = {"redirectAllRequestsTo": {"hostName": index}}, {"redirectAllRequestsTo": index}
    assert alike(failed_resources, pack, WEBSITE, sites(*redirect)) == {"it"}
    assert failed_resources(
        pack, WEBSITE, [bucket(), companion("BucketWebsiteConfiguration", indexDocument=UNKNOWN)]
    ) == {"it"}


@pytest.mark.parametrize("prop", ["website", "websites"])
def test_a_website_that_there_may_be_is_told(pack: PackProcess, prop):
    for none in ({}, None, []):
        assert failed_resources(pack, WEBSITE, [bucket(**{prop: none})]) == set()
    for maybe in (UNKNOWN, [UNKNOWN]):
        assert unverified_resources(pack, WEBSITE, [bucket("it", **{prop: maybe})]) == {"it"}


APP = "https://app.example.com"


def cors(rules: Any) -> list[list[Resource]]:
    return forms("BucketCorsConfiguration", {"corsRules": rules}, {"corsRules": rules}, v6="V2")


def origins(*each: Any) -> list[list[Resource]]:
    """A rule for these, after one that is right."""
    return cors([{"allowedMethods": ["GET"], "allowedOrigins": given} for given in ([APP], list(each))])


@pytest.mark.parametrize("given", [[], [APP], [APP, "http://localhost:3000"], ["https://*.example.com"]])
def test_a_cors_rule_that_names_its_origins_passes(pack: PackProcess, given):
    assert alike(failed_resources, pack, CORS, origins(*given)) == set()


@pytest.mark.parametrize("origin", ["*", "http://*", "https://*", "http*", "https:*", "null"])
def test_a_cors_rule_that_allows_any_origin_fails(pack: PackProcess, origin):
    for given in ([origin], [APP, origin], [UNKNOWN, origin]):
        assert alike(failed_resources, pack, CORS, origins(*given)) == {"it"}


@pytest.mark.parametrize("rules", [UNKNOWN, [UNKNOWN], [{"allowedOrigins": UNKNOWN}], [{"allowedOrigins": [UNKNOWN]}]])
def test_cors_rules_that_are_not_known_are_told(pack: PackProcess, rules):
    assert alike(unverified_resources, pack, CORS, cors(rules)) == {"it"}
    for none in ([], None):
        assert alike(failed_resources, pack, CORS, cors(none)) == set()


EVERY = ("PHI", "Replica", "S3AccessLog", "CloudTrailLog", "Inventory", "Public", "Internal", "Other")
FAULTS = {
    PUBLIC: (EVERY, companion("BucketAcl", acl="public-read")),
    EXTERNAL: (EVERY, companion("BucketPolicy", policy=text(service()))),
    ACLS: (EVERY, companion("BucketOwnershipControls", rule={"objectOwnership": "ObjectWriter"})),
    WEBSITE: (EVERY, companion("BucketWebsiteConfiguration", indexDocument={"suffix": "index.html"})),
    CORS: (("PHI", "Replica"), companion("BucketCorsConfiguration", corsRules=[{"allowedOrigins": ["*"]}])),
    POINT: (("PHI",), companion("AccessPoint", publicAccessBlockConfiguration={"blockPublicAcls": False})),
}
ENFORCED = companion(
    "BucketOwnershipControls", "owned", bucket="right", rule={"objectOwnership": "BucketOwnerEnforced"}
)


@pytest.mark.parametrize("control", FAULTS)
@pytest.mark.parametrize("data_class", EVERY)
def test_a_bucket_is_asked_by_what_it_is_for(pack: PackProcess, control, data_class):
    asked, fault = FAULTS[control]
    assert failed_resources(pack, control, [bucket(data_class=data_class), fault]) == (
        {"it"} if data_class in asked else set()
    )


@pytest.mark.parametrize("control", [POINT, PUBLIC])
def test_a_policy_of_an_access_point_is_asked_by_what_its_bucket_is_for(pack: PackProcess, control):
    expected = {"it"} if control == PUBLIC else set()
    assert alike(failed_resources, pack, control, points(text(everyone()), data_class="Public")) == expected


@pytest.mark.parametrize("control", FAULTS)
def test_two_buckets_of_which_one_is_wrong(pack: PackProcess, control):
    right = [bucket("right", bucket="right"), ENFORCED]
    assert failed_resources(pack, control, [*right, bucket(), FAULTS[control][1]]) == {"it"}


@pytest.mark.parametrize("control", FAULTS)
def test_only_the_ownership_must_be_declared(pack: PackProcess, control):
    for token in (V6, V7):
        assert failed_resources(pack, control, [bucket("it", token)]) == ({"it"} if control == ACLS else set())
