"""Calls to CloudWatch."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

# With permission for only some alarm names, AWS returns no composite alarms, so the policy allows every name:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
DESCRIBE_ALARMS = Call("cloudwatch", "describe_alarms", "cloudwatch:DescribeAlarms", ResourceType.ANY)
# Log alarms are the newest type. A region that doesn't support them yet rejects the type's name.
DESCRIBE_LOG_ALARMS = Call(
    "cloudwatch",
    "describe_alarms",
    "cloudwatch:DescribeAlarms",
    ResourceType.ANY,
    not_found_errors=("ValidationError",),
)
CALLS = (DESCRIBE_ALARMS, DESCRIBE_LOG_ALARMS)
