"""Lists buckets with their regions, and makes calls for one bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import settings
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# Passed because S3 returns the region of each bucket only if the request has a parameter:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
PAGE_SIZE = 1000

BucketRegions = Mapping[str, str | None]


def bucket_regions(reader: AccountReader, scope: Scope) -> BucketRegions | FailedCall:
    """Return the region of each bucket in scope, by name.

    A region is None if it couldn't be read. botocore then follows S3's redirect to the bucket's region.
    """
    if scope.buckets is not None:
        return dict(scope.buckets)
    listed = reader.list_all(calls.LIST_BUCKETS, "Buckets", "the buckets of the account", MaxBuckets=PAGE_SIZE)
    if isinstance(listed, FailedCall):
        return listed
    regions: dict[str, str | None] = {bucket["Name"]: bucket.get("BucketRegion") for bucket in listed}
    unlocated = [name for name, region in regions.items() if not region]
    responses = reader.map(unlocated, lambda name: call_for_bucket(reader, calls.GET_BUCKET_LOCATION, name, None))
    for name, response in zip(unlocated, responses, strict=True):
        if response is None:  # deleted since it was listed
            del regions[name]
        else:
            regions[name] = None if isinstance(response, FailedCall) else settings.parse_region(response)
    return regions


def call_for_bucket(
    reader: AccountReader, call: Call, name: str, region: str | None
) -> settings.Response | FailedCall | None:
    """Make a call for one bucket, as `AccountReader.call` does."""
    return reader.call(call, reader.account.bucket_arn(name), region, **_parameters(reader, name))


def list_for_bucket(
    reader: AccountReader, call: Call, result_key: str, name: str, region: str | None
) -> list[Any] | FailedCall:
    """Make a call that returns pages for one bucket, as `AccountReader.list_all` does."""
    return reader.list_all(call, result_key, reader.account.bucket_arn(name), region, **_parameters(reader, name))


def _parameters(reader: AccountReader, name: str) -> dict[str, str]:
    """Return the parameters that name a bucket, with ExpectedBucketOwner.

    S3 then denies access to a bucket of the same name in another account.
    """
    return {"Bucket": name, "ExpectedBucketOwner": reader.account.id}
