"""The checklist for PHI in S3: each item, and the controls that cover it."""

from __future__ import annotations

from collections.abc import Iterable

from phi_buckets.evidence.model import ChecklistRow, ControlResult, Outcome, worst_outcome

CHECKLIST: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Business Associate Agreement signed with AWS", ("attest-baa",)),
    (
        "S3 bucket has all public access blocked",
        ("s3-public-access-block", "s3-account-public-access-block", "s3-no-public-grant", "s3-acls-disabled"),
    ),
    ("Server-side encryption enabled (SSE-KMS recommended)", ("s3-encryption-at-rest", "s3-customer-managed-key")),
    ("Bucket versioning enabled", ("s3-versioning",)),
    ("Access logging enabled", ("s3-access-logging",)),
    ("CloudTrail data events configured", ("cloudtrail-enabled", "cloudtrail-s3-data-events")),
    (
        "IAM policies follow least privilege principle",
        (
            *("iam-no-admin", "iam-least-privilege", "iam-no-broad-decrypt", "iam-no-privilege-escalation"),
            "iam-role-trust-policy",
        ),
    ),
    ("Bucket policy requires encrypted uploads", ("s3-enforce-kms-key", "s3-deny-sse-c")),
    ("Bucket policy requires HTTPS/TLS", ("s3-tls-only", "s3-tls-1-2")),
    ("Lifecycle policies for 7-year retention", ("s3-retention", "s3-object-lock")),
    ("Regular access reviews documented", ("attest-access-review",)),
    ("Incident response plan documented", ("attest-incident-plan",)),
    ("Employee HIPAA training completed", ("attest-training",)),
)


def rows(results: Iterable[ControlResult]) -> tuple[ChecklistRow, ...]:
    """Return a row for each item, with the worst outcome of its controls.

    A control without a result counts as unverified.
    """
    outcomes = {result.id: result.outcome for result in results}
    return tuple(
        ChecklistRow(
            text=text,
            controls=controls,
            outcome=worst_outcome(outcomes.get(control, Outcome.UNVERIFIED) for control in controls),
        )
        for text, controls in CHECKLIST
    )
