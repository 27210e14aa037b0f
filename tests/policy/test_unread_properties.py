"""Properties that no reader reads: what passes is unverified, and the message names the property without its value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crossguard.properties.type_properties import MAX_REPORTED, TypeProperties
from hipaa_controls.model.values import Unknown
from tests.policy.assertions import findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN
from tests.policy.sample_stacks import VERSIONING, bucket_with_companions, with_inputs
from tests.policy.services.test_cloudwatch import (
    CHILD,
    EVENT_TARGET,
    STACK_WITH_PHI,
    composite,
    event_rules_except,
)

ACCOUNT = TypeProperties(
    read=("rules.status", "policy"),
    irrelevant={"a reason": ("speed", "rules.label")},
    unjudged={"may do harm": ("grants", "enabled")},
    harmless={"enabled": (True,)},
)


def unread(**inputs: object) -> list[str]:
    return [unknown.path for unknown in ACCOUNT.doubts(inputs, "r")]


@pytest.mark.parametrize(
    "inputs",
    [
        {"policy": {"Statement": []}, "speed": {"any": "thing"}, "region": "us-east-1", "tags": {"a": "b"}},
        {"rules": [{"status": "on", "label": {"x": 1}}], "timeouts": {"create": "1m"}},
        {"other": None, "more": "", "empty": [], "rules": {"new": None}},
        {"enabled": True, "__defaults": ["name"]},
        {"rules": Unknown("r.rules")},
        {"rules": [Unknown("r.rules[0]")]},
    ],
)
def test_doubts_property_that_is_read_irrelevant_or_not_set_gives_none(inputs):
    assert unread(**inputs) == []


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"new": False}, "r.new"),
        ({"new": 0}, "r.new"),
        ({"new": {}}, "r.new"),
        ({"new": [{}]}, "r.new"),
        ({"new": Unknown("r.new")}, "r.new"),
        ({"rules": [{"status": "on"}, {"new": {"deep": 1}}]}, "r.rules.new"),
        ({"rules": {"new": "x"}}, "r.rules.new"),
        ({"rules": [[{"new": "x"}]]}, "r.rules.new"),
        ({"grants": [{"id": "x"}]}, "r.grants"),
        ({"enabled": False}, "r.enabled"),
        ({"enabled": Unknown("r.enabled")}, "r.enabled"),
    ],
)
def test_doubts_property_that_is_not_read_is_named_once(inputs, path):
    assert unread(**inputs) == [path]
    assert unread(rules=[{"new": 1}, {"new": 2}]) == ["r.rules.new"]


def test_doubts_key_that_is_no_name_is_not_repeated():
    paths = unread(**{"MRN 1234567": 1, "x" * 100: 2, "name\n": 3, "rules": {"Ünknown": 4}})
    assert paths == ["r.(a property with an unusual name)", "r.rules.(a property with an unusual name)"]


def test_doubts_many_properties_gives_the_first_few():
    assert len(unread(**{f"new{i}": 1 for i in range(100)})) == MAX_REPORTED


def test_property_of_a_newer_version_makes_a_pass_unverified_and_its_value_is_not_shown(pack):
    stack = with_inputs(bucket_with_companions(), "BucketVersioning", newProperty="MRN 1234567")
    (finding,) = findings_for(pack, VERSIONING, stack)
    assert finding.resource == "data-BucketVersioning"
    assert "data-BucketVersioning.newProperty isn't read by this version of the pack" in finding.message
    assert not [finding for finding in pack.evaluate_stack(stack) if "1234567" in finding.message]
    assert findings_for(pack, VERSIONING, bucket_with_companions()) == []


@pytest.mark.parametrize("value", [None, "", []])
def test_property_of_a_newer_version_that_is_not_set_changes_nothing(pack, value):
    stack = with_inputs(bucket_with_companions(), "BucketVersioning", newProperty=value)
    assert findings_for(pack, VERSIONING, stack) == []


def test_property_of_a_newer_version_with_unknown_value_makes_a_pass_unverified(pack):
    stack = with_inputs(bucket_with_companions(), "BucketVersioning", newProperty=UNKNOWN)
    assert unverified_resources(pack, VERSIONING, stack) == {"data-BucketVersioning"}


def test_property_of_a_newer_version_does_not_hide_a_failure(pack):
    stack = with_inputs(
        bucket_with_companions(), "BucketVersioning", newProperty=1, versioningConfiguration={"status": "Suspended"}
    )
    (finding,) = findings_for(pack, VERSIONING, stack)
    assert "Unverified" not in finding.message


def test_v6_spelling_of_a_type_has_the_same_account(pack):
    v6 = [
        replace(resource, type="aws:s3/bucketVersioningV2:BucketVersioningV2")
        if resource.type.endswith(":BucketVersioning")
        else resource
        for resource in with_inputs(bucket_with_companions(), "BucketVersioning", newProperty=1)
    ]
    assert unverified_resources(pack, VERSIONING, v6) == {"data-BucketVersioning"}


COVERED_BY_RULES = [*STACK_WITH_PHI, *event_rules_except()]


@pytest.mark.parametrize("token", ["aws:cloudwatch/eventRule:EventRule", EVENT_TARGET])
def test_check_of_the_whole_stack_does_not_count_a_resource_that_is_in_doubt(pack, token):
    """A rule, or its target, which has no fact of its own."""
    assert findings_for(pack, "cloudwatch-alarm-coverage", COVERED_BY_RULES) == []
    doubtful = [
        replace(resource, inputs={**resource.inputs, "newProperty": 1}) if resource.type == token else resource
        for resource in COVERED_BY_RULES
    ]
    assert unverified_resources(pack, "cloudwatch-alarm-coverage", doubtful) == {"stack"}


def test_alarm_does_not_count_on_a_composite_alarm_whose_actions_may_be_suppressed(pack):
    """The composite alarm itself is in doubt too."""
    stack = [CHILD, composite("composite", 'ALARM("bucket errors")')]
    assert findings_for(pack, "cloudwatch-alarm-action", stack) == []
    stack = [CHILD, composite("composite", 'ALARM("bucket errors")', actionsSuppressor={"alarm": "maintenance"})]
    assert unverified_resources(pack, "cloudwatch-alarm-action", stack) == {"child", "composite"}
