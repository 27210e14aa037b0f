"""The stack's outputs: all errors are reported together, and Pulumi runs only if no file is given."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from phi_buckets.errors import ConfigurationError
from phi_buckets.stack.outputs import parse_outputs, read_outputs

BUCKET: dict[str, Any] = {
    "phi_bucket_name": "phi-dev-data",
    "phi_bucket_arn": "arn:aws-us-gov:s3:::phi-dev-data",
    "replica_bucket_name": "phi-dev-copy",
    "application_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-application",
}
OUTPUTS: dict[str, Any] = {
    "resource_name_prefix": "phi-dev-",
    "phi_buckets": {"phi": BUCKET},
    "bucket_regions": {
        "phi-dev-data": "us-gov-west-1",
        "phi-dev-logs": "us-gov-west-1",
        "phi-dev-trail": "us-gov-west-1",
        "phi-dev-copy": "us-gov-east-1",
        "phi-dev-copy-logs": "us-gov-east-1",
    },
    "phi_key_arn": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0a1b",
    "replica_region": "us-gov-east-1",
    "trail_arn": "arn:aws-us-gov:cloudtrail:us-gov-west-1:123456789012:trail/phi-dev",
    "alert_topic_arn": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:phi-dev",
    "auditor_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-auditor",
    "break_glass_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-break-glass",
    "backup_vault_name": "phi-dev",
    "backup_role_arn": "arn:aws-us-gov:iam::123456789012:role/phi-dev-backup",
    "unknown_output": {"ignored": ["list"]},
}


def outputs_json(**changes: Any) -> str:
    return json.dumps(OUTPUTS | changes)


def parse_error(text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse_outputs(text, "outputs.json")
    return str(error.value)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that puts a `pulumi` shell script on PATH. The script records its arguments in a file."""

    def install(script: str) -> Path:
        command = tmp_path / "bin" / "pulumi"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/called"\n{script}\n', encoding="utf-8")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
        return tmp_path / "called"

    return install


def test_outputs_derive_partition_region_account_and_bucket_arns():
    outputs = parse_outputs(outputs_json(), "outputs.json")
    assert (outputs.partition, outputs.region, outputs.account) == ("aws-us-gov", "us-gov-west-1", "123456789012")
    assert outputs.regions == ("us-gov-west-1", "us-gov-east-1")
    assert outputs.bucket_arns == [
        f"arn:aws-us-gov:s3:::phi-dev-{name}" for name in ("data", "logs", "trail", "copy", "copy-logs")
    ]


def test_outputs_without_replica_and_vault_are_valid():
    absent = dict.fromkeys(("replica_region", "backup_vault_name", "backup_role_arn"))
    buckets = {"phi": BUCKET | {"replica_bucket_name": None}}
    outputs = parse_outputs(outputs_json(phi_buckets=buckets, **absent), "outputs.json")
    assert outputs.regions == ("us-gov-west-1",)
    assert outputs.backup_role_arn is None


def test_phi_bucket_of_several_must_be_named():
    """A default could send one application's PHI to the bucket of another."""
    other = BUCKET | {"phi_bucket_name": "phi-dev-trail", "replica_bucket_name": "phi-dev-copy-logs"}
    outputs = parse_outputs(outputs_json(phi_buckets={"imaging": BUCKET, "phi": other}), "outputs.json")
    assert outputs.phi_bucket("imaging").phi_bucket_name == "phi-dev-data"
    with pytest.raises(ConfigurationError, match="several PHI buckets: name one of imaging, phi with --bucket"):
        outputs.phi_bucket()
    with pytest.raises(ConfigurationError, match="no PHI bucket with the name 'x': its buckets are imaging, phi"):
        outputs.phi_bucket("x")


def test_select_keeps_one_phi_bucket_and_the_regions_of_all():
    other = BUCKET | {"phi_bucket_name": "phi-dev-trail", "replica_bucket_name": "phi-dev-copy-logs"}
    outputs = parse_outputs(outputs_json(phi_buckets={"imaging": BUCKET, "phi": other}), "outputs.json")
    selected = outputs.select("phi")
    assert list(selected.phi_buckets) == ["phi"]
    assert selected.phi_bucket().phi_bucket_name == "phi-dev-trail"
    assert selected.bucket_regions == outputs.bucket_regions
    with pytest.raises(ConfigurationError, match="several PHI buckets"):
        outputs.select()


