"""Checks of S3 Access Grants: the principals that get credentials, and for which data.

A location's role isn't checked here: only a role of the same account can be passed to a service
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html), and its policies have controls of their
own.
"""

from __future__ import annotations

import re

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import parse_resource_policy
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified
from hipaa_controls.services.s3.facts import AccessGrant, AccessGrantsLocation, AccessGrantsPolicy

DIRECTORY_IDENTITIES = ("DIRECTORY_USER", "DIRECTORY_GROUP")


def policy_for_trusted_accounts(policy: AccessGrantsPolicy, context: RuleContext) -> Finding:
    """Check the resource policy, by which other accounts list grants and request credentials.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-cross-accounts.html
    """
    arn, any_arn = policy.arn, f"arn:{policy.location.partition}:s3:{evaluator.ANY}:access-grants/default"
    resources = [arn, f"{arn}/{evaluator.ANY}"] if isinstance(arn, str) else [any_arn, evaluator.ANY]
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    parsed = parse_resource_policy(policy.document)
    return external_access.only_trusted_access(parsed, resources, trusted, "only trusted accounts may use the grants")


def grantee_is_trusted(grant: AccessGrant, context: RuleContext) -> Finding:
    """Check the grantee: a user or role by its account, a directory identity by the option ids.

    A directory may hold people from outside the hospital, and an ID doesn't say who is in a group.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_Grantee.html
    """
    kind, grantee = grant.grantee_type, grant.grantee
    if isinstance(kind, Unknown):
        return unverified(kind)
    if isinstance(grantee, StackResource):
        return passed("the grant is for a user or role of the stack")
    if isinstance(grantee, Unknown):
        return unverified(grantee)
    if grantee and grantee in context.options["ids"]:
        return passed("the grant is for a trusted ID")
    if kind in DIRECTORY_IDENTITIES:
        reason = "isn't known to be trusted; if it is, name it in the option ids"
        return unverified(Unknown("the directory identity of the grant", reason=reason))
    account = evaluator.account_of(grantee or "")
    trusted = TrustedParties.from_options(context.options, grant.location, grant.resource)
    if trusted.trusts(account):
        return passed("the grant is for a user or role of a trusted account")
    if not evaluator.is_account(account):
        return failed("the grantee is not the ARN of a user or role")
    return trusted.untrusted_finding(account, f"the grant is for a principal of account {account}, which isn't trusted")


def location_names_a_bucket(location: AccessGrantsLocation, _: RuleContext) -> Finding:
    scope = location.scope
    if isinstance(scope, Unknown):
        return unverified(scope)
    if not scope or not re.match(r"s3://[a-z0-9]", scope, re.IGNORECASE):
        return failed("the location is every bucket of the account in its region")
    return passed("the location is a bucket or a prefix")
