"""The input volumes of the estimate: the PHI stored in each bucket, and its use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from phi_buckets.errors import ConfigurationError
from phi_buckets.yaml_files import read_yaml, to_model

KB_PER_GB = 1024 * 1024
"""S3 counts in powers of two: https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html"""


def _reject_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


Number = Annotated[Decimal, BeforeValidator(_reject_bool)]
# A higher value is a typo: the limits are an exabyte, and a hundred times the requests of S3's busiest buckets.
Gigabytes = Annotated[Number, Field(ge=0, le=1_000_000_000)]
Count = Annotated[Number, Field(ge=0, le=10_000_000_000_000)]
Share = Annotated[Number, Field(ge=0, le=1)]
Kilobytes = Annotated[Number, Field(gt=0, le=50 * 1024 * KB_PER_GB)]  # S3's largest object is 50 TB
RecordKilobytes = Annotated[Number, Field(gt=0, le=256)]  # CloudTrail's largest event


class BucketVolumes(BaseModel):
    """Volumes of one PHI bucket per month. Shares are between 0 and 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    storage_gb: Gigabytes = Decimal(500)
    """PHI stored at the start, without noncurrent versions."""
    growth_gb: Gigabytes = Decimal(20)
    """Net growth per month."""
    object_kb: Kilobytes = Decimal(1024)
    """The average object size. Every object is assumed to have it."""
    reads: Count = Decimal(200_000)
    """GET and HEAD requests per month."""
    writes: Count = Decimal(50_000)
    """PUT, POST and COPY requests per month, one per object. Raised if growth and replacement need more."""
    replaced_share: Share = Decimal("0.02")
    """The share of the objects that is overwritten or deleted per month. Their earlier versions are retained."""
    unread_30_days: Share = Decimal("0.7")
    """The share of the GB that hasn't been read for 30 days or more."""
    unread_90_days: Share = Decimal("0.5")
    """The share of the GB that hasn't been read for 90 days or more."""
    event_kb: RecordKilobytes = Decimal(2)
    """The size of a CloudTrail event as JSON."""
    access_record_kb: RecordKilobytes = Decimal(1)
    """The size of one record in an access log."""
    bucket_key_saving: Share = Decimal("0.97")
    """The share of KMS requests that a Bucket Key saves.

    "up to 99 percent": https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    AWS's own test measured 97: https://github.com/aws-samples/s3-bucketkey-poc
    """

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.unread_90_days > self.unread_30_days:
            raise ValueError("unread_90_days must not exceed unread_30_days, which includes it")
        return self

    def object_count(self, gigabytes: Decimal) -> Decimal:
        return gigabytes * KB_PER_GB / self.object_kb


class Volumes(BucketVolumes):
    """Volumes of a stack per month: those of each PHI bucket that has none of its own in `buckets`."""

    management_events: Count = Decimal(100_000)
    """API calls of the account per month that CloudTrail records, other than those on objects."""
    config_items: Count = Decimal(1_000)
    """Changes of the account's resources per month that AWS Config records, in all regions of the stack."""
    config_evaluations: Count = Decimal(5_000)
    """Evaluations of AWS Config rules per month, in all regions of the stack: of each resource that a rule checks, when
    it changes or once a day. By default, more than one a day for each rule of prod."""
    athena_scanned_gb: Gigabytes = Decimal(10)
    """Data of the audit trail, compressed, that queries in Athena scan per month."""
    buckets: dict[str, BucketVolumes] = {}
    """Volumes of buckets, by their names in `phi:buckets`. What they leave out is the stack's."""

    @model_validator(mode="before")
    @classmethod
    def _complete_buckets(cls, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get("buckets"), dict):
            return content
        defaults = {name: value for name, value in content.items() if name in BucketVolumes.model_fields}
        buckets = {
            name: defaults | (own or {}) if own is None or isinstance(own, dict) else own
            for name, own in content["buckets"].items()
        }
        return content | {"buckets": buckets}

    def for_bucket(self, name: str) -> BucketVolumes:
        return self.buckets.get(name, self)

    def without_bucket_keys(self) -> Volumes:
        """Return the volumes as if no bucket had a Bucket Key."""
        saving = {"bucket_key_saving": Decimal(0)}
        buckets = {name: volumes.model_copy(update=saving) for name, volumes in self.buckets.items()}
        return self.model_copy(update=saving | {"buckets": buckets})


def load_volumes(path: Path | None, options: Mapping[str, str]) -> Volumes:
    """Return the volumes in a file, overridden by options. Volumes in neither have their defaults.

    A bucket's own volumes come from the file only.

    Args:
        path: A YAML file, if any.
        options: Values from the command line, by the name of the field.

    Raises:
        ConfigurationError: Lists every problem of both.
    """
    content = read_yaml(path) if path else {}
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is not a mapping of names to values, such as storage_gb: 500")
    return to_model(Volumes, {**content, **options}, f"{path} or an option" if path else "the volumes")


def require_buckets(volumes: Volumes, names: Collection[str]) -> None:
    """Raise ConfigurationError if there are volumes of buckets other than these, which are the stack's."""
    if unknown := [name for name in volumes.buckets if name not in names]:
        raise ConfigurationError(
            f"the volumes have buckets that the stack doesn't have: {', '.join(unknown)}; its buckets are "
            f"{', '.join(names)}. Name the stack's settings file with --settings"
        )
