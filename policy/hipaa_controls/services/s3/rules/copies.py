"""The check that every object is replicated to another region or backed up to a vault."""

from __future__ import annotations

from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.access.destinations import untrusted_finding, untrusted_owner
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.evaluator.patterns import compile_wildcards, match_pattern
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Location, Number, Ref, StackResource, Text, Unknown, iter_unknowns
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa_controls.services.backup.facts import BackupSelection, BackupTarget, BackupVault
from hipaa_controls.services.kms.customer_managed_keys import key_problem
from hipaa_controls.services.s3.facts import Bucket, Replication, ReplicationRule

TAG_PREFIX = "aws:ResourceTag/"
ARN_SEGMENTS = 6

# True if a rule or a selection copies every object; else the reason why it doesn't, or the Unknown that decides.
CopyAnswer = bool | str | Unknown


def replication_or_backup(bucket: Bucket, context: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("the bucket belongs to another stack")
    selections = context.stack.facts_of_type(BackupSelection)
    trusted = TrustedParties.from_options(context.options, bucket.location, bucket.resource)
    answers = [
        *_replications(bucket, trusted),
        *(_backs_up(selection, bucket, context.stack) for selection in selections),
    ]
    if any(answer is True for answer in answers):
        return passed("every object is replicated or backed up")
    unknowns = [answer for answer in answers if isinstance(answer, Unknown)]
    if unknowns:
        return unverified(*unknowns)
    reasons = [answer for answer in answers if isinstance(answer, str)]
    return failed(reasons[0] if reasons else "its objects are neither replicated nor backed up")


def _replications(bucket: Bucket, trusted: TrustedParties) -> list[CopyAnswer]:
    """Return the answers that decide whether replication copies every object.

    A bucket has one replication configuration. A program may declare several by mistake, and any of them may be the one
    that takes effect, so each has to copy every object.
    """
    configurations = [_rule_answers(replication, bucket, trusted) for replication in bucket.settings_of(Replication)]
    insufficient = [answers for answers in configurations if True not in answers]
    return [answer for answers in insufficient or configurations for answer in answers]


def _rule_answers(replication: Replication, bucket: Bucket, trusted: TrustedParties) -> list[CopyAnswer]:
    if isinstance(replication.rules, Unknown):
        return [replication.rules]
    if not replication.rules:
        return ["the replication configuration has no rules"]
    return [_replicates(rule, bucket, trusted) for rule in replication.rules]


def _replicates(rule: ReplicationRule, bucket: Bucket, trusted: TrustedParties) -> CopyAnswer:
    if rule.enabled is False:
        return "the replication rule isn't enabled"
    if rule.applies_to_all_objects is False:
        return "the replication rule doesn't cover all objects"
    if rule.replicates_kms_objects is False or rule.replicates_kms_objects is None:
        return "the replication rule leaves out objects that are encrypted with KMS"
    if not rule.destination:
        return "the replication rule names no bucket"
    untrusted = untrusted_owner(rule.destination, rule.destination_account, trusted)
    ownership = untrusted_finding("objects are replicated", untrusted, trusted) if untrusted else passed("")
    if ownership.status is Status.FAIL:
        return ownership.text
    problem = key_problem(rule.replica_kms_key, trusted)
    if isinstance(problem, str):
        return f"replicas are encrypted {problem}"
    key_region = _key_region(rule)
    if rule.destination_region and key_region and rule.destination_region != key_region:
        return "the replicas' key isn't in the region of the replicas"
    region = rule.destination_region or key_region
    if region is not None and region == bucket.location.region:
        return "the replicas are in the same region"
    conditions = [rule.enabled, rule.applies_to_all_objects, rule.replicates_kms_objects, rule.destination, problem]
    if unknown := next(iter_unknowns([*conditions, ownership.unknowns]), None):
        return unknown
    if region is None or bucket.location.region is None:
        return Unknown("the region of the replicas or of the bucket")
    return True


def _key_region(rule: ReplicationRule) -> Text:
    """Return the region of the replicas' key. The replicas must be in it, but S3 doesn't check that.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    segments = rule.replica_kms_key.split(":") if isinstance(rule.replica_kms_key, str) else []
    return segments[3] if len(segments) >= ARN_SEGMENTS and segments[3] else rule.replica_key_region


def _backs_up(selection: BackupSelection, bucket: Bucket, stack: Stack) -> CopyAnswer:
    """Return whether a backup selection copies the bucket to a vault.

    Resources or tags select, excluded resources are never selected, and every condition must hold:
    https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
    """
    location = Location(region=selection.region, account=selection.account)
    if location.in_other_region(bucket.location):
        return "the backup plan is in another region, so it can't select the bucket"
    if location.in_other_account(bucket.location):
        return "the backup plan is in another account, so it can't select the bucket"
    conditions_hold = _conditions_hold(selection, bucket)
    if conditions_hold is False:
        return "the conditions of the backup selection exclude the bucket"
    targets = selection.targets
    if isinstance(targets, tuple) and not targets:
        return "the backup plan names no vault"
    accepted = targets if isinstance(targets, Unknown) else any_of(_accepts(target, stack) for target in targets)
    if accepted is False:
        return "the vault's lock refuses the backups: it allows only a longer or a shorter retention"
    excluded = _any_matches(selection.excluded, bucket)
    if excluded is True:
        return "the backup selection excludes the bucket"
    selected_by_arn = _any_matches(selection.resources, bucket)
    selected_by_tag = _tag_selects(selection, bucket)
    if selected_by_arn is True or selected_by_tag is True:
        vaults = targets if isinstance(targets, Unknown) else [target.vault for target in targets]
        return next(iter_unknowns([excluded, conditions_hold, accepted, vaults]), True)
    return next(iter_unknowns([selected_by_arn, selected_by_tag]), "no backup selects the bucket")


def _accepts(target: BackupTarget, stack: Stack) -> bool | Unknown:
    """Return whether the locks of a vault allow the retention of backups: AWS Backup fails every other backup job.

    The locks of another stack's vault aren't known, so it counts as one without.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
    """
    vault = stack.fact(target.vault.resource, BackupVault) if isinstance(target.vault, StackResource) else None
    if vault is None:
        return True
    days = target.retention_days
    return all_of(
        [
            *(_is_ordered(minimum, days) for minimum in vault.min_retention_days),
            *(not maximum or (days is not None and _is_ordered(days, maximum)) for maximum in vault.max_retention_days),
        ]
    )


def _is_ordered(lower: Number, higher: Number) -> bool | Unknown:
    """Return whether a number isn't higher than another. None is no limit."""
    if lower is None or higher is None:
        return True
    return next(iter_unknowns([lower, higher]), None) or bool(lower <= higher)  # type: ignore[operator]


def _any_matches(patterns: tuple[Ref, ...] | Unknown, bucket: Bucket) -> bool | Unknown:
    if isinstance(patterns, Unknown):
        return patterns
    return any_of(pattern if isinstance(pattern, Unknown) else _matches(pattern, bucket) for pattern in patterns)


def _matches(pattern: str | StackResource | None, bucket: Bucket) -> bool | Unknown:
    """Return whether an ARN pattern or a reference selects the bucket. Pulumi may give it any name if it has none."""
    if not isinstance(pattern, str):
        return pattern == StackResource(bucket.resource)
    any_name = f"arn:{bucket.location.partition}:s3:::{evaluator.ANY}"
    match = match_pattern(compile_wildcards(pattern), bucket.arn if isinstance(bucket.arn, str) else any_name)
    if match is evaluator.Match.MAYBE and isinstance(bucket.arn, Unknown):
        return bucket.arn
    return match is evaluator.Match.YES


def _tag_selects(selection: BackupSelection, bucket: Bucket) -> bool | Unknown:
    if isinstance(selection.tags, Unknown):
        return selection.tags
    return any_of(_has_tag(bucket, tag.get("key"), tag.get("value")) for tag in selection.tags)


def _has_tag(bucket: Bucket, name: Any, value: Any) -> bool | Unknown:
    bucket_value = bucket.tags if isinstance(bucket.tags, Unknown) else bucket.tags.get(str(name))
    return next(iter_unknowns([name, value, bucket_value]), value is not None and value == bucket_value)


def _conditions_hold(selection: BackupSelection, bucket: Bucket) -> bool | Unknown:
    if isinstance(selection.conditions, Unknown):
        return selection.conditions
    return all_of(_condition_holds(bucket, *condition) for condition in selection.conditions)


def _condition_holds(bucket: Bucket, operator: str, key: Any, value: Any) -> bool | Unknown:
    """Return whether a bucket meets a condition on one of its tags.

    AWS doesn't document that any condition holds for a bucket without the tag, so none does here.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Conditions.html
    """
    tag = key.removeprefix(TAG_PREFIX) if isinstance(key, str) else None
    bucket_value = bucket.tags if isinstance(bucket.tags, Unknown) else bucket.tags.get(str(tag))
    if unknown := next(iter_unknowns([key, value, bucket_value]), None):
        return unknown
    if tag in (None, key) or not isinstance(value, str) or not isinstance(bucket_value, str):
        return False
    like = match_pattern(compile_wildcards(value), bucket_value) is evaluator.Match.YES
    answers = {
        "stringEquals": bucket_value == value,
        "stringLikes": like,
        "stringNotEquals": bucket_value != value,
        "stringNotLikes": not like,
    }
    return answers.get(operator, False)
