"""Checks of who can reach a bucket, and how: public and external access, transport, websites, CORS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy, require_denied
from hipaa_controls.model import wildcards
from hipaa_controls.model.property_checks import one_of
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Document, Location, Unknown, is_enabled
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified, worst_finding
from hipaa_controls.services.s3.facts import (
    AccessPoint,
    AccountPublicAccessBlock,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    PublicAccessBlock,
    Website,
)

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
# Origins of pages that an attacker can publish. A sandboxed frame has the origin `null`.
FOREIGN_ORIGINS = ("https://foreign.invalid", "http://foreign.invalid", "null")

acls_disabled = one_of(
    "object_ownership",
    ("BucketOwnerEnforced",),
    "object ownership",
    other_values=("BucketOwnerPreferred", "ObjectWriter"),
)


def public_access_block(block: PublicAccessBlock, *_: object) -> Finding:
    flags = {_camel_case(field.name): getattr(block, field.name) for field in fields(block)}
    off = [name for name, flag in flags.items() if is_enabled(flag) is False]
    if off:
        return failed(f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} not true")
    unknowns = [flag for flag in flags.values() if isinstance(flag, Unknown)]
    return unverified(*unknowns) if unknowns else passed("all four flags are true")


def account_public_access_block(account: AccountPublicAccessBlock, _: RuleContext) -> Finding:
    return public_access_block(account.public_access_block)


def no_public_grant(grant: Acl | BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
    if isinstance(grant, BucketPolicy):
        return check_public_access(grant.document, bucket_resources(bucket))
    return check_acl(grant)


def check_acl(acl: Acl) -> Finding:
    """Check that the ACL of a bucket or an object gives no group of the public access."""
    acls = (acl.canned, *acl.grantees)
    if any(isinstance(entry, str) and (entry in PUBLIC_ACLS or entry.endswith(PUBLIC_GROUPS)) for entry in acls):
        return failed("an ACL grants access to everyone, or to every AWS account")
    unknowns = [entry for entry in acls if isinstance(entry, Unknown)]
    return unverified(*unknowns) if unknowns else passed("the ACL grants no public access")


def no_public_grant_by_access_point(point: AccessPoint, _: RuleContext) -> Finding:
    if point.document is None:
        return passed("no policy grants access")
    return check_public_access(point.document, access_point_resources(point))


def check_public_access(document: Document, resources: list[str]) -> Finding:
    parsed = parse_bucket_policy(document)
    return external_access.public_access(parsed, resources) if isinstance(parsed, ParsedPolicy) else parsed


def no_external_access(policy: BucketPolicy, bucket: Bucket, context: RuleContext) -> Finding:
    return check_only_trusted_access(
        policy.document, bucket.resource, bucket_resources(bucket), bucket.location, context
    )


def access_point_private(point: AccessPoint, context: RuleContext) -> Finding:
    """Check an access point. A flag that isn't set is on, and no flag can be changed later.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/multi-region-access-point-block-public-access.html
    """
    block = point.public_access_block
    if isinstance(block, Unknown):
        return unverified(block)
    flags = [getattr(block, field.name) for field in fields(block)] if block else []
    if any(flag is not None and is_enabled(flag) is False for flag in flags):
        return failed("public access isn't blocked by all four flags")
    findings = [unverified(flag) for flag in flags if isinstance(flag, Unknown)]
    if point.document:
        resources = access_point_resources(point)
        findings.append(check_only_trusted_access(point.document, point.resource, resources, point.location, context))
    return worst_finding(findings, "public access is blocked, and only trusted principals are granted access")


def check_only_trusted_access(
    document: Document, resource: str, resources: list[str], location: Location, context: RuleContext
) -> Finding:
    """Check that a policy grants access to trusted principals only.

    Args:
        document: The policy of a bucket, a table or an access point.
        resource: The URN or ARN of the resource that has the policy, for messages.
        resources: The ARNs that the policy controls access to.
        location: The location of that resource.
        context: The rule's context, with the options `accounts` and `organizations`.
    """
    trusted = TrustedParties.from_options(context.options, location, resource)
    success = "only trusted accounts, and services that act for them, are granted access"
    return external_access.only_trusted_access(parse_bucket_policy(document), resources, trusted, success)


def every_request_denied(
    contexts: Mapping[str, Mapping[str, str]],
) -> Callable[[BucketPolicy, Bucket, RuleContext], Finding]:
    """Check that a bucket policy denies every request in some contexts, to the bucket and to any object, by anyone.

    Args:
        contexts: Condition keys with their values, by a phrase that follows "request".
    """

    def check(policy: BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
        parsed = parse_bucket_policy(policy.document)
        if not isinstance(parsed, ParsedPolicy):
            return parsed
        if isinstance(bucket.arn, Unknown):
            return unverified(bucket.arn)
        for phrase, context in contexts.items():
            for resource, name in ((bucket.arn, "the bucket"), (f"{bucket.arn}/{evaluator.ANY}", "its objects")):
                request = evaluator.Request("s3:" + evaluator.ANY, resource, evaluator.ANYONE, context)
                finding = require_denied(parsed, request, f"some request {phrase} to {name} isn't denied")
                if finding.status is not Status.PASS:
                    return finding
        return passed(f"every request {' or '.join(contexts)} is denied")

    return check


tls_only = every_request_denied({"over plain HTTP": {"aws:SecureTransport": "false"}})
tls_1_2 = every_request_denied(
    {f"over TLS {version}": {"aws:SecureTransport": "true", "s3:TlsVersion": version} for version in ("1.0", "1.1")}
)


def no_website(website: Website, *_: object) -> Finding:
    if isinstance(website.hosted, Unknown):
        return unverified(website.hosted)
    return failed("static website hosting is enabled")


def cors(rules: Cors, *_: object) -> Finding:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html: a `*` stands for any text.
    origins = rules.allowed_origins
    if any(
        wildcards.matches(pattern, origin)
        for pattern in origins
        if isinstance(pattern, str)
        for origin in FOREIGN_ORIGINS
    ):
        return failed("a CORS rule allows any origin")
    unknowns = [origin for origin in origins if isinstance(origin, Unknown)]
    return unverified(*unknowns) if unknowns else passed("every CORS rule names its origins")


def bucket_resources(bucket: Bucket) -> list[str]:
    """Return the ARNs of the bucket and of its objects, or evaluator.ANY while its name isn't known."""
    return [bucket.arn, f"{bucket.arn}/{evaluator.ANY}"] if isinstance(bucket.arn, str) else [evaluator.ANY]


def access_point_resources(point: AccessPoint) -> list[str]:
    """Return the ARNs of an access point and of its objects, or evaluator.ANY while its ARN isn't known."""
    return [point.arn, f"{point.arn}/object/{evaluator.ANY}"] if isinstance(point.arn, str) else [evaluator.ANY]


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
