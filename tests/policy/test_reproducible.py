"""Two runs of the pack give the same report, apart from its time, whatever order the engine shows the resources in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.policy.pack_process import UNKNOWN, Resource, start_pack
from tests.policy.sample_stacks import bucket_with_companions

STACK = Resource("pulumi:pulumi:Stack", "stack", {})


def selection(name: str, **inputs: Any) -> Resource:
    """Return a backup selection that doesn't back up the bucket, for a reason of its own."""
    return Resource("aws:backup/selection:Selection", name, {"planId": "of-another-stack"} | inputs)


def stack_with_findings() -> list[Resource]:
    """Return a stack with several reasons for one finding, values from two resources, and equal names."""
    key, alias = (
        Resource("aws:kms/key:Key", "one", {"keyId": "phi"}),
        Resource("aws:kms/alias:Alias", "two", {"name": "phi"}),
    )
    topics = [Resource("aws:sns/topic:Topic", name, {"kmsMasterKeyId": "phi"}) for name in ("alerts", "audit")]
    alarm = Resource(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "alarm",
        {"alarmActions": [UNKNOWN]},
        comes_from={"alarmActions": ["alerts", "audit"]},
    )
    return [
        STACK,
        *bucket_with_companions(created=False),
        selection("excluded", resources=["*"], notResources=["arn:aws:s3:::data"]),
        selection("other-region", resources=["*"], region="us-west-2"),
        selection("other-tag", conditions=[{"stringEquals": [{"key": "aws:ResourceTag/x", "value": "y"}]}]),
        key,
        alias,
        *topics,
        alarm,
    ]


def reported_by_a_run(
    stack: Sequence[Resource], path: Path, hash_seed: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, list[str]]:
    """Return the report, without its time, and the messages about copies, of a pack in its own process."""
    monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
    monkeypatch.setenv("HIPAA_REPORT", str(path))
    with start_pack() as pack:
        findings = pack.evaluate_stack(stack)
    report = json.loads(path.read_text(encoding="utf-8"))
    del report["time"]
    return json.dumps(report), [finding.message for finding in findings if finding.policy.startswith("s3-replication")]


def test_report_is_the_same_from_run_to_run(tmp_path, monkeypatch):
    stack = stack_with_findings()
    reversed_stack = [
        replace(resource, comes_from={prop: sources[::-1] for prop, sources in resource.comes_from.items()})
        for resource in reversed(stack)
    ]
    report, messages = reported_by_a_run(stack, tmp_path / "report.json", "1", monkeypatch)
    assert '"fail"' in report
    assert '"unverified"' in report
    for seed, order in (("2", stack), ("3", reversed_stack)):
        assert reported_by_a_run(order, tmp_path / "report.json", seed, monkeypatch) == (report, messages)
