"""Which buckets there are and where, and how one of them is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phi.audit.calls import Call
from phi.audit.collect import s3_calls
from phi.audit.collect import s3_settings as settings
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

# With any parameter S3 tells the region of each bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
PAGE = 1000

Regions = Mapping[str, str | None]


def regions(reader: AccountReader, scope: Scope) -> Regions | FailedCall:
    """The region of each bucket by its name; None where it can't be read, and botocore finds it out by itself."""
    if scope.buckets is not None:
        return dict(scope.buckets)
    listed = reader.pages(s3_calls.LIST_BUCKETS, "Buckets", "the buckets of the account", MaxBuckets=PAGE)
    if isinstance(listed, FailedCall):
        return listed
    told: dict[str, str | None] = {each["Name"]: each.get("BucketRegion") for each in listed}
    untold = [name for name, region in told.items() if not region]
    located = reader.map(untold, lambda name: ask(reader, s3_calls.LOCATION, name, None))
    for name, answer in zip(untold, located, strict=True):
        if answer is None:  # it is gone by now
            del told[name]
        else:
            told[name] = None if isinstance(answer, FailedCall) else settings.region(answer)
    return told


def ask(reader: AccountReader, call: Call, name: str, region: str | None) -> settings.Answer | FailedCall | None:
    """As the account's own bucket: one of that name that somebody else has made in its stead refuses."""
    owner = reader.account.id
    return reader.call(call, reader.account.bucket_arn(name), region, Bucket=name, ExpectedBucketOwner=owner)


def pages(reader: AccountReader, call: Call, result: str, name: str, region: str | None) -> list[Any] | FailedCall:
    owner = reader.account.id
    return reader.pages(call, result, reader.account.bucket_arn(name), region, Bucket=name, ExpectedBucketOwner=owner)
