"""S3 access: bucket and access point policies, ACLs, Block Public Access, websites and CORS.

In every stack, `it` is the noncompliant resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import (
    ACCOUNT,
    ACCOUNT_KEY,
    ALL_DATA_CLASSES,
    DATA,
    ROOT,
    V6,
    V7,
    companion,
    companion_by_reference,
    data_bucket,
    failed_in_all,
    policy_in_component,
    policy_text,
    unverified_in_all,
)

NO_PUBLIC_GRANT, NO_EXTERNAL_ACCESS, ACLS_DISABLED = "s3-no-public-grant", "s3-no-external-access", "s3-acls-disabled"
ACCESS_POINT_PRIVATE, ACCOUNT_BLOCK = "s3-access-point-private", "s3-account-public-access-block"
NO_WEBSITE, CORS = "s3-no-website", "s3-cors"

OTHER_ACCOUNT, PARTNER, ORGANIZATION = "444455556666", "777788889999", "o-abcdefghij"
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
ALL_FLAGS_ON = dict.fromkeys(FLAGS, True)
GROUPS = "http://acs.amazonaws.com/groups"


def in_every_form(
    type_name: str, companion_inputs: dict[str, Any], bucket_inputs: dict[str, Any], v6_suffix: str = ""
) -> list[list[Resource]]:
    """Return a stack for each way to declare a setting: by a companion or by the bucket, in both versions."""
    return [
        [ACCOUNT_KEY, data_bucket(), companion(type_name, **companion_inputs)],
        [
            ACCOUNT_KEY,
            data_bucket(token=V6),
            companion_by_reference(type_name + v6_suffix, "bucket", **companion_inputs),
        ],
        [ACCOUNT_KEY, data_bucket("it", **bucket_inputs)],
        [ACCOUNT_KEY, data_bucket("it", V6, **bucket_inputs)],
    ]


def policies_in_every_form(policy: Any) -> list[list[Resource]]:
    return in_every_form("BucketPolicy", {"policy": policy}, {"policy": policy})


def component(type_name: str, component_input: str, document: Any) -> list[Resource]:
    """Return a stack with a policy of unknown text, in a component that declares the structure of the policy."""
    return [ACCOUNT_KEY, data_bucket(), *policy_in_component(document, type_name, component_input)]


def allow_principals(*principals: Any) -> dict[str, Any]:
    return ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": list(principals)}}


def allow_everyone(**condition: Any) -> dict[str, Any]:
    return ALLOW_OWN_ACCOUNT | {"Principal": "*", "Condition": condition}


def allow_service(name: str = "logging.s3.amazonaws.com", **condition: Any) -> dict[str, Any]:
    return ALLOW_OWN_ACCOUNT | {"Principal": {"Service": name}, "Action": "s3:PutObject", "Condition": condition}


def statements_for_account(account: str) -> list[dict[str, Any]]:
    """Return statements that each grant access to an account, or to a service acting for it."""
    arns = {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:us-east-1:{account}:accesspoint/*"}}
    trail = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{account}:trail/t"}
    return [
        *map(
            allow_principals,
            (account, f"arn:aws:iam::{account}:root", f"arn:aws:iam::{account}:role/reader"),
        ),
        *(allow_everyone(StringEquals={f"{key}Account": account}) for key in ("aws:Principal", "s3:DataAccessPoint")),
        allow_everyone(ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{account}:role/*"}),
        allow_everyone(**arns),
        allow_service(StringEquals={"aws:SourceAccount": account}),
        allow_service("cloudtrail.amazonaws.com", ArnEquals=trail),
    ]


ALLOW_OWN_ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "s3:GetObject", "Resource": f"{DATA}/*"}
DENY_PLAIN_HTTP = ALLOW_OWN_ACCOUNT | {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [DATA, f"{DATA}/*"],
}
DENY_PLAIN_HTTP |= {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
STATEMENTS_FOR_ORGANIZATION = [allow_everyone(StringEquals={"aws:PrincipalOrgID": ORGANIZATION})]
STATEMENTS_FOR_ORGANIZATION += [allow_service(StringEquals={"aws:SourceOrgID": ORGANIZATION})]
FROM_OTHER_ACCOUNTS = {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}

PRIVATE_POLICIES = [
    [DENY_PLAIN_HTTP],
    [DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT],
    *([statement] for statement in statements_for_account(ACCOUNT)),
    [allow_service(ArnLike={"aws:SourceArn": DATA})],
    [allow_everyone(), DENY_PLAIN_HTTP | FROM_OTHER_ACCOUNTS],
]
PUBLIC_POLICIES = [
    [DENY_PLAIN_HTTP, allow_everyone()],
    [allow_principals("*")],
    [allow_principals(ROOT, "*")],
    [allow_principals("*") | {"Action": "*", "Resource": "*"}],
    [allow_everyone() | {"Action": "s3:ListBucket", "Resource": DATA}],
    [{key: value for key, value in ALLOW_OWN_ACCOUNT.items() if key != "Principal"} | {"NotPrincipal": {"AWS": ROOT}}],
    [allow_everyone(Bool={"aws:SecureTransport": "true"})],
    [allow_everyone(StringLike={"aws:Referer": "https://app.example.com/*"})],
    [allow_everyone(IpAddress={"aws:SourceIp": "0.0.0.0/0"})],
    [allow_everyone(NotIpAddress={"aws:SourceIp": "198.51.100.0/24"})],
    [allow_everyone(DateLessThan={"aws:CurrentTime": "2099-01-01T00:00:00Z"})],
    [allow_everyone(StringEqualsIfExists={"aws:PrincipalAccount": ACCOUNT})],
    [allow_everyone(StringNotEquals={"aws:PrincipalAccount": OTHER_ACCOUNT})],
    [allow_everyone(StringLike={"aws:PrincipalAccount": "*"})],
    [allow_everyone(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/reader"})],
    [allow_everyone(ArnLike={"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:*:accesspoint/*"})],
    [allow_everyone(), DENY_PLAIN_HTTP | FROM_OTHER_ACCOUNTS | {"Action": "s3:PutObject"}],
]
# These grant access to particular external principals, so they aren't public.
EXTERNAL_POLICIES = [
    *([statement] for statement in (*statements_for_account(OTHER_ACCOUNT), *STATEMENTS_FOR_ORGANIZATION)),
    [allow_principals(ROOT, OTHER_ACCOUNT)],
    [ALLOW_OWN_ACCOUNT | {"Principal": {"CanonicalUser": 64 * "a"}}],
    [allow_everyone(StringEquals={"aws:PrincipalAccount": [ACCOUNT, OTHER_ACCOUNT]})],
    [allow_service()],
    [allow_service(Bool={"aws:SecureTransport": "true"})],
    [allow_service(ArnLike={"aws:SourceArn": "arn:aws:s3:::*"})],
    [allow_service("cloudtrail.amazonaws.com", ArnLike={"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"})],
]
POLICY_WITHOUT_PRINCIPAL = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": f"{DATA}/*"}]})


@pytest.mark.parametrize("statements", PRIVATE_POLICIES)
def test_policy_for_the_account_passes(pack: PackProcess, statements):
    for control in (NO_PUBLIC_GRANT, NO_EXTERNAL_ACCESS):
        assert failed_in_all(pack, control, policies_in_every_form(policy_text(*statements))) == set()


@pytest.mark.parametrize("statements", PUBLIC_POLICIES)
def test_public_policy_fails(pack: PackProcess, statements):
    for control in (NO_PUBLIC_GRANT, NO_EXTERNAL_ACCESS):
        assert failed_in_all(pack, control, policies_in_every_form(policy_text(*statements))) == {"it"}


@pytest.mark.parametrize("statements", EXTERNAL_POLICIES)
def test_policy_for_external_principals_fails(pack: PackProcess, statements):
    assert failed_in_all(pack, NO_EXTERNAL_ACCESS, policies_in_every_form(policy_text(*statements))) == {"it"}
    assert failed_in_all(pack, NO_PUBLIC_GRANT, policies_in_every_form(policy_text(*statements))) == set()


@pytest.mark.parametrize("control", [NO_PUBLIC_GRANT, NO_EXTERNAL_ACCESS])
@pytest.mark.parametrize("policy", ["", "{", "[]", "5", POLICY_WITHOUT_PRINCIPAL])
def test_malformed_policy_fails(pack: PackProcess, control, policy):
    assert failed_in_all(pack, control, policies_in_every_form(policy)) == {"it"}


PARTLY_UNKNOWN_STATEMENTS = [
    UNKNOWN,
    [UNKNOWN],
    [allow_everyone() | {"Effect": UNKNOWN}],
    *(
        [ALLOW_OWN_ACCOUNT | {"Principal": principal}]
        for principal in (UNKNOWN, {"AWS": UNKNOWN}, {"AWS": [ROOT, UNKNOWN]})
    ),
    [allow_everyone(StringEquals={"aws:PrincipalAccount": UNKNOWN})],
    [allow_everyone(), DENY_PLAIN_HTTP | {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": UNKNOWN}}}],
]


@pytest.mark.parametrize("control", [NO_PUBLIC_GRANT, NO_EXTERNAL_ACCESS])
def test_unknown_policy_is_unverified(pack: PackProcess, control):
    assert unverified_in_all(pack, control, policies_in_every_form(UNKNOWN)) == {"it"}
    for statements in PARTLY_UNKNOWN_STATEMENTS:
        document = {"Version": "2012-10-17", "Statement": statements}
        assert unverified_resources(pack, control, component("BucketPolicy", "bucketPolicy", document)) == {"it"}, (
            statements
        )


@pytest.mark.parametrize("principal", [{"Service": UNKNOWN}, {"Federated": UNKNOWN}, {"CanonicalUser": UNKNOWN}])
def test_unknown_principal_is_not_public_but_may_be_external(pack: PackProcess, principal):
    stack = component("BucketPolicy", "bucketPolicy", {"Statement": [ALLOW_OWN_ACCOUNT | {"Principal": principal}]})
    assert failed_resources(pack, NO_PUBLIC_GRANT, stack) == set()
    assert unverified_resources(pack, NO_EXTERNAL_ACCESS, stack) == {"it"}


@pytest.mark.parametrize("statement", statements_for_account(OTHER_ACCOUNT))
def test_other_account_is_unverified_while_the_stacks_account_is_unknown(pack: PackProcess, statement):
    stack = [data_bucket(), companion("BucketPolicy", policy=policy_text(statement))]
    assert unverified_resources(pack, NO_EXTERNAL_ACCESS, stack) == {"it"}
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [ACCOUNT_KEY, *stack]) == {"it"}


@pytest.fixture
def pack_with_partners(pack: PackProcess) -> Iterator[PackProcess]:
    trusted = {"accounts": [PARTNER], "organizations": [ORGANIZATION]}
    pack.configure(s3_no_external_access=trusted, s3_access_point_private=trusted)
    yield pack
    pack.configure()


@pytest.mark.parametrize("statement", [*statements_for_account(PARTNER), *STATEMENTS_FOR_ORGANIZATION])
def test_trusted_accounts_and_organizations_of_the_config_pass(pack_with_partners: PackProcess, statement):
    policy = policy_text(statement)
    others = policy.replace(PARTNER, OTHER_ACCOUNT).replace(ORGANIZATION, "o-0123456789")
    for control, stacks_with in (
        (NO_EXTERNAL_ACCESS, policies_in_every_form),
        (ACCESS_POINT_PRIVATE, access_points_in_every_form),
    ):
        assert failed_in_all(pack_with_partners, control, stacks_with(policy)) == set()
        assert failed_in_all(pack_with_partners, control, stacks_with(others)) == {"it"}


def acls_in_every_form(acl: Any = None, uri: Any = None) -> list[list[Resource]]:
    """Return stacks with an ACL, canned or with a grant."""
    grants = [{"permission": "READ", "grantee": {"type": "Group", "uri": uri}}]
    companion_inputs = ({"acl": acl} if acl else {}) | ({"accessControlPolicy": {"grants": grants}} if uri else {})
    bucket_inputs = ({"acl": acl} if acl else {}) | ({"grants": [{"permissions": ["READ"], "uri": uri}]} if uri else {})
    return in_every_form("BucketAcl", companion_inputs, bucket_inputs, "V2")


PUBLIC_ACLS = [(acl, None) for acl in ("public-read", "public-read-write", "authenticated-read")]
PUBLIC_GRANTS = [
    (acl, f"{GROUPS}/global/{group}Users") for acl in (None, UNKNOWN) for group in ("All", "Authenticated")
]


@pytest.mark.parametrize("acl", ["private", "log-delivery-write", "bucket-owner-full-control"])
def test_acl_without_public_grant_passes(pack: PackProcess, acl):
    assert failed_in_all(pack, NO_PUBLIC_GRANT, acls_in_every_form(acl)) == set()
    assert failed_in_all(pack, NO_PUBLIC_GRANT, acls_in_every_form(acl, f"{GROUPS}/s3/LogDelivery")) == set()


@pytest.mark.parametrize(("acl", "uri"), [*PUBLIC_ACLS, *PUBLIC_GRANTS])
def test_acl_with_public_grant_fails(pack: PackProcess, acl, uri):
    assert failed_in_all(pack, NO_PUBLIC_GRANT, acls_in_every_form(acl, uri)) == {"it"}


@pytest.mark.parametrize(
    "stacks", [acls_in_every_form(UNKNOWN), acls_in_every_form(uri=UNKNOWN), acls_in_every_form("private", UNKNOWN)]
)
def test_unknown_acl_is_unverified(pack: PackProcess, stacks):
    assert unverified_in_all(pack, NO_PUBLIC_GRANT, stacks) == {"it"}


@pytest.mark.parametrize("grants", [UNKNOWN, [UNKNOWN]])
def test_unknown_grants_are_unverified(pack: PackProcess, grants):
    stacks = in_every_form("BucketAcl", {"accessControlPolicy": {"grants": grants}}, {"grants": grants}, "V2")
    stacks += in_every_form("BucketAcl", {"accessControlPolicy": UNKNOWN}, {"grants": grants})
    assert unverified_in_all(pack, NO_PUBLIC_GRANT, stacks) == {"it"}


def ownership_in_both_forms(rule: Any) -> list[list[Resource]]:
    type_name = "BucketOwnershipControls"
    return [
        [data_bucket(), companion(type_name, rule=rule)],
        [data_bucket(token=V6), companion_by_reference(type_name, "bucket", rule=rule)],
    ]


@pytest.mark.parametrize("owner", ["BucketOwnerPreferred", "ObjectWriter", "hunter2", "", None])
def test_object_ownership_has_to_be_bucket_owner_enforced(pack: PackProcess, owner):
    assert (
        failed_in_all(pack, ACLS_DISABLED, ownership_in_both_forms({"objectOwnership": "BucketOwnerEnforced"})) == set()
    )
    for rule in ({"objectOwnership": owner}, {}, None):
        assert failed_in_all(pack, ACLS_DISABLED, ownership_in_both_forms(rule)) == {"it"}
    assert not any(
        "hunter2" in finding.message
        for finding in pack.evaluate_stack(ownership_in_both_forms({"objectOwnership": owner})[0])
    )


@pytest.mark.parametrize("rule", [UNKNOWN, {"objectOwnership": UNKNOWN}])
def test_unknown_object_ownership_is_unverified(pack: PackProcess, rule):
    assert unverified_in_all(pack, ACLS_DISABLED, ownership_in_both_forms(rule)) == {"it"}


def access_points_in_every_form(policy: Any, block: Any = None, data_class: str = "PHI") -> list[list[Resource]]:
    """Return stacks with an access point of `data`: by name, by reference and with its policy as a resource."""
    token, policy_token = "aws:s3/accessPoint:AccessPoint", "aws:s3control/accessPointPolicy:AccessPointPolicy"
    named = {"name": "point", "bucket": "data", "publicAccessBlockConfiguration": block}
    of_bucket, of_point = {"bucket": ["bucket"]}, {"accessPointArn": ["point"]}
    point_policy = Resource(policy_token, "it", {"accessPointArn": UNKNOWN, "policy": policy}, comes_from=of_point)
    base = [ACCOUNT_KEY, data_bucket(data_class=data_class)]
    return [
        [*base, Resource(token, "it", named | {"policy": policy})],
        [*base, Resource(token, "it", named | {"policy": policy, "bucket": UNKNOWN}, comes_from=of_bucket)],
        [*base, Resource(token, "point", named), point_policy],
    ]


@pytest.mark.parametrize("block", [None, {}, {"blockPublicAcls": True}, ALL_FLAGS_ON])
@pytest.mark.parametrize("policy", [None, "", "{}"])
def test_access_point_flags_are_on_by_default(pack: PackProcess, block, policy):
    """S3 turns on every flag that isn't set to false."""
    for control in (ACCESS_POINT_PRIVATE, NO_PUBLIC_GRANT):
        assert failed_in_all(pack, control, access_points_in_every_form(policy, block)[:2]) == set()


