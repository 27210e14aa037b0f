"""The sandbox itself, with the real engine and the emulator: apart from AWS, from its neighbours, and from the past."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from sandbox import network
from tests.conftest import Sandbox

IDENTITY = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
needs_network = pytest.mark.skipif(not network.isolated_command_prefix(), reason="this kernel gives no network namespace")


def test_a_command_has_aws_and_its_own_words_and_exit_code(sandbox):
    assert sandbox("python", "-c", IDENTITY).stdout == "123456789012\n"
    done = sandbox("sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_the_same_aws_is_reached_over_plain_http_and_over_old_tls_too(sandbox):
    """To see them refused: nothing but a policy keeps them out."""
    ask = """
import os, socket, ssl, boto3
boto3.client("s3", endpoint_url=os.environ["SANDBOX_HTTP"]).create_bucket(Bucket="here")
print(boto3.client("s3").list_buckets()["Buckets"][0]["Name"])
old = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
old.set_ciphers("DEFAULT:@SECLEVEL=0")
host, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("https://").split(":")
with old.wrap_socket(socket.create_connection((host, port)), server_hostname=host) as reached:
    print(reached.version())
"""
    assert sandbox("python", "-W", "ignore", "-c", ask).stdout == "here\nTLSv1.1\n"


def test_a_command_runs_where_it_was_called(sandbox, tmp_path):
    assert sandbox("pwd", cwd=tmp_path).stdout == f"{tmp_path}\n"


def test_it_may_be_called_by_a_link(sandbox, tmp_path):
    link = tmp_path / "sandbox"
    link.symlink_to(sandbox.command()[0])
    done = subprocess.run([link, *sandbox.command("pwd")[1:]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path}\n"


def test_arguments_reach_the_command_as_they_are(sandbox):
    done = sandbox("python", "-c", "import sys; print(sys.argv[1:])", "--name", "a b", "--down", "$HOME")
    assert done.stdout == "['--name', 'a b', '--down', '$HOME']\n"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "give a command to run"),
        (["no-such-command"], "sandbox: no such command: no-such-command"),
        (["--down", "ls"], "give a command to run"),
    ],
)
def test_wrong_use_is_told(sandbox, args, told):
    done = sandbox(*args)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_is_none_is_told():
    done = Sandbox("../x")("ls")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'../x' can't name a sandbox" in done.stderr


def test_a_folder_that_can_not_be_written_is_told(engine):
    done = Sandbox("x")("ls", SANDBOX_HOME="/proc/nowhere")
    assert done.returncode == 1
    assert "SANDBOX_HOME" in done.stderr
    assert "Traceback" not in done.stderr


@needs_network
def test_the_network_holds_loopback_alone(sandbox):
    """So no packet leaves, whatever the program holds, sends or ignores."""
    look = "from sandbox.network import interfaces; print(interfaces())"
    assert sandbox("python", "-c", look).stdout == "{'lo'}\n"
    # 192.0.2.1 is no one's (RFC 5737), and there is no way to it here.
    reach = "import socket; socket.create_connection(('192.0.2.1', 443), 5)"
    assert "Network is unreachable" in sandbox("python", "-c", reach).stderr


def test_real_aws_is_behind_a_proxy_that_refuses(sandbox):
    ask = "import boto3; boto3.client('sts', endpoint_url='https://sts.us-east-1.amazonaws.com').get_caller_identity()"
    done = sandbox("python", "-c", ask, AWS_MAX_ATTEMPTS="1")
    assert done.returncode != 0
    assert "ProxyConnectionError" in done.stderr


def test_a_server_of_another_authority_is_not_trusted(sandbox):
    """As AWS's own are: the only authority that the sandbox trusts is its own."""
    ask = """
import ssl, threading, boto3, trustme
from http.server import BaseHTTPRequestHandler, HTTPServer
server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
boto3.client("sts", endpoint_url=f"https://127.0.0.1:{server.server_port}").get_caller_identity()
"""
    done = sandbox("python", "-c", ask)
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_the_callers_credentials_are_not_passed_on(sandbox, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile real]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n")
    ask = "import boto3; print(boto3.Session().get_credentials().access_key, boto3.Session().available_profiles)"
    caller = {"AWS_PROFILE": "real", "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(config)}
    assert sandbox("python", "-c", ask, **caller).stdout == "sandbox []\n"


def test_neighbours_are_apart(sandbox):
    neighbour = Sandbox(f"{sandbox.name}-neighbour")
    make = "import boto3; boto3.client('s3').create_bucket(Bucket='here')"
    look = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"
    try:
        assert sandbox("python", "-c", make).returncode == 0
        assert sandbox("python", "-c", look).stdout == "['here']\n"
        assert neighbour("python", "-c", look).stdout == "[]\n"
    finally:
        neighbour("--down")


def test_two_at_once_start_one_emulator(sandbox):
    command = sandbox.command("python", "-c", "import os; print(os.environ['AWS_ENDPOINT_URL'])")
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    endpoints, words = zip(*(each.communicate() for each in both), strict=True)
    assert endpoints[0] == endpoints[1] != ""
    assert sum("started" in each for each in words) == 1


def test_down_stops_the_emulator_and_clears_the_state(sandbox):
    sandbox("true")
    home = sandbox.folder
    with home.alive.open() as alive:
        with pytest.raises(BlockingIOError):
            fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert sandbox("--down").returncode == 0
        fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)  # free: its process has ended
    assert not home.path.exists()
    assert sandbox("--down").returncode == 0


def test_a_dead_emulator_is_told_and_its_state_with_it(sandbox):
    sandbox("true")
    home = sandbox.folder
    (home.state / "of-the-dead").touch()
    os.kill(json.loads(home.record.read_text())["pid"], signal.SIGKILL)
    home.wait_for_death()
    done = sandbox("python", "-c", IDENTITY)
    assert done.stdout == "123456789012\n"
    assert "has died" in done.stderr
    assert not (home.state / "of-the-dead").exists()


def test_a_command_whose_emulator_dies_is_ended(sandbox):
    command = sandbox.command("sh", "-c", "echo running; exec sleep 60")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "running\n"
        os.kill(json.loads(sandbox.folder.record.read_text())["pid"], signal.SIGKILL)
        _, words = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "died while the command ran" in words


def test_a_terminals_ctrl_c_is_the_commands(sandbox):
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
    ) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == "ready\n"
        os.killpg(it.pid, signal.SIGINT)
        _, words = it.communicate(timeout=30)
    assert (it.returncode, words) == (3, "")
    assert sandbox.folder.emulator_lives()


def test_an_emulator_that_can_not_start_is_told_and_leaves_nothing(engine, tmp_path):
    """An old CA file that is a folder stands for anything that stops it."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    done = Sandbox(name)("true", SANDBOX_HOME=str(tmp_path), PYTHONPATH=str(broken_moto(tmp_path / "lib")))
    assert done.returncode == 1
    assert "the emulator didn't start" in done.stderr
    assert "no moto today" in done.stderr
    assert not (tmp_path / name).exists()


def broken_moto(lib: Path) -> Path:
    (lib / "trustme").mkdir(parents=True)
    (lib / "trustme" / "__init__.py").write_text("raise ImportError('no moto today')")
    return lib
