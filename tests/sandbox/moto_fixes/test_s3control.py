from __future__ import annotations

import boto3


def lists() -> tuple[list[object], list[object]]:
    control = boto3.client("s3control", "us-east-1")
    grants = control.list_access_grants_instances(AccountId="123456789012")
    points = control.list_access_points_for_object_lambda(AccountId="123456789012")
    return grants["AccessGrantsInstancesList"], points["ObjectLambdaAccessPointList"]


def test_account_has_neither_access_grants_nor_object_lambda_access_points(in_both):
    assert in_both(lists) == ("404", ([], []))
