"""Statements of bucket policies: the denials that protect every bucket of the stack, and PHI buckets in particular."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.account import Account
from components.policy_document import Statement
from hipaa_controls.services.s3.protection_actions import DELETE_VERSION, PROTECTION_ACTIONS
from phi_buckets.scan_result import CLEAN, RESULT_TAG
from phi_buckets.stack.networks import Networks


def deny_insecure_transport(bucket_arn: str) -> list[Statement]:
    """Return statements that deny every request over plain HTTP, or over a TLS version before 1.2."""
    return [
        _deny(
            "DenyInsecureTransport", "s3:*", [bucket_arn, f"{bucket_arn}/*"], {"Bool": {"aws:SecureTransport": "false"}}
        ),
        _deny(
            "DenyOutdatedTls",
            "s3:*",
            [bucket_arn, f"{bucket_arn}/*"],
            {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        ),
    ]


def deny_external_principals(bucket_arn: str, account: Account, organization_id: str | None) -> Statement:
    """Return a statement that denies principals from outside the organization or, without one, outside the account.

    A negated operator also matches a missing key, as in an anonymous request. A service that acts for itself has no
    account; the statements that allow it restrict it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    trusted = {"aws:PrincipalOrgID": organization_id} if organization_id else {"aws:PrincipalAccount": account.id}
    external = {"StringNotEquals": trusted, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    return _deny("DenyExternalPrincipals", "s3:*", [bucket_arn, f"{bucket_arn}/*"], external)


def deny_protection_changes(bucket_arn: str, administrators: Sequence[str]) -> Statement:
    """Return a statement that lets only administrators delete versions or change the bucket's protection settings.

    It denies everyone else. Only the root user of the bucket's account may still read, replace and delete the policy
    itself, because S3 ignores its own policy there; an SCP or a resource control policy can stop that.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html

    Args:
        bucket_arn: The bucket's ARN.
        administrators: The ARNs of the IAM roles and users to exempt.
    """
    others = {"ArnNotEquals": {"aws:PrincipalArn": list(administrators)}}
    return _deny(
        "DenyProtectionChanges",
        # Without its metrics, no alarm would count the bucket's requests.
        [*PROTECTION_ACTIONS, DELETE_VERSION, "s3:PutMetricsConfiguration"],
        [bucket_arn, f"{bucket_arn}/*"],
        others,
    )


def deny_other_kms_keys(bucket_arn: str, key_arn: pulumi.Input[str]) -> list[Statement]:
    """Return statements that deny uploads encrypted with any other key than the bucket's, and changes to another key.

    An upload without an encryption header isn't denied: default encryption uses the bucket's key. A negated operator
    also matches a missing header, so the Null operator excludes that case. `aws:kms` without a key would use the AWS
    managed key aws/s3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html), so an
    upload that names an algorithm must name the key too. UpdateObjectEncryption always names a key:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/update-sse-encryption.html
    """
    another_key = {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn}}
    upload_with_another_key = {"Null": {"s3:x-amz-server-side-encryption": "false"}, **another_key}
    customer_provided_key = {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}
    return [
        _deny("DenyWrongKmsKey", "s3:PutObject", f"{bucket_arn}/*", upload_with_another_key),
        _deny("DenyUpdateToWrongKmsKey", "s3:UpdateObjectEncryption", f"{bucket_arn}/*", another_key),
        _deny("DenySseC", "s3:PutObject", f"{bucket_arn}/*", customer_provided_key),
    ]


def deny_other_networks(bucket_arn: str, networks: Networks, exempt: Sequence[str]) -> list[Statement]:
    """Return a statement that denies every request for an object from outside some networks; none if there are none.

    It denies no request about the bucket itself, such as a change of its policy. A request through a VPC endpoint has
    no aws:SourceIp, and any other has no aws:SourceVpce; a negated operator also matches a missing key, so a request is
    denied only if neither key has a listed value. AWS services call from networks of their own:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html

    Args:
        bucket_arn: The bucket's ARN.
        networks: The networks to allow.
        exempt: ARNs of IAM roles, or patterns of them, that may call from any network.
    """
    outside: dict[str, Any] = {}
    if networks.vpc_endpoints:
        outside["StringNotEquals"] = {"aws:SourceVpce": list(networks.vpc_endpoints)}
    if networks.address_ranges:
        outside["NotIpAddress"] = {"aws:SourceIp": list(networks.address_ranges)}
    if not outside:
        return []
    not_by_services = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}}
    others = {"ArnNotLike": {"aws:PrincipalArn": list(exempt)}}
    return [_deny("DenyOtherNetworks", "s3:*", f"{bucket_arn}/*", outside | not_by_services | others)]


def deny_unscanned_objects(bucket_arn: str, readers: Sequence[str], taggers: Sequence[str]) -> list[Statement]:
    """Return statements that deny reads of an object until GuardDuty has found no malware in it.

    GuardDuty tags each object with the result of its scan. An object without the tag isn't scanned yet, or couldn't be.
    IAM compares a tag's name without regard to case if it is part of a condition key, as s3:ExistingObjectTag/NAME is,
    so no other spelling of the name may be set either. A replication brings tags without naming them in its request.
    https://docs.aws.amazon.com/guardduty/latest/ug/tag-based-access-s3-malware-protection.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

    Args:
        bucket_arn: The bucket's ARN.
        readers: ARNs of IAM roles, or patterns of them, that may read every object.
        taggers: The ARNs of the only IAM roles that may set the tag.
    """
    not_clean = {"StringNotEquals": {f"s3:ExistingObjectTag/{RESULT_TAG}": CLEAN}}
    sets_tag = {"ForAnyValue:StringEqualsIgnoreCase": {"s3:RequestObjectTagKeys": RESULT_TAG}}
    not_tagger = {"ArnNotEquals": {"aws:PrincipalArn": list(taggers)}}
    return [
        _deny(
            "DenyReadsUnlessScanned",
            ["s3:GetObject", "s3:GetObjectVersion"],
            f"{bucket_arn}/*",
            not_clean | {"ArnNotLike": {"aws:PrincipalArn": list(readers)}},
        ),
        _deny(
            "DenyScanTags",
            ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"],
            f"{bucket_arn}/*",
            sets_tag | not_tagger,
        ),
        _deny("DenyReplicatedTags", "s3:ReplicateTags", f"{bucket_arn}/*", not_tagger),
    ]


def deny_legal_hold_changes(bucket_arn: str, role_arn: str) -> Statement:
    """Return a statement that lets only one role place and remove legal holds."""
    others = {"ArnNotEquals": {"aws:PrincipalArn": role_arn}}
    return _deny("DenyLegalHoldChanges", "s3:PutObjectLegalHold", f"{bucket_arn}/*", others)


def _deny(sid: str, actions: str | list[str], resources: str | list[str], condition: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": resources,
        "Condition": condition,
    }