@pytest.mark.parametrize("flag", FLAGS)
def test_access_point_with_a_flag_off_fails(pack: PackProcess, flag):
    for block in (ALL_FLAGS_ON | {flag: False}, {flag: "false"}, dict.fromkeys(FLAGS, UNKNOWN) | {flag: False}):
        assert failed_in_all(pack, ACCESS_POINT_PRIVATE, access_points_in_every_form(None, block)[:2]) == {"it"}
    for block in (UNKNOWN, ALL_FLAGS_ON | {flag: UNKNOWN}):
        assert unverified_in_all(pack, ACCESS_POINT_PRIVATE, access_points_in_every_form(None, block)[:2]) == {"it"}


def access_points_with_statements(statements: list[Any]) -> list[list[Resource]]:
    point = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
    return access_points_in_every_form(
        policy_text(*statements).replace(f"{DATA}/", f"{point}/object/").replace(f'"{DATA}"', f'"{point}"')
    )


@pytest.mark.parametrize("statements", PRIVATE_POLICIES)
def test_access_point_policy_for_the_account_passes(pack: PackProcess, statements):
    for control in (ACCESS_POINT_PRIVATE, NO_PUBLIC_GRANT):
        assert failed_in_all(pack, control, access_points_with_statements(statements)) == set()


