"""The accounts that an audit reads: credentials, regions and the accounts file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from phi import validation_errors
from phi.audit.calls.ec2 import DESCRIBE_REGIONS
from phi.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi.errors import ConfigurationError, PhiError, RequestRejectedError, translate_aws_errors

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
    def account(self) -> str:
        return self.role_arn.split(":")[4]


class _AccountsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    accounts: tuple[AccountEntry, ...]


@dataclass(frozen=True)
class OpenAccount:
    """An account that can be read.

    Attributes:
        principal: the ARN of the session's caller.
    """

    session: boto3.Session
    account: AuditedAccount
    principal: str


@dataclass(frozen=True)
class InaccessibleAccount:
    """An account whose role couldn't be assumed.

    Attributes:
        account: the account ID.
        principal: the ARN of the role.
        reason: the error message.
    """

    account: str
    principal: str
    reason: str


def load(path: Path) -> tuple[AccountEntry, ...]:
    """Load the accounts file, which is YAML.

    Raises:
        ConfigurationError: with every error in the file.
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
        raise ConfigurationError(f"{path} lists no accounts: write accounts: [{{role_arn: …}}]")
    accounts = [entry.account for entry in entries]
    if duplicates := sorted({account for account in accounts if accounts.count(account) > 1}):
        raise ConfigurationError(f"{path} lists an account more than once: {', '.join(duplicates)}")
    return entries


def open_account(session: boto3.Session, regions: tuple[str, ...]) -> OpenAccount:
    """Return the account of a session's credentials.

    Args:
        session: the session.
        regions: the regions to read; if empty, all enabled regions.

    Raises:
        PhiError: if AWS doesn't return the caller's identity or the enabled regions.
    """
    home_region = session.region_name or next(iter(regions), None)
    if home_region is None:
        raise ConfigurationError("no region is set: pass --region or set AWS_REGION")
    with translate_aws_errors("sts:GetCallerIdentity"):
        identity = session.client("sts", region_name=home_region).get_caller_identity()
    account_id, arn = identity["Account"], identity["Arn"]
    partition = arn.split(":")[1]
    regions = regions or _enabled_regions(session, AuditedAccount(account_id, partition, (home_region,)))
    # Requests that aren't regional go to the first region.
    ordered = tuple(dict.fromkeys([*([home_region] if home_region in regions else []), *regions]))
    return OpenAccount(session, AuditedAccount(account_id, partition, ordered), arn)


def assume_role(base: boto3.Session, entry: AccountEntry) -> OpenAccount:
    """Return the account of an entry of the accounts file, opened through its role.

    Raises:
        PhiError: if the role can't be assumed.
    """
    request: dict[str, Any] = {"RoleArn": entry.role_arn, "RoleSessionName": SESSION_NAME}
    if entry.external_id:
        request["ExternalId"] = entry.external_id
    with translate_aws_errors(f"sts:AssumeRole in {entry.account}"):
        credentials = base.client("sts").assume_role(**request)["Credentials"]
    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=base.region_name or next(iter(entry.regions), None),
    )
    return open_account(session, entry.regions)


def try_assume_role(base: boto3.Session, entry: AccountEntry) -> OpenAccount | InaccessibleAccount:
    """Return the account of an entry, or the reason why it is inaccessible, so that the other accounts are read."""
    try:
        return assume_role(base, entry)
    except PhiError as error:
        return InaccessibleAccount(entry.account, entry.role_arn, str(error))


def _enabled_regions(session: boto3.Session, account: AuditedAccount) -> tuple[str, ...]:
    with AccountReader(session, account) as reader:
        regions = reader.list_all(DESCRIBE_REGIONS, "Regions", "the regions of the account")
    if isinstance(regions, FailedCall):
        raise RequestRejectedError(
            f"can't list the enabled regions: {DESCRIBE_REGIONS.action} failed with {regions.error_code}. "
            "Grant the permission, or name the regions with --region"
        )
    return tuple(sorted(region["RegionName"] for region in regions))
