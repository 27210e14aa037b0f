"""The accounts that an audit reads: credentials, regions and the accounts file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from phi_buckets import validation_errors
from phi_buckets.audit.calls.ec2 import DESCRIBE_REGIONS
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import ConfigurationError, PhiError, RequestRejectedError

SESSION_NAME = "phi-audit"
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]


class AccountEntry(BaseModel):
    """An entry of the accounts file: the role to assume, its external ID, and the regions to read.

    Without regions, all enabled regions are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    role_arn: RoleArn
    external_id: str | None = None
    regions: tuple[Region, ...] = ()

    @property
    def account_id(self) -> str:
        return self.role_arn.split(":")[4]


class _AccountsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    accounts: tuple[AccountEntry, ...]


@dataclass(frozen=True)
class OpenAccount:
    """An account that can be read.

    Attributes:
        principal: The ARN of the session's caller.
    """

    session: boto3.Session
    account: AuditedAccount
    principal: str


@dataclass(frozen=True)
class InaccessibleAccount:
    """An account whose role couldn't be assumed.

    Attributes:
        account_id: The account ID.
        principal: The ARN of the role.
        reason: The error message.
    """

    account_id: str
    principal: str
    reason: str


def load(path: Path) -> tuple[AccountEntry, ...]:
    """Return the entries of the accounts file, which is YAML.

    Raises:
        ConfigurationError: The file is invalid. The message lists every error.
    """
    try:
        entries = _AccountsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).accounts
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"can't read {path} as YAML: {type(error).__name__}") from None
    except ValidationError as error:
        raise ConfigurationError(
            f"{path} is not a valid accounts file: {validation_errors.format_validation_error(error)}"
        ) from None
    if not entries:
        raise ConfigurationError(f"{path} lists no accounts: it must have the form accounts: [{{role_arn: …}}]")
    accounts = [entry.account_id for entry in entries]
    if duplicates := sorted({account for account in accounts if accounts.count(account) > 1}):
        raise ConfigurationError(f"{path} lists an account more than once: {', '.join(duplicates)}")
    return entries


def open_account(session: boto3.Session, regions: tuple[str, ...]) -> OpenAccount:
    """Return the account of a session's credentials.

    Args:
        session: The session.
        regions: The regions to read; if empty, all enabled regions.

    Raises:
        ConfigurationError: There is no region: the session has none, and `regions` is empty.
        PhiError: AWS doesn't return the caller's identity or the enabled regions.
    """
    default_region = session.region_name or next(iter(regions), None)
    if default_region is None:
        raise ConfigurationError("no region is set: pass --region or set AWS_REGION")
    with translate_aws_errors("sts:GetCallerIdentity"):
        identity = session.client("sts", region_name=default_region).get_caller_identity()
    account_id, arn = identity["Account"], identity["Arn"]
    partition = arn.split(":")[1]
    regions = regions or _enabled_regions(session, AuditedAccount(account_id, partition, (default_region,)))
    # Calls to global services go to the first region.
    ordered = tuple(dict.fromkeys([*([default_region] if default_region in regions else []), *regions]))
    return OpenAccount(session, AuditedAccount(account_id, partition, ordered), arn)


def assume_role(base_session: boto3.Session, entry: AccountEntry) -> OpenAccount:
    """Assume the role of an entry of the accounts file, and return its account.

    Raises:
        PhiError: The role can't be assumed.
    """
    request: dict[str, Any] = {"RoleArn": entry.role_arn, "RoleSessionName": SESSION_NAME}
    if entry.external_id:
        request["ExternalId"] = entry.external_id
    with translate_aws_errors(f"sts:AssumeRole in {entry.account_id}"):
        credentials = base_session.client("sts").assume_role(**request)["Credentials"]
    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=base_session.region_name or next(iter(entry.regions), None),
    )
    return open_account(session, entry.regions)


def try_assume_role(base_session: boto3.Session, entry: AccountEntry) -> OpenAccount | InaccessibleAccount:
    """Return the account of an entry, or the reason why it is inaccessible instead of raising an error.

    The audit then continues with the other accounts.
    """
    try:
        return assume_role(base_session, entry)
    except PhiError as error:
        return InaccessibleAccount(entry.account_id, entry.role_arn, str(error))


def _enabled_regions(session: boto3.Session, account: AuditedAccount) -> tuple[str, ...]:
    with AccountReader(session, account) as reader:
        regions = reader.list_all(DESCRIBE_REGIONS, "Regions", "the regions of the account")
    if isinstance(regions, FailedCall):
        raise RequestRejectedError(
            f"can't list the enabled regions: {DESCRIBE_REGIONS.action} failed with {regions.error_code}. "
            "Grant the permission, or name the regions with --region or in the accounts file"
        )
    return tuple(sorted(region["RegionName"] for region in regions))
