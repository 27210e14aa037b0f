"""Calls to EC2: the list of the account's regions."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

DESCRIBE_REGIONS = Call("ec2", "describe_regions", "ec2:DescribeRegions", ResourceType.ANY)
CALLS = (DESCRIBE_REGIONS,)