@pytest.mark.parametrize("statements", [*PUBLIC_POLICIES, *EXTERNAL_POLICIES])
def test_access_point_policy_for_external_principals_fails(pack: PackProcess, statements):
    assert failed_in_all(pack, ACCESS_POINT_PRIVATE, access_points_with_statements(statements)) == {"it"}
    assert failed_in_all(pack, NO_PUBLIC_GRANT, access_points_with_statements(statements)) == (
        {"it"} if statements in PUBLIC_POLICIES else set()
    )


@pytest.mark.parametrize("control", [ACCESS_POINT_PRIVATE, NO_PUBLIC_GRANT])
def test_malformed_access_point_policy_fails_and_unknown_one_is_unverified(pack: PackProcess, control):
    assert failed_in_all(pack, control, access_points_in_every_form("{")) == {"it"}
    assert unverified_in_all(pack, control, access_points_in_every_form(UNKNOWN)) == {"it"}
    for statements in PARTLY_UNKNOWN_STATEMENTS:
        document = {"Version": "2012-10-17", "Statement": statements}
        assert unverified_resources(pack, control, component("AccessPoint", "accessPointPolicy", document)) == {"it"}, (
            statements
        )


def test_access_point_of_a_bucket_outside_the_stack_is_checked_as_phi(pack: PackProcess):
    outside_point = companion(
        "AccessPoint", bucket="elsewhere", publicAccessBlockConfiguration={"blockPublicAcls": False}
    )
    assert failed_resources(pack, ACCESS_POINT_PRIVATE, [data_bucket(data_class="Public"), outside_point]) == {"it"}


