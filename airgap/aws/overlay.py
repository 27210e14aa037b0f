"""Write overlay.json: where pulumi-aws names a property otherwise than the bridge would, has an object for a list, or only
shows what Terraform also takes.

    pulumi-resource-aws fields | python airgap/aws/overlay.py

Both sides are read, the SDK's types and Terraform's; only renamings that no rule yields are written down here. What is left
of both after that is printed, for a person to tell whether it is one thing under two names.
"""

import json
import re
import sys
from pathlib import Path

import sdk

OVERLAY = Path(__file__).with_name("overlay.json")

RENAMED = {
    "aws_cloudwatch_log_subscription_filter": {"log_group_name": "logGroup"},
    "aws_cloudwatch_metric_alarm": {"alarm_name": "name"},
    "aws_s3_bucket_website_configuration": {"routing_rule": "routingRules", "routing_rules": "routingRuleDetails"},
    "aws_s3_bucket_website_configuration_v2": {"routing_rule": "routingRules", "routing_rules": "routingRuleDetails"},
    "aws_sns_topic_subscription": {"topic_arn": "topic"},
    # Version 6 of the Terraform provider, which the SDK follows, gave these names another meaning:
    "aws_config_aggregate_authorization": {"region": "authorizedAwsRegion"},
    "aws_region": {"name": "region"},
}

# Pulumi has these elsewhere (the resource's id, its options), and version 6 added the last to nearly every resource.
EXPECTED = {"id", "timeouts", "region"}


def overlay(name: str, terraform: dict, type: sdk.Type) -> dict:
    """Terraform's fields that need a word, by Terraform's names."""
    found = unlike(name, terraform, type.state)
    for key, field in terraform.items():
        pulumi = found.get(key, {}).get("name", field["name"])
        if field["input"] and pulumi in type.state and pulumi not in type.inputs:
            found.setdefault(key, {})["computed"] = True
    return found


def unlike(name: str, terraform: dict, wanted: dict, path="") -> dict:
    found, left = {}, {}
    free = wanted.keys() - {field["name"] for field in terraform.values()}
    for key, field in sorted(terraform.items()):
        pulumi = RENAMED.get(name, {}).get(key) or same(key, field["name"], wanted, free)
        if pulumi is None:
            left[key] = field
            continue
        free.discard(pulumi)
        if entry := differences(name, key, field, pulumi, wanted[pulumi], path):
            found[key] = entry
    if left.keys() - EXPECTED and free - EXPECTED:
        print(f"{name}{path}: Terraform has {sorted(left)}, the SDK {sorted(free)}", file=sys.stderr)
    return found


def same(key: str, default: str, wanted: dict, free: set) -> str | None:
    """The SDK's name of a Terraform field: the bridge's, else the singular that Terraform has, else another plural of it."""
    if default in wanted:
        return default
    singular = camel(key)
    return next((name for name in sorted(free) if name in (singular, singular + "s", singular + "es")), None)


def camel(key: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), key)


def differences(name, key, field, pulumi, shape, path) -> dict:
    single = field["list"] and not isinstance(shape, tuple)
    entry = {}
    if field["list"] and single != field["single"]:
        entry["single"] = single
    if pulumi not in (field["name"], camel(key) if single else None):  # the bridge's name of a single one is in the singular
        entry["name"] = pulumi
    if isinstance(shape, sdk.Document) and not path:
        entry["document"] = True
    inner = shape[1] if isinstance(shape, tuple) else shape
    if "fields" in field and isinstance(inner, dict):
        if fields := unlike(name, field["fields"], inner, f"{path}.{key}"):
            entry["fields"] = fields
    return entry


def overlays(members: dict, types: dict) -> dict:
    found = {
        name: overlay(name, member["fields"], types[member["token"]])
        for name, member in sorted(members.items())
        if member["token"] in types
    }
    return {name: fields for name, fields in found.items() if fields}


def main():
    plugin = json.load(sys.stdin)
    written = {
        "provider": overlay("provider", plugin["provider"]["fields"], sdk.provider()),
        "resources": overlays(plugin["resources"], sdk.resources()),
        "functions": overlays(plugin["functions"], sdk.functions()),
    }
    OVERLAY.write_text(text(written) + "\n")


def text(value, indent="", key="") -> str:
    """JSON with an object on one line where it fits."""
    line = f"{indent}{key}{json.dumps(value, sort_keys=True)}"
    if len(line) < 120 or not isinstance(value, dict):
        return line
    members = [text(value[name], indent + "  ", f"{json.dumps(name)}: ") for name in sorted(value)]
    return f"{indent}{key}{{\n" + ",\n".join(members) + f"\n{indent}}}"


if __name__ == "__main__":
    main()
