"""The stack's outputs: what is missing or odd is told at once, and Pulumi is asked only where no file is named."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from phi.errors import ConfigurationError
from phi.stack.outputs import parse, read

TOLD: dict[str, Any] = {
    "resource_name_prefix": "phi-dev-",
    "phi_bucket_name": "phi-dev-data",
    "phi_bucket_arn": "arn:aws-us-gov:s3:::phi-dev-data",
    "phi_key_arn": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0a1b",
    "replica_bucket_name": "phi-dev-copy",
    "replica_region": "us-gov-east-1",
    "access_log_bucket_name": "phi-dev-logs",
    "trail_bucket_name": "phi-dev-trail",
    "trail_arn": "arn:aws-us-gov:cloudtrail:us-gov-west-1:123456789012:trail/phi-dev",
    "alert_topic_arn": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:phi-dev",
    "application_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-application",
    "auditor_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-auditor",
    "break_glass_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-break-glass",
    "backup_vault_name": "phi-dev",
    "backup_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-backup",
    "something_else": {"of": ["another", "kind"]},
}


def told(**changes: Any) -> str:
    return json.dumps(TOLD | changes)


def fault(text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "outputs.json")
    return str(error.value)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A pulumi on PATH that does what the shell says; it writes down how it was called."""

    def made(does: str) -> Path:
        command = tmp_path / "bin" / "pulumi"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/called"\n{does}\n', encoding="utf-8")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
        return tmp_path / "called"

    return made


def test_they_tell_where_the_stack_is():
    outputs = parse(told(), "it")
    assert (outputs.partition, outputs.region, outputs.account) == ("aws-us-gov", "us-gov-west-1", "123456789012")
    assert outputs.regions == ("us-gov-west-1", "us-gov-east-1")
    assert outputs.bucket_arns == [f"arn:aws-us-gov:s3:::phi-dev-{each}" for each in ("data", "logs", "trail", "copy")]


def test_a_stack_needs_neither_replica_nor_vault():
    none = dict.fromkeys(("replica_bucket_name", "replica_region", "backup_vault_name", "backup_role_arn"))
    outputs = parse(told(**none), "it")
    assert outputs.regions == ("us-gov-west-1",)
    assert len(outputs.bucket_arns) == 3
    assert outputs.backup_role_arn is None


def test_all_that_is_missing_is_named_with_what_to_do():
    text = fault("{}")
    for name in ("resource_name_prefix", "phi_bucket_name", "phi_key_arn", "trail_arn", "auditor_role_arn"):
        assert f"{name}: Field required" in text
    assert "pulumi stack output --json > outputs.json" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phi_key_arn", ""),
        ("phi_key_arn", "0a1b"),
        ("phi_key_arn", "arn:aws:kms:us-east-1:123456789012:alias/phi"),
        ("phi_key_arn", "arn:aws:kms::123456789012:key/0a1b"),
        ("phi_key_arn", "[secret]"),
        ("phi_bucket_name", ""),
        ("phi_bucket_name", ["a"]),
        ("trail_arn", "trail"),
        ("replica_bucket_name", None),
        ("replica_region", None),
    ],
)
def test_what_is_odd_is_named(name, value):
    assert name in fault(told(**{name: value}))


@pytest.mark.parametrize("text", ["", "[]", "null", "no JSON", '{"resource_name_prefix":'])
def test_what_is_no_object_is_refused(text):
    assert fault(text).startswith("outputs.json can't be used: ")


def test_a_file_is_read(tmp_path: Path):
    path = tmp_path / "outputs.json"
    path.write_text(told(), encoding="utf-8")
    assert read(path).phi_bucket_name == "phi-dev-data"


def test_stdin_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(told()))
    assert read(Path("-")).phi_bucket_name == "phi-dev-data"


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path, why in (
        (tmp_path / "none", "FileNotFoundError"),
        (tmp_path, "IsADirectoryError"),
        (tmp_path / "binary", "UnicodeDecodeError"),
    ):
        with pytest.raises(ConfigurationError, match=f"{path.name} can't be read: {why}"):
            read(path)


def test_pulumi_is_asked_for_the_stack(pulumi):
    called = pulumi(f"cat <<'END'\n{told()}\nEND")
    assert read(stack="prod").resource_name_prefix == "phi-dev-"
    assert called.read_text().split() == ["stack", "output", "--json", "--non-interactive", "--stack", "prod"]


def test_pulumi_is_asked_for_the_selected_stack(pulumi):
    called = pulumi(f"cat <<'END'\n{told()}\nEND")
    assert read().resource_name_prefix == "phi-dev-"
    assert "--stack" not in called.read_text()


def test_stdin_is_not_for_pulumi(pulumi):
    """It may be what is to be stored, or a record's id."""
    pulumi(f"[ -z \"$(cat)\" ] || exit 1\ncat <<'END'\n{told()}\nEND")
    read_end, write_end = os.pipe()
    kept = os.dup(0)
    try:
        os.write(write_end, b"MRN-00123456")
        os.close(write_end)
        os.dup2(read_end, 0)
        assert read().resource_name_prefix == "phi-dev-"
        assert os.read(0, 100) == b"MRN-00123456"
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(read_end)


def test_what_pulumi_says_last_is_told(pulumi):
    pulumi("echo 'warning: old' >&2; echo \"error: no stack named 'prod' found\" >&2; exit 255")
    with pytest.raises(ConfigurationError, match="pulumi stack output fails: error: no stack named 'prod' found"):
        read(stack="prod")


def test_a_pulumi_that_says_nothing_is_told(pulumi):
    pulumi("exit 1")
    with pytest.raises(ConfigurationError, match="it says nothing"):
        read()


def test_without_pulumi_a_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="pulumi isn't on PATH; name a file"):
        read()


def test_a_file_and_a_stack_are_one_too_many(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="not both"):
        read(tmp_path / "outputs.json", "prod")
