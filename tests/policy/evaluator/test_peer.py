"""The evaluator against another one: they agree on all that both evaluate, and each difference is named.

The other is reach-security's, written by others from the same pages of the IAM User Guide and compared by them with
AWS's own policy simulator. It knows users and roles as principals, every element and nearly every operator, and leaves
open (None) what it has no rule for.
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

from hipaa.evaluator import Outcome, Principal, Request, evaluate, parse

ALLOWED, DENIED, NOT_ALLOWED, UNSURE = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY, Outcome.INDETERMINATE

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
EVE = f"arn:aws:iam::{OTHER_ACCOUNT}:user/eve"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
TEAM_APP = f"arn:aws:iam::{ACCOUNT}:role/team/app"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def allowing(**elements: Any) -> dict[str, Any]:
    """A document with an Allow of everything, but for these elements."""
    return {"Version": "2012-10-17", "Statement": [EVERYTHING | elements]}


@dataclass(frozen=True)
class Asked:
    """A request, with every key of its context but those of its principal."""

    action: str = "s3:GetObject"
    resource: str = "arn:aws:s3:::phi/a"
    who: str = BOB
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


def ours(document: dict[str, Any], asked: Asked) -> Outcome:
    user = asked.who.split(":user/")[1:]
    # What the other one knows of its principals by itself.
    context = {
        "aws:PrincipalArn": asked.who,
        "aws:PrincipalAccount": asked.who.split(":")[4],
        "aws:PrincipalType": "User" if user else "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:username": user,
    }
    request = Request(
        asked.action, asked.resource, Principal("AWS", asked.who), context | dict(asked.context), context_is_complete=True
    )
    return evaluate([parse(document)], request).outcome


def theirs(document: dict[str, Any], asked: Asked) -> Outcome | None:
    """It doesn't tell a Deny from the lack of an Allow, but only a Deny remains when all else is allowed."""
    if (allowed := _theirs(document, asked)) is not False:
        return ALLOWED if allowed else None
    also = EVERYTHING | ({"Principal": "*"} if _of_a_resource(document) else {})
    allowed = _theirs(document | {"Statement": [*document["Statement"], also]}, asked)
    return {True: NOT_ALLOWED, False: DENIED, None: None}[allowed]


def _theirs(document: dict[str, Any], asked: Asked) -> bool | None:
    policy = parse_policy(document, "document")
    identity, resource = policy, None
    if _of_a_resource(document):
        # Where the identity may do everything, a policy that is required of the resource decides alone.
        identity = parse_policy({"Statement": EVERYTHING}, "everything")
        resource = ResourcePolicy(policy, ACCOUNT, required=True)
    return evaluate_by_peer(
        Caller(asked.who, [identity]), asked.action, asked.resource, dict(asked.context), resource_policy=resource
    )


def _of_a_resource(document: dict[str, Any]) -> bool:
    return any({"Principal", "NotPrincipal"} & set(statement) for statement in document["Statement"])


# What both evaluate, from few words, so that documents and requests often meet.


@dataclass(frozen=True)
class Key:
    """What a request may have for a condition key, and what a document asks of it: of one value, or of a set."""

    found: list[Any]
    wanted: list[str]
    operators: list[str]
    single: bool = True
    sets: bool = False

    def asks(self) -> dict[str, list[str]]:
        """With each operator, what may be wanted."""
        asks = {"Null": ["true", "false"]}
        for operator in self.operators:
            if self.single:
                asks |= {operator: self.wanted, f"{operator}IfExists": self.wanted}
            if self.sets:
                plain = [each for each in self.wanted if "${" not in each]
                asks |= {f"ForAllValues:{operator}": plain, f"ForAnyValue:{operator}": plain}
        return asks


def ordered(kind: str) -> list[str]:
    orders = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
    return [kind + order for order in orders]


