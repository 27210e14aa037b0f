"""That nothing of a bucket is lost: versions, locks, retention, copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa import evaluator
from hipaa.access.external_access import worst_finding
from hipaa.access.policy_queries import ParsedPolicy, require_denied, parse_bucket_policy
from hipaa.evaluator.patterns import match_pattern, compile_wildcards
from hipaa.model.data_class import DataClass
from hipaa.model.rule import RuleContext
from hipaa.model.three_valued import all_of, any_of
from hipaa.model.values import Ref, StackResource, Text, Unknown, is_enabled, iter_unknowns
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.backup.facts import BackupSelection
from hipaa.services.kms.customer_managed_keys import key_problem
from hipaa.services.s3.facts import (
    Bucket,
    BucketPolicy,
    Lifecycle,
    LifecycleRule,
    ObjectLock,
    Replication,
    ReplicationRule,
    Versioning,
)
from hipaa.services.s3.protection_actions import BYPASS, DELETE_VERSION, REQUIRED_PROTECTION_ACTIONS
from hipaa.services.s3.rules.access import known

OF_TAG = "aws:ResourceTag/"


def versioning(versioning: Versioning, _: Bucket, __: RuleContext) -> Finding:
    if isinstance(versioning.status, Unknown):
        return unverified(versioning.status)
    if versioning.status != "Enabled":
        return failed(f"versioning is {known(versioning.status, 'Suspended', 'Disabled')}")
    return passed("versioning is Enabled")


def _no_lock(bucket: Bucket) -> Finding:
    if bucket.data_class is not DataClass.ACCESS_LOG:
        return failed("no ObjectLock is declared")
    lockable = is_enabled(bucket.object_lock_enabled)
    if isinstance(lockable, Unknown):
        return unverified(lockable)
    return failed("Object Lock is enabled") if lockable else passed("no lock keeps access logs out")


def object_lock(lock: ObjectLock, bucket: Bucket, context: RuleContext) -> Finding:
    """S3 delivers no access logs to a bucket with Object Lock.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    if bucket.data_class is DataClass.ACCESS_LOG:
        unread = all(isinstance(each, Unknown) for each in (lock.mode, lock.days, bucket.object_lock_enabled))
        return unverified(*iter_unknowns([bucket.object_lock_enabled])) if unread else failed("Object Lock is enabled")
    modes = ("GOVERNANCE", "COMPLIANCE")
    if not isinstance(lock.mode, Unknown):
        if lock.mode not in modes:
            return failed(f"the lock's mode is {known(lock.mode, *modes)}")
        if modes.index(lock.mode) < modes.index(context.options["mode"]):
            return failed(f"the lock's mode is {lock.mode}")
    if isinstance(lock.days, Unknown):
        return unverified(lock.days)
    if lock.days is None or lock.days < context.options["days"]:
        return failed(f"versions are locked for {lock.days or 0:g} days")
    return unverified(lock.mode) if isinstance(lock.mode, Unknown) else passed(f"locked for {lock.days:g} days")


