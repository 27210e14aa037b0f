"""AWS partitions, by region.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""

from __future__ import annotations

# By the start of a region's name. Every other region belongs to the partition `aws`.
_PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}

# The region in which CloudTrail records global service events, such as the use of IAM and the root user's sign-in.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html (global service events)
GLOBAL_EVENT_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}


def partition_of(region: str | None) -> str:
    """Return the partition of a region; `aws` where the region isn't known."""
    return next((partition for start, partition in _PARTITIONS.items() if (region or "").startswith(start)), "aws")
