"""The pulumi wrapper: the stack that it creates on first use, and its copy of the user's stack file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox import pulumi_wrapper
from sandbox.folder import Folder, SandboxError

SALT = "encryptionsalt: v1:sandbox\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    return folder


@pytest.fixture
def sandbox(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "sandboxes" / "test")
    folder.state.mkdir(parents=True)
    return folder


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A fake pulumi whose `stack init` writes the files that the real one does. It logs its arguments."""
    script = tmp_path / "pulumi"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> "{tmp_path}/calls"\n'
        'while [ $# -gt 0 ]; do [ "$1" = --cwd ] && cd "$2"; [ "$1" = init ] && stack=$2; shift; done\n'
        f"printf '{SALT}' > Pulumi.$stack.yaml\n"
        f'mkdir -p "{tmp_path}/sandboxes/test/state/.pulumi/stacks/demo"\n'
        f'touch "{tmp_path}/sandboxes/test/state/.pulumi/stacks/demo/$stack.json"\n'
    )
    script.chmod(0o755)
    return script


@pytest.fixture
def prepare(project: Path, sandbox: Folder, pulumi: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)

    def prepare(*args: str, **env: str) -> list[str]:
        return pulumi_wrapper.prepare(list(args), {"SANDBOX": str(sandbox.path)} | env, pulumi)

    return prepare


def calls(tmp_path: Path) -> list[str]:
    """Return the arguments of each call of the fake pulumi."""
    file = tmp_path / "calls"
    return [line.split(" --cwd ")[0] for line in file.read_text().splitlines()] if file.exists() else []


def test_prepare_creates_a_stack_once_and_keeps_the_users_file(prepare, project, sandbox, tmp_path):
    user_file = project / "Pulumi.dev.yaml"
    user_file.write_text("config:\n  demo:size: 010\n")
    sandbox_file = str(sandbox.stack_file("demo", "dev"))
    expected = ["preview", "--stack", "dev", "--config-file", sandbox_file]
    assert prepare("preview", "--stack", "dev") == expected
    assert prepare("preview", "--stack", "dev") == expected
    assert calls(tmp_path) == ["stack init dev --no-select --non-interactive"]
    assert user_file.read_text() == "config:\n  demo:size: 010\n"
    assert Path(sandbox_file).read_text() == "config:\n  demo:size: 010\n" + SALT


def test_prepare_reads_the_users_file_each_time(prepare, project, sandbox):
    user_file = project / "Pulumi.dev.yaml"
    user_file.write_text("config:\n  demo:size: 1\n")
    prepare("up", "-s", "dev")
    user_file.write_text("config:\n  demo:size: 2")
    prepare("up", "-s", "dev")
    assert sandbox.stack_file("demo", "dev").read_text() == "config:\n  demo:size: 2\n" + SALT


def test_prepare_replaces_the_encryption_settings(prepare, project, sandbox):
    (project / "Pulumi.prod.yaml").write_text(
        "secretsprovider: awskms://alias/phi?region=us-east-1\nencryptedkey: abc=\nconfig:\n  demo:size: 1\n"
    )
    prepare("preview", "--stack=prod")
    assert sandbox.stack_file("demo", "prod").read_text() == "config:\n  demo:size: 1\n" + SALT


def test_prepare_rejects_a_file_with_secrets_and_names_it(prepare, project):
    file = project / "Pulumi.prod.yaml"
    file.write_text("config:\n  demo:token:\n    secure: v1:abcdef\n")
    with pytest.raises(SandboxError, match=r"Pulumi\.prod\.yaml has secrets.*--config-file FILE") as error:
        prepare("preview", "--stack", "prod")
    assert "abcdef" not in str(error.value)


@pytest.mark.parametrize(
    ("args", "env", "stack_name"),
    [
        (["preview", "-s", "a"], {}, "a"),
        (["--cwd", ".", "preview", "--stack=a"], {}, "a"),
        (["preview"], {"PULUMI_STACK": "a"}, "a"),
        (["preview", "--stack", "a"], {"PULUMI_STACK": "b"}, "a"),
    ],
)
def test_prepare_uses_the_named_stack(prepare, project, sandbox, args, env, stack_name):
    for name in "ab":
        (project / f"Pulumi.{name}.yaml").touch()
    assert str(sandbox.stack_file("demo", stack_name)) == prepare(*args, **env)[-1]


def test_prepare_uses_the_only_stack_if_none_is_named(prepare, project, sandbox):
    (project / "Pulumi.qa.yaml").touch()
    assert prepare("preview") == ["preview", "--stack", "qa", "--config-file", str(sandbox.stack_file("demo", "qa"))]