def test_select_needs_no_name_for_the_only_phi_bucket():
    outputs = parse_outputs(outputs_json(), "outputs.json")
    assert outputs.select() == outputs == outputs.select("phi")


def test_parse_names_all_missing_outputs_and_the_fix():
    text = parse_error("{}")
    for name in ("resource_name_prefix", "phi_buckets", "phi_key_arn", "trail_arn", "auditor_role_arn"):
        assert f"{name}: missing" in text
    assert "pulumi stack output --json > outputs.json" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phi_key_arn", ""),
        ("phi_key_arn", "0a1b"),
        ("phi_key_arn", "arn:aws:kms:us-east-1:123456789012:alias/phi"),
        ("phi_key_arn", "arn:aws:kms::123456789012:key/0a1b"),
        ("phi_key_arn", "[secret]"),
        ("phi_buckets", {}),
        ("phi_buckets", {"phi": BUCKET | {"phi_bucket_name": ""}}),
        ("phi_buckets", {"phi": BUCKET | {"application_role_arn": ["a"]}}),
        ("bucket_regions", {"phi-dev-data": "us-gov-west-1"}),
        ("trail_arn", "trail"),
        ("replica_region", None),
    ],
)
def test_parse_names_invalid_output(name, value):
    assert name in parse_error(outputs_json(**{name: value}))


@pytest.mark.parametrize("text", ["", "[]", "null", "not JSON", '{"resource_name_prefix":'])
def test_parse_rejects_text_that_is_not_a_json_object(text):
    assert parse_error(text).startswith("outputs.json can't be used: ")


def test_read_parses_file(tmp_path: Path):
    path = tmp_path / "outputs.json"
    path.write_text(outputs_json(), encoding="utf-8")
    assert read_outputs(path).phi_bucket().phi_bucket_name == "phi-dev-data"


def test_read_parses_stdin(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(outputs_json()))
    assert read_outputs(Path("-")).phi_bucket().phi_bucket_name == "phi-dev-data"


def test_read_names_unreadable_file_and_reason(tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path, reason in (
        (tmp_path / "none", "FileNotFoundError"),
        (tmp_path, "IsADirectoryError"),
        (tmp_path / "binary", "UnicodeDecodeError"),
    ):
        with pytest.raises(ConfigurationError, match=f"{path.name} can't be read: {reason}"):
            read_outputs(path)


def test_read_passes_stack_to_pulumi(pulumi):
    called = pulumi(f"cat <<'END'\n{outputs_json()}\nEND")
    assert read_outputs(stack="prod").resource_name_prefix == "phi-dev-"
    assert called.read_text().split() == ["stack", "output", "--json", "--non-interactive", "--stack", "prod"]


def test_read_without_stack_uses_selected_stack(pulumi):
    called = pulumi(f"cat <<'END'\n{outputs_json()}\nEND")
    assert read_outputs().resource_name_prefix == "phi-dev-"
    assert "--stack" not in called.read_text()


def test_read_keeps_stdin_from_pulumi(pulumi):
    """stdin may carry content to store or a record's ID."""
    pulumi(f"[ -z \"$(cat)\" ] || exit 1\ncat <<'END'\n{outputs_json()}\nEND")
    read_end, write_end = os.pipe()
    original_stdin = os.dup(0)
    try:
        os.write(write_end, b"MRN-00123456")
        os.close(write_end)
        os.dup2(read_end, 0)
        assert read_outputs().resource_name_prefix == "phi-dev-"
        assert os.read(0, 100) == b"MRN-00123456"
    finally:
        os.dup2(original_stdin, 0)
        os.close(original_stdin)
        os.close(read_end)


def test_read_reports_last_line_of_pulumi_error(pulumi):
    pulumi("echo 'warning: old' >&2; echo \"error: no stack named 'prod' found\" >&2; exit 255")
    with pytest.raises(ConfigurationError, match="pulumi stack output failed: error: no stack named 'prod' found"):
        read_outputs(stack="prod")


def test_read_reports_pulumi_failure_without_output(pulumi):
    pulumi("exit 1")
    with pytest.raises(ConfigurationError, match="it printed no error"):
        read_outputs()


def test_read_without_pulumi_suggests_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="pulumi isn't on PATH; pass a file"):
        read_outputs()


def test_read_rejects_file_together_with_stack(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="not both"):
        read_outputs(tmp_path / "outputs.json", "prod")
