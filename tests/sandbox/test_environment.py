"""What a sandboxed command is told, and what of the caller's it never sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.emulator import Emulator
from sandbox.environment import build_environment
from sandbox.folder import Folder

HOME = Folder(Path("/sandboxes/a name"))
AWS = Emulator(1, "https://127.0.0.1:4443", "http://127.0.0.1:8080", "http://127.0.0.1:9", ())


def made(**caller: str) -> dict[str, str]:
    return build_environment(caller, HOME, AWS, Path("/engine/bin"), Path("/venv"))


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_ENDPOINT_URL_S3",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_ACCESS_KEY_ID",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "AZURE_CLIENT_SECRET",
        "ARM_CLIENT_SECRET",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
    ],
)
def test_nothing_of_the_callers_clouds_or_proxies_is_passed_on(name):
    assert "the caller's" not in made(**{name: "the caller's"}).values()


def test_what_is_not_about_a_cloud_is_passed_on():
    kept = {"HOME": "/home/me", "LANG": "C.UTF-8", "PULUMI_STACK": "dev", "PULUMI_OPTION_PARALLEL": "1"}
    assert kept.items() <= made(**kept).items()


def test_only_the_sandboxs_authority_is_trusted():
    env = made(AWS_CA_BUNDLE="/etc/ssl/all.pem", SSL_CERT_DIR="/etc/ssl/certs", REQUESTS_CA_BUNDLE="/etc/ssl/all.pem")
    assert env["AWS_CA_BUNDLE"] == env["SSL_CERT_FILE"] == env["REQUESTS_CA_BUNDLE"] == "/sandboxes/a name/ca.pem"
    assert env["SSL_CERT_DIR"] == "/dev/null"


def test_aws_is_the_emulator_and_all_else_is_behind_a_proxy_that_refuses():
    env = made()
    assert env["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4443"
    assert env["SANDBOX_HTTP"] == "http://127.0.0.1:8080"
    assert {env[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy")} == {"http://127.0.0.1:9"}
    assert env["NO_PROXY"] == "127.0.0.1,localhost"
    assert env["AWS_SHARED_CREDENTIALS_FILE"] == env["AWS_CONFIG_FILE"] == "/dev/null"


def test_the_engine_and_the_stack_maker_come_first_on_the_path():
    first, second, third, *rest = made(PATH="/usr/bin:/bin")["PATH"].split(":")
    assert Path(first, "pulumi").read_text().startswith("#!/bin/sh")
    assert (second, third, rest) == ("/engine/bin", "/venv/bin", ["/usr/bin", "/bin"])


def test_the_state_is_the_sandboxs_own():
    env = made(PULUMI_HOME="/home/me/.pulumi")
    assert env["PULUMI_HOME"] == "/sandboxes/a name/pulumi"
    assert env["PULUMI_BACKEND_URL"] == "file:///sandboxes/a%20name/state"
