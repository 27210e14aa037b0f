"""The sandbox, with the real engine and emulator: isolation from AWS and from other sandboxes, and its lifecycle."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import uuid

import pytest

from sandbox import network
from tests.sandboxes import Sandbox

IDENTITY = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
needs_network = pytest.mark.skipif(
    not network.isolated_command_prefix(), reason="this kernel doesn't allow network namespaces"
)


def test_command_reaches_aws_and_keeps_its_output_and_exit_code(sandbox):
    assert sandbox("python", "-c", IDENTITY).stdout == "123456789012\n"
    done = sandbox("sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_emulator_accepts_plain_http_and_old_tls(sandbox):
    """The emulator itself must not reject them, so that tests can show that policies deny them."""
    program = """
import os, socket, ssl, boto3
boto3.client("s3", endpoint_url=os.environ["SANDBOX_HTTP"]).create_bucket(Bucket="here")
print(boto3.client("s3").list_buckets()["Buckets"][0]["Name"])
old = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
old.set_ciphers("DEFAULT:@SECLEVEL=0")
host, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("https://").split(":")
with old.wrap_socket(socket.create_connection((host, port)), server_hostname=host) as connection:
    print(connection.version())
"""
    assert sandbox("python", "-W", "ignore", "-c", program).stdout == "here\nTLSv1.1\n"


def test_command_runs_in_the_current_folder(sandbox, tmp_path):
    assert sandbox("pwd", cwd=tmp_path).stdout == f"{tmp_path}\n"


def test_sandbox_can_be_called_through_a_link(sandbox, tmp_path):
    link = tmp_path / "sandbox"
    link.symlink_to(sandbox.command()[0])
    done = subprocess.run([link, *sandbox.command("pwd")[1:]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path}\n"


def test_arguments_reach_the_command_unchanged(sandbox):
    done = sandbox("python", "-c", "import sys; print(sys.argv[1:])", "--name", "a b", "--down", "$HOME")
    assert done.stdout == "['--name', 'a b', '--down', '$HOME']\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give either a command"),
        (["no-such-command"], "sandbox: command not found: no-such-command"),
        (["--down", "ls"], "give either a command"),
    ],
)
def test_wrong_usage_is_reported(sandbox, args, message):
    done = sandbox(*args)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_invalid_name_is_reported():
    done = Sandbox("../x")("ls")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'../x' is not a valid sandbox name" in done.stderr


def test_unwritable_folder_is_reported(engine):
    done = Sandbox("x")("ls", SANDBOX_HOME="/proc/nowhere")
    assert done.returncode == 1
    assert "SANDBOX_HOME" in done.stderr
    assert "Traceback" not in done.stderr


@needs_network
def test_network_has_only_loopback(sandbox):
    """No packet can leave, whatever credentials a program has and whatever settings it ignores."""
    program = "import socket; print([name for _, name in socket.if_nameindex()])"
    assert sandbox("python", "-c", program).stdout == "['lo']\n"
    # 192.0.2.1 is reserved for documentation (RFC 5737), and there is no route to it here.
    program = "import socket; socket.create_connection(('192.0.2.1', 443), 5)"
    assert "Network is unreachable" in sandbox("python", "-c", program).stderr


def test_calls_to_real_aws_go_to_a_rejecting_proxy(sandbox):
    program = (
        "import boto3; boto3.client('sts', endpoint_url='https://sts.us-east-1.amazonaws.com').get_caller_identity()"
    )
    done = sandbox("python", "-c", program, AWS_MAX_ATTEMPTS="1")
    assert done.returncode != 0
    assert "Tunnel connection failed: 403" in done.stderr


def test_s3_control_reaches_the_emulator_under_the_accounts_name(sandbox):
    """SDKs put the account's ID before the emulator's address, as the AWS provider does. No resolver knows that name.

    Python doesn't send it to the proxy, because it takes it for a subdomain of 127.0.0.1.
    """
    program = """