def tamper_protection(policy: BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
    """Ask as an administrator whom nobody named, of the bucket's own account: a role, a user and the root."""
    parsed = parse_bucket_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    locks = bucket.settings_of(ObjectLock)
    locked = all_of(_in_compliance(lock) for lock in locks) if locks else False
    findings = [worst_finding(_guarded(parsed, bucket, REQUIRED_PROTECTION_ACTIONS), "")]
    if bucket.complete and locked is not True:
        deletion = worst_finding(_guarded(parsed, bucket, (DELETE_VERSION,)), "")
        if isinstance(locked, Unknown) and deletion.status is Status.FAIL:
            deletion = unverified(locked)
        findings.append(deletion)
    return worst_finding(findings, "deletion and weakening are denied to all but a few")


def _in_compliance(lock: ObjectLock) -> bool | Unknown:
    return lock.mode if isinstance(lock.mode, Unknown) else lock.mode == "COMPLIANCE"


def _guarded(parsed: ParsedPolicy, bucket: Bucket, actions: tuple[str, ...]) -> Iterator[Finding]:
    account = bucket.location.account or "000000000000"
    for action in actions:
        of_object = action in (BYPASS, DELETE_VERSION)
        resource = f"{bucket.arn}/{evaluator.ANY}" if of_object else str(bucket.arn)
        for who in ("role/somebody", "user/somebody", "root"):
            arn = f"arn:{bucket.location.partition}:iam::{account}:{who}"
            request = evaluator.Request(action, resource, evaluator.Principal("AWS", arn), _administrator(arn, account))
            yield require_denied(parsed, request, f"{action} isn't denied to an administrator")


def _administrator(arn: str, account: str) -> Mapping[str, str]:
    return {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account,
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": "AROA0000000000000000:somebody",
        "aws:username": "somebody",
        "aws:SecureTransport": "true",
        "s3:TlsVersion": "1.3",
    }


def retention(lifecycle: Lifecycle, bucket: Bucket, context: RuleContext) -> Finding:
    if isinstance(lifecycle.rules, Unknown):
        return unverified(lifecycle.rules)
    holds_phi = bucket.data_class in (DataClass.PHI, DataClass.REPLICA)
    days = context.options["days" if holds_phi else "logDays"]
    findings = (_if_enabled(each, _kept(each, days, holds_phi=holds_phi)) for each in lifecycle.rules)
    return worst_finding(findings, f"nothing expires before {days} days")


def _if_enabled(rule: LifecycleRule, finding: Finding) -> Finding:
    """What is found of a rule if it is enabled: one that isn't does nothing, and a fault of one that may be is open."""
    if rule.enabled is False:
        return passed("")
    return unverified(rule.enabled) if isinstance(rule.enabled, Unknown) and finding.status is Status.FAIL else finding


def _kept(rule: LifecycleRule, days: int, *, holds_phi: bool) -> Finding:
    expires = rule.expires_current_versions
    if isinstance(expires, Unknown):
        return unverified(expires)
    if expires and holds_phi:
        return failed("a lifecycle rule expires current versions")
    periods = [rule.noncurrent_expiration_days] + ([rule.expiration_days] if expires else [])
    for period in periods:
        if isinstance(period, int | float) and period < days:
            return failed(f"a lifecycle rule expires versions after {period:g} days")
    if expires and rule.expiration_days is None:
        return failed("a lifecycle rule expires current versions on a date")
    waiting = [each for each in periods if isinstance(each, Unknown)]
    return unverified(*waiting) if waiting else passed("")


def abort_multipart(lifecycle: Lifecycle, _: Bucket, context: RuleContext) -> Finding:
    if isinstance(lifecycle.rules, Unknown):
        return unverified(lifecycle.rules)
    days = context.options["days"]
    aborted = any_of(_aborts(each, days) for each in lifecycle.rules)
    if isinstance(aborted, Unknown):
        return unverified(aborted)
    if not aborted:
        return failed(f"no rule for the whole bucket aborts within {days} days")
    return passed(f"incomplete uploads are aborted within {days} days")


def _aborts(rule: LifecycleRule, days: int) -> bool | Unknown:
    """Inline, 0 days is a rule that doesn't abort: the provider leaves it out."""
    after = rule.abort_multipart_days
    soon = after if isinstance(after, Unknown) else after is not None and 0 < after <= days
    return all_of([is_enabled(rule.enabled), is_enabled(rule.applies_to_all_objects), soon])


def replication_or_backup(bucket: Bucket, context: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("a bucket of another stack")
    rules = [each for setting in bucket.settings_of(Replication) for each in _rules(setting)]
    findings = [_copied(each, bucket) for each in rules]
    findings += [_backed_up(each, bucket) for each in context.stack.facts_of_type(BackupSelection)]
    good = [each for each in findings if each is True]
    if good:
        return passed("every object is copied elsewhere")
    waiting = [each for each in findings if isinstance(each, Unknown)]
    if waiting:
        return unverified(*waiting)
    faults = [each for each in findings if isinstance(each, str)]
    return failed(faults[0] if faults else "nothing copies its objects")


def _rules(replication: Replication) -> tuple[ReplicationRule | Unknown, ...]:
    return (replication.rules,) if isinstance(replication.rules, Unknown) else replication.rules


def _copied(rule: ReplicationRule | Unknown, bucket: Bucket) -> bool | str | Unknown:
    """Whether a rule copies every object well; else what is missing, as far as it can be told."""
    if isinstance(rule, Unknown):
        return rule
    if rule.enabled is False:
        return "the replication rule isn't enabled"
    if rule.applies_to_all_objects is False:
        return "the replication rule is for some objects alone"
    if rule.replicates_kms_objects is False or rule.replicates_kms_objects is None:
        return "the replication rule leaves out objects that are encrypted with KMS"
    if not rule.destination:
        return "the replication rule names no bucket"
    wrong = key_problem(rule.replica_kms_key)
    if isinstance(wrong, str):
        return f"replicas are encrypted with {wrong}"
    of_key = _region_of_key(rule)
    if rule.destination_region and of_key and rule.destination_region != of_key:
        return "the replicas' key is in another region than they are"
    region = rule.destination_region or of_key
    if region is not None and region == bucket.location.region:
        return "replicas are in the same region"
    unknown = list(iter_unknowns([rule.enabled, rule.applies_to_all_objects, rule.replicates_kms_objects, rule.destination, wrong]))
    if unknown:
        return unknown[0]
    if region is None or bucket.location.region is None:
        return Unknown("the region of the replicas, or of the bucket,")
    return True


def _region_of_key(rule: ReplicationRule) -> Text:
    """The replicas' region too, or none is made; S3 doesn't look.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    parts = rule.replica_kms_key.split(":") if isinstance(rule.replica_kms_key, str) else []
    return parts[3] if len(parts) > 5 and parts[3] else rule.replica_key_region


def _backed_up(selection: BackupSelection, bucket: Bucket) -> bool | str | Unknown:
    """Whether AWS Backup selects the bucket, to a vault.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html: resources or tags select, what is
    left out never is, and every condition must hold.
    """
    if selection.region and bucket.location.region and selection.region != bucket.location.region:
        return "the backup plan is in another region, and selects nothing of this one"
    narrowed = _met(selection, bucket)
    if narrowed is False:
        return "conditions narrow the backup selection to others"
    if isinstance(selection.vaults, tuple) and not selection.vaults:
        return "the backup plan names no vault"
    out = _covers(selection.excluded, bucket)
    if out is True:
        return "the backup selection leaves the bucket out"
    picked = _covers(selection.resources, bucket)
    tagged = _tagged(selection, bucket)
    if picked is True or tagged is True:
        unknown = list(iter_unknowns([out, narrowed, selection.vaults]))
        return unknown[0] if unknown else True
    return next((each for each in (picked, tagged) if isinstance(each, Unknown)), "no backup selects the bucket")


def _covers(patterns: tuple[Ref, ...] | Unknown, bucket: Bucket) -> bool | Unknown:
    if isinstance(patterns, Unknown):
        return patterns
    return any_of(each if isinstance(each, Unknown) else _is(each, bucket) for each in patterns)


def _is(pattern: str | StackResource | None, bucket: Bucket) -> bool | Unknown:
    """Whether a pattern of ARNs, or a reference, is of the bucket. One that Pulumi names is of any name."""
    if not isinstance(pattern, str):
        return pattern == StackResource(bucket.resource)
    unnamed = f"arn:{bucket.location.partition}:s3:::{evaluator.ANY}"
    answer = match_pattern(compile_wildcards(pattern), bucket.arn if isinstance(bucket.arn, str) else unnamed)
    return (
        bucket.arn
        if answer is evaluator.Match.MAYBE and isinstance(bucket.arn, Unknown)
        else answer is evaluator.Match.YES
    )


def _tagged(selection: BackupSelection, bucket: Bucket) -> bool | Unknown:
    if isinstance(selection.tags, Unknown):
        return selection.tags
    return any_of(_has(bucket, tag.get("key"), tag.get("value")) for tag in selection.tags)


def _has(bucket: Bucket, key: Any, value: Any) -> bool | Unknown:
    """Whether a bucket has a tag of this value."""
    found = bucket.tags if isinstance(bucket.tags, Unknown) else bucket.tags.get(str(key))
    return next(iter_unknowns([key, value, found]), value is not None and value == found)


def _met(selection: BackupSelection, bucket: Bucket) -> bool | Unknown:
    if isinstance(selection.conditions, Unknown):
        return selection.conditions
    return all_of(_holds(bucket, *condition) for condition in selection.conditions)


def _holds(bucket: Bucket, operator: str, key: Any, value: Any) -> bool | Unknown:
    """Whether a bucket meets a condition on one of its tags. Of one that lacks the tag no condition is said to hold.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Conditions.html
    """
    name = key.removeprefix(OF_TAG) if isinstance(key, str) else None
    found = bucket.tags if isinstance(bucket.tags, Unknown) else bucket.tags.get(str(name))
    if unknown := next(iter_unknowns([key, value, found]), None):
        return unknown
    if name in (None, key) or not isinstance(value, str) or not isinstance(found, str):
        return False
    like = match_pattern(compile_wildcards(value), found) is evaluator.Match.YES
    answers = {
        "stringEquals": found == value,
        "stringLikes": like,
        "stringNotEquals": found != value,
        "stringNotLikes": not like,
    }
    return answers.get(operator, False)


def no_force_destroy(bucket: Bucket, context: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("a bucket of another stack")
    force = is_enabled(bucket.force_destroy)
    if force is True:
        return failed("forceDestroy is true")
    if context.options["protect"] and not bucket.pulumi_protected:
        return failed("protect is off")
    return unverified(force) if isinstance(force, Unknown) else passed("it can't be destroyed with objects in it")