def account_block(name: str = "it", **flags: Any) -> Resource:
    return Resource("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", name, flags)


def test_declared_account_block_needs_all_flags(pack: PackProcess):
    for compliant_stack in (
        [data_bucket()],
        [account_block(**ALL_FLAGS_ON)],
        [account_block(**dict.fromkeys(FLAGS, "true"))],
    ):
        assert failed_resources(pack, ACCOUNT_BLOCK, compliant_stack) == set()
    assert failed_resources(pack, ACCOUNT_BLOCK, [account_block()]) == {"it"}


@pytest.mark.parametrize("flag", FLAGS)
def test_account_block_with_a_flag_off_fails(pack: PackProcess, flag):
    right = account_block("right", **ALL_FLAGS_ON | {"accountId": OTHER_ACCOUNT})
    for off in (False, "false", None):
        assert failed_resources(pack, ACCOUNT_BLOCK, [right, account_block(**ALL_FLAGS_ON | {flag: off})]) == {"it"}
    rest = dict.fromkeys(FLAGS, UNKNOWN)
    assert failed_resources(pack, ACCOUNT_BLOCK, [account_block(**rest | {flag: False})]) == {"it"}
    for flags in (rest, ALL_FLAGS_ON | {flag: UNKNOWN}):
        assert unverified_resources(pack, ACCOUNT_BLOCK, [account_block(**flags)]) == {"it"}


