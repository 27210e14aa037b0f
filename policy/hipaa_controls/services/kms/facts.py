"""Customer managed keys of AWS KMS."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Document, Flag, Location, Number, Ref, Text, Unknown

# In policy documents, the ARN of a key that AWS hasn't created yet is this prefix and the key's name.
PLACEHOLDER_ARN_PREFIX = "arn:aws:kms:here:here:key/"


@dataclass(frozen=True)
class Key:
    """A KMS key.

    Attributes:
        key_type: `symmetric`, `imported`, `replica` (of a multi-Region key) or `other` (asymmetric, HMAC or in a
            custom key store). Unknown while it depends on a value that isn't known.
        rotation_period_days: AWS's default, 365, where it is None.
        deletion_window_days: The waiting period before deletion. AWS's default, 30, where it is None.
        state: The state of a live key, such as `Enabled` or `PendingDeletion`.
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
        """The ARN that policy documents contain while the key's ARN isn't known."""
        return PLACEHOLDER_ARN_PREFIX + self.resource.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class KeyPolicy:
    """The policy of a key. A key without one has AWS's default policy, which grants access only to its own account.

    Attributes:
        document: None where the resource declares no policy and sets only `bypass_lockout_check`.
        bypass_lockout_check: Whether KMS skips its check that the caller can still change the policy.
    """

    resource: str
    key: Ref
    arn: Text
    document: Document | None
    bypass_lockout_check: Flag
    location: Location = Location()
