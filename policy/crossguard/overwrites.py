"""Settings that two resources declare for one owner, such as two policies of a bucket, and guards of the same name.

Each replaces the other in AWS, and which one stays depends on the order of the deployments.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from crossguard.graph import Graph
from crossguard.readers.cloudwatch import EVENT_RULE, is_on_default_bus
from crossguard.readers.s3_access_points import access_point_of
from crossguard.resource_types import (
    ACCOUNT_PUBLIC_ACCESS_BLOCK,
    BUCKET,
    BUCKET_METRIC,
    COMPOSITE_ALARM,
    LOG_GROUP,
    METRIC_ALARM,
    METRIC_FILTER,
)
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Ref, StackResource, Unknown
from hipaa_controls.services.kms.facts import KeyPolicy
from hipaa_controls.services.s3.bucket_types import BucketType, SpecialBucketPolicy
from hipaa_controls.services.s3.facts import (
    AccessPoint,
    AccountPublicAccessBlock,
    AnalyticsExport,
    Bucket,
    Inventory,
    RequestMetrics,
)
from hipaa_controls.services.sns.facts import TopicPolicy
from hipaa_controls.services.sqs.facts import QueuePolicy

# A bucket has any number of these configurations, each with its own ID.
MANY_PER_BUCKET = (RequestMetrics, Inventory, AnalyticsExport)

# By type of a policy, what it belongs to.
POLICY_OWNERS: Mapping[type[Any], Callable[[Any], Ref]] = {
    KeyPolicy: lambda policy: policy.key,
    TopicPolicy: lambda policy: policy.topic,
    QueuePolicy: lambda policy: policy.queue,
    # A table bucket's fact is also that of each table's own policy.
    SpecialBucketPolicy: lambda policy: None if policy.type is BucketType.TABLE else policy.bucket,
}

# By type of a guard that replaces an earlier one of its name, without an error: the properties that are its name.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html
NAMES_OF_GUARDS: Mapping[str, tuple[str, ...]] = {
    METRIC_ALARM: ("name",),
    COMPOSITE_ALARM: ("alarmName",),
    METRIC_FILTER: ("logGroupName", "name"),
    EVENT_RULE: ("name",),
    BUCKET_METRIC: ("bucket", "name"),
}
# The types that such a property refers to.
REFERENCES = {"logGroupName": {LOG_GROUP}, "bucket": {BUCKET}}

Declaration = tuple[type[Any], Hashable, str]
"""The type of a setting, its owner, and the URN of the resource that declares it."""


def overwrites(facts: Iterable[Fact], graph: Graph) -> dict[tuple[str, type[Any]], str]:
    """Return, by the URN of a resource and the type of a setting that it declares, what is wrong with it, as a text.

    Args:
        facts: The facts of the whole stack.
        graph: Its resources.
    """
    declared: dict[tuple[type[Any], Hashable], dict[str, None]] = {}
    for setting_type, owner, urn in (*_by_fact(facts, graph), *_account_blocks(graph)):
        declared.setdefault((setting_type, owner), {})[urn] = None
    return {
        (urn, setting_type): _text(urns)
        for (setting_type, _), urns in declared.items()
        if len(urns) > 1
        for urn in urns
    }


def _text(urns: Iterable[str]) -> str:
    names = " and ".join(urn.rsplit("::", 1)[-1] for urn in urns)
    return f"{names} declare the same setting and overwrite each other, so which one AWS keeps isn't known"


def _by_fact(facts: Iterable[Fact], graph: Graph) -> Iterator[Declaration]:
    for fact in facts:
        if isinstance(fact, Bucket):
            owner = fact.resource if fact.declared_here or not isinstance(fact.arn, str) else fact.arn
            for declared in fact.settings:
                if not isinstance(declared.setting, MANY_PER_BUCKET):
                    yield type(declared.setting), owner, declared.resource
        elif isinstance(fact, AccessPoint) and fact.document:
            yield AccessPoint, access_point_of(graph.by_urn[fact.resource], graph).urn, fact.resource
        elif type(fact) in POLICY_OWNERS and getattr(fact, "document", None):
            owner_ref = POLICY_OWNERS[type(fact)](fact)
            yield type(fact), owner_ref if isinstance(owner_ref, str | StackResource) else fact.resource, fact.resource


def _account_blocks(graph: Graph) -> Iterator[Declaration]:
    """Yield the blocks of public access of each account. Two are of one account only if they certainly are."""
    blocks = graph.by_type.get(ACCOUNT_PUBLIC_ACCESS_BLOCK, [])
    for block in blocks:
        first = next(other for other in blocks if other is block or _of_one_account(other, block, graph))
        yield AccountPublicAccessBlock, first.urn, block.urn


def _of_one_account(first: PulumiResource, second: PulumiResource, graph: Graph) -> bool:
    named = [block.inputs.get("accountId") for block in (first, second)]
    accounts = [
        account or graph.location_of(block).account for account, block in zip(named, (first, second), strict=True)
    ]
    if all(isinstance(account, str) for account in accounts):
        return accounts[0] == accounts[1]
    return not any(named) and graph.same_account(first, second) is True


def replaced_guards(graph: Graph) -> dict[str, Unknown]:
    """Return a doubt about each guard of which another one certainly has the name, by its URN."""
    named: dict[Hashable, list[PulumiResource]] = {}
    for token, props in NAMES_OF_GUARDS.items():
        for guard in graph.by_type.get(token, []):
            if name := _name_of_guard(guard, props, graph):
                named.setdefault((token, name), []).append(guard)
    return {
        guard.urn: Unknown(guard.name, (other.urn,), f"has the name of {other.name}, and each replaces the other")
        for guards in named.values()
        for guard in guards
        for other in guards
        if other.urn != guard.urn and graph.same_place(guard, other) is True
    }


def _name_of_guard(guard: PulumiResource, props: Iterable[str], graph: Graph) -> tuple[Ref, ...] | None:
    """Return a guard's name: None if it isn't known, or if a rule is on another event bus, where it guards nothing."""
    if guard.type == EVENT_RULE and is_on_default_bus(guard.inputs) is not True:
        return None
    values = tuple(graph.resolve(guard, guard.inputs.get(prop), prop, REFERENCES.get(prop, ())) for prop in props)
    return values if all(isinstance(value, str | StackResource) for value in values) else None
