"""The minimum permissions of an auditor: the audit's own calls, on a stack's resources or on a whole account.

The stack's auditor role uses these statements, and `phi audit --print-policy` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phi.audit.calls import Call, ResourceType

Statement = dict[str, Any]


@dataclass(frozen=True)
class ArnScope:
    """The resources that a policy covers.

    Attributes:
        resources: the ARN patterns of each resource type.
        conditions: a condition for each resource type whose ARNs don't contain a name.
    """

    resources: Mapping[ResourceType, Sequence[str]]
    conditions: Mapping[ResourceType, Mapping[str, Any]]


def account_scope(partition: str, account: str) -> ArnScope:
    """Return the scope of an account in every region, and of its organization's trails, which another account owns."""
    scope = _arn_scope(partition, account, "", [f"arn:{partition}:s3:::*"], {})
    organization_trails = [f"arn:{partition}:cloudtrail:*:*:trail/*"]
    return replace(scope, resources={**scope.resources, ResourceType.TRAIL: organization_trails})


def stack_scope(partition: str, account: str, prefix: str, buckets: Sequence[str]) -> ArnScope:
    """Return the scope of a stack's resources.

    The ARN of a KMS key contains a generated ID, so a condition on the key's alias restricts it to the stack:
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html

    Args:
        partition: the partition, such as `aws`.
        account: the account ID.
        prefix: the prefix of the stack's resource names.
        buckets: the ARNs of the stack's buckets.
    """
    alias_condition = {"ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{prefix}*"}}
    return _arn_scope(partition, account, prefix, buckets, {ResourceType.KEY: alias_condition})


def _arn_scope(
    partition: str,
    account: str,
    prefix: str,
    buckets: Sequence[str],
    conditions: Mapping[ResourceType, Mapping[str, Any]],
) -> ArnScope:
    def arn(service: str, resource: str) -> list[str]:
        return [f"arn:{partition}:{service}:*:{account}:{resource}"]

    return ArnScope(
        {
            ResourceType.ANY: ["*"],
            ResourceType.BUCKET: buckets,
            ResourceType.ACCESS_POINT: arn("s3", "accesspoint/*"),
            ResourceType.KEY: arn("kms", "key/*"),
            ResourceType.TRAIL: arn("cloudtrail", f"trail/{prefix}*"),
            ResourceType.LOG_GROUP: arn("logs", "log-group:*"),
            ResourceType.EVENT_RULE: arn("events", f"rule/{prefix}*"),
            ResourceType.TOPIC: arn("sns", f"{prefix}*"),
            ResourceType.BACKUP_PLAN: arn("backup", "backup-plan:*"),  # the ARN contains a generated ID
            ResourceType.DETECTOR: arn("guardduty", "detector/*"),
        },
        conditions,
    )


def statements(calls: Iterable[Call], scope: ArnScope) -> list[Statement]:
    """Return one statement per resource type, with the actions that the calls require."""
    actions: dict[ResourceType, set[str]] = {}
    for call in calls:
        actions.setdefault(call.resource_type, set()).add(call.action)
    return [
        _statement(resource_type, sorted(actions[resource_type]), scope)
        for resource_type in ResourceType
        if resource_type in actions
    ]


def _statement(resource_type: ResourceType, actions: list[str], scope: ArnScope) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": list(scope.resources[resource_type])}
    if resource_type in scope.conditions:
        statement["Condition"] = dict(scope.conditions[resource_type])
    return statement


def policy_document(calls: Iterable[Call], scope: ArnScope) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements(calls, scope)}
