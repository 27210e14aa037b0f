"""Checks of directory buckets, table buckets and Outposts buckets. `bucket_types` says what AWS decides for them."""

from __future__ import annotations

from hipaa_controls import evaluator
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy
from hipaa_controls.access.transport import check_policy_of_another_resource, insecure_transport_findings
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.three_valued import any_of
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified, worst_finding
from hipaa_controls.services.s3.bucket_types import (
    BucketType,
    SpecialBucket,
    SpecialBucketEncryption,
    SpecialBucketPolicy,
    TableReplication,
    TableSnapshots,
)
from hipaa_controls.services.s3.facts import DefaultEncryption
from hipaa_controls.services.s3.rules import encryption as default_encryption
from hipaa_controls.services.s3.rules.access import check_only_trusted_access, check_public_access

# S3 keeps a snapshot of a table for that long unless the table says otherwise:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-maintenance.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_MigrationSnapshotManagementSettings.html ("default")
DEFAULT_SNAPSHOT_HOURS = 120
SSE_S3 = DefaultEncryption("AES256", None)
OBJECT_ACTIONS = ("s3-outposts:GetObject", "s3-outposts:PutObject")


def public_access_blocked(bucket: SpecialBucket, _: RuleContext) -> Finding:
    return passed(f"S3 always blocks public access to {_plural(bucket.type)}")


def acls_disabled(bucket: SpecialBucket, _: RuleContext) -> Finding:
    return passed(f"{_plural(bucket.type)} have no ACLs")


def no_public_grant(policy: SpecialBucketPolicy, _: RuleContext) -> Finding:
    return check_public_access(policy.document, _resources(policy))


def no_external_access(policy: SpecialBucketPolicy, context: RuleContext) -> Finding:
    resources = _resources(policy)
    return check_only_trusted_access(policy.document, policy.resource, resources, policy.location, context)


def _resources(policy: SpecialBucketPolicy) -> list[str]:
    """Return the ARNs that a policy controls access to, or evaluator.ANY while the bucket's isn't known.

    A policy allows access to the objects of a directory bucket by the action CreateSession on the bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam-example-bucket-policies.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3tables.html ("Resource types")
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3onoutposts.html ("Resource types")
    """
    content = {BucketType.DIRECTORY: None, BucketType.TABLE: "table", BucketType.OUTPOSTS: "object"}[policy.type]
    if not isinstance(policy.arn, str):
        return [evaluator.ANY]
    return [policy.arn, *([f"{policy.arn}/{content}/{evaluator.ANY}"] if content else [])]