import os, boto3, botocore.config
proxies = {"https": os.environ["HTTPS_PROXY"]}
client = boto3.client("s3control", config=botocore.config.Config(proxies=proxies))
everything = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
client.put_public_access_block(AccountId="123456789012", PublicAccessBlockConfiguration=everything)
print(all(client.get_public_access_block(AccountId="123456789012")["PublicAccessBlockConfiguration"].values()))
"""
    assert sandbox("python", "-c", program).stdout == "True\n"


def test_other_certificate_authorities_are_not_trusted(sandbox):
    """This includes AWS's own."""
    program = """
import ssl, threading, boto3, trustme
from http.server import BaseHTTPRequestHandler, HTTPServer
server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
boto3.client("sts", endpoint_url=f"https://127.0.0.1:{server.server_port}").get_caller_identity()
"""
    done = sandbox("python", "-c", program)
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_callers_credentials_are_not_passed_on(sandbox, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile real]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n")
    program = "import boto3; print(boto3.Session().get_credentials().access_key, boto3.Session().available_profiles)"
    caller = {"AWS_PROFILE": "real", "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(config)}
    assert sandbox("python", "-c", program, **caller).stdout == "sandbox []\n"


def test_sandboxes_are_independent(sandbox):
    other = Sandbox(f"{sandbox.name}-other")
    create = "import boto3; boto3.client('s3').create_bucket(Bucket='here')"
    list_names = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"
    try:
        assert sandbox("python", "-c", create).returncode == 0
        assert sandbox("python", "-c", list_names).stdout == "['here']\n"
        assert other("python", "-c", list_names).stdout == "[]\n"
    finally:
        other("--down")


def test_concurrent_commands_start_one_emulator(sandbox):
    command = sandbox.command("python", "-c", "import os; print(os.environ['AWS_ENDPOINT_URL'])")
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    endpoints, errors = zip(*(process.communicate() for process in processes), strict=True)
    assert endpoints[0] == endpoints[1] != ""
    assert sum("started" in error for error in errors) == 1


def test_down_stops_the_emulator_and_clears_the_state(sandbox):
    sandbox("true")
    folder = sandbox.folder
    with folder.lock_file.open() as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert sandbox("--down").returncode == 0
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # free: its process has ended
    assert not folder.path.exists()
    assert sandbox("--down").returncode == 0


def test_dead_emulator_is_reported_and_its_state_cleared(sandbox):
    sandbox("true")
    folder = sandbox.folder
    (folder.state / "old-state").touch()
    os.kill(json.loads(folder.record.read_text())["pid"], signal.SIGKILL)
    folder.wait_until_stopped()
    done = sandbox("python", "-c", IDENTITY)
    assert done.stdout == "123456789012\n"
    assert "has died" in done.stderr
    assert not (folder.state / "old-state").exists()


def test_command_is_ended_when_its_emulator_dies(sandbox):
    command = sandbox.command("sh", "-c", "echo running; exec sleep 60")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "running\n"
        os.kill(json.loads(sandbox.folder.record.read_text())["pid"], signal.SIGKILL)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "died while the command was running" in errors


def test_ctrl_c_reaches_only_the_command(sandbox):
    sandbox("true")
    program = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(3))
print('ready', flush=True)
time.sleep(60)
"""
    command = sandbox.command(sys.executable, "-c", program)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (3, "")
    assert sandbox.folder.is_running()


def test_programs_and_modules_of_the_callers_environment_run_only_in_the_command(engine, sandbox, tmp_path):
    """The program that joins the namespace is the system's own: another one could stay outside."""
    (tmp_path / "bin").mkdir()
    for name in ("nsenter", "unshare", "python"):
        (tmp_path / "bin" / name).write_text('#!/bin/sh\necho "the caller\'s"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "json.py").write_text('raise SystemExit("the caller\'s")')
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    done = sandbox("echo", "fine", VIRTUAL_ENV=str(tmp_path), PATH=path, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr
    assert "the caller's" not in done.stderr
    assert sandbox("python", VIRTUAL_ENV=str(tmp_path)).stdout == "the caller's\n"


def test_failed_start_is_reported_and_leaves_no_folder(engine, tmp_path):
    """A setting that moto can't read represents any cause."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    done = Sandbox(name)("true", SANDBOX_HOME=str(tmp_path), INITIAL_NO_AUTH_ACTION_COUNT="broken for this test")
    assert done.returncode == 1
    assert "the emulator didn't start" in done.stderr
    assert "broken for this test" in done.stderr
    assert not (tmp_path / name).exists()
