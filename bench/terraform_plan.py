"""The program of bench/large_program as a Terraform plan in the JSON of `terraform show -json`, without Terraform.

The plan has the configured values, but not those that the provider would add: defaults, and values that AWS sets.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.large_program.bucket import KEY_NAME, LOG_BUCKET, bucket_name, policy

PROVIDER = "registry.terraform.io/hashicorp/aws"


@dataclass(frozen=True)
class Reference:
    """A reference to an attribute of another resource, which is unknown until that resource exists."""

    resource: str
    attribute: str


@dataclass(frozen=True)
class Resource:
    """A Terraform resource."""

    type: str
    name: str
    arguments: Mapping[str, Any]

    @property
    def identity(self) -> dict[str, str]:
        return {"address": f"{self.type}.{self.name}", "mode": "managed", "type": self.type, "name": self.name}


def terraform_plan(buckets: int) -> dict[str, Any]:
    """Return the plan of this many buckets."""
    key = Resource("aws_kms_key", KEY_NAME, {"enable_key_rotation": True, "deletion_window_in_days": 30})
    resources = [key, *(resource for index in range(buckets) for resource in bucket_resources(bucket_name(index)))]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [planned_value(resource) for resource in resources]}},
        "resource_changes": [resource_change(resource) for resource in resources],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER}},
            "root_module": {"resources": [resource_configuration(resource) for resource in resources]},
        },
    }


def bucket_resources(name: str) -> Iterator[Resource]:
    """Yield a bucket and its companion resources, as bench/large_program declares them."""
    bucket_argument = {"bucket": Reference(f"aws_s3_bucket.{name}", "id")}
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": Reference(f"aws_kms_key.{KEY_NAME}", "arn")}
    encryption = {"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}
    lifecycle = {
        "id": "keep-earlier-versions",
        "status": "Enabled",
        "filter": [{}],
        "noncurrent_version_expiration": [{"noncurrent_days": 2555}],
        "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
    }
    block_all = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    companions: dict[str, dict[str, Any]] = {
        "public_access_block": dict.fromkeys(block_all, True),
        "ownership_controls": {"rule": [{"object_ownership": "BucketOwnerEnforced"}]},
        "versioning": {"versioning_configuration": [{"status": "Enabled"}]},
        "server_side_encryption_configuration": {"rule": [encryption]},
        "policy": {"policy": policy(name)},
        "logging": {"target_bucket": LOG_BUCKET, "target_prefix": f"{name}/"},
        "lifecycle_configuration": {"rule": [lifecycle]},
    }
    yield Resource("aws_s3_bucket", name, {"bucket": name, "tags": {"DataClass": "PHI"}})
    for companion, arguments in companions.items():
        yield Resource(f"aws_s3_bucket_{companion}", name, bucket_argument | arguments)


def planned_value(resource: Resource) -> dict[str, Any]:
    return {
        **resource.identity,
        "provider_name": PROVIDER,
        "schema_version": 0,
        "values": known_values(resource.arguments),
    }


def resource_change(resource: Resource) -> dict[str, Any]:
    change = {
        "actions": ["create"],
        "before": None,
        "after": known_values(resource.arguments),
        "after_unknown": {"id": True, **unknown_values(resource.arguments)},
    }
    return {**resource.identity, "provider_name": PROVIDER, "change": change}


def resource_configuration(resource: Resource) -> dict[str, Any]:
    expressions = {name: expression(value) for name, value in resource.arguments.items()}
    return {**resource.identity, "provider_config_key": "aws", "expressions": expressions, "schema_version": 0}


def known_values(value: Any) -> Any:
    """Return a value without the references in it."""
    if isinstance(value, Mapping):
        return {name: known_values(item) for name, item in value.items() if not isinstance(item, Reference)}
    return [known_values(item) for item in value] if isinstance(value, list) else value


def unknown_values(value: Any) -> Any:
    """Return the structure of a value with `true` for each reference and no other leaves."""
    if isinstance(value, Mapping):
        nested = {name: item for name, item in value.items() if isinstance(item, Reference | Mapping | list)}
        return {name: unknown_values(item) for name, item in nested.items()}
    return [unknown_values(item) for item in value] if isinstance(value, list) else True


def expression(value: Any) -> Any:
    """Return the expression of an argument. A list contains nested blocks."""
    if isinstance(value, Reference):
        return {"references": [f"{value.resource}.{value.attribute}", value.resource]}
    if isinstance(value, list):
        return [{name: expression(item) for name, item in block.items()} for block in value]
    return {"constant_value": value}
