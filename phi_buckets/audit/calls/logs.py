"""Calls to CloudWatch Logs."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

DESCRIBE_LOG_GROUPS = Call("logs", "describe_log_groups", "logs:DescribeLogGroups", ResourceType.LOG_GROUP)
DESCRIBE_METRIC_FILTERS = Call("logs", "describe_metric_filters", "logs:DescribeMetricFilters", ResourceType.LOG_GROUP)
DESCRIBE_RESOURCE_POLICIES = Call(
    "logs", "describe_resource_policies", "logs:DescribeResourcePolicies", ResourceType.ANY
)
DESCRIBE_DESTINATIONS = Call("logs", "describe_destinations", "logs:DescribeDestinations", ResourceType.ANY)
DESCRIBE_DELIVERY_DESTINATIONS = Call(
    "logs", "describe_delivery_destinations", "logs:DescribeDeliveryDestinations", ResourceType.ANY
)
GET_DELIVERY_DESTINATION_POLICY = Call(
    "logs",
    "get_delivery_destination_policy",
    "logs:GetDeliveryDestinationPolicy",
    ResourceType.DELIVERY_DESTINATION,
    not_found_errors=("ResourceNotFoundException",),
)
# For the policies that subscribe to log groups, AWS also requires the permission logs:DescribeSubscriptionFilters.
DESCRIBE_ACCOUNT_POLICIES = Call("logs", "describe_account_policies", "logs:DescribeAccountPolicies", ResourceType.ANY)
DESCRIBE_SUBSCRIPTION_FILTERS = Call(
    "logs",
    "describe_subscription_filters",
    "logs:DescribeSubscriptionFilters",
    ResourceType.LOG_GROUP,
    not_found_errors=("ResourceNotFoundException",),
)
CALLS = (
    DESCRIBE_LOG_GROUPS,
    DESCRIBE_METRIC_FILTERS,
    DESCRIBE_SUBSCRIPTION_FILTERS,
    DESCRIBE_RESOURCE_POLICIES,
    DESCRIBE_DESTINATIONS,
    DESCRIBE_DELIVERY_DESTINATIONS,
    GET_DELIVERY_DESTINATION_POLICY,
    DESCRIBE_ACCOUNT_POLICIES,
)
