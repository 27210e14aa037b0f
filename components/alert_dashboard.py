"""The dashboard of the bucket of PHI."""

from __future__ import annotations

from typing import Any

import pulumi


def dashboard(region: str, bucket: str, filter_id: pulumi.Input[str], namespace: str) -> dict[str, Any]:
    """Five graphs. KMS has no metric of a key's use, so of keys it shows what ends one.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    requests = ["BucketName", bucket, "FilterId", filter_id]
    size = ["BucketName", bucket, "StorageType"]
    graphs: list[tuple[str, str, int, list[list[pulumi.Input[str]]]]] = [
        ("Requests", "Sum", 300, [["AWS/S3", f"{each}Requests", *requests] for each in ("All", "Get", "Put")]),
        ("Errors", "Sum", 300, [["AWS/S3", each, *requests] for each in ("4xxErrors", "5xxErrors")]),
        ("Refused access", "Sum", 300, [[namespace, "access-denied"]]),
        ("Bucket size", "Average", 86_400, [["AWS/S3", "BucketSizeBytes", *size, "StandardStorage"]]),
        ("Keys disabled or scheduled for deletion", "Sum", 300, [[namespace, "kms-key-disabled"]]),
    ]
    return {
        "widgets": [
            {
                "type": "metric",
                "x": 12 * (place % 2),
                "y": 6 * (place // 2),
                "width": 12,
                "height": 6,
                "properties": {"title": title, "region": region, "stat": stat, "period": period, "metrics": metrics},
            }
            for place, (title, stat, period, metrics) in enumerate(graphs)
        ]
    }
