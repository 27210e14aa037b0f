"""Customer managed keys of AWS KMS."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.model.values import Document, Flag, Location, Number, Ref, Text, Unknown

# Stands in documents for the ARN of a key that AWS hasn't given it yet, with the key's name after it.
PLACEHOLDER_ARN_PREFIX = "arn:aws:kms:here:here:key/"


@dataclass(frozen=True)
class Key:
    """A key.

    kind: `symmetric`, `other` (asymmetric, HMAC or in a custom store), `imported`, or `replica` of a multi-region key;
    Unknown while that depends on what isn't known.
    rotation_days: the rotation period, None for AWS's own 365; window: days between a deletion asked for and done,
    None for AWS's own 30.
    state: of a live key, such as `Enabled` or `PendingDeletion`.
    """

    resource: str
    arn: Text
    key_type: str | Unknown
    rotation_enabled: Flag
    rotation_period_days: Number
    deletion_window_days: Number
    location: Location = Location()
    state: Text = None

    @property
    def placeholder_arn(self) -> str:
        """What a document has in the place of its ARN while that isn't known."""
        return PLACEHOLDER_ARN_PREFIX + self.resource.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class KeyPolicy:
    """A key's policy. A key without one has AWS's default, which lets the account's own administrators in.

    document: None where only the check is set; unguarded: whether AWS's check that the caller doesn't lock itself out
    is bypassed.
    """

    resource: str
    key: Ref
    arn: Text
    document: Document | None
    bypass_lockout_check: Flag
    location: Location = Location()
