"""What IAM refuses of a document, and how it reads the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hipaa.evaluator import ANY, MalformedPolicy, parse
from tests.policy.policy_builders import BUCKET, OBJECTS, ROLE, USER, document, statement


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ('{"Statement": NaN}', "NaN"),
        ("[" * 100_000, "no JSON"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', "'Version' appears twice"),
        ("[]", "policy: is no object"),
        ({}, "policy: has no Statement"),
        (document() | {"Stmt": []}, "'Stmt' is none of"),
        (document(version="2012-10-18"), "policy: Version"),
        (document() | {"Version": ["2012-10-17"]}, "policy: Version"),
        (document() | {"Id": 7}, "policy: Id"),
        (document("Allow"), "statement 1: is no object"),
        (document(statement(), [statement()]), "statement 2: is no object"),
        (document(statement("allow")), "statement 1: Effect"),
        (document(statement() | {"Effect": ["Allow"]}), "statement 1: Effect"),
        (document({"Action": "*", "Resource": "*"}), "statement 1: has no Effect"),
        (document(statement(Sid=7)), "statement 1: Sid"),
        (document(statement(action="*")), "statement 1: 'action' is none of"),
        (document(statement(Action="*", NotAction="*")), "both Action and NotAction"),
        (document(statement(Resource="*", NotResource="*")), "both Resource and NotResource"),
        (document(statement(Principal="*", NotPrincipal="*")), "both Principal and NotPrincipal"),
        (document(statement(Action=None)), "neither Action nor NotAction"),
        (document(statement(Resource=None, Principal=None)), "neither Resource nor NotResource"),
        (document(statement(Action=7)), "statement 1: Action: a value that is no string"),
        (document(statement(Action=[["s3:*"]])), "statement 1: Action: a value that is no string"),
        (document(statement(Action=None) | {"Action": None}), "statement 1: Action: a value that is no string"),
        (document(statement(Action="GetObject")), "an action without its service"),
        (document(statement(Resource="phi/*")), "neither an ARN nor *"),
        (document(statement(Resource=True)), "statement 1: Resource: a value that is no string"),
        (document(statement(Principal=ROLE)), "statement 1: Principal: is no object"),
        (document(statement(Principal=["*"])), "statement 1: Principal: is no object"),
        (document(statement(Principal={"Aws": "*"})), "'Aws' is none of"),
        (document(statement(Principal={"AWS": 111122223333})), "Principal: AWS: a value that is no string"),
        (document(statement(Principal={"AWS": f"{ROLE}*"})), "a wildcard in part of a principal"),
        (document(statement(Principal={"AWS": "arn:aws:iam::*:root"})), "a wildcard in part of a principal"),
        (document(statement(NotPrincipal={"Service": "*.amazonaws.com"})), "a wildcard in part of a principal"),
        (document(statement(Principal={"AWS": "app"})), "neither *, an account, an ARN nor a unique id"),
        (document(statement(Condition="x")), "statement 1: Condition: is no object"),
        (document(statement(Condition={"StringEqual": {"a:x": "1"}})), "'StringEqual' is no condition operator"),
        (document(statement(Condition={"NullIfExists": {"a:x": "true"}})), "is no condition operator"),
        (document(statement(Condition={"ForSome:Bool": {"a:x": "true"}})), "is no condition operator"),
        (document(statement(Condition={":Bool": {"a:x": "true"}})), "is no condition operator"),
        (document(statement(Condition={"BinaryNotEquals": {"a:x": "QQ=="}})), "is no condition operator"),
        (document(statement(Condition={"Bool": "true"})), "Condition: Bool: is no object"),
        (document(statement(Condition={"Bool": {"x": "true"}})), "a key without its service"),
        (document(statement(Condition={"Bool": {7: "true"}})), "a name that is no text"),
        (document(statement(Condition={"Bool": {"a:x": "yes"}})), "Bool: a value is neither true nor false"),
        (document(statement(Condition={"Null": {"a:x": "${aws:x}"}})), "is neither true nor false"),
        (document(statement(Condition={"StringEquals": {"a:x": None}})), "neither string, number nor Boolean"),
        (document(statement(Condition={"StringEquals": {"a:x": {"y": "z"}}})), "neither string, number nor Boolean"),
        (document(statement(Condition={"NumericEquals": {"a:x": "ten"}})), "NumericEquals: a value is no number"),
        (document(statement(Condition={"NumericEquals": {"a:x": "${aws:x}"}})), "is no number"),
        (document(statement(Condition={"NumericEquals": {"a:x": True}})), "is no number"),
        (document(statement(Condition={"NumericEquals": {"a:x": "NaN"}})), "is no number"),
        (document(statement(Condition={"DateEquals": {"a:x": "2024-13-01"}})), "DateEquals: a value"),
        (document(statement(Condition={"DateEquals": {"a:x": "soon"}})), "DateEquals: a value"),
        (document(statement(Condition={"BinaryEquals": {"a:x": "?"}})), "BinaryEquals: a value"),
        (document(statement(Condition={"IpAddress": {"a:x": "10.0.0.0/33"}})), "IpAddress: a value"),
        (document(statement(Condition={"IpAddress": {"a:x": "10.0.0.0/255.0.0.0"}})), "is no IP address"),
        (document(statement(Resource=f"{BUCKET}/{ANY}")), "a character that is none"),
        (document(statement(Condition={"StringEquals": {f"a:{ANY}": "1"}})), "a name that is no text"),
    ],
)
def test_malformed(broken: Any, message: str) -> None:
    with pytest.raises(MalformedPolicy, match=re.escape(message)):
        parse(broken)


def test_a_message_holds_little_of_the_document() -> None:
    secret = "x" * 5000
    for one in (
        statement("Deny", **{secret: "*"}),
        statement(Condition={secret: {}}),
        statement(Condition={"Bool": {secret: "yes"}}),
        statement(Condition={"IpAddress": {"a:x": secret}}),
    ):
        with pytest.raises(MalformedPolicy) as refusal:
            parse(document(one))
        assert len(str(refusal.value)) < 300


def test_single_values_and_text_are_read_like_lists_and_structure() -> None:
    one = statement(Principal={"AWS": USER}, Action="s3:Get*", Resource=OBJECTS, Condition={"Bool": {"a:x": True}})
    many = statement(
        Principal={"AWS": [USER]}, Action=["s3:Get*"], Resource=[OBJECTS], Condition={"Bool": {"a:x": ["true"]}}
    )
    policy = parse({"Version": "2012-10-17", "Id": "x", "Statement": one})
    assert policy == parse(document(many)) == parse(json.dumps(document(one)))
    assert policy.statements[0].label == "statement 1"
