"""The minimum permissions of an auditor: those of the audit's calls, for a stack's resources or for a whole account.

The stack's auditor role uses these statements, and `phi audit --print-policy` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phi_buckets.audit.calls import Call, ResourceType
from phi_buckets.policy_statements import PolicyDocument, Statement, allow, document


@dataclass(frozen=True)
class ArnScope:
    """The resources that a policy covers.

    Attributes:
        resources: The ARN patterns of each resource type.
        conditions: A condition for each resource type whose ARNs don't contain a name.
    """

    resources: Mapping[ResourceType, Sequence[str]]
    conditions: Mapping[ResourceType, Mapping[str, Any]]


def account_scope(partition: str, account: str) -> ArnScope:
    """Return the scope of an account in every region, and of the organization's trails, which another account owns."""
    scope = _arn_scope(partition, account, "", [f"arn:{partition}:s3:::*"], {})
    organization_trails = [f"arn:{partition}:cloudtrail:*:*:trail/*"]
    return replace(scope, resources={**scope.resources, ResourceType.TRAIL: organization_trails})


def stack_scope(partition: str, account: str, prefix: str, buckets: Sequence[str]) -> ArnScope:
    """Return the scope of a stack's resources.

    The ARN of a KMS key contains a generated ID, so a condition on the key's alias restricts it to the stack:
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html

    Args:
        partition: The partition, such as `aws`.
        account: The account ID.
        prefix: The prefix of the stack's resource names.
        buckets: The ARNs of the stack's buckets.
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
            ResourceType.OBJECT_LAMBDA_ACCESS_POINT: arn("s3-object-lambda", "accesspoint/*"),
            ResourceType.ACCESS_GRANTS_INSTANCE: arn("s3", "access-grants/*"),
            ResourceType.KEY: arn("kms", "key/*"),
            ResourceType.TRAIL: arn("cloudtrail", f"trail/{prefix}*"),
            ResourceType.LOG_GROUP: arn("logs", "log-group:*"),
            ResourceType.DELIVERY_DESTINATION: arn("logs", f"delivery-destination:{prefix}*"),
            ResourceType.EVENT_RULE: arn("events", f"rule/{prefix}*"),
            ResourceType.TOPIC: arn("sns", f"{prefix}*"),
            ResourceType.QUEUE: arn("sqs", f"{prefix}*"),
            ResourceType.DIRECTORY_BUCKET: arn("s3express", "bucket/*"),
            ResourceType.TABLE_BUCKET: arn("s3tables", "bucket/*"),
            ResourceType.STORAGE_LENS_CONFIGURATION: arn("s3", "storage-lens/*"),
            ResourceType.BACKUP_VAULT: arn("backup", f"backup-vault:{prefix}*"),
            ResourceType.BACKUP_PLAN: arn("backup", "backup-plan:*"),  # the ARN contains a generated ID
            ResourceType.DETECTOR: arn("guardduty", "detector/*"),
            ResourceType.WORKGROUP: arn("athena", f"workgroup/{prefix}*"),
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
    return allow(actions, list(scope.resources[resource_type]), scope.conditions.get(resource_type))


def policy_document(calls: Iterable[Call], scope: ArnScope) -> PolicyDocument:
    return document(*statements(calls, scope))
