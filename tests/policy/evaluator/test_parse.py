"""Parsing of policy documents: what IAM rejects, and equivalent forms."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hipaa_controls.evaluator import ANY, MalformedPolicy, parse
from tests.policy.policy_builders import BUCKET, OBJECTS, ROLE, USER, document, statement


@pytest.mark.parametrize(
    ("malformed", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ('{"Statement": NaN}', "NaN is not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', "'Version' appears twice"),
        ("[]", "policy: must be an object"),
        ({}, "policy: Statement is missing"),
        (document() | {"Stmt": []}, "'Stmt' is not one of"),
        (document(version="2012-10-18"), "policy: Version"),
        (document() | {"Version": ["2012-10-17"]}, "policy: Version"),
        (document() | {"Id": 7}, "policy: Id"),
        (document("Allow"), "statement 1: must be an object"),
        (document(statement(), [statement()]), "statement 2: must be an object"),
        (document(statement("allow")), "statement 1: Effect"),
        (document(statement() | {"Effect": ["Allow"]}), "statement 1: Effect"),
        (document({"Action": "*", "Resource": "*"}), "statement 1: Effect is missing"),
        (document(statement(Sid=7)), "statement 1: Sid"),
        (document(statement(action="*")), "statement 1: 'action' is not one of"),
        (document(statement(Action="*", NotAction="*")), "both Action and NotAction"),
        (document(statement(Resource="*", NotResource="*")), "both Resource and NotResource"),
        (document(statement(Principal="*", NotPrincipal="*")), "both Principal and NotPrincipal"),
        (document(statement(Action=None)), "needs Action or NotAction"),
        (document(statement(Resource=None, Principal=None)), "needs Resource or NotResource"),
        (document(statement(Action=7)), "statement 1: Action: a value must be a string"),
        (document(statement(Action=[["s3:*"]])), "statement 1: Action: a value must be a string"),
        (document(statement(Action=None) | {"Action": None}), "statement 1: Action: a value must be a string"),
        (document(statement(Action="GetObject")), "an action needs a service prefix"),
        (document(statement(Resource="phi/*")), "a resource must be an ARN or *"),
        (document(statement(Resource=True)), "statement 1: Resource: a value must be a string"),
        (document(statement(Principal=ROLE)), "statement 1: Principal: must be an object"),
        (document(statement(Principal=["*"])), "statement 1: Principal: must be an object"),
        (document(statement(Principal={"Aws": "*"})), "'Aws' is not one of"),
        (document(statement(Principal={"AWS": 111122223333})), "Principal: AWS: a value must be a string"),
        (document(statement(Principal={"AWS": f"{ROLE}*"})), "a principal must not contain a wildcard"),
        (document(statement(Principal={"AWS": "arn:aws:iam::*:root"})), "a principal must not contain a wildcard"),
        (document(statement(NotPrincipal={"Service": "*.amazonaws.com"})), "a principal must not contain a wildcard"),
        (document(statement(Principal={"AWS": "app"})), "must be *, an account ID, an ARN or a unique ID"),
        (document(statement(Condition="x")), "statement 1: Condition: must be an object"),
        (document(statement(Condition={"StringEqual": {"a:x": "1"}})), "'StringEqual' is not a condition operator"),
        (document(statement(Condition={"NullIfExists": {"a:x": "true"}})), "is not a condition operator"),
        (document(statement(Condition={"ForSome:Bool": {"a:x": "true"}})), "is not a condition operator"),
        (document(statement(Condition={":Bool": {"a:x": "true"}})), "is not a condition operator"),
        (document(statement(Condition={"BinaryNotEquals": {"a:x": "QQ=="}})), "is not a condition operator"),
        (document(statement(Condition={"Bool": "true"})), "Condition: Bool: must be an object"),
        (document(statement(Condition={"Bool": {"x": "true"}})), "a condition key needs a service prefix"),
        (document(statement(Condition={"Bool": {7: "true"}})), "a name must be a string without"),
        (document(statement(Condition={"Bool": {"a:x": "yes"}})), "Bool: a value is neither true nor false"),
        (document(statement(Condition={"Null": {"a:x": "${aws:x}"}})), "is neither true nor false"),
        (document(statement(Condition={"StringEquals": {"a:x": None}})), "must be a string, a number or a Boolean"),
        (
            document(statement(Condition={"StringEquals": {"a:x": {"y": "z"}}})),
            "must be a string, a number or a Boolean",
        ),
        (document(statement(Condition={"NumericEquals": {"a:x": "ten"}})), "NumericEquals: a value is not a number"),
        (document(statement(Condition={"NumericEquals": {"a:x": "${aws:x}"}})), "is not a number"),
        (document(statement(Condition={"NumericEquals": {"a:x": True}})), "is not a number"),
        (document(statement(Condition={"NumericEquals": {"a:x": "NaN"}})), "is not a number"),
        (document(statement(Condition={"DateEquals": {"a:x": "2024-13-01"}})), "DateEquals: a value"),
        (document(statement(Condition={"DateEquals": {"a:x": "soon"}})), "DateEquals: a value"),
        (document(statement(Condition={"BinaryEquals": {"a:x": "?"}})), "BinaryEquals: a value"),
        (document(statement(Condition={"IpAddress": {"a:x": "10.0.0.0/33"}})), "IpAddress: a value"),
        (document(statement(Condition={"IpAddress": {"a:x": "10.0.0.0/255.0.0.0"}})), "is not an IP address"),
        (document(statement(Resource=f"{BUCKET}/{ANY}")), "a value must not contain Unicode noncharacters"),
        (document(statement(Condition={"StringEquals": {f"a:{ANY}": "1"}})), "a name must be a string without"),
    ],
)
def test_parse_malformed_document_raises(malformed: Any, message: str) -> None:
    with pytest.raises(MalformedPolicy, match=re.escape(message)):
        parse(malformed)


def test_parse_error_message_truncates_document_text() -> None:
    secret = "x" * 5000
    for malformed in (
        statement("Deny", **{secret: "*"}),
        statement(Condition={secret: {}}),
        statement(Condition={"Bool": {secret: "yes"}}),
        statement(Condition={"IpAddress": {"a:x": secret}}),
    ):
        with pytest.raises(MalformedPolicy) as error:
            parse(document(malformed))
        assert len(str(error.value)) < 300


def test_parse_single_values_and_json_text_equal_lists_and_structure() -> None:
    single_values = statement(
        Principal={"AWS": USER}, Action="s3:Get*", Resource=OBJECTS, Condition={"Bool": {"a:x": True}}
    )
    lists = statement(
        Principal={"AWS": [USER]}, Action=["s3:Get*"], Resource=[OBJECTS], Condition={"Bool": {"a:x": ["true"]}}
    )
    policy = parse({"Version": "2012-10-17", "Id": "x", "Statement": single_values})
    assert policy == parse(document(lists)) == parse(json.dumps(document(single_values)))
    assert policy.statements[0].label == "statement 1"
