"""The checks that a bucket's objects, and data about them, go only to trusted accounts.

Server access logs aren't checked: S3 refuses a target bucket in another account.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hipaa_controls.access.destinations import check_bucket, owner_of, untrusted_finding, untrusted_owner
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Ref, Text, Unknown
from hipaa_controls.model.verdict import Finding, passed, unverified, worst_finding
from hipaa_controls.services.kms.customer_managed_keys import LocatedFact
from hipaa_controls.services.s3.bucket_types import StorageLensExports, TableReplication
from hipaa_controls.services.s3.facts import (
    AccessPointBuckets,
    AnalyticsExport,
    Bucket,
    Delivery,
    EventNotifications,
    Inventory,
    ObjectCopy,
    ObjectDelivery,
    ObjectLambdaFunctions,
    ObjectUpload,
    Replication,
)

# What each setting or resource delivers, as the subject of a finding.
CONTENTS: Mapping[type, str] = {
    Replication: "objects are replicated",
    Inventory: "an inventory is delivered",
    AnalyticsExport: "an analytics export is delivered",
    EventNotifications: "event notifications are sent",
    TableReplication: "tables are replicated",
    StorageLensExports: "Storage Lens metrics are exported",
    ObjectLambdaFunctions: "objects that are read are sent",
    AccessPointBuckets: "objects that are written are sent",
    ObjectCopy: "an object is copied",
    ObjectUpload: "an object is uploaded",
}


def no_external_destination(setting: Replication | Delivery, bucket: Bucket, context: RuleContext) -> Finding:
    if not isinstance(setting, Replication):
        return _check_targets(setting, bucket, context)
    if isinstance(setting.rules, Unknown):
        return unverified(setting.rules)
    targets = [(rule.destination, rule.destination_account) for rule in setting.rules if rule.enabled is not False]
    return _check_all(CONTENTS[Replication], targets, bucket, context)


def no_external_delivery(
    delivery: TableReplication | StorageLensExports | ObjectDelivery, context: RuleContext
) -> Finding:
    return _check_targets(delivery, delivery, context)


def _check_targets(
    delivery: Delivery | TableReplication | StorageLensExports | ObjectDelivery,
    source: LocatedFact,
    context: RuleContext,
) -> Finding:
    if isinstance(delivery.targets, Unknown):
        return unverified(delivery.targets)
    targets = [(target.resource, target.account) for target in delivery.targets]
    return _check_all(CONTENTS[type(delivery)], targets, source, context)


def _check_all(content: str, targets: Iterable[tuple[Ref, Text]], source: LocatedFact, context: RuleContext) -> Finding:
    """Check every destination, given with the account that the configuration names as its owner."""
    trusted = TrustedParties.from_options(context.options, source.location, source.resource)
    findings = (_check(content, *target, trusted, context.options["buckets"]) for target in targets)
    return worst_finding(findings, "data goes only to trusted accounts")


def _check(
    content: str, target: Ref, account: Text, trusted: TrustedParties, trusted_buckets: Collection[str]
) -> Finding:
    untrusted = untrusted_owner(target, account, trusted)
    if untrusted is not None:
        return untrusted_finding(content, untrusted, trusted)
    if isinstance(target, str) and not owner_of(target, account):
        return check_bucket(content, target, trusted_buckets)
    return passed("")