def websites_in_every_form(companion_inputs: dict[str, Any], bucket_input: Any) -> list[list[Resource]]:
    v7, v6 = (
        in_every_form("BucketWebsiteConfiguration", companion_inputs, bucket_inputs, "V2")
        for bucket_inputs in ({"website": bucket_input}, {"websites": [bucket_input]})
    )
    return [*v7[:3], v6[3]]


@pytest.mark.parametrize("index", ["index.html", UNKNOWN])
def test_a_website_fails(pack: PackProcess, index):
    assert failed_in_all(
        pack,
        NO_WEBSITE,
        websites_in_every_form({"indexDocument": {"suffix": index}}, {"indexDocument": index}),
    ) == {"it"}
    redirect = {"redirectAllRequestsTo": {"hostName": index}}, {"redirectAllRequestsTo": index}
    assert failed_in_all(pack, NO_WEBSITE, websites_in_every_form(*redirect)) == {"it"}
    assert failed_resources(
        pack, NO_WEBSITE, [data_bucket(), companion("BucketWebsiteConfiguration", indexDocument=UNKNOWN)]
    ) == {"it"}


@pytest.mark.parametrize("prop", ["website", "websites"])
def test_possible_website_is_unverified(pack: PackProcess, prop):
    for empty in ({}, None, []):
        assert failed_resources(pack, NO_WEBSITE, [data_bucket(**{prop: empty})]) == set()
    for possible in (UNKNOWN, [UNKNOWN]):
        assert unverified_resources(pack, NO_WEBSITE, [data_bucket("it", **{prop: possible})]) == {"it"}


