"""How much PHI there is, and how much is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from phi.errors import ConfigurationError
from phi.yaml_files import to_model, read_yaml

KB_PER_GB = 1024 * 1024
"""S3 counts in powers of two: https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html"""


def _reject_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is a number")
    return value


Number = Annotated[Decimal, BeforeValidator(_reject_bool)]
# Beyond these is a slip: an exabyte, and a hundred times the requests that S3's busiest buckets see.
Gigabytes = Annotated[Number, Field(ge=0, le=1_000_000_000)]
Count = Annotated[Number, Field(ge=0, le=10_000_000_000_000)]
Share = Annotated[Number, Field(ge=0, le=1)]
Kilobytes = Annotated[Number, Field(gt=0, le=50 * 1024 * KB_PER_GB)]  # S3's largest object is of 50 TB
RecordKilobytes = Annotated[Number, Field(gt=0, le=256)]  # CloudTrail's largest event


class Volumes(BaseModel):
    """A month's figures. Shares are from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    storage_gb: Gigabytes = Decimal(500)
    """PHI that is there at the start, without earlier versions."""
    growth_gb: Gigabytes = Decimal(20)
    """What is added in a month, net."""
    object_kb: Kilobytes = Decimal(1024)
    """An object's size, on average: all are taken to be of it."""
    reads: Count = Decimal(200_000)
    """GET and HEAD requests."""
    writes: Count = Decimal(50_000)
    """PUT, POST and COPY requests, each of a whole object; at least as many as growing and replacing take."""
    replaced_share: Share = Decimal("0.02")
    """Of the objects stored, how many are overwritten or deleted in a month; their versions are kept."""
    unread_30_days: Share = Decimal("0.7")
    """Of the GB stored, how much hasn't been read for thirty days or more."""
    unread_90_days: Share = Decimal("0.5")
    """Of the GB stored, how much hasn't been read for ninety days or more."""
    management_events: Count = Decimal(100_000)
    """The account's calls that CloudTrail records besides those on objects."""
    event_kb: RecordKilobytes = Decimal(2)
    """A CloudTrail event's size as JSON."""
    access_record_kb: RecordKilobytes = Decimal(1)
    """The size of a line of an access log."""
    bucket_key_saving: Share = Decimal("0.97")
    """The share of KMS requests that a Bucket Key saves.

    "up to 99 percent": https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    AWS's own trial saw 97: https://github.com/aws-samples/s3-bucketkey-poc
    """

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.unread_90_days > self.unread_30_days:
            raise ValueError("unread_90_days is within unread_30_days, and can't be more")
        return self

    def objects(self, gigabytes: Decimal) -> Decimal:
        return gigabytes * KB_PER_GB / self.object_kb


def load_volumes(path: Path | None, options: Mapping[str, str]) -> Volumes:
    """The file's, over which the options go; for the rest the defaults.

    Raises ConfigurationError that names every fault of both.
    """
    content = read_yaml(path) if path else {}
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} holds no names with values, such as storage_gb: 500")
    return to_model(Volumes, {**content, **options}, f"{path} with the options" if path else "the volumes")
