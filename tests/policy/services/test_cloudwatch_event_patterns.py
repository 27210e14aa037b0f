"""EventBridge patterns and CloudWatch Logs filters, matched with events that CloudTrail records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipaa_controls.evaluator import Match
from hipaa_controls.model.values import Unknown
from hipaa_controls.services.cloudwatch.event_patterns import ANY_VALUE, filter_matches, in_envelope, rule_matches

RECORD: dict[str, Any] = {
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "eventType": "AwsApiCall",
    "awsRegion": "us-east-1",
    "recipientAccountId": "111122223333",
    "readOnly": False,
    "userIdentity": {"type": "Root", "arn": ANY_VALUE, "accountId": Unknown("account")},
    "requestParameters": {"name": "trail", "days": 7, "cidr": None},
    "resources": [{"type": "A", "ARN": "arn:one"}, {"type": "B", "ARN": "arn:two"}],
}
YES, NO, MAYBE = Match.YES, Match.NO, Match.MAYBE


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"eventName": ["StopLogging"]}, YES),
        ({"eventName": ["DeleteTrail", "StopLogging"]}, YES),
        ({"eventName": ["stoplogging"]}, NO),
        ({"eventName": ["StopLogging"], "eventSource": ["s3.amazonaws.com"]}, NO),
        ({"requestParameters": {"name": ["trail"]}}, YES),
        ({"requestParameters": {"days": [7]}}, YES),
        ({"requestParameters": {"days": ["7"]}}, NO),
        ({"requestParameters": {"cidr": [None]}}, YES),
        ({"requestParameters": {"name": {"deeper": ["trail"]}}}, NO),
        ({"requestParameters": ["trail"]}, NO),
        ({"readOnly": [False]}, YES),
        ({"readOnly": [0]}, NO),
        ({"resources": {"ARN": ["arn:two"]}}, YES),
        ({"resources": {"ARN": ["arn:two"], "type": ["A"]}}, NO),
        ({"eventName": [{"prefix": "Stop"}]}, YES),
        ({"eventName": [{"prefix": "Start"}]}, NO),
        ({"eventName": [{"prefix": {"equals-ignore-case": "STOP"}}]}, YES),
        ({"eventName": [{"suffix": "Logging"}]}, YES),
        ({"eventName": [{"suffix": {"equals-ignore-case": "stop"}}]}, NO),
        ({"eventName": [{"equals-ignore-case": "STOPLOGGING"}]}, YES),
        ({"eventName": [{"wildcard": "*Log*"}]}, YES),
        ({"eventName": [{"wildcard": "Log*"}]}, NO),
        ({"eventName": [{"wildcard": "Stop\\*"}]}, NO),
        ({"eventName": [{"wildcard": "*g*g*"}]}, YES),
        ({"eventName": [{"wildcard": "*g*g*g*g*"}]}, NO),
        ({"eventName": [{"wildcard": "Stop*opLogging"}]}, NO),
        ({"eventName": [{"wildcard": "*" * 500 + "g" + "*o" * 500}]}, NO),
        ({"eventName": [{"anything-but": "StopLogging"}]}, NO),
        ({"eventName": [{"anything-but": ["StartLogging"]}]}, YES),
        ({"eventName": [{"anything-but": {"prefix": "Stop"}}]}, NO),
        ({"eventName": [{"anything-but": {"suffix": ["Trail", "Stop"]}}]}, YES),
        ({"eventName": [{"anything-but": {"wildcard": "*Logging"}}]}, NO),
        ({"errorCode": [{"anything-but": "AccessDenied"}]}, NO),
        ({"errorCode": [{"exists": False}]}, YES),
        ({"errorCode": [{"exists": True}]}, NO),
        ({"errorCode": ["AccessDenied"]}, NO),
        ({"eventName": [{"exists": False}]}, NO),
        ({"$or": [{"eventName": ["DeleteTrail"]}, {"readOnly": [False]}]}, YES),
        ({"$or": [{"eventName": ["DeleteTrail"]}, {"readOnly": [True]}]}, NO),
        ({"$or": [{"eventName": ["StopLogging"]}], "readOnly": [True]}, NO),
        ({"userIdentity": {"arn": ["arn:aws:iam::111122223333:role/admin"]}}, YES),
        ({"userIdentity": {"arn": [{"anything-but": "arn:aws:iam::111122223333:role/app"}]}}, YES),
        ({"userIdentity": {"accountId": ["111122223333"]}}, MAYBE),
        ({"userIdentity": {"accountId": ["111122223333"]}, "eventName": ["DeleteTrail"]}, NO),
        ({"sourceIPAddress": [{"cidr": "10.0.0.0/8"}]}, MAYBE),
        ({"requestParameters": {"days": [{"numeric": [">", 1]}]}}, MAYBE),
        ({"eventName": [{"future": 1}, "StopLogging"]}, YES),
        # AWS rejects these.
        ({"eventName": "StopLogging"}, NO),
        ({"eventName": []}, NO),
        ({"eventName": [{"prefix": "Stop", "suffix": "Logging"}]}, NO),
        ({"eventName": [{"prefix": 5}]}, NO),
        ({"eventName": [{"prefix": {"suffix": "x"}}]}, NO),
        ({"$or": {"eventName": ["StopLogging"]}}, NO),
        ({"$or": [{"eventName": ["StopLogging"]}, {"eventName": 5}]}, NO),
    ],
)
def test_rule_pattern_matches_detail(detail, expected):
    assert rule_matches(json.dumps({"detail": detail}), in_envelope(RECORD)) is expected


@pytest.mark.parametrize(
    "pattern", ["", "{", "{}", "[]", "5", '"x"', "[" * 50_000, '{"detail":' * 5_000 + "1" + "}" * 5_000]
)
def test_invalid_pattern_matches_nothing(pattern):
    assert rule_matches(pattern, in_envelope(RECORD)) is NO


def test_rule_pattern_matches_envelope():
    pattern = {
        "source": ["aws.cloudtrail"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "account": ["111122223333"],
    }
    assert rule_matches(json.dumps(pattern), in_envelope(RECORD)) is YES
    sign_in_event = in_envelope(RECORD | {"eventType": "AwsConsoleSignIn", "eventSource": "signin.amazonaws.com"})
    pattern = {"source": ["aws.signin"], "detail-type": ["AWS Console Sign In via CloudTrail"]}
    assert rule_matches(json.dumps(pattern), sign_in_event) is YES
    assert rule_matches(json.dumps({"detail-type": ["AWS API Call via CloudTrail"]}), sign_in_event) is NO


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('$.eventName = "StopLogging"', YES),
        ("$.eventName = StopLogging", YES),
        ("$.eventName=StopLogging", YES),
        ('$.eventName = "stoplogging"', NO),
        ('$.eventName = "Stop*"', YES),
        ("$.eventName = *Logging", YES),
        ('$.eventName = "*Trail"', NO),
        ('$.eventName != "StopLogging"', NO),
        ('$.eventName != "Delete*"', YES),
        ('($.eventName = "DeleteTrail") || ($.eventName = "StopLogging")', YES),
        ('($.eventName = "DeleteTrail") && ($.eventName = "StopLogging")', NO),
        # `&&` takes precedence over `||`.
        ("$.eventName = StopLogging || $.eventName = X && $.eventName = Y", YES),
        ("($.eventName = StopLogging || $.eventName = X) && $.eventName = Y", NO),
        (
            '$.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent"',
            YES,
        ),
        ("$.eventName NOT EXISTS", NO),
        ("$.eventName EXISTS", YES),
        ("$.requestParameters.cidr IS NULL", YES),
        ("$.errorCode IS NULL", NO),
        ("$.readOnly IS FALSE", YES),
        ("$.readOnly IS TRUE", NO),
        ("$.requestParameters.days = 7", YES),
        ("$.requestParameters.days > 6.5", YES),
        ("$.requestParameters.days <= 6", NO),
        ("$.requestParameters.days != 7", NO),
        ("$.requestParameters.days = x", MAYBE),
        ('$.resources[1].ARN = "arn:two"', YES),
        ('$.resources[0].ARN = "arn:two"', NO),
        ('$.resources[7].ARN = "arn:two"', NO),
        ('$["eventName"] = "StopLogging"', YES),
        ('$.errorCode = "*"', NO),
        ('$.userIdentity.arn = "arn:aws:iam::111122223333:role/admin"', YES),
        ('$.userIdentity.accountId = "111122223333"', MAYBE),
        ('$.userIdentity.accountId = "111122223333" && $.eventName = "DeleteTrail"', NO),
        ('$.errorCode != "AccessDenied"', MAYBE),
        ("$.readOnly = false", MAYBE),
        ("$.eventName = %Stop[A-Z]%", MAYBE),
        ("$.eventName = %Stop.*%", MAYBE),
        ('$.resources[*].ARN = "arn:two"', MAYBE),
        ("$.eventName IS ODD", MAYBE),
        ("$.eventName", MAYBE),
        ("$.eventName =", MAYBE),
        ("($.eventName = StopLogging", MAYBE),
        ("$.eventName = StopLogging } { $.eventName = X", MAYBE),
        ("eventName = StopLogging", MAYBE),
        ("", MAYBE),
    ],
)
def test_filter_matches_record(expression, expected):
    assert filter_matches(f"{{ {expression} }}", RECORD) is expected
    assert filter_matches(f"{{{expression}}}", RECORD) is expected


def test_filter_that_aws_refuses_because_of_its_length_never_certainly_matches():
    expression = f"$.eventName = {RECORD['eventName']}"
    for number, expected in ((1, YES), (10_000, MAYBE)):
        assert filter_matches(f"{{ {' || '.join([expression] * number)} }}", RECORD) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("", YES), ("  ", YES), ("StopLogging", MAYBE), ("[a, b]", MAYBE), ("?a ?b", MAYBE), ("{" + "(" * 50_000, MAYBE)],
)
def test_only_an_empty_filter_that_is_not_json_certainly_matches(pattern, expected):
    assert filter_matches(pattern, RECORD) is expected
