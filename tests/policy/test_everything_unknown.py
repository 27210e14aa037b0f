"""Unknown, empty and malformed properties of every type that the pack reads: no policy raises an exception."""

from __future__ import annotations

from typing import Any

import pytest

from crossguard import read_stack, resource_types
from crossguard.readers import s3, s3_settings
from tests.policy.pack_process import UNKNOWN, Resource
from tests.policy.sdk_types import Property, input_properties

BUCKETS = (resource_types.BUCKET, resource_types.BUCKET_V2)
TYPES = sorted(
    {
        *read_stack.READERS,
        *s3_settings.COMPANION_READERS,
        *(token for reader in s3.DEPENDENT_READERS for token in reader.types),
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


@pytest.mark.parametrize("value", MALFORMED_VALUES.values(), ids=MALFORMED_VALUES)
def test_policies_run_when_every_property_has_this_value(pack, value):
    stack = [Resource(token, f"r{i}", dict.fromkeys(input_properties(token), value)) for i, token in enumerate(TYPES)]
    findings = pack.evaluate_stack(stack)
    assert not [finding.message for finding in findings if "can't run policy" in finding.message]
    assert "s3-public-access-block" in {finding.policy for finding in findings}


@pytest.mark.parametrize("value", MALFORMED_VALUES.values(), ids=MALFORMED_VALUES)
def test_policies_run_when_every_nested_property_has_this_value(pack, value):
    def filled(declared: Property) -> Any:
        if not declared.properties:
            return value
        properties = {name: filled(nested) for name, nested in declared.properties.items()}
        return [properties] if declared.is_list else properties

    stack = [
        Resource(token, f"r{i}", filled(Property(properties=input_properties(token)))) for i, token in enumerate(TYPES)
    ]
    findings = pack.evaluate_stack(stack)
    assert not [finding.message for finding in findings if "can't run policy" in finding.message]


@pytest.mark.parametrize("token", TYPES)
def test_policies_run_when_one_property_is_unknown(pack, token):
    for i, name in enumerate(input_properties(token)):
        for value in (UNKNOWN, [UNKNOWN], {"rule": UNKNOWN, "rules": [UNKNOWN]}):
            findings = pack.evaluate_stack([Resource(token, f"resource-{i}", {name: value})])
            assert not [finding for finding in findings if "can't run policy" in finding.message]
