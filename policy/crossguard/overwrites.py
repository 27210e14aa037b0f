"""Settings that two resources declare for one owner, such as two policies of a bucket.

Each replaces the other's setting in AWS, and which one stays depends on the order of the deployments.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from crossguard.graph import Graph
from crossguard.readers.s3_access_points import access_point_of
from crossguard.resource_types import ACCOUNT_PUBLIC_ACCESS_BLOCK
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Ref, StackResource
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