APP_ORIGIN = "https://app.example.com"


def cors_in_every_form(rules: Any) -> list[list[Resource]]:
    return in_every_form("BucketCorsConfiguration", {"corsRules": rules}, {"corsRules": rules}, "V2")


def cors_with_origins(*allowed: Any) -> list[list[Resource]]:
    """Return stacks with a compliant CORS rule, and one that allows these origins."""
    rules = [{"allowedMethods": ["GET"], "allowedOrigins": origins} for origins in ([APP_ORIGIN], list(allowed))]
    return cors_in_every_form(rules)


@pytest.mark.parametrize(
    "allowed", [[], [APP_ORIGIN], [APP_ORIGIN, "http://localhost:3000"], ["https://*.example.com"]]
)
def test_cors_rule_with_named_origins_passes(pack: PackProcess, allowed):
    assert failed_in_all(pack, CORS, cors_with_origins(*allowed)) == set()


@pytest.mark.parametrize("origin", ["*", "http://*", "https://*", "http*", "https:*", "null"])
def test_cors_rule_for_any_origin_fails(pack: PackProcess, origin):
    for allowed in ([origin], [APP_ORIGIN, origin], [UNKNOWN, origin]):
        assert failed_in_all(pack, CORS, cors_with_origins(*allowed)) == {"it"}


