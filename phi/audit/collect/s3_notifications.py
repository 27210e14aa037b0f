"""What S3 itself delivers: inventories to buckets, and events to topics.

Every bucket may have it do so, and few receive it: buckets are asked only where a policy lets S3 in, as it must.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hipaa import evaluator
from hipaa.access.policy_queries import ParsedPolicy, may_allow, parse_resource_policy
from hipaa.model.data_class import DataClass
from hipaa.model.values import Document
from hipaa.services.s3.facts import Bucket, BucketPolicy
from hipaa.services.sns.facts import TopicPolicy
from phi.audit.collect import s3_calls
from phi.audit.collect import s3_settings as settings
from phi.audit.collect.s3_listing import ask, pages, regions
from phi.audit.collected import Publisher
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

SERVICE = "s3.amazonaws.com"


def inventory_targets(reader: AccountReader, buckets: Iterable[Bucket]) -> Iterator[tuple[str, DataClass]]:
    """The ARNs of the buckets that the inventories of others are written to."""
    read = [each for each in buckets if isinstance(each.arn, str)]
    policies = [(f"{each.arn}/{evaluator.ANY}", one.document) for each in read for one in each.settings_of(BucketPolicy)]
    if not any(_may(document, "s3:PutObject", objects) for objects, document in policies):
        return

    def inventories(bucket: Bucket) -> list[settings.Answer] | FailedCall:
        name, region = str(bucket.name), bucket.location.region
        return pages(reader, s3_calls.INVENTORIES, "InventoryConfigurationList", name, region)

    for bucket, found in zip(read, reader.map(read, inventories), strict=True):
        # Where they can't be read, what they are written to is held to all that it would be without.
        for each in [] if isinstance(found, FailedCall) else found:
            target = settings.inventory_target(each)
            if target and target != bucket.resource:
                yield target, DataClass.INVENTORY


def publishers(reader: AccountReader, scope: Scope, policies: Iterable[TopicPolicy]) -> tuple[Publisher, ...]:
    """The topics that S3 tells of what happens in buckets of the scope. policies: those of all topics."""
    if not any(each.document and _may(each.document, "SNS:Publish", evaluator.ANY) for each in policies):
        return ()
    listed = regions(reader, scope)
    if isinstance(listed, FailedCall):
        return tuple((reader.account.arn("sns", each, "*"), listed.unknown) for each in reader.account.regions)
    found = reader.map(listed.items(), lambda each: _topics(reader, *each))
    return tuple(dict.fromkeys(each for topics in found for each in topics))


def _topics(reader: AccountReader, name: str, region: str | None) -> list[Publisher]:
    """They are in the bucket's region."""
    answer = ask(reader, s3_calls.NOTIFICATIONS, name, region)
    if isinstance(answer, FailedCall):
        return [(reader.account.arn("sns", answer.region, "*"), answer.unknown)]
    return [(each["TopicArn"], SERVICE) for each in (answer or {}).get("TopicConfigurations") or []]


def _may(document: Document, action: str, resource: str) -> bool:
    """Whether a policy lets S3 itself do something, or may."""
    parsed = parse_resource_policy(document)
    request = evaluator.Request(action, resource, evaluator.Principal("Service", SERVICE), {})
    return not isinstance(parsed, ParsedPolicy) or may_allow(parsed, request) is not None
