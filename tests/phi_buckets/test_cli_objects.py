"""`phi put get ls versions restore rm url` against moto's server: effects, output and exit codes."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from phi_buckets import cli
from phi_buckets.errors import IntegrityError
from phi_buckets.object_keys import check_key, key_for_record, new_key
from phi_buckets.stack.outputs import read_outputs
from phi_buckets.store import PhiStore
from phi_buckets.store.upload import Upload
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

BUCKET = "phi-test-data"
SECRET = bytes(range(32))
RECORD_ID = "MRN-00123456 smith"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def s3(session: boto3.Session) -> Any:
    """Create the bucket, and return a client that reaches the emulator directly."""
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def outputs_file(session: boto3.Session, tmp_path: Path) -> Path:
    path = tmp_path / "outputs.json"
    stack_outputs = {
        "resource_name_prefix": "phi-test-",
        "phi_buckets": {
            "phi": {"phi_bucket_name": BUCKET, "application_role_arn": f"arn:aws:iam::{ACCOUNT}:role/application"}
        },
        "bucket_regions": {BUCKET: REGION},
        "phi_key_arn": session.client("kms").create_key()["KeyMetadata"]["Arn"],
        "trail_arn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/phi-test",
        "alert_topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-test",
        **{f"{role}_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in ("auditor", "break_glass")},
    }
    path.write_text(json.dumps(stack_outputs), encoding="utf-8")
    return path


@pytest.fixture
def phi(
    outputs_file: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Callable[..., Result]]:
    """Return a function that runs the command line in this process, with the stack's outputs."""
    for name in ("PHI_KEY_SECRET", "PHI_ACCESS_LOG", "PHI_USER_REFERENCE"):
        monkeypatch.delenv(name, raising=False)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments: str | Path, stdin: bytes | io.StringIO = b"", outputs: bool = True) -> Result:
        outputs_arguments = ["--outputs", str(outputs_file)] if outputs else []
        monkeypatch.setattr(sys, "argv", ["phi", *map(str, arguments), *outputs_arguments])
        stream = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8") if isinstance(stdin, bytes) else stdin
        monkeypatch.setattr(sys, "stdin", stream)
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        output = capfdbinary.readouterr()
        return Result(int(exit_.value.code or 0), output.out, output.err.decode())

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "smith-john.pdf"
    path.write_bytes(b"content")
    return path


