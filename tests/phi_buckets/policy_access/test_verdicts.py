"""Who gets in by policies of each kind of resource, in the forms that AWS's documentation shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.phi_buckets.policy_access.policies import (
    BUCKET,
    GITHUB,
    KEY_ADMINISTRATORS,
    OBJECTS,
    ORGANIZATION,
    OTHER,
    OWN,
    POINT,
    QUEUE,
    SECRET,
    TOPIC,
    allow,
    deny,
    equals,
    policy,
    root,
    service,
)

IN_ORGANIZATION = equals("aws:PrincipalOrgID", ORGANIZATION)
THROUGH_ENDPOINT = equals("aws:SourceVpce", "vpce-1a2b3c4d")
FROM_OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
FOR_OWN_ACCOUNT = equals("aws:SourceAccount", OWN)
READ, USE = "s3:GetObject", ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
OAI = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"
POINT_OBJECTS = f"{POINT}/object/*"
VALUE = "secretsmanager:GetSecretValue"


def token(condition: dict[str, Any]) -> dict[str, Any]:
    provider = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{GITHUB}"}
    audience = {f"{GITHUB}:aud": "sts.amazonaws.com"}
    return policy(allow(provider, "sts:AssumeRoleWithWebIdentity", None, {"StringEquals": audience} | condition))


def key(*statements: dict[str, Any]) -> dict[str, Any]:
    return policy(KEY_ADMINISTRATORS, *statements)


# The verdicts about public access, external principals and services, by their first letters; for a role, one.
CASES = {
    "bucket": {
        "a public website": ("F F F", policy(allow("*", READ, OBJECTS))),
        "other accounts": ("P F P", policy(allow(root(OTHER), ["s3:PutObject"], OBJECTS))),
        "another account, trusted": ("P P P", policy(allow(root(OTHER), READ, OBJECTS)), "--accounts", OTHER),
        "plain HTTP is denied": (
            "P P P",
            policy(deny("s3:*", [BUCKET, OBJECTS], {"Bool": {"aws:SecureTransport": "false"}})),
        ),
        "an office": ("P U U", policy(allow("*", READ, OBJECTS, FROM_OFFICE))),
        "an office, trusted": ("P P P", policy(allow("*", READ, OBJECTS, FROM_OFFICE)), "--networks", "192.0.2.0/24"),
        "half of the Internet": (
            "F F F",
            policy(allow("*", READ, OBJECTS, {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}})),
        ),
        "a referer": (
            "F F F",
            policy(allow("*", READ, OBJECTS, {"StringLike": {"aws:Referer": "https://example.com/*"}})),
        ),
        "an endpoint": ("P U P", policy(allow("*", READ, OBJECTS, THROUGH_ENDPOINT))),
        "an endpoint, trusted": (
            "P P P",
            policy(allow("*", READ, OBJECTS, THROUGH_ENDPOINT)),
            "--endpoints",
            "vpce-1a2b3c4d",
        ),
        "an organization": ("P F P", policy(allow("*", READ, OBJECTS, IN_ORGANIZATION))),
        "an organization, trusted": (
            "P P P",
            policy(allow("*", READ, OBJECTS, IN_ORGANIZATION)),
            "--organizations",
            ORGANIZATION,
        ),
        "the resource's organization": (
            "P P P",
            policy(allow("*", READ, OBJECTS, equals("aws:PrincipalOrgID", "${aws:ResourceOrgID}"))),
        ),
        "an origin access identity": ("P F P", policy(allow({"AWS": OAI}, READ, OBJECTS))),
        "an origin access identity, trusted": ("P P P", policy(allow({"AWS": OAI}, READ, OBJECTS)), "--ids", OAI),
        "own distribution": (
            "P P P",
            policy(
                allow(
                    service("cloudfront"),
                    READ,
                    OBJECTS,
                    equals("aws:SourceArn", f"arn:aws:cloudfront::{OWN}:distribution/E1"),
                )
            ),
        ),
        "another account's distribution": (
            "P P F",
            policy(allow(service("cloudfront"), READ, OBJECTS, equals("aws:SourceAccount", OTHER))),
        ),
        "log delivery for anyone": ("P P F", policy(allow(service("logging.s3"), "s3:PutObject", OBJECTS))),
    },
    "access-point": {
        "own user": ("P P P", policy(allow({"AWS": f"arn:aws:iam::{OWN}:user/Jane"}, READ, f"{POINT}/object/Jane/*"))),
        "another account's user": (
            "P F P",
            policy(allow({"AWS": f"arn:aws:iam::{OTHER}:user/Jane"}, READ, POINT_OBJECTS)),
        ),
        "anyone": ("F F F", policy(allow("*", "s3:ListBucket", POINT))),
        "a VPC": ("P U P", policy(allow("*", READ, POINT_OBJECTS, equals("aws:SourceVpc", "vpc-1a2b3c")))),
    },
    "key": {
        "the default": ("P P P", key()),
        "another account": ("P F P", key(allow(root(OTHER), USE, "*"))),
        "anyone through S3": (
            "F F F",
            key(allow("*", USE, "*", equals("kms:ViaService", "s3.us-east-1.amazonaws.com"))),
        ),
        "own account through S3": ("P P P", key(allow("*", USE, "*", equals("kms:CallerAccount", OWN)))),
        "CloudTrail's default": (
            "P P P",
            key(
                allow(
                    service("cloudtrail"),
                    "kms:GenerateDataKey*",
                    "*",
                    {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{OWN}:trail/*"}},
                ),
                allow(service("cloudtrail"), "kms:DescribeKey", "*"),
            ),
        ),
        "SNS for anyone": ("P P F", key(allow(service("sns"), USE, "*"))),
        "a unique ID": ("P F P", key(allow({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, USE, "*"))),
    },
    "topic": {
        "the default": (
            "P P P",
            policy(allow({"AWS": "*"}, ["SNS:Publish", "SNS:Subscribe"], TOPIC, equals("AWS:SourceOwner", OWN))),
        ),
        "anyone": ("F F F", policy(allow("*", "SNS:Publish", TOPIC))),
        "another account": (
            "P F P",
            policy(allow({"AWS": OTHER}, "sns:Subscribe", TOPIC, equals("sns:Protocol", "https"))),
        ),
        "own bucket": ("P P P", policy(allow(service("s3"), "SNS:Publish", TOPIC, FOR_OWN_ACCOUNT))),
        "events of anyone": ("P P F", policy(allow(service("events"), "sns:Publish", TOPIC))),
    },
    "queue": {
        "the default": ("P P P", policy(allow({"AWS": OWN}, "SQS:*", QUEUE))),
        "anyone until a time": (
            "F F F",
            policy(
                allow("*", "sqs:ReceiveMessage", QUEUE, {"DateLessThan": {"aws:CurrentTime": "2099-01-31T15:00:00Z"}})
            ),
        ),
        "own topic": (
            "P P P",
            policy(allow(service("sns"), "sqs:SendMessage", QUEUE, {"ArnEquals": {"aws:SourceArn": TOPIC}})),
        ),
        "another account's topic": (
            "P P F",
            policy(
                allow(
                    service("sns"),
                    "sqs:SendMessage",
                    QUEUE,
                    {"ArnEquals": {"aws:SourceArn": TOPIC.replace(OWN, OTHER)}},
                )
            ),
        ),
        "an absent key": (
            "F F F",
            policy(allow("*", "sqs:SendMessage", QUEUE, {"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}})),
        ),
    },
    "role": {
        "EC2": ("P", policy(allow(service("ec2"), "sts:AssumeRole"))),
        "another account": ("F", policy(allow(root(OTHER), "sts:AssumeRole"))),
        "another account with MFA": (
            "F",
            policy(allow(root(OTHER), "sts:AssumeRole", None, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        ),
        "another account with an external ID": (
            "P",
            policy(allow(root(OTHER), "sts:AssumeRole", None, equals("sts:ExternalId", "unique-id-42"))),
        ),
        "another account, trusted": ("P", policy(allow(root(OTHER), "sts:AssumeRole")), "--accounts", OTHER),
        "anyone of an organization": ("F", policy(allow("*", "sts:AssumeRole", None, IN_ORGANIZATION))),
        "own repository": ("P", token({"StringLike": {f"{GITHUB}:sub": "repo:octo-org/octo-repo:*"}})),
        "repositories of whoever begins like it": ("F", token({"StringLike": {f"{GITHUB}:sub": "repo:octo*"}})),
        "any repository": ("F", token({})),
        "any certificate": ("F", policy(allow(service("rolesanywhere"), "sts:AssumeRole"))),
    },
    "secret": {
        "own role": ("P P P", policy(allow({"AWS": f"arn:aws:iam::{OWN}:role/app"}, VALUE, "*"))),
        "another account": ("P F P", policy(allow({"AWS": f"arn:aws:iam::{OTHER}:role/app"}, VALUE, SECRET))),
        "anyone": ("F F F", policy(allow("*", VALUE, "*"))),
        "a VPC is required": (
            "P P P",
            policy(deny(VALUE, "*", {"StringNotEquals": {"aws:SourceVpc": "vpc-12345678"}})),
        ),
        "AppFlow for anyone": ("P P F", policy(allow(service("appflow"), VALUE, "*"))),
        "an action on its labels": (
            "F F F",
            policy(
                allow("*", "secretsmanager:*", "*"),
                allow("*", ["secretsmanager:*Secret*Value", "secretsmanager:*Policy"], "*", effect="Deny"),
            ),
        ),
    },
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [pytest.param(kind, case, id=f"{kind}: {case}") for kind, cases in CASES.items() for case in cases],
)
def test_access_by_a_policy_is_judged_by_each_question(access, kind, case):
    expected, document, *options = CASES[kind][case]
    result = access(document, "--account", OWN, "--json", *options)
    answers = [answer["verdict"] for answer in result.json["answers"] if answer["about_outsiders"]]
    assert (result.json["kind"], " ".join(verdict[0].upper() for verdict in answers)) == (kind, expected)
    assert result.code == (0 if set(answers) == {"pass"} else 1)
