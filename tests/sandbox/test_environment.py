"""The environment variables of a sandboxed command."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.emulator import Emulator
from sandbox.environment import build_environment
from sandbox.folder import Folder

FOLDER = Folder(Path("/sandboxes/a name"))
EMULATOR = Emulator(1, "https://127.0.0.1:4443", "http://127.0.0.1:8080", "http://127.0.0.1:9", ())


def environment_for(**caller: str) -> dict[str, str]:
    """Return the sandbox's environment for a caller with this environment."""
    return build_environment(caller, FOLDER, EMULATOR, Path("/engine/bin"), Path("/venv"))


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
def test_environment_drops_the_callers_cloud_and_proxy_settings(name):
    assert "the caller's" not in environment_for(**{name: "the caller's"}).values()


def test_environment_keeps_other_settings():
    settings = {"HOME": "/home/me", "LANG": "C.UTF-8", "PULUMI_STACK": "dev", "PULUMI_OPTION_PARALLEL": "1"}
    assert settings.items() <= environment_for(**settings).items()


def test_environment_trusts_only_the_sandboxs_certificate_authority():
    env = environment_for(
        AWS_CA_BUNDLE="/etc/ssl/all.pem", SSL_CERT_DIR="/etc/ssl/certs", REQUESTS_CA_BUNDLE="/etc/ssl/all.pem"
    )
    assert env["AWS_CA_BUNDLE"] == env["SSL_CERT_FILE"] == env["REQUESTS_CA_BUNDLE"] == "/sandboxes/a name/ca.pem"
    assert env["SSL_CERT_DIR"] == "/dev/null"


def test_environment_points_aws_to_the_emulator_and_proxies_to_a_closed_port():
    env = environment_for()
    assert env["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4443"
    assert env["SANDBOX_HTTP"] == "http://127.0.0.1:8080"
    assert {env[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy")} == {"http://127.0.0.1:9"}
    assert env["NO_PROXY"] == "127.0.0.1,localhost"
    assert env["AWS_SHARED_CREDENTIALS_FILE"] == env["AWS_CONFIG_FILE"] == "/dev/null"


def test_path_starts_with_the_pulumi_wrapper_and_the_engine():
    wrapper, engine, venv, *rest = environment_for(PATH="/usr/bin:/bin")["PATH"].split(":")
    assert Path(wrapper, "pulumi").read_text().startswith("#!/bin/sh")
    assert (engine, venv, rest) == ("/engine/bin", "/venv/bin", ["/usr/bin", "/bin"])


def test_path_has_the_callers_activated_environment_before_the_sandboxs():
    folders = environment_for(PATH="/mine/bin:/usr/bin", VIRTUAL_ENV="/mine")["PATH"].split(":")
    assert folders[1:4] == ["/engine/bin", "/mine/bin", "/venv/bin"]


def test_pulumi_state_is_in_the_sandboxs_folder():
    env = environment_for(PULUMI_HOME="/home/me/.pulumi")
    assert env["PULUMI_HOME"] == "/sandboxes/a name/pulumi"
    assert env["PULUMI_BACKEND_URL"] == "file:///sandboxes/a%20name/state"
