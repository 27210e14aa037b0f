"""Write overlay.json: where pulumi-aws has another name than the bridge would give, an object for a list, or
an output where Terraform takes an input.

    pulumi-resource-aws fields | python -m pulumi_engine.aws.overlay

Both sides are read, the SDK's types and Terraform's; only renamings that no rule yields are written down here. What is
left of both after that is printed, for a person to tell whether it is one thing under two names.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from pulumi_engine.aws import sdk

Entry = dict[str, Any]  # of overlay.json, or of what `pulumi-resource-aws fields` prints

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


def overlay(name: str, terraform: Entry, wanted: sdk.Type) -> Entry:
    """Terraform's fields that need a word, by Terraform's names."""
    found = unlike(name, terraform, wanted.state)
    for key, field in terraform.items():
        pulumi = found.get(key, {}).get("name", field["name"])
        if field["input"] and pulumi in wanted.state and pulumi not in wanted.inputs:
            found.setdefault(key, {})["computed"] = True
    return found


def unlike(name: str, terraform: Entry, wanted: sdk.Object, path: str = "") -> Entry:
    found, left = {}, set()
    free = wanted.keys() - {field["name"] for field in terraform.values()}
    for key, field in sorted(terraform.items()):
        pulumi = RENAMED.get(name, {}).get(key) or same(key, field["name"], wanted, free)
        if pulumi is None:
            left.add(key)
            continue
        free.discard(pulumi)
        shape = wanted[pulumi]
        entry = difference(key, field, pulumi, shape)
        if shape == sdk.DOCUMENT and not path:
            entry["document"] = True
        inner = shape[1] if isinstance(shape, tuple) else shape
        if "fields" in field and isinstance(inner, dict):
            entry["fields"] = unlike(name, field["fields"], inner, f"{path}.{key}")
        if entry := {word: value for word, value in entry.items() if value != {}}:
            found[key] = entry
    if left - EXPECTED and free - EXPECTED:
        print(f"{name}{path}: Terraform has {sorted(left)}, the SDK {sorted(free)}", file=sys.stderr)
    return found


def same(key: str, default: str, wanted: sdk.Object, free: set[str]) -> str | None:
    """The SDK's name of a Terraform field: the bridge's, else Terraform's own singular, else another plural of it."""
    if default in wanted:
        return default
    singular = camel(key)
    return next((name for name in sorted(free) if name in (singular, singular + "s", singular + "es")), None)


def camel(key: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), key)


def difference(key: str, field: Entry, pulumi: str, shape: sdk.Shape) -> Entry:
    single = field["list"] and not isinstance(shape, tuple)
    entry: Entry = {}
    if field["list"] and single != field["single"]:
        entry["single"] = single
    default = camel(key) if single else field["name"]  # the bridge doesn't put what is single in the plural
    if pulumi != default:
        entry["name"] = pulumi
    return entry


def overlays(members: Entry, types: dict[str, sdk.Type]) -> Entry:
    found = {
        name: overlay(name, member["fields"], types[member["token"]])
        for name, member in sorted(members.items())
        if member["token"] in types
    }
    return {name: fields for name, fields in found.items() if fields}


def text(value: object, indent: str = "", key: str = "") -> str:
    """JSON with an object on one line where it fits."""
    line = f"{indent}{key}{json.dumps(value, sort_keys=True)}"
    if len(line) < 120 or not isinstance(value, dict):
        return line
    members = [text(value[name], indent + "  ", f"{json.dumps(name)}: ") for name in sorted(value)]
    return f"{indent}{key}{{\n" + ",\n".join(members) + f"\n{indent}}}"


def main() -> None:
    plugin = json.load(sys.stdin)
    written = {
        "provider": overlay("provider", plugin["provider"]["fields"], sdk.provider()),
        "resources": overlays(plugin["resources"], sdk.resources()),
        "functions": overlays(plugin["functions"], sdk.functions()),
    }
    OVERLAY.write_text(text(written) + "\n")


if __name__ == "__main__":
    main()