EQUALS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
STRING = [*EQUALS, "StringLike", "StringNotLike"]
ARN = ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t:x"
TAG = "aws:PrincipalTag/team"
VARIABLES = ["${aws:username}", "${aws:PrincipalTag/none}", "${aws:PrincipalTag/none, 'a'}", f"${{{TAG.upper()}, 'b'}}"]

KEYS = {
    TAG: Key(
        ["a", "A", "ab", "bob", "*", "$"],
        ["a", "a*", "*", "?", "${*}", "${$}", *VARIABLES],
        STRING,
        sets=True,
    ),
    "s3:prefix": Key(["a/", "bob/", "bob/a"], ["bob/", "bob/*", "BOB/", "${aws:username}/*", "?/"], STRING, sets=True),
    "aws:PrincipalArn": Key([], [BOB, f"arn:aws:iam::{ACCOUNT}:*", "arn:aws:iam::*:role/*"], [*ARN, "StringLike"]),
    "aws:SourceArn": Key(
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
        sets=True,
    ),
    "s3:max-keys": Key(["1", "10", "1.0", "-1"], ["1", "1.00", "1e1", "-0.5", "10"], ordered("Numeric")),
    "aws:CurrentTime": Key(
        ["2024-01-31T00:00:00Z", "2024-01-31T12:00:00Z", "1706659200"],
        ["2024-01-31T00:00Z", "2024-01-31T12:00Z", "1706659200", "2024-02-01T00:00:00Z"],
        ordered("Date"),
    ),
    "aws:SecureTransport": Key(["true", "false"], ["true", "false"], ["Bool"]),
    "aws:SourceIp": Key(
        ["10.0.0.1", "10.1.0.1", "192.0.2.1", "2001:db8::1"],
        ["10.0.0.0/8", "10.0.0.1", "10.0.0.9/24", "2001:db8::/32", "0.0.0.0/0"],
        ["IpAddress", "NotIpAddress"],
    ),
    "aws:TagKeys": Key(
        [["a"], ["a", "b"], ["b", "bc"], ["A"], []], ["a", "b", "b*", "*"], STRING, single=False, sets=True
    ),
    "test:digest": Key(["YWI=", "YWJj"], ["YWI=", "YWJj"], ["BinaryEquals"]),
}

ACTIONS = ["s3:GetObject", "s3:GetObject", "s3:PutObject", "S3:getobject", "kms:Decrypt"]
RESOURCES = [
    *("arn:aws:s3:::phi", "arn:aws:s3:::phi/a", "arn:aws:s3:::phi/bob/a:b", "arn:aws:s3:::PHI/a", "arn:aws:s3:::phi/*"),
    "arn:aws:s3:::phi/",
    f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a",
]

