"""Generate overlay.json, which lists where pulumi-aws differs from the bridge's defaults: another property name, an
object instead of a list, or an output where Terraform has an input.

    (cd pulumi_engine/aws && GOWORK=off go run . fields) | .venv/bin/python -m pulumi_engine.aws.overlay

It compares the SDK's types with Terraform's. RENAMED has only the names that no rule yields. Properties that match
neither are printed, so that a person can decide whether they are one property under two names.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from pulumi_engine.aws import sdk

Entry = dict[str, Any]  # a JSON object of overlay.json or of the output of `pulumi-resource-aws fields`

OVERLAY = Path(__file__).with_name("overlay.json")

RENAMED = {
    "aws_cloudwatch_log_subscription_filter": {"log_group_name": "logGroup"},
    "aws_cloudwatch_metric_alarm": {"alarm_name": "name"},
    "aws_s3_bucket_website_configuration": {"routing_rule": "routingRules", "routing_rules": "routingRuleDetails"},
    "aws_s3_bucket_website_configuration_v2": {"routing_rule": "routingRules", "routing_rules": "routingRuleDetails"},
    "aws_sns_topic_subscription": {"topic_arn": "topic"},
    # The SDK follows version 6 of the Terraform provider, in which these names have another meaning:
    "aws_config_aggregate_authorization": {"region": "authorizedAwsRegion"},
    "aws_region": {"name": "region"},
}

# Pulumi has the first two as the resource's ID and an option; version 6 added the last to nearly every resource.
EXPECTED_DIFFERENCES = {"id", "timeouts", "region"}


def overlay(name: str, terraform: Entry, sdk_type: sdk.Type) -> Entry:
    """Return the overlay of a resource or function: its differing fields by their Terraform names."""
    entries = field_differences(name, terraform, sdk_type.state)
    for key, field in terraform.items():
        pulumi = entries.get(key, {}).get("name", field["name"])
        if field["input"] and pulumi in sdk_type.state and pulumi not in sdk_type.inputs:
            entries.setdefault(key, {})["computed"] = True
    return entries


def field_differences(name: str, terraform: Entry, sdk_object: sdk.Object, path: str = "") -> Entry:
    """Return how the fields of an object differ, and print those that match no property of the SDK.

    Args:
        name: The Terraform name of the resource or function.
        terraform: The object's Terraform fields.
        sdk_object: The object in the SDK.
        path: The path of a nested object.
    """
    entries, unmatched = {}, set()
    free = sdk_object.keys() - {field["name"] for field in terraform.values()}
    for key, field in sorted(terraform.items()):
        pulumi = RENAMED.get(name, {}).get(key) or matching_name(key, field["name"], sdk_object, free)
        if pulumi is None:
            unmatched.add(key)
            continue
        free.discard(pulumi)
        shape = sdk_object[pulumi]
        entry = field_difference(key, field, pulumi, shape)
        if shape == sdk.DOCUMENT and not path:
            entry["document"] = True
        inner = shape[1] if isinstance(shape, tuple) else shape
        if "fields" in field and isinstance(inner, dict):
            entry["fields"] = field_differences(name, field["fields"], inner, f"{path}.{key}")
        if entry := {attribute: value for attribute, value in entry.items() if value != {}}:
            entries[key] = entry
    if unmatched - EXPECTED_DIFFERENCES and free - EXPECTED_DIFFERENCES:
        print(f"{name}{path}: Terraform has {sorted(unmatched)}, the SDK {sorted(free)}", file=sys.stderr)
    return entries


def matching_name(key: str, default: str, sdk_object: sdk.Object, free: set[str]) -> str | None:
    """Return the SDK's name of a Terraform field: the bridge's default, or Terraform's name in the singular or plural.

    Args:
        key: The field's Terraform name.
        default: The name that the bridge gives it by default.
        sdk_object: The object in the SDK.
        free: The names in the SDK that match no other field by default.
    """
    if default in sdk_object:
        return default
    singular = camel(key)
    return next((name for name in sorted(free) if name in (singular, singular + "s", singular + "es")), None)


def camel(key: str) -> str:
    """Return a snake_case name in camelCase."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), key)


def field_difference(key: str, field: Entry, pulumi: str, shape: sdk.Shape) -> Entry:
    """Return the overlay entry of a field whose name in the SDK is `pulumi`; empty if the bridge's default matches."""
    single = field["list"] and not isinstance(shape, tuple)
    entry: Entry = {}
    if field["list"] and single != field["single"]:
        entry["single"] = single
    default = camel(key) if single else field["name"]  # the bridge uses the plural only for lists
    if pulumi != default:
        entry["name"] = pulumi
    return entry


def overlays(members: Entry, types: dict[str, sdk.Type]) -> Entry:
    """Return the overlays of all resources or functions that the SDK has."""
    entries = {
        name: overlay(name, member["fields"], types[member["token"]])
        for name, member in sorted(members.items())
        if member["token"] in types
    }
    return {name: fields for name, fields in entries.items() if fields}


def format_json(value: object, indent: str = "", key: str = "") -> str:
    """Return JSON that has an object on one line if it fits."""
    line = f"{indent}{key}{json.dumps(value, sort_keys=True)}"
    if len(line) < 120 or not isinstance(value, dict):
        return line
    members = [format_json(value[name], indent + "  ", f"{json.dumps(name)}: ") for name in sorted(value)]
    return f"{indent}{key}{{\n" + ",\n".join(members) + f"\n{indent}}}"


def main() -> None:
    plugin = json.load(sys.stdin)
    content = {
        "provider": overlay("provider", plugin["provider"]["fields"], sdk.provider()),
        "resources": overlays(plugin["resources"], sdk.resources()),
        "functions": overlays(plugin["functions"], sdk.functions()),
    }
    OVERLAY.write_text(format_json(content) + "\n")


if __name__ == "__main__":
    main()
