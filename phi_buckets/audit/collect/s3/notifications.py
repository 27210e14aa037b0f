"""Collects the destinations that S3 itself delivers to: buckets for inventories, and topics for event notifications.

Any bucket may have such a destination, and few do. Buckets are read only if a bucket policy or topic policy allows S3
to deliver, which is a prerequisite:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hipaa_controls import evaluator
from hipaa_controls.access.policy_queries import NotAllowed, ParsedPolicy, may_allow, parse_resource_policy
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Document
from hipaa_controls.services.s3.facts import Bucket, BucketPolicy
from hipaa_controls.services.sns.facts import TopicPolicy
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import settings
from phi_buckets.audit.collect.s3.listing import bucket_regions, call_for_bucket, list_for_bucket
from phi_buckets.audit.collected import Publisher, unknown_publisher
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

S3_SERVICE = "s3.amazonaws.com"


def collect_inventory_targets(reader: AccountReader, buckets: Iterable[Bucket]) -> Iterator[tuple[str, DataClass]]:
    """Yield the ARN of each bucket that receives another bucket's inventory, with its data class."""
    known_buckets = [bucket for bucket in buckets if isinstance(bucket.arn, str)]
    may_receive = any(
        _may_allow_s3(policy.document, "s3:PutObject", f"{bucket.arn}/{evaluator.ANY}")
        for bucket in known_buckets
        for policy in bucket.settings_of(BucketPolicy)
    )
    if not may_receive:
        return

    def list_inventories(bucket: Bucket) -> list[settings.Response] | FailedCall:
        name, region = str(bucket.name), bucket.location.region
        call = calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS
        return list_for_bucket(reader, call, "InventoryConfigurationList", name, region)

    for bucket, inventories in zip(known_buckets, reader.map(known_buckets, list_inventories), strict=True):
        # If they can't be read, an untagged bucket that receives them keeps its stricter data class.
        for inventory in [] if isinstance(inventories, FailedCall) else inventories:
            target = settings.parse_inventory_target(inventory)
            if target and target != bucket.resource:
                yield target, DataClass.INVENTORY


def collect_publishers(
    reader: AccountReader, scope: Scope, topic_policies: Iterable[TopicPolicy]
) -> tuple[Publisher, ...]:
    """Return a publisher for each topic to which S3 publishes events of the buckets in scope.

    Args:
        reader: The account's reader.
        scope: The scope of the audit.
        topic_policies: The policies of all topics.
    """
    documents = (policy.document for policy in topic_policies if policy.document)
    if not any(_may_allow_s3(document, "SNS:Publish", evaluator.ANY) for document in documents):
        return ()
    regions = bucket_regions(reader, scope)
    if isinstance(regions, FailedCall):
        return tuple(unknown_publisher(reader.account, region, regions) for region in reader.account.regions)
    publishers = reader.map(regions.items(), lambda name_and_region: _publishers(reader, *name_and_region))
    return tuple(dict.fromkeys(publisher for bucket_publishers in publishers for publisher in bucket_publishers))


def _publishers(reader: AccountReader, name: str, region: str | None) -> list[Publisher]:
    """Return a publisher for each topic of one bucket's notifications, which is in the bucket's region."""
    response = call_for_bucket(reader, calls.GET_BUCKET_NOTIFICATION_CONFIGURATION, name, region)
    if isinstance(response, FailedCall):
        return [unknown_publisher(reader.account, response.region, response)]
    topics = (response or {}).get("TopicConfigurations") or []
    return [(topic["TopicArn"], S3_SERVICE) for topic in topics]


def _may_allow_s3(document: Document, action: str, resource: str) -> bool:
    """Return whether a policy allows S3 an action, or may allow it because part of the policy isn't known."""
    policy = parse_resource_policy(document)
    request = evaluator.Request(action, resource, evaluator.Principal("Service", S3_SERVICE), {})
    return not isinstance(policy, ParsedPolicy) or not isinstance(may_allow(policy, request), NotAllowed)