some = st.sampled_from
asked_actions = some(["*", "*", "s3:*", "s3:Get*", "s3:?etObject", "S3:GETOBJECT", "*:*Object", "kms:Decrypt"])
asked_resources = some(["*", "*", "arn:*:phi*", "arn:aws:s3:::*", "arn:aws:s3:::phi/*", "arn:aws:s3:*:*:p?i"]) | some(
    ["arn:aws:s3:::phi", "arn:aws:s3:::phi/?", "arn:aws:s3:::phi/${*}", f"arn:aws:kms:*:{ACCOUNT}:key/*"]
    + ["arn:aws:s3:::${aws:PrincipalTag/none, 'phi'}/*"]
    + [f"arn:aws:s3:::phi/{variable}{rest}" for variable in VARIABLES for rest in ("", "/*")]
)
principals = some(
    [("Principal", each) for each in ("*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})]
    + [("Principal", each) for each in ({"AWS": [BOB, APP]}, {"AWS": TEAM_APP}, {"AWS": EVE, "Service": "b"})]
    + [("Principal", {"Service": "*"}), ("Principal", {"Federated": "b"})]
    + [("NotPrincipal", each) for each in ("*", {"Service": "b"}, *[{"AWS": [EVE, OTHER_ACCOUNT]}] * 3)]
)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw(some([0, 1, 1, 2]))):
        name = draw(some(sorted(KEYS)))
        operator, wanted = draw(some(sorted(KEYS[name].asks().items())))
        spelt = draw(some([name, name.upper()]))
        block.setdefault(operator, {})[spelt] = draw(st.lists(some(wanted), min_size=1, max_size=2))
    return block


@st.composite
def statements(draw: st.DrawFn, *, of_a_resource: bool) -> dict[str, Any]:
    no_action, no_resource = draw(some(["", "", "", "Not"])), draw(some(["", "", "", "Not"]))
    return {
        "Effect": draw(some(["Allow", "Allow", "Deny"])),
        f"{no_action}Action": draw(st.lists(asked_actions, min_size=1, max_size=2)),
        f"{no_resource}Resource": draw(st.lists(asked_resources, min_size=1, max_size=2)),
        "Condition": draw(conditions()),
    } | dict([draw(principals)] if of_a_resource else [])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    each = statements(of_a_resource=draw(st.booleans()))
    version = draw(some([{"Version": "2012-10-17"}] * 4 + [{"Version": "2008-10-17"}, {}]))
    return version | {"Statement": draw(st.lists(each, min_size=1, max_size=3))}


def requests(seed: int, many: int = 12) -> Iterator[Asked]:
    random = Random(seed)
    for _ in range(many):
        context = {name: random.choice([None, *key.found]) for name, key in KEYS.items() if key.found}
        yield Asked(
            random.choice(ACTIONS),
            random.choice(RESOURCES),
            random.choice([BOB, EVE, APP, TEAM_APP]),
            {name: found for name, found in context.items() if found is not None},
        )


def test_they_agree_on_documents() -> None:
    seen: dict[str, Outcome] = {}

    @settings(derandomize=True, database=None, deadline=None, max_examples=350)
    @given(documents(), st.integers(0, 1 << 32))
    def agree(document: dict[str, Any], seed: int) -> None:
        for asked in requests(seed):
            answer = ours(document, asked)
            assert answer is theirs(document, asked), asked
            seen[repr((document, asked))] = answer

    agree()
    count = Counter(seen.values())
    assert count[ALLOWED] >= 500, count
    assert count[DENIED] >= 200, count
    assert count[NOT_ALLOWED] >= 2000, count


@pytest.mark.parametrize("name", sorted(KEYS))
def test_they_agree_on_each_condition(name: str) -> None:
    key = KEYS[name]
    for operator, values in key.asks().items():
        answers = set()
        for wanted, found, who in product(values, [None, *key.found], [BOB, EVE, APP]):
            document = allowing(Condition={operator: {name: wanted}})
            asked = Asked(who=who, context={} if found is None else {name: found})
            answer = ours(document, asked)
            assert answer is theirs(document, asked), (operator, wanted, asked)
            answers.add(answer)
        assert answers == {ALLOWED, NOT_ALLOWED}, operator


# Where they differ. The documents above have none of it.


@dataclass(frozen=True)
class Difference:
    """One example of a class: an Allow of everything but for `elements`, and a request.

    rule: what the IAM User Guide says, on which page; so who is right.
    """

    name: str
    rule: str
    elements: dict[str, Any]
    asked: Asked
    ours: Outcome
    theirs: Outcome | None


def when(operator: str, key: str, wanted: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: wanted}}}


def having(key: str, found: str | list[str]) -> Asked:
    return Asked(context={key: found})


def getting(resource: str) -> Asked:
    return Asked(resource=resource)


