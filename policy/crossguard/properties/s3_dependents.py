"""The properties of objects, of S3 Access Grants, and of Object Lambda and Multi-Region Access Points."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.s3 import OWN_ACCOUNT, PUBLIC_ACCESS_BLOCK, STORAGE_CLASS
from crossguard.properties.type_properties import TypeProperties

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
OBJECT_METADATA = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "metadata",
    "websiteRedirect",
)
OBJECT = TypeProperties(
    read=(
        "acl",
        "forceDestroy",
        "kmsKeyId",
        "objectLockMode",
        "objectLockRetainUntilDate",
        "serverSideEncryption",
    ),
    irrelevant={
        "what the object is, and never read": ("key", *OBJECT_METADATA),
        "the provider sends it only to turn a Bucket Key on": ("bucketKeyEnabled",),
        "how the provider finds or checks the contents": ("checksumAlgorithm",),
        "a legal hold only keeps the object longer": ("objectLockLegalHoldStatus",),
        "the tags of an object give no data class": ("overrideProvider",),
        STORAGE_CLASS: ("storageClass",),
    },
)
UPLOAD = TypeProperties(
    OBJECT.read,
    {
        **OBJECT.irrelevant,
        "the contents, which are never read": ("content", "contentBase64", "etag", "source", "sourceHash"),
    },
)
BUCKET_OBJECT_V1 = TypeProperties(
    OBJECT.read,
    {
        reason: tuple(name for name in names if name not in ("checksumAlgorithm", "overrideProvider"))
        for reason, names in UPLOAD.irrelevant.items()
    },
)

PROPERTIES: Mapping[str, TypeProperties] = {
    "aws:s3/bucketObject:BucketObject": BUCKET_OBJECT_V1,
    "aws:s3/bucketObjectv2:BucketObjectv2": UPLOAD,
    "aws:s3/objectCopy:ObjectCopy": TypeProperties(
        read=(
            *OBJECT.read,
            "customerAlgorithm",
            "customerKey",
            "customerKeyMd5",
            "expectedBucketOwner",
            "grants.email",
            "grants.id",
            "grants.uri",
            "source",
        ),
        irrelevant={
            **OBJECT.irrelevant,
            "when S3 copies, and what it keeps": (
                "copyIfMatch",
                "copyIfModifiedSince",
                "copyIfNoneMatch",
                "copyIfUnmodifiedSince",
                "expires",
                "metadataDirective",
                "taggingDirective",
            ),
            "a grant to everyone or to another account fails, whatever it allows": (
                "grants.permissions",
                "grants.type",
            ),
            "S3 refuses the request if another account owns the bucket": ("expectedSourceBucketOwner",),
            "only requests that have it can decrypt the object": ("kmsEncryptionContext",),
            "who pays for a request": ("requestPayer",),
            "the key that the source has, not the copy": (
                "sourceCustomerAlgorithm",
                "sourceCustomerKey",
                "sourceCustomerKeyMd5",
            ),
        },
    ),
    "aws:s3control/accessGrant:AccessGrant": TypeProperties(
        read=("grantee.granteeIdentifier", "grantee.granteeType"),
        irrelevant={
            **OWN_ACCOUNT,
            "the grantee has to be trusted, whatever it may do": (
                "accessGrantsLocationConfiguration",
                "accessGrantsLocationId",
                "permission",
                "s3PrefixType",
            ),
        },
    ),
    "aws:s3control/accessGrantsLocation:AccessGrantsLocation": TypeProperties(
        read=("locationScope",),
        irrelevant={
            **OWN_ACCOUNT,
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
            "it is a role of the same account, and roles are judged": ("iamRoleArn",),
        },
    ),
    "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy": TypeProperties(
        read=("policy",), irrelevant=OWN_ACCOUNT
    ),
    "aws:s3control/objectLambdaAccessPoint:ObjectLambdaAccessPoint": TypeProperties(
        read=(
            "configuration.supportingAccessPoint",
            "configuration.transformationConfigurations.contentTransformation.awsLambda.functionArn",
        ),
        irrelevant={
            **OWN_ACCOUNT,
            "which requests the function answers, and what it gets with them": (
                "configuration.allowedFeatures",
                "configuration.cloudWatchMetricsEnabled",
                "configuration.transformationConfigurations.actions",
                "configuration.transformationConfigurations.contentTransformation.awsLambda.functionPayload",
            ),
        },
    ),
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": TypeProperties(
        read=("policy",), irrelevant=OWN_ACCOUNT
    ),
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": TypeProperties(
        read=(
            "details.name",
            *(f"details.publicAccessBlock.{name}" for name in PUBLIC_ACCESS_BLOCK),
            "details.regions.bucket",
            "details.regions.bucketAccountId",
        ),
        irrelevant={**OWN_ACCOUNT, "AWS finds the bucket's region": ("details.regions.region",)},
    ),
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": TypeProperties(
        read=("details.name", "details.policy"), irrelevant=OWN_ACCOUNT
    ),
}
