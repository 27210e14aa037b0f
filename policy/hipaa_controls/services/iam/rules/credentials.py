"""Checks of long-lived credentials: IAM users and the root user."""

from __future__ import annotations

from hipaa_controls.model.property_checks import negated, require_all
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified
from hipaa_controls.services.iam.facts import RootUser, UserAccess


def no_users(access: UserAccess, _: RuleContext) -> Finding:
    if isinstance(access.kind, Unknown):
        return unverified(access.kind)
    return failed(f"{access.kind} is declared")


def root_mfa(root: RootUser, _: RuleContext) -> Finding:
    """Check the root user. Without credentials it needs no MFA, because it can't recover its password either.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-access-management.html
    """
    if (root.has_password, root.has_access_keys, root.has_signing_certificates) == (False, False, False):
        return passed("the root user has no credentials")
    return require_all(
        [
            (negated(root.has_access_keys), "the root user has an access key"),
            (root.mfa_enabled, "the root user has no MFA"),
        ],
        "the root user has MFA and no access key",
    )