OURS_IS_RIGHT = [
    Difference(
        "an empty string in a set",
        "Multivalued keys: ForAllValues is true of a null data set, such as an empty string; ForAnyValue is false.",
        when("ForAllValues:StringEquals", "aws:TagKeys", "a"),
        having("aws:TagKeys", [""]),
        ALLOWED,
        NOT_ALLOWED,
    ),
    Difference(
        "a * at the end of a segment",
        "Resource: such a * can expand to match beyond the colon boundaries.",
        {"Resource": "arn:aws:s3:*:*:phi"},
        getting("arn:aws:s3:::a:phi"),
        ALLOWED,
        NOT_ALLOWED,
    ),
    Difference(
        "a session of a role",
        "Principal: a session's ARN names that session. A role asks in sessions of any name: some may, others may not.",
        {"Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"}},
        Asked(who=APP),
        UNSURE,
        ALLOWED,
    ),
    Difference(
        "a canonical user",
        "Principal: a canonical user id is an account's id in another form. It may be this principal's account.",
        {"Principal": {"CanonicalUser": "79a59d"}},
        Asked(),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "NotPrincipal without the account",
        "NotPrincipal: a user is surely spared only if its account is named too, a role's session if account and role.",
        {"NotPrincipal": {"AWS": BOB}},
        Asked(),
        UNSURE,
        NOT_ALLOWED,
    ),
]

# The rule decides; the other one leaves it open.
THEIRS_IS_OPEN = [
    Difference(
        "a set of numbers, dates, addresses or Booleans",
        "Multivalued keys: ForAllValues and ForAnyValue go before a condition operator, of any type.",
        when("ForAllValues:NumericEquals", "s3:max-keys", "1"),
        having("s3:max-keys", ["1", "1.0"]),
        ALLOWED,
        None,
    ),
    Difference(
        "a set operator with IfExists",
        "Condition operators: IfExists ends any operator but Null; of a key that is there it changes nothing.",
        when("ForAllValues:StringEqualsIfExists", "aws:TagKeys", "a"),
        having("aws:TagKeys", ["a"]),
        ALLOWED,
        None,
    ),
    Difference(
        "a variable in a set",
        "Multivalued keys: with a variable the set operator takes StringLike.",
        when("ForAnyValue:StringLike", "aws:TagKeys", "${aws:username}"),
        having("aws:TagKeys", ["a", "bob"]),
        ALLOWED,
        None,
    ),
    Difference(
        "a set of one without a set operator",
        "Multivalued keys: what counts is how many values the request has.",
        when("StringEquals", "aws:TagKeys", "a"),
        having("aws:TagKeys", ["a"]),
        ALLOWED,
        None,
    ),
    Difference(
        "an address or a time as a variable",
        "Variables and tags: any single-valued key may be one.",
        {"Resource": "arn:aws:s3:::phi/${aws:SourceIp}"},
        Asked(resource="arn:aws:s3:::phi/10.0.0.1", context={"aws:SourceIp": "10.0.0.1"}),
        ALLOWED,
        None,
    ),
    Difference(
        "what looks like a variable in a value",
        "Variables and tags: ${$} is a dollar sign, and what follows is text.",
        when("StringEquals", TAG, "${$}{a"),
        having(TAG, "${a"),
        ALLOWED,
        None,
    ),
    Difference(
        "a date or an address in a key of a service's",
        "Condition operators: the operator says how to compare.",
        when("DateEquals", "test:day", "2024-01-31T00:00Z"),
        having("test:day", "2024-01-31T00:00:00Z"),
        ALLOWED,
        None,
    ),
    Difference(
        "text of an address or a time",
        "Condition operators: the operator says how to compare.",
        when("StringEquals", "aws:SourceIp", "10.0.0.1"),
        having("aws:SourceIp", "10.0.0.1"),
        ALLOWED,
        None,
    ),
    Difference(
        "a date with an offset",
        "Condition operators: a date has one of the W3C's forms of ISO 8601, and some have an offset.",
        when("DateEquals", "aws:CurrentTime", "2024-01-31T01:00:00+01:00"),
        having("aws:CurrentTime", "2024-01-31T00:00:00Z"),
        ALLOWED,
        None,
    ),
    Difference(
        "a number with a sign or an exponent in a request",
        "Condition operators: Numeric compares integers and decimals.",
        when("NumericEquals", "s3:max-keys", "5"),
        having("s3:max-keys", "+5"),
        ALLOWED,
        None,
    ),
]

