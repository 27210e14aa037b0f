"""The least that an auditor must be allowed: the audit's own calls, on the stack's resources or on all of the account.

The stack's auditor role is made from it, and `phi audit --print-policy` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from phi.audit.calls import Call, On

Statement = dict[str, Any]


@dataclass(frozen=True)
class Reach:
    """What may be read: ARNs for each kind of resource, and a condition for those that have no name of their own."""

    resources: Mapping[On, Sequence[str]]
    conditions: Mapping[On, Mapping[str, Any]]


def of_account(partition: str, account: str) -> Reach:
    """Everything in an account, in every region; and the trails of its organization, which are another account's."""
    reach = _reach(partition, account, "", [f"arn:{partition}:s3:::*"], {})
    return replace(reach, resources={**reach.resources, On.TRAIL: [f"arn:{partition}:cloudtrail:*:*:trail/*"]})


def of_stack(partition: str, account: str, prefix: str, buckets: Sequence[str]) -> Reach:
    """What a stack made, whose names begin with `prefix`. buckets: their ARNs.

    A key's ARN has an id of AWS's making, so that its alias tells whose it is:
    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    by_alias = {"ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{prefix}*"}}
    return _reach(partition, account, prefix, buckets, {On.KEY: by_alias})


def _reach(
    partition: str, account: str, prefix: str, buckets: Sequence[str], conditions: Mapping[On, Mapping[str, Any]]
) -> Reach:
    def arn(service: str, resource: str) -> list[str]:
        return [f"arn:{partition}:{service}:*:{account}:{resource}"]

    return Reach(
        {
            On.ANYTHING: ["*"],
            On.BUCKET: buckets,
            On.ACCESS_POINT: arn("s3", "accesspoint/*"),
            On.KEY: arn("kms", "key/*"),
            On.TRAIL: arn("cloudtrail", f"trail/{prefix}*"),
            On.LOG_GROUP: arn("logs", "log-group:*"),
            On.EVENT_RULE: arn("events", f"rule/{prefix}*"),
            On.TOPIC: arn("sns", f"{prefix}*"),
            On.PLAN: arn("backup", "backup-plan:*"),  # its ARN has an id of AWS's making
            On.DETECTOR: arn("guardduty", "detector/*"),
        },
        conditions,
    )


def statements(calls: Iterable[Call], reach: Reach) -> list[Statement]:
    """A statement for each kind of resource, which names the actions that the calls take."""
    actions: dict[On, set[str]] = {}
    for call in calls:
        actions.setdefault(call.on, set()).add(call.action)
    return [_statement(on, sorted(actions[on]), reach) for on in On if on in actions]


def _statement(on: On, actions: list[str], reach: Reach) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": list(reach.resources[on])}
    return statement | ({"Condition": dict(reach.conditions[on])} if on in reach.conditions else {})


def document(calls: Iterable[Call], reach: Reach) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements(calls, reach)}
