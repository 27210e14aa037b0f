"""`phi put get ls versions restore rm url` against an AWS over HTTP: what they do, print, and end with."""

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
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from phi import __version__, cli
from phi.errors import IntegrityError
from phi.object_keys import check_key, key_for_record, new_key
from phi.stack.outputs import parse
from phi.store import PhiStore
from phi.store.upload import Upload
from tests.phi.conftest import ACCOUNT, REGION

BUCKET = "phi-test-data"
SECRET = bytes(range(32))
UNTOLD = "MRN-00123456 smith"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def bucket(session: boto3.Session) -> Any:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return s3


@pytest.fixture
def outputs_file(session: boto3.Session, tmp_path: Path) -> Path:
    path = tmp_path / "outputs.json"
    told = {
        "resource_name_prefix": "phi-test-",
        "phi_bucket_name": BUCKET,
        "phi_key_arn": session.client("kms").create_key()["KeyMetadata"]["Arn"],
        "access_log_bucket_name": "phi-test-logs",
        "trail_bucket_name": "phi-test-trail",
        "trail_arn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/phi-test",
        "alert_topic_arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-test",
        **{
            f"{who}_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{who}" for who in ("application", "auditor", "break_glass")
        },
    }
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


@pytest.fixture
def phi(
    outputs_file: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Callable[..., Done]]:
    """The command line in this process, on the stack's outputs."""
    for name in ("PHI_KEY_SECRET", "PHI_ACCESS_LOG"):
        monkeypatch.delenv(name, raising=False)
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments: str | Path, stdin: bytes | io.StringIO = b"", outputs: bool = True) -> Done:
        more = ["--outputs", str(outputs_file)] if outputs else []
        monkeypatch.setattr(sys, "argv", ["phi", *map(str, arguments), *more])
        given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8") if isinstance(stdin, bytes) else stdin
        monkeypatch.setattr(sys, "stdin", given)
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capfdbinary.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err.decode())

    yield run
    for each, handler in handlers.items():
        signal.signal(each, handler)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "smith-john.pdf"
    path.write_bytes(b"content")
    return path


