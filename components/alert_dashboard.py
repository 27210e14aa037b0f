"""The CloudWatch dashboard of the PHI buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi


def dashboard(
    region: str, buckets: Sequence[str], metrics_id: pulumi.Input[str], alerts_namespace: str
) -> dict[str, Any]:
    """Return the body of a dashboard with five graphs.

    KMS publishes no metric of a key's use, so the graph about keys shows changes to them.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html

    Args:
        region: The region of the metrics.
        buckets: The names of the PHI buckets.
        metrics_id: The ID of each bucket's request metrics configuration.
        alerts_namespace: The namespace of the metrics that count the events of log alarms; see components/alerts.py.
    """

    def requests(*metrics: str) -> list[list[pulumi.Input[str]]]:
        return [
            ["AWS/S3", metric, "BucketName", bucket, "FilterId", metrics_id] for bucket in buckets for metric in metrics
        ]

    sizes: list[list[pulumi.Input[str]]] = [
        ["AWS/S3", "BucketSizeBytes", "BucketName", bucket, "StorageType", "StandardStorage"] for bucket in buckets
    ]
    # Title, statistic, period in seconds, metrics.
    graphs: list[tuple[str, str, int, list[list[pulumi.Input[str]]]]] = [
        ("Requests", "Sum", 300, requests("AllRequests", "GetRequests", "PutRequests")),
        ("Errors", "Sum", 300, requests("4xxErrors", "5xxErrors")),
        ("Denied requests", "Sum", 300, [[alerts_namespace, "access-denied"]]),
        ("Bucket size", "Average", 86_400, sizes),
        ("Changes to KMS keys", "Sum", 300, [[alerts_namespace, "kms-key-changed"]]),
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