@pytest.mark.parametrize("rules", [UNKNOWN, [UNKNOWN], [{"allowedOrigins": UNKNOWN}], [{"allowedOrigins": [UNKNOWN]}]])
def test_unknown_cors_rules_are_unverified(pack: PackProcess, rules):
    assert unverified_in_all(pack, CORS, cors_in_every_form(rules)) == {"it"}
    for no_rules in ([], None):
        assert failed_in_all(pack, CORS, cors_in_every_form(no_rules)) == set()


NONCOMPLIANT = {
    NO_PUBLIC_GRANT: (ALL_DATA_CLASSES, companion("BucketAcl", acl="public-read")),
    NO_EXTERNAL_ACCESS: (ALL_DATA_CLASSES, companion("BucketPolicy", policy=policy_text(allow_service()))),
    ACLS_DISABLED: (ALL_DATA_CLASSES, companion("BucketOwnershipControls", rule={"objectOwnership": "ObjectWriter"})),
    NO_WEBSITE: (ALL_DATA_CLASSES, companion("BucketWebsiteConfiguration", indexDocument={"suffix": "index.html"})),
    CORS: (("PHI", "Replica"), companion("BucketCorsConfiguration", corsRules=[{"allowedOrigins": ["*"]}])),
    ACCESS_POINT_PRIVATE: (
        ("PHI",),
        companion("AccessPoint", publicAccessBlockConfiguration={"blockPublicAcls": False}),
    ),
}
OWNER_ENFORCED = companion(
    "BucketOwnershipControls", "owned", bucket="right", rule={"objectOwnership": "BucketOwnerEnforced"}
)


@pytest.mark.parametrize("control", NONCOMPLIANT)
@pytest.mark.parametrize("data_class", ALL_DATA_CLASSES)
def test_control_applies_by_data_class(pack: PackProcess, control, data_class):
    data_classes, resource = NONCOMPLIANT[control]
    assert failed_resources(pack, control, [data_bucket(data_class=data_class), resource]) == (
        {"it"} if data_class in data_classes else set()
    )


@pytest.mark.parametrize("control", [ACCESS_POINT_PRIVATE, NO_PUBLIC_GRANT])
def test_access_point_policy_is_checked_by_the_buckets_data_class(pack: PackProcess, control):
    expected = {"it"} if control == NO_PUBLIC_GRANT else set()
    assert (
        failed_in_all(
            pack,
            control,
            access_points_in_every_form(policy_text(allow_everyone()), data_class="Public"),
        )
        == expected
    )


@pytest.mark.parametrize("control", NONCOMPLIANT)
def test_only_the_noncompliant_bucket_of_two_fails(pack: PackProcess, control):
    compliant_bucket = [data_bucket("right", bucket="right"), OWNER_ENFORCED]
    assert failed_resources(pack, control, [*compliant_bucket, data_bucket(), NONCOMPLIANT[control][1]]) == {"it"}


@pytest.mark.parametrize("control", NONCOMPLIANT)
def test_bucket_without_settings_fails_only_for_ownership(pack: PackProcess, control):
    for token in (V6, V7):
        assert failed_resources(pack, control, [data_bucket("it", token)]) == (
            {"it"} if control == ACLS_DISABLED else set()
        )
