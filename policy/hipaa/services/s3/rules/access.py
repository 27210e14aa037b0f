"""Who gets at a bucket, and how: public access, strangers, transport, websites."""

from __future__ import annotations

import re
from dataclasses import fields

from hipaa import evaluator
from hipaa.access import external_access
from hipaa.access.policy_queries import ParsedPolicy, require_denied, parse_bucket_policy
from hipaa.model.rule import RuleContext
from hipaa.model.values import Document, Location, Unknown, is_enabled
from hipaa.model.verdict import Finding, Status, failed, passed, unverified
from hipaa.services.s3.facts import (
    AccessPoint,
    AccountPublicAccessBlock,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    ObjectOwnership,
    PublicAccessBlock,
    Website,
)

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
# The origins of pages that anybody can make, of which a sandboxed frame's is `null`.
ANY_PAGE = ("https://stranger.invalid", "http://stranger.invalid", "null")


def public_access_block(block: PublicAccessBlock, _: Bucket, __: RuleContext) -> Finding:
    return four_flags(block)


def account_public_access_block(account: AccountPublicAccessBlock, _: RuleContext) -> Finding:
    return four_flags(account.public_access_block)


def four_flags(block: PublicAccessBlock) -> Finding:
    flags = {_camel(field.name): getattr(block, field.name) for field in fields(block)}
    unknown = [flag for flag in flags.values() if isinstance(flag, Unknown)]
    off = [name for name, flag in flags.items() if is_enabled(flag) is False]
    if off:
        return failed(f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} not true")
    return unverified(*unknown) if unknown else passed("all four flags are on")


def acls_disabled(ownership: ObjectOwnership, _: Bucket, __: RuleContext) -> Finding:
    if isinstance(ownership.object_ownership, Unknown):
        return unverified(ownership.object_ownership)
    if ownership.object_ownership != "BucketOwnerEnforced":
        return failed(f"object ownership is {known(ownership.object_ownership, 'BucketOwnerPreferred', 'ObjectWriter')}")
    return passed("object ownership is BucketOwnerEnforced")


def no_public_grant_by(point: AccessPoint, _: RuleContext) -> Finding:
    if point.document is None:
        return passed("no policy lets anybody in")
    parsed = parse_bucket_policy(point.document)
    return external_access.public_access(parsed, reached_by(point)) if isinstance(parsed, ParsedPolicy) else parsed


def no_public_grant(grant: Acl | BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
    if isinstance(grant, BucketPolicy):
        parsed = parse_bucket_policy(grant.document)
        return external_access.public_access(parsed, resources(bucket)) if isinstance(parsed, ParsedPolicy) else parsed
    acls = (grant.canned, *grant.grantees)
    if any(isinstance(acl, str) and (acl in PUBLIC_ACLS or acl.endswith(PUBLIC_GROUPS)) for acl in acls):
        return failed("an ACL grants access to everyone, or to every AWS account")
    unknown = [acl for acl in acls if isinstance(acl, Unknown)]
    return unverified(*unknown) if unknown else passed("the ACL grants nothing to the public")


def no_external_access(policy: BucketPolicy, bucket: Bucket, context: RuleContext) -> Finding:
    return outside(policy.document, bucket.resource, resources(bucket), bucket.location, context)


def outside(document: Document, resource: str, reached: list[str], place: Location, context: RuleContext) -> Finding:
    """Whether a policy lets anyone in, or somebody who isn't trusted, or a service for somebody who isn't."""
    parsed = parse_bucket_policy(document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    trusted = external_access.TrustedParties.from_options(context.options, place, resource)
    findings = (judge(parsed, reached, trusted) for judge in (external_access.external_principals, external_access.service_access))
    return external_access.worst_finding(
        (external_access.public_access(parsed, reached), *findings),
        "only the account, those trusted and services that act for them are let in",
    )


def access_point_private(point: AccessPoint, context: RuleContext) -> Finding:
    """An access point that says nothing blocks public access: AWS's default, and fixed once it is made."""
    if isinstance(point.public_access_block, Unknown):
        return unverified(point.public_access_block)
    flags = [getattr(point.public_access_block, field.name) for field in fields(point.public_access_block)] if point.public_access_block else []
    if any(flag is not None and is_enabled(flag) is False for flag in flags):
        return failed("public access isn't blocked by all four flags")
    findings = [unverified(flag) for flag in flags if isinstance(flag, Unknown)]
    if point.document:
        findings.append(outside(point.document, point.resource, reached_by(point), point.location, context))
    return external_access.worst_finding(findings, "public access is blocked, and no stranger is let in")


def tls_only(policy: BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
    return all_denied(policy, bucket, {"over plain HTTP": {"aws:SecureTransport": "false"}})


def tls_1_2(policy: BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
    old = {
        f"over TLS {version}": {"aws:SecureTransport": "true", "s3:TlsVersion": version} for version in ("1.0", "1.1")
    }
    return all_denied(policy, bucket, old)


def all_denied(policy: BucketPolicy, bucket: Bucket, contexts: dict[str, dict[str, str]]) -> Finding:
    """Ask of every request that there can be in a context: the bucket and any object, any action, anyone."""
    parsed = parse_bucket_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    for how, context in contexts.items():
        for resource, what in ((bucket.arn, "the bucket"), (f"{bucket.arn}/{evaluator.ANY}", "its objects")):
            request = evaluator.Request("s3:" + evaluator.ANY, resource, evaluator.ANYONE, context)
            finding = require_denied(parsed, request, f"some request {how} on {what} isn't denied")
            if finding.status is not Status.PASS:
                return finding
    return passed(f"every request {' or '.join(contexts)} is denied")


def no_website(website: Website, _: Bucket, __: RuleContext) -> Finding:
    if isinstance(website.hosted, Unknown):
        return unverified(website.hosted)
    return failed("static website hosting is on")


def cors(cors: Cors, _: Bucket, __: RuleContext) -> Finding:
    if any(_allows(origin, page) for origin in cors.allowed_origins if isinstance(origin, str) for page in ANY_PAGE):
        return failed("a CORS rule allows any origin")
    unknown = [origin for origin in cors.allowed_origins if isinstance(origin, Unknown)]
    return unverified(*unknown) if unknown else passed("each CORS rule names its origins")


def _allows(origin: str, page: str) -> bool:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html: `*` stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, origin.split("*"))), page) is not None


def resources(bucket: Bucket) -> list[str]:
    """The bucket and its objects, or anything while its name isn't known."""
    return [bucket.arn, f"{bucket.arn}/{evaluator.ANY}"] if isinstance(bucket.arn, str) else [evaluator.ANY]


def reached_by(point: AccessPoint) -> list[str]:
    """An access point and the objects behind it, or anything while its ARN isn't known."""
    return [point.arn, f"{point.arn}/object/{evaluator.ANY}"] if isinstance(point.arn, str) else [evaluator.ANY]


def known(value: object, *words: str) -> str:
    """A value to show, if it is one of AWS's words: a program may have put a secret there."""
    if value is None or value == "":
        return "not given"
    return str(value) if value in words else f"none of {', '.join(('what is required', *words))}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
