"""The facts that stand for the buckets of a type in a region where they couldn't be listed."""

from __future__ import annotations

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Location, Unknown
from hipaa_controls.services.s3.bucket_types import (
    BucketType,
    SpecialBucket,
    SpecialBucketEncryption,
    SpecialBucketPolicy,
)
from hipaa_controls.services.s3.facts import DefaultEncryption


def unlisted_buckets(arn: str, bucket_type: BucketType, unknown: Unknown, location: Location) -> tuple[Fact, ...]:
    encryption = DefaultEncryption(unknown, unknown)
    return (
        SpecialBucket(arn, bucket_type, tags=unknown, exists=unknown, location=location),
        SpecialBucketEncryption(arn, bucket_type, arn, None, encryption, location=location),
        SpecialBucketPolicy(arn, bucket_type, arn, arn, Document(unknown), location),
    )
