"""The least that an auditor must be allowed: the audit's own calls, on the stack's resources or on all of the account.

The stack's auditor role is made from it, and `phi audit --print-policy` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phi.audit.calls import Call, ResourceType

Statement = dict[str, Any]


@dataclass(frozen=True)
class ArnScope:
    """What may be read: ARNs for each kind of resource, and a condition for those that have no name of their own."""

    resources: Mapping[ResourceType, Sequence[str]]
    conditions: Mapping[ResourceType, Mapping[str, Any]]


def account_scope(partition: str, account: str) -> ArnScope:
    """Everything in an account, in every region; and the trails of its organization, which are another account's."""
    reach = _arn_scope(partition, account, "", [f"arn:{partition}:s3:::*"], {})
    return replace(reach, resources={**reach.resources, ResourceType.TRAIL: [f"arn:{partition}:cloudtrail:*:*:trail/*"]})


def stack_scope(partition: str, account: str, prefix: str, buckets: Sequence[str]) -> ArnScope:
    """What a stack made, whose names begin with `prefix`. buckets: their ARNs.

    A key's ARN has an id of AWS's making, so that its alias tells whose it is:
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    by_alias = {"ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{prefix}*"}}
    return _arn_scope(partition, account, prefix, buckets, {ResourceType.KEY: by_alias})


def _arn_scope(
    partition: str, account: str, prefix: str, buckets: Sequence[str], conditions: Mapping[ResourceType, Mapping[str, Any]]
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
            ResourceType.BACKUP_PLAN: arn("backup", "backup-plan:*"),  # its ARN has an id of AWS's making
            ResourceType.DETECTOR: arn("guardduty", "detector/*"),
        },
        conditions,
    )


def statements(calls: Iterable[Call], scope: ArnScope) -> list[Statement]:
    """A statement for each kind of resource, which names the actions that the calls take."""
    actions: dict[ResourceType, set[str]] = {}
    for call in calls:
        actions.setdefault(call.resource_type, set()).add(call.action)
    return [_statement(on, sorted(actions[on]), scope) for on in ResourceType if on in actions]


def _statement(resource_type: ResourceType, actions: list[str], scope: ArnScope) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": list(scope.resources[resource_type])}
    return statement | ({"Condition": dict(scope.conditions[resource_type])} if resource_type in scope.conditions else {})


def policy_document(calls: Iterable[Call], scope: ArnScope) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements(calls, scope)}
