"""The coverage of a stack's resources, and its data classes, in pack-notice, the report and the summary."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc

from crossguard import engine_log
from crossguard.no_judgment import NO_JUDGMENT_NEEDED
from crossguard.read_stack import READ_TYPES
from tests.policy.pack_process import PackProcess, Resource
from tests.policy.sample_stacks import bucket_with_companions, with_inputs

SECURITY_GROUP = Resource("aws:ec2/securityGroup:SecurityGroup", "open", {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]})
NOT_JUDGED = (
    SECURITY_GROUP,
    replace(SECURITY_GROUP, name="open-too"),
    Resource("command:local:Command", "copy", {"create": "true"}, provider_type="pulumi:providers:command"),
    Resource(
        "pulumi-python:dynamic:Resource", "custom", {"bucket": "x"}, provider_type="pulumi:providers:pulumi-python"
    ),
    Resource("kubernetes:core/v1:Secret", "token", {}, provider_type="pulumi:providers:kubernetes"),
)


@pytest.fixture
def pack(pack: PackProcess) -> Iterator[PackProcess]:
    """The process of this module, which has its default config again after each test."""
    yield pack
    pack.configure()


def notices(pack: PackProcess, stack: list[Resource]) -> list[str]:
    findings = [finding for finding in pack.evaluate_stack(stack) if finding.policy == "pack-notice"]
    assert not any(finding.mandatory for finding in findings)
    return [finding.message.partition("\n")[2] for finding in findings]


def report(pack: PackProcess, stack: list[Resource], path: Path, **config: Any) -> dict[str, Any]:
    pack.configure(pack_notice={"report": str(path)}, **config)
    pack.evaluate_stack(stack)
    return json.loads(path.read_text())


def test_notice_shows_each_type_that_is_not_judged_with_its_number(pack: PackProcess):
    (notice,) = notices(pack, [*bucket_with_companions(), *NOT_JUDGED])
    assert notice.startswith(
        "5 resources not judged, because no control reads the type: aws:ec2/securityGroup:SecurityGroup (2), "
        "command:local:Command (1), kubernetes:core/v1:Secret (1), pulumi-python:dynamic:Resource (1)."
    )
    assert '{"pack-notice": {"notJudged": "mandatory"}}' in notice


def test_component_provider_and_reviewed_types_need_no_judgment(pack: PackProcess):
    stack = [
        *bucket_with_companions(),
        Resource("app:web:Site", "site", {}, provider=None),
        Resource("pulumi:providers:command", "commands", {}, provider=None),
        Resource("aws:cloudwatch/dashboard:Dashboard", "dashboard", {}),
    ]
    assert notices(pack, stack) == []


def test_not_judged_mandatory_stops_the_resource_before_its_creation(pack: PackProcess):
    pack.configure(pack_notice={"notJudged": "mandatory"})
    (finding,) = pack.check_resource(SECURITY_GROUP)
    assert (finding.policy, finding.mandatory) == ("pack-coverage", True)
    assert "no control reads the type aws:ec2/securityGroup:SecurityGroup" in finding.message


def test_not_judged_mandatory_reports_each_resource_once(pack: PackProcess):
    pack.configure(pack_notice={"notJudged": "mandatory"})
    findings = pack.evaluate_stack([*bucket_with_companions(), *NOT_JUDGED])
    reported = sorted(finding.resource for finding in findings if finding.policy == "pack-coverage")
    assert reported == sorted(resource.name for resource in NOT_JUDGED)


def test_not_judged_mandatory_reports_a_resource_that_was_not_shown_before(pack: PackProcess):
    pack.configure(pack_notice={"notJudged": "mandatory"})
    findings = [finding for finding in pack.check_stack(NOT_JUDGED, {}) if finding.policy == "pack-coverage"]
    assert sorted(finding.resource for finding in findings) == sorted(resource.name for resource in NOT_JUDGED)


def test_report_accounts_for_every_resource(pack: PackProcess, tmp_path: Path):
    stack = [*bucket_with_companions(), *NOT_JUDGED, Resource("app:web:Site", "site", {}, provider=None)]
    contents = report(pack, stack, tmp_path / "report.json")

    accounted = {resource["resource"]: resource for resource in contents["resources"]}
    assert set(accounted) == {resource.urn for resource in stack}
    assert accounted[SECURITY_GROUP.urn]["coverage"] == "not judged"
    site = accounted["urn:pulumi:dev::test::app:web:Site::site"]
    assert (site["coverage"], site["reason"]) == (
        "needs no judgment",
        "It is a component: its resources are accounted for one by one",
    )
    versioning = next(resource for urn, resource in accounted.items() if urn.endswith("::data-BucketVersioning"))
    assert (versioning["coverage"], versioning["controls"]) == ("judged", ["s3-versioning"])
    assert contents["notJudged"] == [
        {"type": "aws:ec2/securityGroup:SecurityGroup", "count": 2},
        {"type": "command:local:Command", "count": 1},
        {"type": "kubernetes:core/v1:Secret", "count": 1},
        {"type": "pulumi-python:dynamic:Resource", "count": 1},
    ]


def test_summary_counts_agree_with_the_report(pack: PackProcess, tmp_path: Path):
    contents = report(
        pack,
        [*bucket_with_companions(), *NOT_JUDGED],
        tmp_path / "report.json",
        s3_tls_only={"enforcementLevel": "disabled"},
    )
    summary, verdicts = (
        contents["summary"],
        [verdict for control in contents["controls"] for verdict in control["verdicts"]],
    )
    assert summary["controls"] == len(contents["controls"])
    assert summary["resources"] == len(contents["resources"])
    assert summary["notJudged"] == len(NOT_JUDGED)
    assert summary["judged"] + summary["needNoJudgment"] + summary["notJudged"] == summary["resources"]
    results = ("passed", "failed", "unverified", "exempted", "notApplicable")
    assert sum(summary[result] for result in results) == len(verdicts)
    assert summary["failed"] == sum(verdict["status"] == "fail" for verdict in verdicts)


@pytest.mark.parametrize(
    ("tags", "config", "given_by"),
    [
        ({"DataClass": "Internal"}, {}, "its tag DataClass"),
        ({}, {"s3_data_class_tag": {"untaggedAs": "other"}}, "the option untaggedAs"),
    ],
    ids=["own tag", "config"],
)
def test_data_class_other_than_phi_is_reported(pack: PackProcess, tmp_path: Path, tags, config, given_by):
    stack = with_inputs(bucket_with_companions(), "Bucket", tags=tags)
    (data_class,) = report(pack, stack, tmp_path / "report.json", **config)["dataClasses"]

    assert (data_class["dataClass"], data_class["givenBy"]) == ("other", given_by)
    number = len(data_class["controlsOff"])
    assert number > 10
    assert "s3-customer-managed-key" in data_class["controlsOff"]
    pack.configure(**config)
    cause = f"because of the data class other, given by {given_by}"
    notice = f"{cause}, {number} controls don't apply to data (aws:s3/bucket:Bucket)"
    assert notice in notices(pack, stack)


def test_default_tag_of_the_provider_gives_no_data_class(pack: PackProcess, tmp_path: Path):
    default_tags = {"defaultTags": json.dumps({"tags": {"DataClass": "Internal"}})}
    stack = [
        replace(resource, provider_config=default_tags)
        for resource in with_inputs(bucket_with_companions(), "Bucket", tags={})
    ]
    assert report(pack, stack, tmp_path / "report.json")["dataClasses"] == []
    findings = pack.evaluate_stack(stack)
    assert any(finding.policy == "s3-data-class-tag" and finding.mandatory for finding in findings)
    assert any(
        finding.policy == "pack-notice"
        and "the default tag DataClass of the provider gives no data class" in finding.message
        for finding in findings
    )


def test_summary_reaches_the_engine(monkeypatch: pytest.MonkeyPatch):
    class Engine(engine_pb2_grpc.EngineServicer):
        def Log(self, request: Any, _: Any) -> empty_pb2.Empty:
            messages.append((request.severity, request.message))
            return empty_pb2.Empty()

    messages: list[tuple[int, str]] = []
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setattr("sys.argv", ["pack", f"127.0.0.1:{port}"])

    engine_log.log_info("a summary")

    server.stop(None)
    assert messages == [(1, "a summary")]


def test_message_without_an_engine_goes_to_stderr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.argv", ["pack", "127.0.0.1:1"])
    engine_log.log_info("a summary")
    assert capsys.readouterr().err == "a summary\n"


@pytest.mark.parametrize("token", sorted(token for token in NO_JUDGMENT_NEEDED if token.startswith("aws:")))
def test_type_that_needs_no_judgment_is_one_of_the_sdk(token: str):
    module, name = token.removeprefix("aws:").split("/")
    assert hasattr(importlib.import_module(f"pulumi_aws.{module}"), name.split(":")[1])


def test_no_type_both_is_read_and_needs_no_judgment():
    assert not READ_TYPES & set(NO_JUDGMENT_NEEDED)
