"""Checks of the objects that a program declares: what each sets for itself instead of its bucket's settings.

The audit doesn't read objects one by one. An object without settings of its own has its bucket's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.model.property_checks import redact
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Ref, StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa_controls.services.kms.customer_managed_keys import key_problem
from hipaa_controls.services.s3.facts import Bucket, BucketObject, DefaultEncryption
from hipaa_controls.services.s3.rules import access
from hipaa_controls.services.s3.rules.encryption import KMS_ALGORITHMS
from hipaa_controls.services.s3.rules.protection import LOCK_MODES


def no_public_grant(bucket_object: BucketObject, _: RuleContext) -> Finding:
    return access.check_acl(bucket_object.acl)


def no_external_grant(bucket_object: BucketObject, context: RuleContext) -> Finding:
    """Check the grants. Neither a canonical user nor an email address says which account it belongs to."""
    grantees = bucket_object.grantees
    if any(isinstance(grantee, str) and grantee not in context.options["ids"] for grantee in grantees):
        return failed("a grant of the object is for a canonical user or email address that the option ids doesn't list")
    unknowns = [grantee for grantee in grantees if isinstance(grantee, Unknown)]
    return unverified(*unknowns) if unknowns else passed("no grant of the object is for an untrusted party")


def customer_managed_key(bucket_object: BucketObject, context: RuleContext) -> Finding:
    problem = _own_encryption_problem(bucket_object)
    if problem:
        return problem
    trusted = TrustedParties.from_options(context.options, bucket_object.location, bucket_object.resource)
    key_fault = key_problem(bucket_object.encryption.kms_key, trusted)
    if isinstance(key_fault, Unknown):
        return unverified(key_fault)
    return (
        failed(f"the object is encrypted {key_fault}") if key_fault else passed("a customer managed key is requested")
    )


def bucket_key_is_used(bucket_object: BucketObject, context: RuleContext) -> Finding:
    """Check that the object requests its bucket's key, if it requests any."""
    problem = _own_encryption_problem(bucket_object)
    if problem:
        return problem
    bucket_ref = bucket_object.bucket
    bucket = context.stack.fact(bucket_ref.resource, Bucket) if isinstance(bucket_ref, StackResource) else None
    if bucket is None:
        return not_applicable("the bucket belongs to another stack")
    keys = [encryption.kms_key for encryption in bucket.settings_of(DefaultEncryption) if encryption.kms_key]
    if not keys:
        return not_applicable("the bucket has no key of its own")
    # A program may declare several by mistake, and any of them may be the one that takes effect.
    answers = [_is_same_key(bucket_object.encryption.kms_key, key) for key in keys]
    if any(answer is False for answer in answers):
        return failed("the object requests another key than the bucket's")
    unknowns = [answer for answer in answers if isinstance(answer, Unknown)]
    return unverified(*unknowns) if unknowns else passed("the object requests the bucket's key")


def _own_encryption_problem(bucket_object: BucketObject) -> Finding | None:
    """Return the finding about an object that requests no KMS key; None if it requests one.

    A requested key means aws:kms, and aws:kms without a key means the AWS managed key aws/s3:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    encryption = bucket_object.encryption
    algorithm, key = encryption.algorithm, encryption.kms_key
    if isinstance(algorithm, Unknown):
        return unverified(algorithm)
    if not algorithm and not key:
        return passed("the object requests no encryption, so the bucket's default applies")
    if algorithm and algorithm not in KMS_ALGORITHMS:
        return failed(f"the object's encryption is {redact(algorithm, *KMS_ALGORITHMS, 'AES256')}")
    return None if key else failed(f"the object requests {algorithm} without a key: the AWS managed key aws/s3")


def _is_same_key(own: Ref, other: Ref) -> bool | Unknown:
    """Return whether two references are for one key. The ARN of a key of the stack is a StackResource already."""
    unknown = next((ref for ref in (own, other) if isinstance(ref, Unknown)), None)
    if unknown:
        return unknown
    if own == other:
        return True
    names = [ref for ref in (own, other) if isinstance(ref, str)]
    if any("alias/" in name for name in names) or (len(names) == 1 and not names[0].startswith("arn:")):
        return Unknown("the key of an object or its bucket", reason="isn't known: name both keys by their ARNs")
    are_arns = [name.startswith("arn:") for name in names]
    # A key's ID is that of a key of the bucket's own account, as its ARN may be.
    return len(names) == 2 and not all(are_arns) and names[0].rpartition("/")[2] == names[1].rpartition("/")[2]


def object_lock(bucket_object: BucketObject, context: RuleContext) -> Finding:
    """Check the object's own retention, which replaces the bucket's default.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html ("Retention periods")
    """
    mode, until = bucket_object.lock_mode, bucket_object.retain_until
    if not mode and not until:
        return passed("the object has no retention of its own, so the bucket's default applies")
    accepted_modes = LOCK_MODES[LOCK_MODES.index(context.options["mode"]) :]
    if mode not in accepted_modes and not isinstance(mode, Unknown):
        return failed(f"the object's own mode is {redact(mode, *LOCK_MODES)}")
    unknowns = [value for value in (mode, until) if isinstance(value, Unknown)]
    if unknowns:
        return unverified(*unknowns)
    end = _date(until or "")
    if end is None:
        return failed("the end of the object's own retention is not a date")
    days = context.options["days"]
    if end >= datetime.now(UTC) + timedelta(days=days):
        return passed(f"the object's own retention lasts {days} days or more")
    # It is long enough if the object was created early enough, which no property says.
    reason = (
        f"isn't known to be {days} days or more after the object's creation; without it the bucket's default applies"
    )
    return unverified(Unknown("objectLockRetainUntilDate", reason=reason))


def _date(text: object) -> datetime | None:
    try:
        date = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
