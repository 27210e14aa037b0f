"""The CloudWatch dashboard of a PHI bucket."""

from __future__ import annotations

from typing import Any

import pulumi


def dashboard(region: str, bucket: str, metrics_id: pulumi.Input[str], alerts_namespace: str) -> dict[str, Any]:
    """Return the body of a dashboard with five graphs.

    KMS publishes no metric of a key's use, so the graph about keys shows events that disable one.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html

    Args:
        region: The region of the metrics.
        bucket: The name of the PHI bucket.
        metrics_id: The ID of the bucket's request metrics configuration.
        alerts_namespace: The namespace of the metrics that count the events of log alarms; see components/alerts.py.
    """
    requests = ["BucketName", bucket, "FilterId", metrics_id]
    size = ["BucketName", bucket, "StorageType"]
    # Title, statistic, period in seconds, metrics.
    graphs: list[tuple[str, str, int, list[list[pulumi.Input[str]]]]] = [
        ("Requests", "Sum", 300, [["AWS/S3", f"{verb}Requests", *requests] for verb in ("All", "Get", "Put")]),
        ("Errors", "Sum", 300, [["AWS/S3", metric, *requests] for metric in ("4xxErrors", "5xxErrors")]),
        ("Denied requests", "Sum", 300, [[alerts_namespace, "access-denied"]]),
        ("Bucket size", "Average", 86_400, [["AWS/S3", "BucketSizeBytes", *size, "StandardStorage"]]),
        ("KMS keys disabled or scheduled for deletion", "Sum", 300, [[alerts_namespace, "kms-key-disabled"]]),
    ]
    return {
        "widgets": [
            {
                "type": "metric",
                "x": 12 * (index % 2),
                "y": 6 * (index // 2),
                "width": 12,
                "height": 6,
                "properties": {"title": title, "region": region, "stat": stat, "period": period, "metrics": metrics},
            }
            for index, (title, stat, period, metrics) in enumerate(graphs)
        ]
    }
