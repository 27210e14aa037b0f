"""The choice of the servicer: the pack's own with the expected SDK version, else the SDK's, with a warning."""

from __future__ import annotations

import subprocess
import sys

import pulumi_policy.policy as sdk
import pytest

from crossguard import serve
from sandbox.folder import ROOT

# The pack's entry point, with another version of the SDK reported as installed.
OTHER_SDK_VERSION = f"""
import importlib.metadata, sys
sys.path.insert(0, {str(ROOT / "policy")!r})
importlib.metadata.version = lambda name: {{"pulumi-policy": "9.9.9"}}[name]
from crossguard.serve import serve
serve()
"""


@pytest.fixture(autouse=True)
def _restore_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "_PolicyAnalyzerServicer", serve.SdkServicer)


def test_install_servicer_with_the_expected_version_replaces_the_sdks(capsys):
    serve.install_servicer(serve.EXPECTED_SDK_VERSION)
    assert sdk._PolicyAnalyzerServicer is serve.ReadOnceServicer
    assert capsys.readouterr() == ("", "")


def test_install_servicer_with_another_version_keeps_the_sdks_and_warns(capsys):
    serve.install_servicer("9.9.9")
    assert sdk._PolicyAnalyzerServicer is serve.SdkServicer
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    for text in (
        "pulumi-policy 9.9.9",
        serve.EXPECTED_SDK_VERSION,
        "verdicts are the same",
        "takes longer",
        "option account",
        "doesn't report unknown names",
    ):
        assert text in err


def test_expected_sdk_version_is_pinned_in_requirements():
    required = (ROOT / "policy" / "requirements.txt").read_text().splitlines()
    assert f"pulumi-policy=={serve.EXPECTED_SDK_VERSION}" in required


def test_port_is_the_first_line_of_stdout_with_another_version(tmp_path):
    (tmp_path / "__main__.py").write_text(OTHER_SDK_VERSION)
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(tmp_path)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().strip().isdecimal()
        finally:
            process.kill()
        assert "pulumi-policy 9.9.9 is installed" in process.stderr.read()
