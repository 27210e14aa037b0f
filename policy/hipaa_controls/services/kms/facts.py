"""Customer managed keys of AWS KMS, their policies and their grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Grant:
    """A grant of a key, which lets a principal use the key even if the key's policy doesn't name that principal.

    Attributes:
        arn: The key's ARN.
        grantee: The principal that may use the key: the ARN of an AWS principal, or a service principal. It is a
            StackResource if the stack declares the principal in the grant's account.
        retiring_principal: Another principal that may retire the grant; None if the grant names none.
        operations: The operations that the grantee may perform, such as `Decrypt`.
        encryption_context: The pairs that a constraint requires in the encryption context of a request. Those that
            aren't known are left out: the grantee chooses the encryption context, so they don't decide who gets access.
            A request with exactly these pairs satisfies both kinds of constraint, so the kind doesn't either.
    """

    resource: str
    arn: Text
    grantee: Ref
    retiring_principal: Ref
    operations: tuple[Text, ...] | Unknown
    encryption_context: Mapping[str, str] = field(hash=False)
    location: Location = Location()
