"""Policies of each kind of resource, in the forms that AWS's documentation shows."""

from __future__ import annotations

from typing import Any

OWN, OTHER = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
OBJECTS = f"{BUCKET}/*"
POINT = f"arn:aws:s3:us-west-2:{OWN}:accesspoint/example-ap"
TOPIC = f"arn:aws:sns:us-east-2:{OWN}:MyTopic"
QUEUE = f"arn:aws:sqs:us-east-2:{OWN}:queue1"
SECRET = f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:db-AbCdEf"
ROLE = f"arn:aws:iam::{OWN}:role/etl"
ORGANIZATION = "o-aa111bb222"
GITHUB = "token.actions.githubusercontent.com"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    principal: Any, action: Any, resource: Any = None, condition: Any = None, effect: str = "Allow"
) -> dict[str, Any]:
    elements = {"Effect": effect, "Principal": principal, "Action": action}
    return elements | ({"Resource": resource} if resource else {}) | ({"Condition": condition} if condition else {})


def deny(action: Any, resource: Any, condition: Any = None) -> dict[str, Any]:
    return allow("*", action, resource, condition, effect="Deny")


def root(account: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:root"}


def service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def equals(key: str, value: Any) -> dict[str, Any]:
    return {"StringEquals": {key: value}}


KEY_ADMINISTRATORS = allow(root(OWN), "kms:*", "*")
# One policy of each kind that lets in only the resource's own account.
PRIVATE = {
    "bucket": policy(allow(root(OWN), "s3:*", [BUCKET, OBJECTS])),
    "access-point": policy(allow(root(OWN), "s3:GetObject", f"{POINT}/object/*")),
    "key": policy(KEY_ADMINISTRATORS),
    "topic": policy(allow(root(OWN), "sns:Publish", TOPIC)),
    "queue": policy(allow(root(OWN), "sqs:*", QUEUE)),
    "role": policy(allow(root(OWN), "sts:AssumeRole")),
    "secret": policy(allow(root(OWN), "secretsmanager:GetSecretValue", "*")),
}
