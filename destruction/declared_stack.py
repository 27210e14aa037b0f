"""The resources and policies that the program declares, from a run of it on Pulumi's mocks."""

from __future__ import annotations

import json
import os
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pulumi
import yaml
from moto.iam.aws_managed_policies import aws_managed_policies_data
from pulumi.runtime import mocks

ROOT = Path(__file__).parent.parent
ACCOUNT = "111122223333"
BACKUP_ACCOUNT = "444455556666"
"""The account that receives copies of the backups."""
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deployer"
# The ARN of each type that something here refers to. The names in braces are inputs, or those of _RecordingAws.
_ARNS = {
    "Bucket": "arn:aws:s3:::{bucket}",
    "EventRule": "arn:aws:events:{region}:{account}:rule/{name}",
    "Key": "arn:aws:kms:{region}:{account}:key/{logical_name}",
    "LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "MetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "ReplicaKey": "arn:aws:kms:{region}:{account}:key/{logical_name}",
    "Role": "arn:aws:iam::{account}:role/{name}",
    "Topic": "arn:aws:sns:{region}:{account}:{name}",
    "Trail": "arn:aws:cloudtrail:{region}:{account}:trail/{name}",
    "Vault": "arn:aws:backup:{region}:{account}:backup-vault:{name}",
}


@dataclass(frozen=True)
class Resource:
    """A resource as the program declares it."""

    type_name: str
    """The type without package and module, such as `Bucket`."""
    arn: str
    """The ARN that AWS would give it; empty for a type that isn't in `_ARNS`."""
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Role:
    """A role that the program declares."""

    arn: str
    description: str
    policies: tuple[str, ...]
    """The documents of its inline policies and managed policies."""


@dataclass(frozen=True)
class DeclaredStack:
    """The resources that the program declares."""

    resources: tuple[Resource, ...]

    def arns(self, *type_names: str, data_class: str | None = None) -> list[str]:
        """Return the ARNs of the resources of these types, or only of those whose data class tag has this value."""
        return [
            resource.arn
            for resource in self.resources
            if resource.type_name in type_names
            and data_class in (None, (resource.inputs.get("tags") or {}).get("DataClass"))
        ]

    def __add__(self, other: DeclaredStack) -> DeclaredStack:
        return DeclaredStack((*self.resources, *other.resources))

    @cached_property
    def policies(self) -> Mapping[str, str]:
        """The policies of resources, by the ARN of the resource."""
        return dict(self._resource_policies())

    def _resource_policies(self) -> Iterator[tuple[str, str]]:
        vaults = {resource.inputs["name"]: resource.arn for resource in self.resources if resource.type_name == "Vault"}
        for resource in self.resources:
            match resource.type_name:
                case "BucketPolicy":
                    yield f"arn:aws:s3:::{resource.inputs['bucket']}", resource.inputs["policy"]
                case "Key" | "ReplicaKey":
                    yield resource.arn, resource.inputs["policy"]
                case "TopicPolicy":
                    yield resource.inputs["arn"], resource.inputs["policy"]
                case "VaultPolicy":
                    yield vaults[resource.inputs["backupVaultName"]], resource.inputs["policy"]

    @property
    def roles(self) -> list[Role]:
        """The roles, by name. Pulumi registers resources in an order that differs from run to run."""
        roles = [
            Role(resource.arn, resource.inputs["description"], tuple(self._role_policies(resource.inputs["name"])))
            for resource in self.resources
            if resource.type_name == "Role"
        ]
        return sorted(roles, key=lambda role: role.arn)

    def _role_policies(self, role_name: str) -> Iterator[str]:
        for resource in self.resources:
            match resource.type_name:
                case "RolePolicy" if resource.inputs["role"] == role_name:
                    yield resource.inputs["policy"]
                case "RolePolicyAttachment" if resource.inputs["role"] == role_name:
                    yield managed_policy(resource.inputs["policyArn"].rpartition("/")[2])


def declared_stack(stack: str, settings: Mapping[str, Any]) -> DeclaredStack:
    """Return what the program declares for a stack of this repository.

    Args:
        stack: The stack, `dev` or `prod`.
        settings: Settings to override, by name without the prefix `phi:`.
    """
    values = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    values |= {f"phi:{name}": value for name, value in settings.items()}
    return _declared(ROOT, "phi", stack, values, _RecordingAws(ACCOUNT, settings.get("organizationId")))


def declared_backup_account(source_role_arn: str) -> DeclaredStack:
    """Return what the program of the backup account declares.

    Args:
        source_role_arn: The ARN of the role that copies backups into its vault.
    """
    settings = {"sourceRoleArn": source_role_arn, "minRetentionDays": 35, "lockGraceDays": 3}
    values = {"aws:region": "us-east-1"} | {f"backup-account:{name}": value for name, value in settings.items()}
    return _declared(
        ROOT / "examples" / "backup-account", "backup-account", "prod", values, _RecordingAws(BACKUP_ACCOUNT)
    )


def _declared(folder: Path, project: str, stack: str, values: Mapping[str, Any], aws: _RecordingAws) -> DeclaredStack:
    """Run a program without AWS, and return what it declares."""
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    os.environ["PULUMI_CONFIG"] = json.dumps(config)  # the program reads its settings there
    pulumi.runtime.set_all_config(config)
    pulumi.runtime.set_mocks(aws, project=project, stack=stack, preview=False)

    def run() -> None:
        runpy.run_path(str(folder / "__main__.py"))

    run_until_complete = pulumi.runtime.test(run)  # type: ignore[no-untyped-call]
    run_until_complete()
    return DeclaredStack(tuple(aws.resources))


def managed_policy(name: str) -> str:
    """Return the document of a policy that AWS manages, as the pinned moto has it."""
    return json.dumps(_managed_policies()[name]["Document"])


@lru_cache
def _managed_policies() -> Mapping[str, Any]:
    policies: Mapping[str, Any] = json.loads(aws_managed_policies_data)
    return policies


@dataclass
class _RecordingAws(mocks.Mocks):
    """Gives resources the ARNs and IDs that AWS would, and records them."""

    account: str
    organization: str | None = None
    """The ID of the account's organization."""
    resources: list[Resource] = field(default_factory=list)
    _regions: dict[str, str] = field(default_factory=dict)
    """The regions of the providers, by their logical names."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        type_name = args.typ.rsplit(":", 1)[-1]
        if args.typ == "pulumi:providers:aws":
            self._regions[args.name] = args.inputs["region"]
        region = self._regions.get((args.provider or "").split("::")[-2:][0], "")
        names = args.inputs | {"account": self.account, "region": region, "logical_name": args.name}
        arn = _ARNS.get(type_name, "").format_map(names)
        if args.custom:
            self.resources.append(Resource(type_name, arn, args.inputs))
        return args.inputs.get("bucket", args.name), {**args.inputs, "arn": arn, "keyId": args.name}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        deployer = f"arn:aws:iam::{self.account}:role/deployer"
        responses: dict[str, dict[str, Any]] = {
            "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": self.account, "arn": deployer},
            "aws:iam/getSessionContext:getSessionContext": {"issuerArn": deployer},
            "aws:iam/getRole:getRole": {"arn": f"arn:aws:iam::{self.account}:role/{args.args.get('name')}"},
            "aws:organizations/getOrganization:getOrganization": {"id": self.organization},
        }
        return responses[args.token], []