# The guide has no rule: ours is unsure, and the other one does as the policy simulator was seen to do, or guesses.
NO_RULE = [
    Difference(
        "an ARN operator on what is no ARN",
        "Condition operators: each of an ARN's six parts is checked; no word of other text.",
        when("ArnLike", "aws:SourceArn", "*"),
        having("aws:SourceArn", "arn:aws:s3:::phi"),
        UNSURE,
        ALLOWED,
    ),
    Difference(
        "Bool on what is neither true nor false",
        "Condition operators: Bool compares true and false; no word of other text.",
        when("Bool", "aws:SecureTransport", "false"),
        having("aws:SecureTransport", "no"),
        UNSURE,
        ALLOWED,
    ),
    Difference(
        "Numeric on what is no number",
        "Condition operators: Numeric compares integers and decimals; no word of other text.",
        when("NumericNotEquals", "s3:max-keys", "1"),
        having("s3:max-keys", "many"),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "Null of an empty string",
        "Condition operators: false is for a key that exists and whose value is not null; is an empty one?",
        when("Null", TAG, "true"),
        having(TAG, ""),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "a variable that is an empty string",
        "Variables and tags: a key without a value matches nothing; does an empty one?",
        {"Resource": f"arn:aws:s3:::phi/${{{TAG}}}"},
        Asked(resource="arn:aws:s3:::phi/", context={TAG: ""}),
        UNSURE,
        ALLOWED,
    ),
    Difference(
        "a variable without a name",
        "Variables and tags: no word of it.",
        {"Resource": "arn:aws:s3:::phi/${}"},
        getting("arn:aws:s3:::phi/${}"),
        UNSURE,
        ALLOWED,
    ),
    Difference(
        "a wildcard within a segment",
        "Resource: a * at the end of a segment can match beyond a colon; no word of other wildcards.",
        {"Resource": "arn:aws:s3:a*b::phi"},
        getting("arn:aws:s3:a:b::phi"),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "letters that become others without case",
        "Condition operators: 'ignoring case', and no word of letters outside ASCII.",
        when("StringEqualsIgnoreCase", TAG, "ss"),
        having(TAG, "ß"),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "two spellings of the same bytes",
        "Condition operators: BinaryEquals compares byte for byte with base64; the bytes, or their spelling?",
        when("BinaryEquals", "test:digest", "YWI="),
        having("test:digest", "YWJ="),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "a quote in a default",
        "Variables and tags: a default stands in quotes; no word of a quote in it.",
        {"Resource": "arn:aws:s3:::phi/${aws:PrincipalTag/none, 'it''s'}"},
        getting("arn:aws:s3:::phi/it's"),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "an IPv4 address mapped into IPv6",
        "Condition operators: CIDR ranges of IPv4 and IPv6; no word of the one in the other.",
        when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        having("aws:SourceIp", "::ffff:10.0.0.1"),
        UNSURE,
        ALLOWED,
    ),
    Difference(
        "four digits as a date",
        "Condition operators: a W3C date, which may be a year, or epoch time; no word of which goes first.",
        when("DateEquals", "aws:CurrentTime", "2024"),
        having("aws:CurrentTime", "2024-01-01T00:00:00Z"),
        UNSURE,
        NOT_ALLOWED,
    ),
    Difference(
        "a day as a date",
        "Condition operators: a W3C date, which may be a day; no word of which moment of it counts, or in which zone.",
        when("DateEquals", "aws:CurrentTime", "2024-01-31"),
        having("aws:CurrentTime", "2024-01-31T00:00:00Z"),
        UNSURE,
        ALLOWED,
    ),
]


@pytest.mark.parametrize(
    "one",
    [pytest.param(one, id=one.name.replace(" ", "-")) for one in OURS_IS_RIGHT + THEIRS_IS_OPEN + NO_RULE],
)
def test_they_differ(one: Difference) -> None:
    document = allowing(**one.elements)
    assert ours(document, one.asked) is one.ours
    assert theirs(document, one.asked) is one.theirs
