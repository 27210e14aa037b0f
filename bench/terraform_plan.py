"""The program of bench/large_program as a Terraform plan, in the JSON of `terraform show -json`, made without Terraform.

It has what is configured. What the provider would add (defaults, and what AWS will make) is left out.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.large_program.bucket import KEY, LOG_BUCKET, bucket_name, policy

PROVIDER = "registry.terraform.io/hashicorp/aws"


@dataclass(frozen=True)
class Reference:
    """An attribute of another resource, which isn't known before that exists."""

    resource: str
    attribute: str


@dataclass(frozen=True)
class Resource:
    type: str
    name: str
    arguments: Mapping[str, Any]

    @property
    def identity(self) -> dict[str, str]:
        return {"address": f"{self.type}.{self.name}", "mode": "managed", "type": self.type, "name": self.name}


def plan(buckets: int) -> dict[str, Any]:
    key = Resource("aws_kms_key", KEY, {"enable_key_rotation": True, "deletion_window_in_days": 30})
    resources = [key, *(resource for at in range(buckets) for resource in declared(bucket_name(at)))]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [planned(each) for each in resources]}},
        "resource_changes": [change(each) for each in resources],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER}},
            "root_module": {"resources": [configured(each) for each in resources]},
        },
    }


def declared(name: str) -> Iterator[Resource]:
    """A bucket and its companions, as bench/large_program declares them."""
    of_bucket = {"bucket": Reference(f"aws_s3_bucket.{name}", "id")}
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": Reference(f"aws_kms_key.{KEY}", "arn")}
    encryption = {"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}
    lifecycle = {
        "id": "keep-earlier-versions",
        "status": "Enabled",
        "filter": [{}],
        "noncurrent_version_expiration": [{"noncurrent_days": 2555}],
        "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
    }
    closed = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    companions: dict[str, dict[str, Any]] = {
        "public_access_block": dict.fromkeys(closed, True),
        "ownership_controls": {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
        "versioning": {"versioning_configuration": [{"status": "Enabled"}]},
        "server_side_encryption_configuration": {"rule": [encryption]},
        "policy": {"policy": policy(name)},
        "logging": {"target_bucket": LOG_BUCKET, "target_prefix": f"{name}/"},
        "lifecycle_configuration": {"rule": [lifecycle]},
    }
    yield Resource("aws_s3_bucket", name, {"bucket": name, "tags": {"DataClass": "PHI"}})
    for companion, arguments in companions.items():
        yield Resource(f"aws_s3_bucket_{companion}", name, of_bucket | arguments)


def planned(resource: Resource) -> dict[str, Any]:
    return {**resource.identity, "provider_name": PROVIDER, "schema_version": 0, "values": known(resource.arguments)}


def change(resource: Resource) -> dict[str, Any]:
    made = {
        "actions": ["create"],
        "before": None,
        "after": known(resource.arguments),
        "after_unknown": {"id": True, **unknown(resource.arguments)},
    }
    return {**resource.identity, "provider_name": PROVIDER, "change": made}


def configured(resource: Resource) -> dict[str, Any]:
    expressions = {name: expression(value) for name, value in resource.arguments.items()}
    return {**resource.identity, "provider_config_key": "aws", "expressions": expressions, "schema_version": 0}


def known(value: Any) -> Any:
    """A value without the references in it."""
    if isinstance(value, Mapping):
        return {name: known(each) for name, each in value.items() if not isinstance(each, Reference)}
    return [known(each) for each in value] if isinstance(value, list) else value


def unknown(value: Any) -> Any:
    """The same structure with `true` for each reference, and no other leaves."""
    if isinstance(value, Mapping):
        return {name: unknown(each) for name, each in value.items() if isinstance(each, Reference | Mapping | list)}
    return [unknown(each) for each in value] if isinstance(value, list) else True


def expression(value: Any) -> Any:
    """An argument as it is configured; a list is of nested blocks."""
    if isinstance(value, Reference):
        return {"references": [f"{value.resource}.{value.attribute}", value.resource]}
    if isinstance(value, list):
        return [{name: expression(each) for name, each in block.items()} for block in value]
    return {"constant_value": value}