def content(s3: Any, key: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def keys(s3: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def stored(phi, file: Path) -> dict[str, Any]:
    return phi("put", file, "--json").json["objects"][0]


@pytest.fixture
def second_bucket(s3, outputs_file: Path) -> str:
    """Add a PHI bucket `imaging` to the stack, and return its physical name."""
    name = "phi-test-imaging"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    stack_outputs = json.loads(outputs_file.read_text())
    role = f"arn:aws:iam::{ACCOUNT}:role/imaging"
    stack_outputs["phi_buckets"]["imaging"] = {"phi_bucket_name": name, "application_role_arn": role}
    stack_outputs["bucket_regions"][name] = REGION
    outputs_file.write_text(json.dumps(stack_outputs), encoding="utf-8")
    return name


# put


def test_put_stores_file_under_opaque_key(phi, s3, file: Path):
    result = phi("put", file)
    assert result.code == 0
    (key,) = keys(s3)
    assert check_key(key) == key
    assert content(s3, key) == b"content"
    assert key in result.out.decode()
    assert result.err == ""


def test_put_json_describes_stored_object(phi, s3, file: Path):
    result = phi("put", file, "--json", "--meta", "content-kind=lab-report", "--meta", "schema-version=3")
    (item,) = result.json["objects"]
    head = s3.head_object(Bucket=BUCKET, Key=item["key"])
    assert list(item) == ["file", "key", "version", "size", "sha256", "modified", "metadata"]
    assert (item["file"], item["size"], item["version"]) == (1, 7, head["VersionId"])
    assert item["metadata"] == head["Metadata"] == {"content-kind": "lab-report", "schema-version": "3"}


def test_put_identifies_files_by_position_not_name(phi, s3, tmp_path: Path):
    files = [tmp_path / f"smith-{number}.txt" for number in range(20)]
    for number, path in enumerate(files):
        path.write_text(str(number), encoding="utf-8")
    result = phi("put", *files, "--json")
    assert [item["file"] for item in result.json["objects"]] == list(range(1, 21))
    assert [content(s3, item["key"]) for item in result.json["objects"]] == [b"%d" % number for number in range(20)]
    assert "smith" not in result.out.decode() + result.err


def test_put_stores_stdin(phi, s3):
    result = phi("put", "-", stdin=b"from a pipe")
    assert result.code == 0
    assert content(s3, *keys(s3)) == b"from a pipe"


def test_put_with_existing_key_adds_a_version(phi, s3, stored, file: Path):
    file.write_bytes(b"later")
    assert phi("put", file, "--key", stored["key"]).code == 0
    assert content(s3, stored["key"]) == b"later"
    assert len(s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 2


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize(
    "encoded_secret", [SECRET.hex(), SECRET.hex().upper() + "\n", base64.b64encode(SECRET).decode()]
)
def test_put_makes_record_key_from_stdin_and_environment(
    phi, s3, file: Path, monkeypatch: pytest.MonkeyPatch, ending, encoded_secret
):
    monkeypatch.setenv("PHI_KEY_SECRET", encoded_secret)
    result = phi("put", file, "--record-id-file", "-", stdin=f"{RECORD_ID}{ending}".encode())
    assert result.code == 0
    assert keys(s3) == [key_for_record(RECORD_ID, SECRET)]
    assert RECORD_ID not in result.out.decode() + result.err


def test_put_makes_record_key_from_two_files(phi, s3, file: Path, tmp_path: Path):
    id_file, secret_file = tmp_path / "id", tmp_path / "secret"
    id_file.write_text(RECORD_ID, encoding="utf-8")
    secret = b"\xfb\xff" * 4 + SECRET
    secret_file.write_text(base64.urlsafe_b64encode(secret).decode(), encoding="utf-8")
    assert phi("put", file, "--record-id-file", id_file, "--secret-file", secret_file).code == 0
    assert keys(s3) == [key_for_record(RECORD_ID, secret)]


@pytest.mark.parametrize(
    ("stdin", "secret", "reason"),
    [
        (RECORD_ID, "", "the key secret is missing: set PHI_KEY_SECRET or pass --secret-file"),
        (RECORD_ID, "smith!", "PHI_KEY_SECRET must contain the key secret in hex or base64"),
        (RECORD_ID, "sm1th", "PHI_KEY_SECRET must contain the key secret in hex or base64"),
        (RECORD_ID, "ab" * 31, "at least 32 random bytes"),
        ("", SECRET.hex(), "--record-id-file must contain exactly one line, the record's ID, not 0"),
        (
            f"{RECORD_ID}\n{RECORD_ID}\n",
            SECRET.hex(),
            "--record-id-file must contain exactly one line, the record's ID, not 2",
        ),
        (f" {RECORD_ID}", SECRET.hex(), "without surrounding whitespace"),
    ],
)
def test_put_rejects_invalid_record_id_or_secret_without_repeating_it(
    phi, s3, file: Path, monkeypatch: pytest.MonkeyPatch, stdin, secret, reason
):
    monkeypatch.setenv("PHI_KEY_SECRET", secret)
    result = phi("put", file, "--record-id-file", "-", stdin=stdin.encode())
    assert (result.code, result.out) == (2, b"")
    assert reason in result.err
    assert all(secret_text not in result.err for secret_text in ("MRN", "smith", "sm1th", "abab"))
    assert keys(s3) == []


@pytest.mark.parametrize("option", ["--record-id-file", "--secret-file"])
def test_put_names_option_of_missing_record_id_or_secret_file(phi, file, tmp_path, option):
    other = {"--record-id-file": "--secret-file", "--secret-file": "--record-id-file"}[option]
    (tmp_path / "there").write_text(SECRET.hex(), encoding="utf-8")
    result = phi("put", file, option, tmp_path / "smith", other, tmp_path / "there")
    assert result.code == 2
    assert f"{option} can't be read (FileNotFoundError)" in result.err
    assert "smith" not in result.err


def test_put_reports_all_unreadable_files_before_sending_any(phi, s3, file: Path, tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = phi("put", file, tmp_path / "smith", tmp_path, pipe, "-")
    assert result.code == 2
    assert "file 2 can't be read (FileNotFoundError); file 3 is a folder; file 4 is a pipe: upload it " in result.err
    assert "file 5 is a pipe" in result.err
    assert "smith" not in result.err
    assert keys(s3) == []


@pytest.fixture
def upload_of_file_named_1_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the upload of the file named 1 fail after S3 has stored it."""
    send = Upload.send

    def send_and_fail(self: Upload, source: Any) -> Any:
        result = send(self, source)
        if source.name == "1":
            raise IntegrityError("checksum mismatch")
        return result

    monkeypatch.setattr(Upload, "send", send_and_fail)


def test_put_of_several_files_reports_failed_and_stored_files(phi, s3, tmp_path: Path, upload_of_file_named_1_fails):
    for number in range(3):
        (tmp_path / str(number)).write_text(str(number), encoding="utf-8")
    result = phi("put", *(tmp_path / str(number) for number in range(3)), "--json")
    assert result.code == IntegrityError.exit_code
    assert [item["file"] for item in result.json["objects"]] == [1, 3]
    (failed_key,) = set(keys(s3)) - {item["key"] for item in result.json["objects"]}
    assert f"file 2 of 3: checksum mismatch; it may have been stored as {failed_key}" in result.err
    assert "1 of 3 failed" in result.err


def test_put_reports_key_of_single_failed_file_that_may_be_stored(
    phi, s3, tmp_path: Path, upload_of_file_named_1_fails
):
    (tmp_path / "1").write_text("1", encoding="utf-8")
    result = phi("put", tmp_path / "1")
    assert (result.code, result.out) == (IntegrityError.exit_code, b"")
    (failed_key,) = keys(s3)
    assert result.err.splitlines() == [
        f"phi: file 1 of 1: it may have been stored as {failed_key}",
        "phi: checksum mismatch",
    ]


def test_put_interrupted_stops_uploads_and_reports_every_key(phi, s3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    send = Upload.send

    def send_and_interrupt(self: Upload, source: Any) -> Any:
        if source.name == "1":
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1_000_000):  # until the progress callback raises
                self.progress(0)
        return send(self, source)

    monkeypatch.setattr(Upload, "send", send_and_interrupt)
    for number in range(3):
        (tmp_path / str(number)).write_text(str(number), encoding="utf-8")
    result = phi("put", *(tmp_path / str(number) for number in range(3)))
    assert result.code == 130
    assert "file 2 of 3: it may have been stored as " in result.err
    assert "Traceback" not in result.err
    for key in keys(s3):
        assert key in result.out.decode() + result.err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# Invalid arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["put", "FILE", "--key", RECORD_ID],
        ["put", "FILE", "--meta", RECORD_ID],
        ["put", "FILE", "--meta", f"{RECORD_ID}=x"],
        ["put", "FILE", "--meta", f"content-kind={RECORD_ID}"],
        ["put", "FILE", "--meta", "content-kind=claim", "--meta", "content-kind=other"],
        ["put", "FILE", "--key", "KEY", "--record-id-file", "-"],
        ["put", "FILE", "FILE", "--key", "KEY"],
        ["put", "FILE", "FILE", "--record-id-file", "-"],
        ["put", "FILE", "--secret-file", "FILE"],
        ["put", "-", "--record-id-file", "-"],
        ["put", "FILE", "--record-id-file", "-", "--secret-file", "-"],
        ["put"],
        ["get", RECORD_ID, "-"],
        ["get", "KEY", "-", RECORD_ID],
        ["get", "KEY"],
        ["get", "KEY", "-", "--json"],
        ["ls", "--prefix", RECORD_ID],
        ["ls", RECORD_ID],
        ["versions", RECORD_ID],
        ["restore", RECORD_ID, "x"],
        ["restore", "KEY"],
        ["rm", RECORD_ID, "--yes"],
        ["rm", "KEY"],
        ["url", RECORD_ID],
        ["url", "KEY", "--minutes", RECORD_ID],
        ["url", "KEY", "--minutes", "0"],
        ["url", "KEY", "--minutes", "61"],
        [RECORD_ID],
    ],
    ids=" ".join,
)
def test_invalid_arguments_are_rejected_without_repeating_them(phi, s3, file: Path, arguments):
    values = {"FILE": str(file), "KEY": new_key()}
    result = phi(*(values.get(argument, argument) for argument in arguments))
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("phi: ")
    assert all(secret_text not in result.err for secret_text in ("MRN", "smith", "00123456", "Traceback"))
    assert keys(s3) == []


def test_invalid_outputs_are_reported(phi, tmp_path: Path):
    (tmp_path / "o.json").write_text("{}", encoding="utf-8")
    result = phi("ls", "--outputs", tmp_path / "o.json", outputs=False)
    assert result.code == 2
    assert "phi_key_arn: missing" in result.err


# several PHI buckets


def test_every_command_uses_the_named_bucket(phi, s3, second_bucket: str, file: Path):
    imaging = ("--bucket", "imaging")
    (item,) = phi("put", file, "--json", *imaging).json["objects"]
    key, version = item["key"], item["version"]
    assert s3.get_object(Bucket=second_bucket, Key=key)["Body"].read() == b"content"
    assert keys(s3) == []
    assert phi("get", key, "-", *imaging).out == b"content"
    assert [entry["key"] for entry in phi("ls", "--json", *imaging).json["objects"]] == [key]
    assert [entry["version"] for entry in phi("versions", key, "--json", *imaging).json["versions"]] == [version]
    assert requests.get(phi("url", key, *imaging).out.decode().strip(), timeout=30).content == b"content"
    assert phi("rm", key, "--yes", *imaging).code == 0
    assert phi("restore", key, version, *imaging).code == 0
    assert phi("get", key, "-", "--bucket", "phi").code == 4


@pytest.mark.usefixtures("second_bucket")
@pytest.mark.parametrize("command", ["put", "get", "ls", "versions", "restore", "rm", "url"])
def test_command_that_names_no_bucket_of_several_is_rejected(phi, s3, file: Path, command):
    key = new_key()
    arguments: dict[str, list[str | Path]] = {
        "put": [file],
        "get": [key, "-"],
        "ls": [],
        "restore": [key, "1"],
        "rm": [key, "--yes"],
    }
    result = phi(command, *arguments.get(command, [key]))
    assert (result.code, result.out) == (2, b"")
    assert "name one of phi, imaging with --bucket" in result.err
    assert keys(s3) == []


@pytest.mark.parametrize("command", ["put", "ls"])
def test_command_that_names_an_unknown_bucket_is_rejected(phi, s3, file: Path, command):
    result = phi(command, *([file] if command == "put" else []), "--bucket", "images")
    assert result.code == 2
    assert "its buckets are phi" in result.err
    assert keys(s3) == []


def test_only_bucket_can_be_named(phi, stored):
    assert phi("get", stored["key"], "-", "--bucket", "phi").out == b"content"


# get


def test_get_writes_file_readable_only_by_owner(phi, stored, tmp_path: Path):
    target = tmp_path / "smith"
    result = phi("get", stored["key"], target, "--json")
    assert result.code == 0
    assert target.read_bytes() == b"content"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert result.json == {name: value for name, value in stored.items() if name != "file"}
    assert "smith" not in result.out.decode() + result.err


def test_get_to_stdout_prints_only_content(phi, stored):
    assert phi("get", stored["key"], "-") == Result(0, b"content", "")


def test_get_fetches_earlier_version(phi, stored, file: Path):
    file.write_bytes(b"later")
    phi("put", file, "--key", stored["key"])
    assert phi("get", stored["key"], "-").out == b"later"
    assert phi("get", stored["key"], "-", "--version", stored["version"]).out == b"content"


def test_get_replaces_file_only_with_force(phi, stored, tmp_path: Path):
    target = tmp_path / "smith"
    target.write_bytes(b"before")
    result = phi("get", stored["key"], target)
    assert (result.code, result.err) == (2, "phi: the target already exists: pass --force to replace it\n")
    assert target.read_bytes() == b"before"
    assert phi("get", stored["key"], target, "--force").code == 0
    assert target.read_bytes() == b"content"


def test_get_treats_dangling_link_as_existing_target(phi, stored, tmp_path: Path):
    (tmp_path / "smith").symlink_to(tmp_path / "nowhere")
    assert phi("get", stored["key"], tmp_path / "smith").code == 2
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("target", [".", "none/smith"])
def test_get_rejects_invalid_target_without_repeating_it(phi, stored, tmp_path: Path, target):
    result = phi("get", stored["key"], tmp_path / target, "--force")
    assert result.code == 2
    assert "the target" in result.err
    assert str(tmp_path) not in result.err


def test_get_of_missing_key_leaves_no_file(phi, tmp_path: Path):
    result = phi("get", new_key(), tmp_path / "smith")
    assert result.code == 4
    assert "not found" in result.err
    assert not (tmp_path / "smith").exists()


def test_get_rejects_object_without_the_stacks_kms_key(phi, s3, tmp_path: Path):
    key = new_key()
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"plain")
    result = phi("get", key, "-")
    assert (result.code, result.out) == (5, b"")


# ls


def test_ls_lists_objects_as_json_and_table(phi, stored, file: Path):
    other = phi("put", file, "--json").json["objects"][0]
    result = phi("ls", "--json")
    assert list(result.json["objects"][0]) == ["key", "size", "modified"]
    assert sorted(item["key"] for item in result.json["objects"]) == sorted([stored["key"], other["key"]])
    lines = phi("ls").out.decode().splitlines()
    assert lines[0].split() == ["MODIFIED", "SIZE", "KEY"]
    assert sorted(line.split()[-1] for line in lines[1:]) == sorted([stored["key"], other["key"]])


def test_ls_prefix_lists_objects_of_one_record(phi, stored, file: Path):
    record = key_for_record(RECORD_ID, SECRET)
    key = new_key(record)
    phi("put", file, "--key", key)
    assert [item["key"] for item in phi("ls", "--prefix", record, "--json").json["objects"]] == [key]


def test_ls_of_empty_bucket_prints_empty_document(phi):
    assert phi("ls", "--json").json == {"objects": []}
    result = phi("ls")
    assert (result.out, result.err) == (b"", "phi: nothing found\n")


def test_ls_leaves_out_and_counts_keys_not_made_by_phi(phi, s3, stored):
    s3.put_object(Bucket=BUCKET, Key="smith/MRN-00123456.pdf", Body=b"")
    result = phi("ls", "--json")
    assert [item["key"] for item in result.json["objects"]] == [stored["key"]]
    assert "phi: warning: objects left out" in result.err
    assert result.err.rstrip().endswith(": 1")
    assert "smith" not in result.out.decode() + result.err


# versions, rm, restore


def test_rm_versions_and_restore_round_trip(phi, s3, stored):
    key = stored["key"]
    deleted = phi("rm", key, "--yes", "--json")
    assert (deleted.code, deleted.json["key"], deleted.json["deleted"]) == (0, key, True)
    assert phi("get", key, "-").code == 4

    marker, first = phi("versions", key, "--json").json["versions"]
    assert list(marker) == ["key", "version", "size", "modified", "latest", "deleted"]
    assert (marker["version"], marker["latest"], marker["deleted"]) == (deleted.json["version"], True, True)
    assert (first["version"], first["latest"], first["deleted"]) == (stored["version"], False, False)

    restored = phi("restore", key, first["version"], "--json")
    assert restored.code == 0
    assert restored.json["version"] not in {marker["version"], first["version"]}
    assert phi("get", key, "-").out == b"content"
    assert len(phi("versions", key).out.decode().splitlines()) == 4


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code", "remaining"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1), ("", 1, 1)])
def test_rm_asks_for_confirmation_at_a_terminal(phi, s3, stored, answer, code, remaining):
    result = phi("rm", stored["key"], "--json", stdin=Terminal(answer))
    assert result.code == code
    assert "Mark this object as deleted?" in result.err
    assert len(keys(s3)) == remaining
    assert (result.out == b"") == (code == 1)


def test_versions_of_missing_key_exits_with_not_found(phi):
    assert phi("versions", new_key()).code == 4


# url


def test_url_prints_only_a_working_url(phi, stored):
    result = phi("url", stored["key"])
    assert (result.code, result.err) == (0, "")
    (url,) = result.out.decode().splitlines()
    assert "X-Amz-Expires=900" in url
    assert requests.get(url, timeout=30).content == b"content"


def test_url_minutes_sets_lifetime(phi, stored):
    result = phi("url", stored["key"], "--minutes", "1", "--json")
    assert result.json["minutes"] == 1
    assert "X-Amz-Expires=60" in result.json["url"]


# The access log


def test_access_log_is_appended_to_file_readable_only_by_owner(phi, stored, tmp_path: Path):
    log = tmp_path / "access.log"
    assert phi("get", stored["key"], "-", "--access-log", log).err == ""
    assert phi("url", stored["key"], "--access-log", log).code == 0
    assert phi("get", new_key(), "-", "--access-log", log).code == 4
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [line["outcome"] for line in lines] == ["success", "success", "NotFoundError"]
    assert lines[0]["object"] == stored["key"]
    assert "X-Amz" not in log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_access_log_variable_names_the_file(phi, file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PHI_ACCESS_LOG", str(tmp_path / "access.log"))
    assert phi("put", file).err == ""
    (line,) = (tmp_path / "access.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["action"] == "upload"
    assert "smith" not in line


def test_user_reference_is_logged_by_every_command(phi, stored, file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log, reference = tmp_path / "access.log", new_key()
    commands: list[list[str | Path]] = [
        ["put", file],
        ["get", stored["key"], "-"],
        ["ls"],
        ["versions", stored["key"]],
        ["restore", stored["key"], stored["version"]],
        ["url", stored["key"]],
        ["rm", stored["key"], "--yes"],
    ]
    for command in commands:
        assert phi(*command, "--access-log", log, "--user-reference", reference).code == 0
    monkeypatch.setenv("PHI_USER_REFERENCE", reference)
    assert phi("ls", "--access-log", log).code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["user_reference"] for line in lines] == [reference] * 8


def test_identifying_user_reference_is_rejected_without_repeating_it(phi, s3, file, tmp_path: Path):
    result = phi("put", file, "--user-reference", "smith@hospital.example", "--access-log", tmp_path / "access.log")
    assert result.code == 2
    assert "user reference" in result.err
    assert "smith" not in result.err + result.out.decode() + (tmp_path / "access.log").read_text()
    assert keys(s3) == []


def test_verbose_prints_access_log_to_stderr(phi, stored):
    result = phi("get", stored["key"], "-", "--verbose")
    assert result.out == b"content"
    assert json.loads(result.err)["object"] == stored["key"]


def test_failure_is_reported_in_one_line(phi):
    assert phi("get", new_key(), "-").err.count("\n") == 1


def test_access_log_that_cannot_be_opened_prevents_the_access(phi, s3, file, tmp_path: Path):
    result = phi("put", file, "--access-log", tmp_path / "none" / "access.log")
    assert result.code == 2
    assert "--access-log can't be opened (FileNotFoundError)" in result.err
    assert keys(s3) == []


def test_access_log_that_cannot_be_written_is_an_error(phi, stored):
    result = phi("versions", stored["key"], "--access-log", "/dev/full")
    assert (result.code, result.out) == (1, b"")
    assert result.err == (
        "phi: the access log can't be written: check its disk; the access itself may have succeeded\n"
    )


# Exit codes and messages


def test_version_option_prints_version(phi):
    assert phi("--version", outputs=False).out.decode() == f"phi {version('phi-buckets')}\n"


def test_help_lists_every_command(phi):
    result = phi("--help", outputs=False)
    assert result.code == 0
    for name in cli.COMMANDS:
        assert f" {name} " in result.out.decode()


def test_every_command_loads_from_its_module(phi):
    for name in cli.COMMANDS:
        assert phi(name, "--help", outputs=False).code == 0


def test_internal_error_shows_only_exception_class(phi, monkeypatch: pytest.MonkeyPatch, stored):
    def raise_error(*_: Any) -> None:
        raise LookupError(RECORD_ID)

    monkeypatch.setattr(PhiStore, "versions", raise_error)
    result = phi("versions", stored["key"])
    assert result == Result(
        70, b"", "phi: internal error (LookupError); please report it with the steps to reproduce it\n"
    )


def test_missing_credentials_exit_with_access_denied_and_hint(phi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = phi("ls", "--json")
    assert result.code == 3
    assert "aws sts get-caller-identity" in result.err


@pytest.fixture
def start_phi(outputs_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return a function that starts the command line in its own process."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # so that output is buffered, as it usually is
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "phi_buckets", *map(str, arguments), "--outputs", str(outputs_file)]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        running.append(subprocess.Popen(command, cwd=ROOT, **pipes))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def large_key(session: boto3.Session, outputs_file: Path) -> str:
    """Upload an object that is larger than a pipe's buffer, and return its key."""
    store = PhiStore.from_outputs(read_outputs(outputs_file), session=session)
    return store.upload(bytes(1 << 20)).key


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_upload_and_stores_nothing(start_phi, s3, tmp_path: Path, number, code):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = start_phi("put", pipe)
    with pipe.open("wb"):  # returns once the process reads the pipe
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, b"")
    assert b"Traceback" not in err
    assert keys(s3) == []


def test_signal_ends_download(start_phi, large_key: str):
    process = start_phi("get", large_key, "-")
    assert process.stdout.read(1) == b"\0"  # the rest waits in the process
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")


def test_pipe_closed_during_download_ends_command_without_message(start_phi, large_key: str):
    process = start_phi("get", large_key, "-")
    assert process.stdout.read(1) == b"\0"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 141


def test_closed_stdout_ends_command_without_message(start_phi):
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = start_phi("url", new_key(), stdout=write_end)
    os.close(write_end)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_full_disk_is_reported(start_phi, large_key: str):
    with Path("/dev/full").open("wb") as full:
        process = start_phi("get", large_key, "-", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 74
    assert err == b"phi: stdout can't be written: No space left on device\n"


def test_progress_bar_is_shown_only_on_stderr_at_a_terminal(start_phi, file: Path):
    terminal, end = pty.openpty()
    process = start_phi("put", file, "--json", stderr=end)
    out, _ = process.communicate(timeout=60)
    os.close(end)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert process.returncode == 0
    assert len(json.loads(out)["objects"]) == 1
    assert "Uploading" in shown
    assert "smith" not in shown
