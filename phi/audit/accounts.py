"""Whose accounts are read, in whose name, and in which regions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from phi import validation_errors
from phi.audit.calls import Call, ResourceType
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall
from phi.errors import ConfigurationError, PhiError, RequestRejectedError, translate_aws_errors

SESSION_NAME = "phi-audit"
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]

DESCRIBE_REGIONS = Call("ec2", "describe_regions", "ec2:DescribeRegions", ResourceType.ANY)
CALLS = (DESCRIBE_REGIONS,)


class AccountEntry(BaseModel):
    """A line of the accounts file: the role to take, what it asks for, and the regions; without them all enabled."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    role_arn: RoleArn
    external_id: str | None = None
    regions: tuple[Region, ...] = ()

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    accounts: tuple[AccountEntry, ...]


@dataclass(frozen=True)
class OpenAccount:
    """An account that can be read: its session, and the ARN in whose name."""

    session: boto3.Session
    account: AuditedAccount
    principal: str


@dataclass(frozen=True)
class InaccessibleAccount:
    """An account that couldn't be entered, and why."""

    account: str
    principal: str
    reason: str


def load(path: Path) -> tuple[AccountEntry, ...]:
    """The accounts file, YAML. Raises ConfigurationError with every fault of it."""
    try:
        entries = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).accounts
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} can't be read as YAML: {type(error).__name__}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path} can't be used: {validation_errors.format_validation_error(error)}") from None
    if not entries:
        raise ConfigurationError(f"{path} names no account: accounts: [{{role_arn: …}}]")
    accounts = [each.account for each in entries]
    if twice := sorted({each for each in accounts if accounts.count(each) > 1}):
        raise ConfigurationError(f"{path} names an account twice: {', '.join(twice)}")
    return entries


def open_account(session: boto3.Session, regions: tuple[str, ...]) -> OpenAccount:
    """The account of these credentials. Regions: all that are enabled, where none is named.

    Raises PhiError where AWS doesn't say whose credentials they are, or which regions there are.
    """
    home = session.region_name or next(iter(regions), None)
    if home is None:
        raise ConfigurationError("no region is set: name one with --region, or in AWS_REGION")
    with translate_aws_errors("sts:GetCallerIdentity"):
        told = session.client("sts", region_name=home).get_caller_identity()
    arn = told["Arn"]
    found = regions or _enabled_regions(session, AuditedAccount(told["Account"], arn.split(":")[1], (home,)))
    # The first is asked for what has no region of its own.
    ordered = tuple(dict.fromkeys([*([home] if home in found else []), *found]))
    return OpenAccount(session, AuditedAccount(told["Account"], arn.split(":")[1], ordered), arn)


def assume_role(base: boto3.Session, entry: AccountEntry) -> OpenAccount:
    """The account of an entry, through its role. Raises PhiError where the role can't be taken."""
    asked: dict[str, Any] = {"RoleArn": entry.role_arn, "RoleSessionName": SESSION_NAME}
    if entry.external_id:
        asked["ExternalId"] = entry.external_id
    with translate_aws_errors(f"sts:AssumeRole in {entry.account}"):
        given = base.client("sts").assume_role(**asked)
    keys = given["Credentials"]
    session = boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=base.region_name or next(iter(entry.regions), None),
    )
    return open_account(session, entry.regions)


def try_assume_role(base: boto3.Session, entry: AccountEntry) -> OpenAccount | InaccessibleAccount:
    """One account that can't be entered doesn't keep the others from being read."""
    try:
        return assume_role(base, entry)
    except PhiError as error:
        return InaccessibleAccount(entry.account, entry.role_arn, str(error))


def _enabled_regions(session: boto3.Session, account: AuditedAccount) -> tuple[str, ...]:
    with AccountReader(session, account) as reader:
        found = reader.pages(DESCRIBE_REGIONS, "Regions", "the regions of the account")
    if isinstance(found, FailedCall):
        raise RequestRejectedError(f"which regions are enabled can't be read ({found.error_code}): name them with --region")
    return tuple(sorted(each["RegionName"] for each in found))
