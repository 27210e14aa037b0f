"""Unknown, empty and malformed properties of every type that the pack reads: no policy raises an exception."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from crossguard import read_stack, resource_types
from crossguard.readers import s3, s3_settings
from tests.policy.pack_process import UNKNOWN, Resource

BUCKETS = (resource_types.BUCKET, resource_types.BUCKET_V2)
TYPES = sorted(
    {
        *read_stack.READERS,
        *s3_settings.COMPANION_READERS,
        *s3.ACCESS_POINT_READERS,
        *BUCKETS,
    }
)
MALFORMED_VALUES = {
    "unknown": UNKNOWN,
    "none": None,
    "empty list": [],
    "empty object": {},
    "list of unknown": [UNKNOWN],
    "object with unknown": {"rule": UNKNOWN},
    "empty string": "",
    "number": 5,
    "true": True,
    "nested list": [[{}]],
    "broken JSON": "{",
}


def input_properties(token: str) -> list[str]:
    """Return the names of all inputs of a resource type in pulumi-aws."""
    module, class_name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token).groups()
    resource_class = getattr(importlib.import_module(f"pulumi_aws.{module}"), class_name)
    not_inputs = {"self", "__self__", "resource_name", "opts", "__props__"}
    parameters = [
        name for name in inspect.signature(resource_class._internal_init).parameters if name not in not_inputs
    ]
    return [first + "".join(map(str.title, rest)) for first, *rest in (name.split("_") for name in parameters)]


@pytest.mark.parametrize("value", MALFORMED_VALUES.values(), ids=MALFORMED_VALUES)
def test_policies_run_when_every_property_has_this_value(pack, value):
    stack = [Resource(token, f"r{i}", dict.fromkeys(input_properties(token), value)) for i, token in enumerate(TYPES)]
    findings = pack.evaluate_stack(stack)
    assert not [finding.message for finding in findings if "can't run policy" in finding.message]
    assert "s3-public-access-block" in {finding.policy for finding in findings}


@pytest.mark.parametrize("token", TYPES)
def test_policies_run_when_one_property_is_unknown(pack, token):
    for i, name in enumerate(input_properties(token)):
        for value in (UNKNOWN, [UNKNOWN], {"rule": UNKNOWN, "rules": [UNKNOWN]}):
            findings = pack.evaluate_stack([Resource(token, f"resource-{i}", {name: value})])
            assert not [finding for finding in findings if "can't run policy" in finding.message]