def tls_only(fact: SpecialBucket | SpecialBucketPolicy, context: RuleContext) -> Finding:
    """Check the transport of an Outposts bucket. AWS doesn't say that those can be reached only over HTTPS."""
    if fact.type is not BucketType.OUTPOSTS:
        return passed(f"{_plural(fact.type)} can be reached only over HTTPS")
    if isinstance(fact, SpecialBucket):
        targets = (policy.bucket for policy in context.stack.facts_of_type(SpecialBucketPolicy))
        return check_policy_of_another_resource(fact.resource, targets, context)
    parsed = parse_bucket_policy(fact.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(fact.arn, Unknown):
        return unverified(fact.arn)
    findings = (
        finding
        for arn in _resources(fact)
        for finding in insecure_transport_findings(parsed, arn, "s3-outposts", *OBJECT_ACTIONS)
    )
    return worst_finding(findings, "the policy denies every request over plain HTTP")


def encryption_at_rest(fact: SpecialBucketEncryption, _: RuleContext) -> Finding:
    if fact.encryption is None:
        return passed(f"S3 always encrypts {_plural(fact.type)}")
    return default_encryption.encryption_at_rest(fact.encryption)


def customer_managed_key(fact: SpecialBucketEncryption, context: RuleContext) -> Finding:
    if fact.type is BucketType.OUTPOSTS:
        # https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/s3-outposts-data-encryption.html
        return failed("S3 on Outposts doesn't encrypt with KMS keys")
    if fact.encryption is None and fact.type is BucketType.DIRECTORY:
        if not context.stack.complete:
            return passed("another resource may declare its encryption")
        encryptions = context.stack.facts_of_type(SpecialBucketEncryption)
        buckets = [encryption.bucket for encryption in encryptions if encryption.encryption]
        if StackResource(fact.resource) in buckets:
            return passed("another resource declares its encryption")
        if unknowns := [bucket for bucket in buckets if isinstance(bucket, Unknown)]:
            return unverified(*unknowns)
    finding = default_encryption.customer_managed_key(fact.encryption or SSE_S3, fact, context)
    return _if_it_holds_phi(finding, fact)


def recoverable(bucket: SpecialBucket, context: RuleContext) -> Finding:
    """Check that what a bucket holds can be restored.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html, API_PutBucketReplication.html and
    API_PutObjectLockConfiguration.html ("not supported for directory buckets")
    """
    if isinstance(bucket.exists, Unknown):
        return unverified(bucket.exists)
    if bucket.type is BucketType.DIRECTORY:
        return failed(
            "a directory bucket has no versioning, replication or Object Lock, and is in one zone: nothing restores "
            "an object that is overwritten or deleted, or lost with the zone"
        )
    if bucket.type is BucketType.OUTPOSTS:
        reason = "aren't known, because no resource of pulumi-aws declares them"
        return unverified(Unknown("the versioning and the replication of the Outposts bucket", reason=reason))
    if not context.stack.complete:
        return passed("another resource may declare its replication")
    replications = [
        replication
        for replication in context.stack.facts_of_type(TableReplication)
        if isinstance(replication.table_bucket, Unknown)
        or replication.table_bucket in (StackResource(bucket.resource), bucket.resource)
    ]
    replicated = any_of(_goes_elsewhere(replication, bucket) for replication in replications)
    if isinstance(replicated, Unknown):
        return unverified(replicated)
    if not replicated:
        return failed("its tables aren't replicated to another region")
    return passed("its tables are replicated to another region")


def _goes_elsewhere(replication: TableReplication, bucket: SpecialBucket) -> bool | Unknown:
    """Return whether a replication copies the tables of a bucket to another region."""
    if isinstance(replication.table_bucket, Unknown):
        return replication.table_bucket
    if isinstance(replication.targets, Unknown):
        return replication.targets
    own = bucket.location.region
    undecided = Unknown(f"the region of the replicas of {bucket.resource.rsplit('::', 1)[-1]}")
    return any_of(undecided if region is None or own is None else region != own for region in replication.regions)


def snapshots_kept(snapshots: TableSnapshots, context: RuleContext) -> Finding:
    """Check that S3 keeps the rows that a table's later snapshots have deleted or replaced.

    A row is in the current snapshot until it is deleted or replaced, and then only in the earlier ones, which are like
    the noncurrent versions of an object. When S3 has deleted those, it removes the files that no snapshot refers to
    for good. So the number of days after which it removes them doesn't matter.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html
    """
    if snapshots.expire is False:
        return passed("S3 deletes no snapshots")
    hours = DEFAULT_SNAPSHOT_HOURS if snapshots.max_age_hours is None else snapshots.max_age_hours
    if isinstance(hours, Unknown):
        return unverified(hours)
    if hours >= context.options["days"] * 24:
        return passed(f"S3 keeps snapshots for {hours:g} hours")
    if isinstance(snapshots.expire, Unknown):
        return unverified(snapshots.expire)
    finding = failed(f"S3 deletes the table's snapshots after {hours:g} hours, with the rows that only they have")
    return _if_it_holds_phi(finding, snapshots)


def _if_it_holds_phi(finding: Finding, fact: SpecialBucketEncryption | TableSnapshots) -> Finding:
    """Return a failure as unverified if the data class of the bucket isn't known."""
    if finding.status is not Status.FAIL or fact.data_class is not None:
        return finding
    reason = "isn't known: declare the bucket in the stack"
    return unverified(Unknown(f"the data class of the bucket of {fact.resource.rsplit('::', 1)[-1]}", reason=reason))


def _plural(bucket_type: BucketType) -> str:
    return f"{bucket_type.value}s"
