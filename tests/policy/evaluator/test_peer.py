"""Comparison of the evaluator with `reach`, an independent one.

They agree on everything that both evaluate, except the differences that are listed below with their reasons. The
authors of `reach`, of the company reach-security, worked from the same pages of the IAM User Guide and compared it with
AWS's own policy simulator. It supports users and roles as principals, every element and nearly every operator. Where it
has no rule, it returns None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reach.engine import Principal as Caller
from reach.engine import ResourcePolicy
from reach.policy import parse_policy
from reach.reference import evaluate as evaluate_by_peer

from hipaa_controls.evaluator import Outcome, Principal, Request, evaluate, parse

ALLOWED, INDETERMINATE = Outcome.ALLOWED, Outcome.INDETERMINATE
EXPLICIT_DENY, IMPLICIT_DENY = Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
EVE = f"arn:aws:iam::{OTHER_ACCOUNT}:user/eve"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
TEAM_APP = f"arn:aws:iam::{ACCOUNT}:role/team/app"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def allow_with(**elements: Any) -> dict[str, Any]:
    """Return a document with an Allow of everything, overridden by `elements`."""
    return {"Version": "2012-10-17", "Statement": [EVERYTHING | elements]}


@dataclass(frozen=True)
class AccessRequest:
    """A request, with every condition key except those of its principal."""

    action: str = "s3:GetObject"
    resource: str = "arn:aws:s3:::phi/a"
    principal_arn: str = BOB
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


def own_outcome(document: dict[str, Any], request: AccessRequest) -> Outcome:
    username = request.principal_arn.split(":user/")[1:]
    # The peer derives these keys from its principals.
    principal_context = {
        "aws:PrincipalArn": request.principal_arn,
        "aws:PrincipalAccount": request.principal_arn.split(":")[4],
        "aws:PrincipalType": "User" if username else "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:username": username,
    }
    own_request = Request(
        request.action,
        request.resource,
        Principal("AWS", request.principal_arn),
        principal_context | dict(request.context),
        context_is_complete=True,
    )
    return evaluate([parse(document)], own_request).outcome


def peer_outcome(document: dict[str, Any], request: AccessRequest) -> Outcome | None:
    """Return the peer's outcome, or None if it has no rule.

    It doesn't distinguish an explicit from an implicit deny. Only an explicit one remains once everything is allowed.
    """
    if (allowed := peer_allows(document, request)) is not False:
        return ALLOWED if allowed else None
    allow_everything = EVERYTHING | ({"Principal": "*"} if is_resource_policy(document) else {})
    allowed = peer_allows(document | {"Statement": [*document["Statement"], allow_everything]}, request)
    return {True: IMPLICIT_DENY, False: EXPLICIT_DENY, None: None}[allowed]


def peer_allows(document: dict[str, Any], request: AccessRequest) -> bool | None:
    policy = parse_policy(document, "document")
    identity_policy, resource_policy = policy, None
    if is_resource_policy(document):
        # The identity may do everything, and the resource requires a policy, so that policy decides.
        identity_policy = parse_policy({"Statement": EVERYTHING}, "everything")
        resource_policy = ResourcePolicy(policy, ACCOUNT, required=True)
    return evaluate_by_peer(
        Caller(request.principal_arn, [identity_policy]),
        request.action,
        request.resource,
        dict(request.context),
        resource_policy=resource_policy,
    )


def is_resource_policy(document: dict[str, Any]) -> bool:
    return any({"Principal", "NotPrincipal"} & set(statement) for statement in document["Statement"])


# Documents and requests that both evaluate, with few words so that they often match.


@dataclass(frozen=True)
class KeyCases:
    """The values of a condition key in requests and policies.

    Attributes:
        request_values: The values, or lists of values, in requests.
        policy_values: The values in policies.
        operators: The operators in policies.
        single_valued: Whether the operators are used without a set operator.
        multivalued: Whether the operators are used with a set operator.
    """

    request_values: list[Any]
    policy_values: list[str]
    operators: list[str]
    single_valued: bool = True
    multivalued: bool = False

    def policy_values_by_operator(self) -> dict[str, list[str]]:
        values = {"Null": ["true", "false"]}
        for operator in self.operators:
            if self.single_valued:
                values |= {operator: self.policy_values, f"{operator}IfExists": self.policy_values}
            if self.multivalued:
                without_variables = [value for value in self.policy_values if "${" not in value]
                values |= {
                    f"ForAllValues:{operator}": without_variables,
                    f"ForAnyValue:{operator}": without_variables,
                }
        return values


def ordering_operators(prefix: str) -> list[str]:
    orders = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
    return [prefix + order for order in orders]


EQUALS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
STRING = [*EQUALS, "StringLike", "StringNotLike"]
ARN = ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t:x"
TAG = "aws:PrincipalTag/team"
VARIABLES = ["${aws:username}", "${aws:PrincipalTag/none}", "${aws:PrincipalTag/none, 'a'}", f"${{{TAG.upper()}, 'b'}}"]

KEYS = {
    TAG: KeyCases(
        ["a", "A", "ab", "bob", "*", "$"],
        ["a", "a*", "*", "?", "${*}", "${$}", *VARIABLES],
        STRING,
        multivalued=True,
    ),
    "s3:prefix": KeyCases(
        ["a/", "bob/", "bob/a"], ["bob/", "bob/*", "BOB/", "${aws:username}/*", "?/"], STRING, multivalued=True
    ),
    "aws:PrincipalArn": KeyCases([], [BOB, f"arn:aws:iam::{ACCOUNT}:*", "arn:aws:iam::*:role/*"], [*ARN, "StringLike"]),
    "aws:SourceArn": KeyCases(
        ["arn:aws:s3:::phi", "arn:aws:s3:::bob", TOPIC],
        [
            "arn:aws:s3:::phi",
            "arn:aws:s3:::p*",
            "arn:*:*:*:*:*",
            "arn:aws:s?s:*:*:t:x",
            "arn:aws:sns:us-*:*:x",
            "arn:aws:s3:::${aws:username}",
        ],
        ARN,
        multivalued=True,
    ),
    "s3:max-keys": KeyCases(
        ["1", "10", "1.0", "-1"], ["1", "1.00", "1e1", "-0.5", "10"], ordering_operators("Numeric")
    ),
    "aws:CurrentTime": KeyCases(
        ["2024-01-31T00:00:00Z", "2024-01-31T12:00:00Z", "1706659200"],
        ["2024-01-31T00:00Z", "2024-01-31T12:00Z", "1706659200", "2024-02-01T00:00:00Z"],
        ordering_operators("Date"),
    ),
    "aws:SecureTransport": KeyCases(["true", "false"], ["true", "false"], ["Bool"]),
    "aws:SourceIp": KeyCases(
        ["10.0.0.1", "10.1.0.1", "192.0.2.1", "2001:db8::1"],
        ["10.0.0.0/8", "10.0.0.1", "10.0.0.9/24", "2001:db8::/32", "0.0.0.0/0"],
        ["IpAddress", "NotIpAddress"],
    ),
    "aws:TagKeys": KeyCases(
        [["a"], ["a", "b"], ["b", "bc"], ["A"], []],
        ["a", "b", "b*", "*"],
        STRING,
        single_valued=False,
        multivalued=True,
    ),
    "test:digest": KeyCases(["YWI=", "YWJj"], ["YWI=", "YWJj"], ["BinaryEquals"]),
}

ACTIONS = ["s3:GetObject", "s3:GetObject", "s3:PutObject", "S3:getobject", "kms:Decrypt"]
RESOURCES = [
    *("arn:aws:s3:::phi", "arn:aws:s3:::phi/a", "arn:aws:s3:::phi/bob/a:b", "arn:aws:s3:::PHI/a", "arn:aws:s3:::phi/*"),
    "arn:aws:s3:::phi/",
    f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a",
]

choose = st.sampled_from
actions = choose(["*", "*", "s3:*", "s3:Get*", "s3:?etObject", "S3:GETOBJECT", "*:*Object", "kms:Decrypt"])
resources = choose(
    ["*", "*", "arn:*:*:*:*:phi*", "arn:aws:s3:::*", "arn:aws:s3:::phi/*", "arn:aws:s3:*:*:p?i"]
) | choose(
    ["arn:aws:s3:::phi", "arn:aws:s3:::phi/?", "arn:aws:s3:::phi/${*}", f"arn:aws:kms:*:{ACCOUNT}:key/*"]
    + ["arn:aws:s3:::${aws:PrincipalTag/none, 'phi'}/*"]
    + [f"arn:aws:s3:::phi/{variable}{rest}" for variable in VARIABLES for rest in ("", "/*")]
)
principals = choose(
    [
        ("Principal", "*"),
        ("Principal", {"AWS": "*"}),
        ("Principal", {"AWS": ACCOUNT}),
        ("Principal", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        ("Principal", {"AWS": [BOB, APP]}),
        ("Principal", {"AWS": TEAM_APP}),
        ("Principal", {"AWS": EVE, "Service": "b"}),
        ("Principal", {"Service": "*"}),
        ("Principal", {"Federated": "b"}),
        ("NotPrincipal", "*"),
        ("NotPrincipal", {"Service": "b"}),
        *[("NotPrincipal", {"AWS": [EVE, OTHER_ACCOUNT]})] * 3,
    ]
)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw(choose([0, 1, 1, 2]))):
        key = draw(choose(sorted(KEYS)))
        operator, policy_values = draw(choose(sorted(KEYS[key].policy_values_by_operator().items())))
        key_in_any_case = draw(choose([key, key.upper()]))
        block.setdefault(operator, {})[key_in_any_case] = draw(st.lists(choose(policy_values), min_size=1, max_size=2))
    return block


@st.composite
def statements(draw: st.DrawFn, *, in_resource_policy: bool) -> dict[str, Any]:
    action_prefix, resource_prefix = draw(choose(["", "", "", "Not"])), draw(choose(["", "", "", "Not"]))
    return {
        "Effect": draw(choose(["Allow", "Allow", "Deny"])),
        f"{action_prefix}Action": draw(st.lists(actions, min_size=1, max_size=2)),
        f"{resource_prefix}Resource": draw(st.lists(resources, min_size=1, max_size=2)),
        "Condition": draw(conditions()),
    } | dict([draw(principals)] if in_resource_policy else [])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    statement = statements(in_resource_policy=draw(st.booleans()))
    version = draw(choose([{"Version": "2012-10-17"}] * 4 + [{"Version": "2008-10-17"}, {}]))
    return version | {"Statement": draw(st.lists(statement, min_size=1, max_size=3))}


def random_requests(seed: int, count: int = 12) -> Iterator[AccessRequest]:
    random = Random(seed)
    for _ in range(count):
        context = {name: random.choice([None, *key.request_values]) for name, key in KEYS.items() if key.request_values}
        yield AccessRequest(
            random.choice(ACTIONS),
            random.choice(RESOURCES),
            random.choice([BOB, EVE, APP, TEAM_APP]),
            {name: value for name, value in context.items() if value is not None},
        )


def test_evaluators_agree_on_random_documents() -> None:
    outcomes: dict[str, Outcome] = {}

    @settings(derandomize=True, database=None, deadline=None, max_examples=350)
    @given(documents(), st.integers(0, 1 << 32))
    def assert_agreement(document: dict[str, Any], seed: int) -> None:
        for request in random_requests(seed):
            outcome = own_outcome(document, request)
            assert outcome is peer_outcome(document, request), request
            outcomes[repr((document, request))] = outcome

    assert_agreement()
    count = Counter(outcomes.values())
    assert count[ALLOWED] >= 500, count
    assert count[EXPLICIT_DENY] >= 200, count
    assert count[IMPLICIT_DENY] >= 2000, count


@pytest.mark.parametrize("name", sorted(KEYS))
def test_evaluators_agree_on_every_operator_for_key(name: str) -> None:
    key = KEYS[name]
    for operator, policy_values in key.policy_values_by_operator().items():
        outcomes = set()
        for policy_value, request_value, principal_arn in product(
            policy_values, [None, *key.request_values], [BOB, EVE, APP]
        ):
            document = allow_with(Condition={operator: {name: policy_value}})
            context = {} if request_value is None else {name: request_value}
            request = AccessRequest(principal_arn=principal_arn, context=context)
            outcome = own_outcome(document, request)
            assert outcome is peer_outcome(document, request), (operator, policy_value, request)
            outcomes.add(outcome)
        assert outcomes == {ALLOWED, IMPLICIT_DENY}, operator


# Differences. The random documents contain none of these.


@dataclass(frozen=True)
class Difference:
    """An example of what the two evaluators treat differently.

    Attributes:
        name: What they treat differently.
        rule: The rule of the IAM User Guide, after the topic of its page; it shows which evaluator is right.
        elements: The elements of the Allow statement.
        request: The request.
        expected: The outcome of this evaluator.
        peer_expected: The outcome of the peer.
    """

    name: str
    rule: str
    elements: dict[str, Any]
    request: AccessRequest
    expected: Outcome
    peer_expected: Outcome | None


def with_condition(operator: str, key: str, policy_value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: policy_value}}}


def request_with(key: str, value: str | list[str]) -> AccessRequest:
    return AccessRequest(context={key: value})


def request_for(resource: str) -> AccessRequest:
    return AccessRequest(resource=resource)


# The guide has a rule, and the peer deviates from it.
PEER_DEVIATES = [
    Difference(
        "an empty string in a set",
        "Multivalued keys: for a null data set, such as an empty string, ForAllValues is true and ForAnyValue false.",
        with_condition("ForAllValues:StringEquals", "aws:TagKeys", "a"),
        request_with("aws:TagKeys", [""]),
        ALLOWED,
        IMPLICIT_DENY,
    ),
    Difference(
        "a * at the end of a segment",
        "Resource: a * at the end of a segment can expand to match beyond the colon boundaries.",
        {"Resource": "arn:aws:s3:*:*:phi"},
        request_for("arn:aws:s3:::a:phi"),
        ALLOWED,
        IMPLICIT_DENY,
    ),
    Difference(
        "an ARN with fewer than six segments",
        "ARNs: in an identity-based policy, AWS completes an incomplete ARN by a * for every missing field.",
        {"Resource": "arn:aws:s3"},
        AccessRequest(),
        ALLOWED,
        IMPLICIT_DENY,
    ),
    Difference(
        "a session of a role",
        "Principal: a session's ARN names that session. A role's ARN stands for sessions of any name: some match.",
        {"Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"}},
        AccessRequest(principal_arn=APP),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "a canonical user",
        "Principal: a canonical user ID is another form of an account ID. It may be the account of this principal.",
        {"Principal": {"CanonicalUser": "79a59d"}},
        AccessRequest(),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "NotPrincipal without the account",
        "NotPrincipal: a user is certainly excluded only if its account is listed, a session if account and role are.",
        {"NotPrincipal": {"AWS": BOB}},
        AccessRequest(),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
]

# The guide has a rule, and the peer has none.
PEER_UNDECIDED = [
    Difference(
        "a set of numbers, dates, addresses or Booleans",
        "Multivalued keys: ForAllValues and ForAnyValue are prefixes of a condition operator of any type.",
        with_condition("ForAllValues:NumericEquals", "s3:max-keys", "1"),
        request_with("s3:max-keys", ["1", "1.0"]),
        ALLOWED,
        None,
    ),
    Difference(
        "a set operator with IfExists",
        "Condition operators: IfExists may follow any operator except Null; it has no effect if the key is present.",
        with_condition("ForAllValues:StringEqualsIfExists", "aws:TagKeys", "a"),
        request_with("aws:TagKeys", ["a"]),
        ALLOWED,
        None,
    ),
    Difference(
        "a variable in a set",
        "Multivalued keys: use StringLike with a set operator and a variable.",
        with_condition("ForAnyValue:StringLike", "aws:TagKeys", "${aws:username}"),
        request_with("aws:TagKeys", ["a", "bob"]),
        ALLOWED,
        None,
    ),
    Difference(
        "a list of one value without a set operator",
        "Multivalued keys: the number of values in the request is what counts.",
        with_condition("StringEquals", "aws:TagKeys", "a"),
        request_with("aws:TagKeys", ["a"]),
        ALLOWED,
        None,
    ),
    Difference(
        "an address or a time as a variable",
        "Variables and tags: any single-valued key may be a variable.",
        {"Resource": "arn:aws:s3:::phi/${aws:SourceIp}"},
        AccessRequest(resource="arn:aws:s3:::phi/10.0.0.1", context={"aws:SourceIp": "10.0.0.1"}),
        ALLOWED,
        None,
    ),
    Difference(
        "text like a variable in a value",
        "Variables and tags: ${$} is a dollar sign, and the text after it is literal.",
        with_condition("StringEquals", TAG, "${$}{a"),
        request_with(TAG, "${a"),
        ALLOWED,
        None,
    ),
    Difference(
        "a date or an address in a service's own key",
        "Condition operators: the operator says how to compare.",
        with_condition("DateEquals", "test:day", "2024-01-31T00:00Z"),
        request_with("test:day", "2024-01-31T00:00:00Z"),
        ALLOWED,
        None,
    ),
    Difference(
        "text of an address or a time",
        "Condition operators: the operator says how to compare.",
        with_condition("StringEquals", "aws:SourceIp", "10.0.0.1"),
        request_with("aws:SourceIp", "10.0.0.1"),
        ALLOWED,
        None,
    ),
    Difference(
        "a date with an offset",
        "Condition operators: a date has one of the W3C's formats of ISO 8601, some of which have an offset.",
        with_condition("DateEquals", "aws:CurrentTime", "2024-01-31T01:00:00+01:00"),
        request_with("aws:CurrentTime", "2024-01-31T00:00:00Z"),
        ALLOWED,
        None,
    ),
    Difference(
        "a number with a sign or an exponent in a request",
        "Condition operators: Numeric compares integers and decimals.",
        with_condition("NumericEquals", "s3:max-keys", "5"),
        request_with("s3:max-keys", "+5"),
        ALLOWED,
        None,
    ),
]

# The guide has no rule. This evaluator is indeterminate; the peer follows what the policy simulator does, or guesses.
UNDOCUMENTED = [
    Difference(
        "an ARN operator with text that isn't an ARN",
        "Condition operators: each of an ARN's six parts is checked; other text isn't mentioned.",
        with_condition("ArnLike", "aws:SourceArn", "*"),
        request_with("aws:SourceArn", "arn:aws:s3:::phi"),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "Bool with text other than true and false",
        "Condition operators: Bool compares true and false; other text isn't mentioned.",
        with_condition("Bool", "aws:SecureTransport", "false"),
        request_with("aws:SecureTransport", "no"),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "Numeric with text that isn't a number",
        "Condition operators: Numeric compares integers and decimals; other text isn't mentioned.",
        with_condition("NumericNotEquals", "s3:max-keys", "1"),
        request_with("s3:max-keys", "many"),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "Null with an empty string",
        "Condition operators: false means that the key exists and its value is not null; is an empty one null?",
        with_condition("Null", TAG, "true"),
        request_with(TAG, ""),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "a variable that is an empty string",
        "Variables and tags: a variable without a value matches nothing; does one with an empty value?",
        {"Resource": f"arn:aws:s3:::phi/${{{TAG}}}"},
        AccessRequest(resource="arn:aws:s3:::phi/", context={TAG: ""}),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "a variable without a name",
        "Variables and tags: it isn't mentioned.",
        {"Resource": "arn:aws:s3:::phi/${}"},
        request_for("arn:aws:s3:::phi/${}"),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "a wildcard within a segment",
        "Resource: a * at the end of a segment can match beyond a colon; other wildcards aren't mentioned.",
        {"Resource": "arn:aws:s3:a*b::phi"},
        request_for("arn:aws:s3:a:b::phi"),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "an ARN with fewer than six segments in a resource's policy",
        "ARNs: AWS completes an incomplete ARN in an identity-based policy; other policies aren't mentioned.",
        {"Principal": "*", "Resource": "arn:aws:s3"},
        AccessRequest(),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "a wildcard in an ARN with fewer than six segments",
        "ARNs and Resource: AWS completes the ARN, and its * can match beyond a colon; not with which effect together.",
        {"Resource": "arn:*:phi*"},
        AccessRequest(),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "letters that change length when case is ignored",
        "Condition operators: 'ignoring case'; letters outside ASCII aren't mentioned.",
        with_condition("StringEqualsIgnoreCase", TAG, "ss"),
        request_with(TAG, "ß"),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "two base64 encodings of the same bytes",
        "Condition operators: BinaryEquals compares byte for byte with base64; the bytes, or their encoding?",
        with_condition("BinaryEquals", "test:digest", "YWI="),
        request_with("test:digest", "YWJ="),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "a quote in a default",
        "Variables and tags: a default is in quotes; a quote within it isn't mentioned.",
        {"Resource": "arn:aws:s3:::phi/${aws:PrincipalTag/none, 'it''s'}"},
        request_for("arn:aws:s3:::phi/it's"),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "an IPv4 address mapped into IPv6",
        "Condition operators: IPv4 and IPv6 CIDR ranges; a mapped address isn't mentioned.",
        with_condition("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        request_with("aws:SourceIp", "::ffff:10.0.0.1"),
        INDETERMINATE,
        ALLOWED,
    ),
    Difference(
        "four digits as a date",
        "Condition operators: a W3C date, which may be a year, or epoch time; the precedence isn't mentioned.",
        with_condition("DateEquals", "aws:CurrentTime", "2024"),
        request_with("aws:CurrentTime", "2024-01-01T00:00:00Z"),
        INDETERMINATE,
        IMPLICIT_DENY,
    ),
    Difference(
        "a day as a date",
        "Condition operators: a W3C date, which may be a day; its time and time zone aren't mentioned.",
        with_condition("DateEquals", "aws:CurrentTime", "2024-01-31"),
        request_with("aws:CurrentTime", "2024-01-31T00:00:00Z"),
        INDETERMINATE,
        ALLOWED,
    ),
]


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(difference, id=difference.name.replace(" ", "-"))
        for difference in PEER_DEVIATES + PEER_UNDECIDED + UNDOCUMENTED
    ],
)
def test_evaluators_differ_as_listed(difference: Difference) -> None:
    document = allow_with(**difference.elements)
    assert own_outcome(document, difference.request) is difference.expected
    assert peer_outcome(document, difference.request) is difference.peer_expected