def test_prepare_uses_dev_if_there_are_no_stack_files(prepare):
    assert prepare("up", "--yes")[:4] == ["up", "--yes", "--stack", "dev"]


@pytest.mark.parametrize("args", [["--stack", "dev"], ["dev"], []])
def test_stack_rm_keeps_the_users_file(prepare, project, sandbox, tmp_path, args):
    (project / "Pulumi.dev.yaml").touch()
    assert "--preserve-config" in (prepared := prepare("stack", "rm", "--yes", *args))
    assert prepared.count("--stack") + prepared.count("dev") <= 2


def test_prepare_creates_a_removed_stack_again(prepare, sandbox, tmp_path):
    prepare("preview")
    (sandbox.state / ".pulumi" / "stacks" / "demo" / "dev.json").unlink()
    prepare("preview")
    assert len(calls(tmp_path)) == 2


@pytest.mark.parametrize(
    "args",
    [
        ["config", "set", "--secret", "a", "b"],
        ["config", "--stack", "dev", "set", "a", "b"],
        ["config", "rm", "a"],
        ["stack", "change-secrets-provider", "passphrase"],
    ],
)
def test_prepare_rejects_commands_that_write_to_the_users_file(prepare, project, tmp_path, args):
    (project / "Pulumi.dev.yaml").touch()
    with pytest.raises(SandboxError, match="would write to your stack file"):
        prepare(*args)
    assert calls(tmp_path) == []


def test_prepare_does_not_choose_between_several_stacks(prepare, project, tmp_path):
    for name in ("dev", "prod"):
        (project / f"Pulumi.{name}.yaml").touch()
    assert prepare("preview") == ["preview"]
    assert calls(tmp_path) == []


def test_prepare_rejects_an_unknown_stack_and_lists_the_others(prepare, project, tmp_path):
    for name in ("dev", "prod"):
        (project / f"Pulumi.{name}.yaml").touch()
    with pytest.raises(SandboxError, match=r"no stack 'porduction'.*Its stacks: dev, prod\."):
        prepare("preview", "--stack", "porduction")
    assert calls(tmp_path) == []


@pytest.mark.parametrize(
    "args",
    [["version"], ["stack", "init", "dev"], ["stack", "ls"], ["plugin", "ls"], ["new", "preview"], [], ["--help"]],
)
def test_prepare_passes_other_commands_unchanged(prepare, tmp_path, args):
    assert prepare(*args) == args
    assert calls(tmp_path) == []


def test_prepare_keeps_the_users_config_file_option(prepare, project, tmp_path):
    args = ["preview", "--stack", "dev", "--config-file", "mine.yaml"]
    assert prepare(*args) == args
    assert calls(tmp_path) == ["stack init dev --no-select --non-interactive"]


@pytest.mark.parametrize("name", ["organization/demo/my.stack", "my.stack"])
def test_prepare_accepts_full_names_and_names_with_dots(prepare, project, sandbox, tmp_path, name):
    (project / "Pulumi.my.stack.yaml").touch()
    assert prepare("preview", "-s", name)[-1] == str(sandbox.stack_file("demo", "my.stack"))
    assert calls(tmp_path) == ["stack init my.stack --no-select --non-interactive"]


def test_prepare_keeps_a_stack_that_the_user_created(prepare, sandbox, tmp_path):
    stacks = sandbox.state / ".pulumi" / "stacks" / "demo"
    stacks.mkdir(parents=True)
    (stacks / "dev.json").touch()
    assert prepare("preview") == ["preview"]
    assert calls(tmp_path) == []


def test_prepare_finds_the_project_from_a_subfolder_and_with_cwd(prepare, project, sandbox, monkeypatch):
    subfolder = project / "a" / "b"
    subfolder.mkdir(parents=True)
    monkeypatch.chdir(subfolder)
    assert prepare("preview")[-1] == str(sandbox.stack_file("demo", "dev"))
    monkeypatch.chdir(os.sep)
    assert prepare("-C", str(project), "preview")[-1] == str(sandbox.stack_file("demo", "dev"))
    assert prepare("preview") == ["preview"]


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml"])
def test_prepare_rejects_a_file_that_is_not_utf8(prepare, project, name):
    (project / name).write_bytes(b"name: caf\xe9\n")
    with pytest.raises(SandboxError, match=rf"can't read .*{name}"):
        prepare("preview")


def test_prepare_rejects_an_invalid_project_file(prepare, project):
    (project / "Pulumi.yaml").write_text("runtime: [")
    with pytest.raises(SandboxError, match=r"Pulumi\.yaml is not a valid Pulumi project"):
        prepare("preview")
