"""The catalogue of controls: what must hold, for which buckets, by which paragraphs, and how to mend it.

Paragraphs are of 45 CFR 164. `†` marks our own mapping or accepted practice, rather than a published one. Required
and addressable implementation specifications both bind: an addressable one is met, or the reason it isn't is written
down (164.306(d)(3)).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hipaa.facts import Role

EVERY_ROLE = frozenset(Role)


class Severity(Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Duty(Enum):
    REQUIRED = "required"
    ADDRESSABLE = "addressable"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of 45 CFR 164, such as `312(e)(1)`."""

    number: str
    duty: Duty
    ours: bool = False

    def __str__(self) -> str:
        return f"164.{self.number}{'†' if self.ours else ''}"


@dataclass(frozen=True)
class Control:
    """One line of the catalogue. The id is a public name and doesn't change."""

    id: str
    title: str
    statement: str
    required: str
    roles: frozenset[Role]
    paragraphs: tuple[Paragraph, ...]
    severity: Severity
    remedy: str

    @property
    def citation(self) -> str:
        return "45 CFR " + ", ".join(map(str, self.paragraphs))


def _required(*numbers: str, ours: bool = False) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(number, Duty.REQUIRED, ours) for number in numbers)


def _addressable(*numbers: str, ours: bool = False) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(number, Duty.ADDRESSABLE, ours) for number in numbers)


CONTROLS = (
    Control(
        id="s3-public-access-block",
        title="Public access is blocked",
        statement="A bucket blocks public access with all four flags.",
        required="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        roles=EVERY_ROLE,
        paragraphs=(
            *_required("308(a)(3)(i)"),
            *_addressable("308(a)(4)(ii)(B)"),
            *_required("312(a)(1)", "312(e)(1)"),
        ),
        severity=Severity.CRITICAL,
        remedy="aws.s3.BucketPublicAccessBlock(…, bucket=bucket.id, block_public_acls=True, block_public_policy=True, "
        "ignore_public_acls=True, restrict_public_buckets=True)",
    ),
    Control(
        id="s3-customer-key",
        title="A customer managed key encrypts",
        statement="A bucket that holds PHI, or the trail of its use, is encrypted with a customer managed key.",
        required="default encryption is aws:kms or aws:kms:dsse with a customer managed key",
        roles=frozenset({Role.PHI, Role.REPLICA, Role.TRAIL_LOG}),
        paragraphs=_addressable("312(a)(2)(iv)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.s3.BucketServerSideEncryptionConfiguration(…, bucket=bucket.id, "
        'rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", '
        '"kms_master_key_id": key.arn}}])',
    ),
    Control(
        id="s3-tls-only",
        title="Plain HTTP is refused",
        statement="A bucket's policy denies every request over plain HTTP, by anyone, on the bucket and its objects.",
        required="a Deny of s3:* to everyone, on the bucket and its objects, where aws:SecureTransport is false",
        roles=EVERY_ROLE,
        paragraphs=(*_required("312(e)(1)"), *_addressable("312(e)(2)(i)", "312(e)(2)(ii)")),
        severity=Severity.CRITICAL,
        remedy='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
        '"Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}',
    ),
    Control(
        id="s3-versioning",
        title="Versioning is on",
        statement="A bucket keeps every version of its objects.",
        required="versioning is Enabled",
        roles=frozenset({Role.PHI, Role.REPLICA, Role.TRAIL_LOG, Role.ACCESS_LOG}),
        paragraphs=_required("308(a)(7)(ii)(A)", "312(c)(1)"),
        severity=Severity.CRITICAL,
        remedy='aws.s3.BucketVersioning(…, bucket=bucket.id, versioning_configuration={"status": "Enabled"})',
    ),
    Control(
        id="s3-access-logging",
        title="Access is logged",
        statement="Access to a bucket that holds PHI, or the trail of its use, is logged to another bucket.",
        required="access logging to another bucket",
        roles=frozenset({Role.PHI, Role.REPLICA, Role.TRAIL_LOG}),
        paragraphs=_required("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.HIGH,
        remedy='aws.s3.BucketLogging(…, bucket=bucket.id, target_bucket=logs.id, target_prefix="…")',
    ),
)
