"""Whose accounts are read, in whose name, and in which regions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from phi import validation_errors
from phi.audit.calls import Call, On
from phi.audit.reader import Account, Reader, Unread
from phi.errors import ConfigurationError, PhiError, RefusedError, boundary

SESSION_NAME = "phi-audit"
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]

ENABLED_REGIONS = Call("ec2", "describe_regions", "ec2:DescribeRegions", On.ANYTHING)
CALLS = (ENABLED_REGIONS,)


class Entry(BaseModel):
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
    accounts: tuple[Entry, ...]


@dataclass(frozen=True)
class Entered:
    """An account that can be read: its session, and the ARN in whose name."""

    session: boto3.Session
    account: Account
    principal: str


@dataclass(frozen=True)
class Shut:
    """An account that couldn't be entered, and why."""

    account: str
    principal: str
    why: str


def load(path: Path) -> tuple[Entry, ...]:
    """The accounts file, YAML. Raises ConfigurationError with every fault of it."""
    try:
        entries = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).accounts
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} can't be read as YAML: {type(error).__name__}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path} can't be used: {validation_errors.told(error)}") from None
    if not entries:
        raise ConfigurationError(f"{path} names no account: accounts: [{{role_arn: …}}]")
    accounts = [each.account for each in entries]
    if twice := sorted({each for each in accounts if accounts.count(each) > 1}):
        raise ConfigurationError(f"{path} names an account twice: {', '.join(twice)}")
    return entries


def enter(session: boto3.Session, regions: tuple[str, ...]) -> Entered:
    """The account of these credentials. Regions: all that are enabled, where none is named.

    Raises PhiError where AWS doesn't say whose credentials they are, or which regions there are.
    """
    home = session.region_name or next(iter(regions), None)
    if home is None:
        raise ConfigurationError("no region is set: name one with --region, or in AWS_REGION")
    with boundary("sts:GetCallerIdentity"):
        told = session.client("sts", region_name=home).get_caller_identity()
    arn = told["Arn"]
    found = regions or _enabled(session, Account(told["Account"], arn.split(":")[1], (home,)))
    # The first is asked for what has no region of its own.
    ordered = tuple(dict.fromkeys([*([home] if home in found else []), *found]))
    return Entered(session, Account(told["Account"], arn.split(":")[1], ordered), arn)


def assume(base: boto3.Session, entry: Entry) -> Entered:
    """The account of an entry, through its role. Raises PhiError where the role can't be taken."""
    asked: dict[str, Any] = {"RoleArn": entry.role_arn, "RoleSessionName": SESSION_NAME}
    if entry.external_id:
        asked["ExternalId"] = entry.external_id
    with boundary(f"sts:AssumeRole in {entry.account}"):
        given = base.client("sts").assume_role(**asked)
    keys = given["Credentials"]
    session = boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=base.region_name or next(iter(entry.regions), None),
    )
    return enter(session, entry.regions)


def assume_or_tell(base: boto3.Session, entry: Entry) -> Entered | Shut:
    """One account that can't be entered doesn't keep the others from being read."""
    try:
        return assume(base, entry)
    except PhiError as error:
        return Shut(entry.account, entry.role_arn, str(error))


def _enabled(session: boto3.Session, account: Account) -> tuple[str, ...]:
    with Reader(session, account) as reader:
        found = reader.pages(ENABLED_REGIONS, "Regions", "the regions of the account")
    if isinstance(found, Unread):
        raise RefusedError(f"which regions are enabled can't be read ({found.code}): name them with --region")
    return tuple(sorted(each["RegionName"] for each in found))