def content(bucket: Any, key: str) -> bytes:
    return bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def keys(bucket: Any) -> list[str]:
    return [each["Key"] for each in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def stored(phi, file: Path) -> dict[str, Any]:
    return phi("put", file, "--json").json["objects"][0]


# put


def test_a_file_is_stored_under_a_key_that_tells_nothing(phi, bucket, file: Path):
    done = phi("put", file)
    assert done.code == 0
    (key,) = keys(bucket)
    assert check_key(key) == key
    assert content(bucket, key) == b"content"
    assert key in done.out.decode()
    assert done.err == ""


def test_what_is_stored_is_told_in_one_document(phi, bucket, file: Path):
    done = phi("put", file, "--json", "--meta", "content-kind=lab-report", "--meta", "schema-version=3")
    (found,) = done.json["objects"]
    head = bucket.head_object(Bucket=BUCKET, Key=found["key"])
    assert list(found) == ["file", "key", "version", "size", "sha256", "modified", "metadata"]
    assert (found["file"], found["size"], found["version"]) == (1, 7, head["VersionId"])
    assert found["metadata"] == head["Metadata"] == {"content-kind": "lab-report", "schema-version": "3"}


def test_files_are_told_by_their_place_never_by_name(phi, bucket, tmp_path: Path):
    files = [tmp_path / f"smith-{number}.txt" for number in range(20)]
    for number, each in enumerate(files):
        each.write_text(str(number), encoding="utf-8")
    done = phi("put", *files, "--json")
    assert [each["file"] for each in done.json["objects"]] == list(range(1, 21))
    assert [content(bucket, each["key"]) for each in done.json["objects"]] == [b"%d" % each for each in range(20)]
    assert "smith" not in done.out.decode() + done.err


def test_stdin_is_stored(phi, bucket):
    done = phi("put", "-", stdin=b"from a pipe")
    assert done.code == 0
    assert content(bucket, *keys(bucket)) == b"from a pipe"


def test_a_named_key_gets_a_new_version(phi, bucket, stored, file: Path):
    file.write_bytes(b"later")
    assert phi("put", file, "--key", stored["key"]).code == 0
    assert content(bucket, stored["key"]) == b"later"
    assert len(bucket.list_object_versions(Bucket=BUCKET)["Versions"]) == 2


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize("written", [SECRET.hex(), SECRET.hex().upper() + "\n", base64.b64encode(SECRET).decode()])
def test_the_key_of_a_record_is_made_of_what_stdin_and_the_environment_say(
    phi, bucket, file: Path, monkeypatch: pytest.MonkeyPatch, ending, written
):
    monkeypatch.setenv("PHI_KEY_SECRET", written)
    done = phi("put", file, "--record-id-file", "-", stdin=f"{UNTOLD}{ending}".encode())
    assert done.code == 0
    assert keys(bucket) == [key_for_record(UNTOLD, SECRET)]
    assert UNTOLD not in done.out.decode() + done.err


def test_the_key_of_a_record_is_made_of_what_two_files_say(phi, bucket, file: Path, tmp_path: Path):
    id_file, secret_file = tmp_path / "id", tmp_path / "secret"
    id_file.write_text(UNTOLD, encoding="utf-8")
    secret = b"\xfb\xff" * 4 + SECRET
    secret_file.write_text(base64.urlsafe_b64encode(secret).decode(), encoding="utf-8")
    assert phi("put", file, "--record-id-file", id_file, "--secret-file", secret_file).code == 0
    assert keys(bucket) == [key_for_record(UNTOLD, secret)]


@pytest.mark.parametrize(
    ("stdin", "secret", "why"),
    [
        (UNTOLD, "", "the secret of the keys is missing: put it in PHI_KEY_SECRET, or name --secret-file"),
        (UNTOLD, "smith!", "PHI_KEY_SECRET must hold the secret in hex or base64"),
        (UNTOLD, "sm1th", "PHI_KEY_SECRET must hold the secret in hex or base64"),
        (UNTOLD, "ab" * 31, "at least 32 random bytes"),
        ("", SECRET.hex(), "--record-id-file must hold one line, the record's id; it has 0"),
        (f"{UNTOLD}\n{UNTOLD}\n", SECRET.hex(), "--record-id-file must hold one line, the record's id; it has 2"),
        (f" {UNTOLD}", SECRET.hex(), "without white space at its ends"),
    ],
)
def test_an_id_or_a_secret_that_can_not_be_used_is_refused_untold(
    phi, bucket, file: Path, monkeypatch: pytest.MonkeyPatch, stdin, secret, why
):
    monkeypatch.setenv("PHI_KEY_SECRET", secret)
    done = phi("put", file, "--record-id-file", "-", stdin=stdin.encode())
    assert (done.code, done.out) == (2, b"")
    assert why in done.err
    assert all(untold not in done.err for untold in ("MRN", "smith", "sm1th", "abab"))
    assert keys(bucket) == []


@pytest.mark.parametrize("option", ["--record-id-file", "--secret-file"])
def test_a_file_of_an_id_or_a_secret_that_is_not_there_is_told_by_its_option(phi, file, tmp_path, option):
    other = {"--record-id-file": "--secret-file", "--secret-file": "--record-id-file"}[option]
    (tmp_path / "there").write_text(SECRET.hex(), encoding="utf-8")
    done = phi("put", file, option, tmp_path / "smith", other, tmp_path / "there")
    assert done.code == 2
    assert f"{option} can't be read: FileNotFoundError" in done.err
    assert "smith" not in done.err


def test_every_file_that_can_not_be_sent_is_told_before_any_is(phi, bucket, file: Path, tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = phi("put", file, tmp_path / "smith", tmp_path, pipe, "-")
    assert done.code == 2
    assert "file 2 can't be read (FileNotFoundError); file 3 is a folder; file 4 is a pipe: send it by its" in done.err
    assert "file 5 is a pipe" in done.err
    assert "smith" not in done.err
    assert keys(bucket) == []


@pytest.fixture
def second_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file is sent, and S3's answer isn't right."""
    send = Upload.send

    def sent(self: Upload, source: Any) -> Any:
        answer = send(self, source)
        if source.name == "1":
            raise IntegrityError("not what was sent")
        return answer

    monkeypatch.setattr(Upload, "send", sent)


def test_of_many_files_one_fails_and_the_others_are_told(phi, bucket, tmp_path: Path, second_fails):
    for number in range(3):
        (tmp_path / str(number)).write_text(str(number), encoding="utf-8")
    done = phi("put", *(tmp_path / str(number) for number in range(3)), "--json")
    assert done.code == IntegrityError.exit_code
    assert [each["file"] for each in done.json["objects"]] == [1, 3]
    (left,) = set(keys(bucket)) - {each["key"] for each in done.json["objects"]}
    assert f"file 2 of 3: not what was sent; it may be stored nevertheless, as {left}" in done.err
    assert "1 of 3 failed" in done.err


def test_the_only_file_fails_and_the_key_that_it_may_have_is_told(phi, bucket, tmp_path: Path, second_fails):
    (tmp_path / "1").write_text("1", encoding="utf-8")
    done = phi("put", tmp_path / "1")
    assert (done.code, done.out) == (IntegrityError.exit_code, b"")
    (left,) = keys(bucket)
    assert done.err.splitlines() == [
        f"phi: file 1 of 1; it may be stored nevertheless, as {left}",
        "phi: not what was sent",
    ]


def test_an_interrupt_stops_those_that_are_on_their_way_and_tells_every_key(
    phi, bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    send = Upload.send

    def sent(self: Upload, source: Any) -> Any:
        if source.name == "1":
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1_000_000):  # until it is told to stop
                self.progress(0)
        return send(self, source)

    monkeypatch.setattr(Upload, "send", sent)
    for number in range(3):
        (tmp_path / str(number)).write_text(str(number), encoding="utf-8")
    done = phi("put", *(tmp_path / str(number) for number in range(3)))
    assert done.code == 130
    assert "file 2 of 3; it may be stored nevertheless, as " in done.err
    assert "Traceback" not in done.err
    for key in keys(bucket):
        assert key in done.out.decode() + done.err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# What isn't taken


@pytest.mark.parametrize(
    "arguments",
    [
        ["put", "FILE", "--key", UNTOLD],
        ["put", "FILE", "--meta", UNTOLD],
        ["put", "FILE", "--meta", f"{UNTOLD}=x"],
        ["put", "FILE", "--meta", f"content-kind={UNTOLD}"],
        ["put", "FILE", "--meta", "content-kind=claim", "--meta", "content-kind=other"],
        ["put", "FILE", "--key", "KEY", "--record-id-file", "-"],
        ["put", "FILE", "FILE", "--key", "KEY"],
        ["put", "FILE", "FILE", "--record-id-file", "-"],
        ["put", "FILE", "--secret-file", "FILE"],
        ["put", "-", "--record-id-file", "-"],
        ["put", "FILE", "--record-id-file", "-", "--secret-file", "-"],
        ["put"],
        ["get", UNTOLD, "-"],
        ["get", "KEY", "-", UNTOLD],
        ["get", "KEY"],
        ["get", "KEY", "-", "--json"],
        ["ls", "--prefix", UNTOLD],
        ["ls", UNTOLD],
        ["versions", UNTOLD],
        ["restore", UNTOLD, "x"],
        ["restore", "KEY"],
        ["rm", UNTOLD, "--yes"],
        ["rm", "KEY"],
        ["url", UNTOLD],
        ["url", "KEY", "--minutes", UNTOLD],
        ["url", "KEY", "--minutes", "0"],
        ["url", "KEY", "--minutes", "61"],
        [UNTOLD],
    ],
    ids=" ".join,
)
def test_a_call_that_makes_no_sense_is_refused_untold(phi, bucket, file: Path, arguments):
    real = {"FILE": str(file), "KEY": new_key()}
    done = phi(*(real.get(each, each) for each in arguments))
    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith("phi: ")
    assert all(untold not in done.err for untold in ("MRN", "smith", "00123456", "Traceback"))
    assert keys(bucket) == []


def test_outputs_that_can_not_be_used_are_told(phi, tmp_path: Path):
    (tmp_path / "o.json").write_text("{}", encoding="utf-8")
    done = phi("ls", "--outputs", tmp_path / "o.json", outputs=False)
    assert done.code == 2
    assert "phi_key_arn: Field required" in done.err


# get


def test_content_goes_to_a_file_that_only_its_owner_reads(phi, stored, tmp_path: Path):
    target = tmp_path / "smith"
    done = phi("get", stored["key"], target, "--json")
    assert done.code == 0
    assert target.read_bytes() == b"content"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert done.json == {name: value for name, value in stored.items() if name != "file"}
    assert "smith" not in done.out.decode() + done.err


def test_content_goes_to_stdout_and_nothing_else_does(phi, stored):
    assert phi("get", stored["key"], "-") == Done(0, b"content", "")


def test_an_earlier_version_can_be_had(phi, stored, file: Path):
    file.write_bytes(b"later")
    phi("put", file, "--key", stored["key"])
    assert phi("get", stored["key"], "-").out == b"later"
    assert phi("get", stored["key"], "-", "--version", stored["version"]).out == b"content"


def test_a_file_is_replaced_by_force_alone(phi, stored, tmp_path: Path):
    target = tmp_path / "smith"
    target.write_bytes(b"before")
    done = phi("get", stored["key"], target)
    assert (done.code, done.err) == (2, "phi: the target is there already: --force replaces it\n")
    assert target.read_bytes() == b"before"
    assert phi("get", stored["key"], target, "--force").code == 0
    assert target.read_bytes() == b"content"


def test_a_link_that_leads_nowhere_is_there_too(phi, stored, tmp_path: Path):
    (tmp_path / "smith").symlink_to(tmp_path / "nowhere")
    assert phi("get", stored["key"], tmp_path / "smith").code == 2
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("target", [".", "none/smith"])
def test_a_target_that_can_be_no_file_is_refused_untold(phi, stored, tmp_path: Path, target):
    done = phi("get", stored["key"], tmp_path / target, "--force")
    assert done.code == 2
    assert "the target" in done.err
    assert str(tmp_path) not in done.err


def test_what_is_not_there_leaves_no_file(phi, tmp_path: Path):
    done = phi("get", new_key(), tmp_path / "smith")
    assert done.code == 4
    assert "there is none" in done.err
    assert not (tmp_path / "smith").exists()


def test_what_has_another_key_is_not_given(phi, bucket, tmp_path: Path):
    key = new_key()
    bucket.put_object(Bucket=BUCKET, Key=key, Body=b"plain")
    done = phi("get", key, "-")
    assert (done.code, done.out) == (5, b"")


# ls


def test_a_listing_is_of_what_is_there(phi, stored, file: Path):
    other = phi("put", file, "--json").json["objects"][0]
    done = phi("ls", "--json")
    assert list(done.json["objects"][0]) == ["key", "size", "modified"]
    assert sorted(each["key"] for each in done.json["objects"]) == sorted([stored["key"], other["key"]])
    lines = phi("ls").out.decode().splitlines()
    assert lines[0].split() == ["MODIFIED", "SIZE", "KEY"]
    assert sorted(line.split()[-1] for line in lines[1:]) == sorted([stored["key"], other["key"]])


def test_a_listing_may_be_of_one_record(phi, stored, file: Path):
    record = key_for_record(UNTOLD, SECRET)
    key = new_key(record)
    phi("put", file, "--key", key)
    assert [each["key"] for each in phi("ls", "--prefix", record, "--json").json["objects"]] == [key]


def test_an_empty_listing_is_an_empty_document(phi):
    assert phi("ls", "--json").json == {"objects": []}
    done = phi("ls")
    assert (done.out, done.err) == (b"", "phi: there are none\n")


def test_a_key_that_phi_did_not_make_is_left_out_and_counted(phi, bucket, stored):
    bucket.put_object(Bucket=BUCKET, Key="smith/MRN-00123456.pdf", Body=b"")
    done = phi("ls", "--json")
    assert [each["key"] for each in done.json["objects"]] == [stored["key"]]
    assert "phi: warning: objects left out" in done.err
    assert done.err.rstrip().endswith(": 1")
    assert "smith" not in done.out.decode() + done.err


# versions, rm, restore


def test_what_is_deleted_can_be_restored(phi, bucket, stored):
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


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1), ("", 1, 1)])
def test_who_is_at_a_terminal_is_asked(phi, bucket, stored, answer, code, left):
    done = phi("rm", stored["key"], "--json", stdin=Terminal(answer))
    assert done.code == code
    assert "Mark this object as deleted?" in done.err
    assert len(keys(bucket)) == left
    assert (done.out == b"") == (code == 1)


def test_an_object_that_is_not_there_has_no_versions(phi):
    assert phi("versions", new_key()).code == 4


# url


def test_a_url_alone_is_printed_and_fetches_the_object(phi, stored):
    done = phi("url", stored["key"])
    assert (done.code, done.err) == (0, "")
    (url,) = done.out.decode().splitlines()
    assert "X-Amz-Expires=900" in url
    assert requests.get(url, timeout=30).content == b"content"


def test_a_url_lives_as_long_as_is_asked(phi, stored):
    done = phi("url", stored["key"], "--minutes", "1", "--json")
    assert done.json["minutes"] == 1
    assert "X-Amz-Expires=60" in done.json["url"]


# The access log


def test_the_access_log_is_appended_to_a_file_that_only_its_owner_reads(phi, stored, tmp_path: Path):
    log = tmp_path / "access.log"
    assert phi("get", stored["key"], "-", "--access-log", log).err == ""
    assert phi("url", stored["key"], "--access-log", log).code == 0
    assert phi("get", new_key(), "-", "--access-log", log).code == 4
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [each["outcome"] for each in lines] == ["success", "success", "NotFoundError"]
    assert lines[0]["object"] == stored["key"]
    assert "X-Amz" not in log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_environment_may_say_where_the_access_log_is(phi, file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PHI_ACCESS_LOG", str(tmp_path / "access.log"))
    assert phi("put", file).err == ""
    (line,) = (tmp_path / "access.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["action"] == "upload"
    assert "smith" not in line


def test_the_access_log_is_on_stderr_if_asked_for(phi, stored):
    done = phi("get", stored["key"], "-", "--verbose")
    assert done.out == b"content"
    assert json.loads(done.err)["object"] == stored["key"]


def test_a_failure_is_told_once(phi):
    assert phi("get", new_key(), "-").err.count("\n") == 1


def test_an_access_log_that_can_not_be_opened_keeps_the_access_from_being_made(phi, bucket, file, tmp_path: Path):
    done = phi("put", file, "--access-log", tmp_path / "none" / "access.log")
    assert done.code == 2
    assert "--access-log can't be written: FileNotFoundError" in done.err
    assert keys(bucket) == []


def test_an_access_log_that_can_not_be_written_is_an_error(phi, stored):
    done = phi("versions", stored["key"], "--access-log", "/dev/full")
    assert (done.code, done.out) == (1, b"")
    assert done.err == "phi: the access log can't be written, see its disk; the access itself may have been made\n"


# However it ends


def test_the_version_is_told(phi):
    assert phi("--version", outputs=False).out.decode() == f"phi {__version__}\n"


def test_help_tells_every_command(phi):
    help_ = phi("--help", outputs=False)
    assert help_.code == 0
    for name in cli.COMMANDS:
        assert f" {name} " in help_.out.decode()


def test_every_command_is_where_it_is_said_to_be(phi):
    for name in cli.COMMANDS:
        assert phi(name, "--help", outputs=False).code == 0


def test_a_fault_of_our_own_shows_its_kind_alone(phi, monkeypatch: pytest.MonkeyPatch, stored):
    def broken(*_: Any) -> None:
        raise LookupError(UNTOLD)

    monkeypatch.setattr(PhiStore, "versions", broken)
    done = phi("versions", stored["key"])
    assert done == Done(70, b"", "phi: a fault of phi's own, LookupError; please report how it came about\n")


def test_credentials_that_are_missing_are_told(phi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = phi("ls", "--json")
    assert done.code == 3
    assert "aws sts get-caller-identity" in done.err


@pytest.fixture
def started(outputs_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """The command line in a process of its own."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # under which less is left to be done at the end
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str | Path, **more: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "phi", *map(str, arguments), "--outputs", str(outputs_file)]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        running.append(subprocess.Popen(command, cwd=ROOT, **pipes))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.communicate()


@pytest.fixture
def large(session: boto3.Session, outputs_file: Path) -> str:
    """An object that no pipe takes at once."""
    return (
        PhiStore.from_outputs(parse(outputs_file.read_text(encoding="utf-8"), "it"), session=session)
        .upload(bytes(1 << 20))
        .key
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_an_upload_and_nothing_is_stored(started, bucket, tmp_path: Path, number, code):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = started("put", pipe)
    with pipe.open("wb"):  # once it reads
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, b"")
    assert b"Traceback" not in err
    assert keys(bucket) == []


def test_a_signal_ends_a_download(started, large: str):
    process = started("get", large, "-")
    assert process.stdout.read(1) == b"\0"  # the rest waits to be read
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")


def test_a_pipe_that_is_closed_ends_a_download(started, large: str):
    process = started("get", large, "-")
    assert process.stdout.read(1) == b"\0"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 141


def test_a_pipe_that_nobody_reads_is_no_fault(started):
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = started("url", new_key(), stdout=write_end)
    os.close(write_end)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_a_full_disk_is_told(started, large: str):
    with Path("/dev/full").open("wb") as full:
        process = started("get", large, "-", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 74
    assert err == b"phi: stdout can't be written: No space left on device\n"


def test_a_bar_is_shown_at_a_terminal_and_on_stderr_alone(started, file: Path):
    terminal, end = pty.openpty()
    process = started("put", file, "--json", stderr=end)
    out, _ = process.communicate(timeout=60)
    os.close(end)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert process.returncode == 0
    assert len(json.loads(out)["objects"]) == 1
    assert "Sending" in shown
    assert "smith" not in shown
