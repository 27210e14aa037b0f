"""From statements to a decision, and what of a document isn't known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hipaa.evaluator import ANY, ANYONE, Request, evaluate, parse
from tests.policy.policy_builders import (
    ACCOUNT,
    ALLOWED,
    BUCKET,
    DENIED,
    NAMED,
    NO,
    NOT_ALLOWED,
    OBJECTS,
    ROLE,
    ROOT,
    UNSURE,
    USER,
    YES,
    Unknown,
    answer,
    document,
    matching,
    request,
    statement,
)

# Decisions


def test_a_deny_wins_and_says_which() -> None:
    policy = parse(document(statement(), statement("Deny", Sid="Never", Action="s3:Put*")))
    put, get = evaluate([policy], request("s3:PutObject")), evaluate([policy], request("s3:GetObject"))
    assert (put.outcome, put.statement and put.statement.label) == (DENIED, "Never")
    assert (get.outcome, get.statement and get.statement.label) == (ALLOWED, "statement 1")


def test_policies_are_taken_together() -> None:
    allow, deny = parse(document(statement())), parse(document(statement("Deny")))
    assert evaluate([allow], request()).outcome is ALLOWED
    assert evaluate([allow, deny], request()).outcome is DENIED
    assert evaluate([], request()).outcome is NOT_ALLOWED


def test_unsure_says_which_statement_and_why() -> None:
    policy = document(
        statement(),
        statement("Deny", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
        statement("Deny", Sid="Some", Action="s3:Get*", Resource=Unknown()),
        statement("Deny", Condition={"StringEquals": {"aws:TagKeys": ["a", "b"]}}),
    )
    decision = evaluate([parse(policy)], request(f"s3:{ANY}", context={"aws:TagKeys": ["a", "c"]}, closed=False))
    assert decision.outcome is UNSURE
    assert decision.statement is None
    assert decision.reasons == (
        "statement 2: condition key aws:PrincipalOrgID is open",
        "Some: Action covers some such requests, perhaps not all",
        "Some: Resource is not known yet",
        "statement 4: StringEquals aws:TagKeys holds for some such requests, perhaps not all",
    )


def test_an_allow_that_may_match_is_unsure_and_says_why() -> None:
    policy = document(statement(Condition={"StringEquals": {"a:x": "1"}}))
    decision = evaluate([parse(policy)], request(closed=False))
    assert (decision.outcome, decision.reasons) == (UNSURE, ("statement 1: condition key a:x is open",))


def test_what_nothing_allows_is_not_allowed_whatever_may_deny_it() -> None:
    policy = document(statement("Deny", Condition={"StringEquals": {"a:x": "1"}}))
    assert answer(policy, request(closed=False)) is NOT_ALLOWED


# What a preview does not know


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (Unknown(), "statement 1: its Effect is not known yet"),
        (statement() | {"Effect": Unknown()}, "statement 1: its Effect is not known yet"),
        (statement(Principal=Unknown()), "statement 1: Principal is not known yet"),
        (statement(Principal={"AWS": Unknown()}), "statement 1: Principal is not known yet"),
        (statement(Principal={"AWS": [USER + "x", Unknown()]}), "statement 1: Principal is not known yet"),
        (statement(NotPrincipal={"AWS": Unknown()}), "statement 1: NotPrincipal is not known yet"),
        (statement(Action=["s3:Put*", Unknown()]), "statement 1: Action is not known yet"),
        (statement(NotAction=Unknown()), "statement 1: NotAction is not known yet"),
        (statement(Resource=Unknown()), "statement 1: Resource is not known yet"),
        (statement(NotResource=[Unknown()]), "statement 1: NotResource is not known yet"),
        (statement(Condition=Unknown()), "statement 1: Condition is not known yet"),
        (statement(Condition={"Bool": Unknown()}), "statement 1: Condition Bool is not known yet"),
        (statement(Condition={"Bool": {"a:x": Unknown()}}), "statement 1: Condition Bool a:x is not known yet"),
        (statement(Condition={"Null": {"a:x": Unknown()}}), "statement 1: Condition Null a:x is not known yet"),
        (
            statement(Condition={"StringNotEquals": {"a:x": ["no", Unknown()]}}),
            "statement 1: Condition StringNotEquals a:x is not known yet",
        ),
        (
            statement(Condition={"NumericLessThan": {"a:x": Unknown()}}),
            "statement 1: Condition NumericLessThan a:x is not known yet",
        ),
        (
            statement(Condition={"ArnLike": {"a:x": Unknown()}}),
            "statement 1: Condition ArnLike a:x is not known yet",
        ),
    ],
)
def test_an_unknown_part_makes_the_answer_unsure(one: Any, why: str) -> None:
    decision = evaluate([parse(document(one))], request(context={"a:x": ["1"]}))
    assert (decision.outcome, decision.reasons[0]) == (UNSURE, why)


def test_a_wholly_unknown_document_or_list_of_statements_is_unsure() -> None:
    assert evaluate([parse(Unknown())], request()).outcome is UNSURE
    assert evaluate([parse({"Version": "2012-10-17", "Statement": Unknown()})], request()).outcome is UNSURE


def test_an_unknown_effect_may_deny_what_another_statement_allows() -> None:
    assert answer(document(statement(), statement() | {"Effect": Unknown()}), request()) is UNSURE


def test_an_unknown_value_matters_only_where_it_decides() -> None:
    absent = request(context={"a:x": None})
    assert matching(statement(Condition={"StringEquals": {"a:x": Unknown()}}), absent) is NO
    assert matching(statement(Condition={"StringNotEquals": {"a:x": Unknown()}}), absent) is YES
    assert matching(statement(Principal={"Service": Unknown()}), request()) is NO
    assert matching(statement(Resource=["*", Unknown()]), request()) is YES


def test_of_an_unknown_version_variables_are_unsure() -> None:
    policy = document(statement(Resource=f"{BUCKET}/${{aws:username}}")) | {"Version": Unknown()}
    assert answer(policy, request(resource=f"{BUCKET}/${{aws:username}}", context=NAMED)) is UNSURE
    assert answer(policy, request(resource=f"{BUCKET}/b*b", context=NAMED)) is UNSURE
    assert answer(policy, request(resource="arn:aws:s3:::other/x")) is NOT_ALLOWED


# The traps of the guide

INSECURE: dict[str, Sequence[str] | None] = {"aws:SecureTransport": ["false"]}
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def refuses_plain_http(*statements: dict[str, Any]) -> bool:
    """Whether all that S3 can be asked over plain HTTP is surely denied to everyone."""
    policy = parse(document(*statements))
    asked = (Request(f"s3:{ANY}", resource, ANYONE, INSECURE) for resource in (BUCKET, f"{BUCKET}/{ANY}"))
    return all(evaluate([policy], each).outcome is DENIED for each in asked)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement("Deny", Action="s3:*", Resource=[BUCKET, OBJECTS], Condition=TLS)], True),
        ([statement("Deny", Resource=r, Condition=TLS) for r in (BUCKET, OBJECTS)], True),
        ([statement(), statement("Deny", Principal={"AWS": "*"}, Condition=TLS)], True),
        ([statement("Deny", Action="s3:PutObject", Resource=OBJECTS, Condition=TLS)], False),
        ([statement("Deny", Action="s3:*", Resource=OBJECTS, Condition=TLS)], False),
        ([statement("Deny", Action="s3:*", Resource=BUCKET, Condition=TLS)], False),
        ([statement("Allow", Condition={"Bool": {"aws:SecureTransport": "true"}})], False),
        ([statement("Deny", Condition={"Bool": {"aws:SecureTransport": "true"}})], False),
        ([statement("Deny", Condition=TLS | {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})], False),
        ([statement("Deny", Principal={"AWS": ACCOUNT}, Condition=TLS)], False),
        ([statement("Deny", NotPrincipal={"AWS": [ROLE, ROOT]}, Condition=TLS)], False),
        ([statement("Deny", NotAction="s3:GetObject", Condition=TLS)], False),
    ],
)
def test_what_is_tls_only(statements: list[dict[str, Any]], expected: bool) -> None:
    assert refuses_plain_http(*statements) is expected


KMS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/right"
SSE = "s3:x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
UPLOADS: dict[str, dict[str, Sequence[str] | None]] = {
    "no header": {SSE: None, KEY_ID: None},
    "SSE-S3": {SSE: ["AES256"], KEY_ID: None},
    "KMS, no key": {SSE: ["aws:kms"], KEY_ID: None},
    "another key": {SSE: ["aws:kms"], KEY_ID: [KMS_KEY.replace("right", "wrong")]},
    "right key": {SSE: ["aws:kms"], KEY_ID: [KMS_KEY]},
}


@pytest.mark.parametrize(
    ("block", "refused"),
    [
        ({"StringNotEquals": {SSE: "aws:kms"}}, {"no header", "SSE-S3"}),
        ({"StringNotEqualsIfExists": {SSE: "aws:kms"}}, {"no header", "SSE-S3"}),
        ({"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}}, {"SSE-S3"}),
        (
            {"StringNotEquals": {KEY_ID: KMS_KEY}, "Null": {SSE: "false"}},
            {"SSE-S3", "KMS, no key", "another key"},
        ),
    ],
)
def test_which_uploads_a_condition_on_encryption_refuses(block: dict[str, Any], refused: set[str]) -> None:
    policy = document(statement(), statement("Deny", Action="s3:PutObject", Resource=OBJECTS, Condition=block))
    asked = {name: Request("s3:PutObject", f"{BUCKET}/{ANY}", ANYONE, context) for name, context in UPLOADS.items()}
    outcomes = {name: answer(policy, each) for name, each in asked.items()}
    assert outcomes == {name: DENIED if name in refused else ALLOWED for name in UPLOADS}
