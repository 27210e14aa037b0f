from __future__ import annotations

import boto3


def caller_arn() -> str:
    arn: str = boto3.client("sts", "us-east-1").get_caller_identity()["Arn"]
    return arn


def test_caller_without_a_user_has_the_arn_of_an_iam_user(in_both):
    assert in_both(caller_arn) == ("arn:aws:sts::123456789012:user/moto", "arn:aws:iam::123456789012:user/moto")
