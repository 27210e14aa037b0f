"""The stack made on first use: which one, and what of the user's stack file is read."""

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
    home = Folder(tmp_path / "sandboxes" / "test")
    home.state.mkdir(parents=True)
    return home


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A pulumi whose `stack init` writes what the real one does, and its words to a file."""
    script = tmp_path / "pulumi"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> "{tmp_path}/calls"\n'
        'while [ $# -gt 0 ]; do [ "$1" = --cwd ] && cd "$2"; [ "$1" = init ] && stack=$2; shift; done\n'
        f"printf '{SALT}' > Pulumi.$pulumi_wrapper.yaml\n"
        f'mkdir -p "{tmp_path}/sandboxes/test/state/.pulumi/stacks/demo"\n'
        f'touch "{tmp_path}/sandboxes/test/state/.pulumi/stacks/demo/$pulumi_wrapper.json"\n'
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
    file = tmp_path / "calls"
    return [line.split(" --cwd ")[0] for line in file.read_text().splitlines()] if file.exists() else []


def test_a_stack_is_made_once_and_its_file_left_alone(prepare, project, sandbox, tmp_path):
    theirs = project / "Pulumi.dev.yaml"
    theirs.write_text("config:\n  demo:size: 010\n")
    ours = str(sandbox.stack_file("demo", "dev"))
    expected = ["preview", "--stack", "dev", "--config-file", ours]
    assert prepare("preview", "--stack", "dev") == expected
    assert prepare("preview", "--stack", "dev") == expected
    assert calls(tmp_path) == ["stack init dev --no-select --non-interactive"]
    assert theirs.read_text() == "config:\n  demo:size: 010\n"
    assert Path(ours).read_text() == "config:\n  demo:size: 010\n" + SALT


def test_settings_are_read_anew_each_time(prepare, project, sandbox):
    theirs = project / "Pulumi.dev.yaml"
    theirs.write_text("config:\n  demo:size: 1\n")
    prepare("up", "-s", "dev")
    theirs.write_text("config:\n  demo:size: 2")
    prepare("up", "-s", "dev")
    assert sandbox.stack_file("demo", "dev").read_text() == "config:\n  demo:size: 2\n" + SALT


def test_the_encryption_of_another_place_is_exchanged(prepare, project, sandbox):
    (project / "Pulumi.prod.yaml").write_text(
        "secretsprovider: awskms://alias/phi?region=us-east-1\nencryptedkey: abc=\nconfig:\n  demo:size: 1\n"
    )
    prepare("preview", "--stack=prod")
    assert sandbox.stack_file("demo", "prod").read_text() == "config:\n  demo:size: 1\n" + SALT


def test_secrets_of_another_place_are_refused_by_name_of_the_file(prepare, project):
    file = project / "Pulumi.prod.yaml"
    file.write_text("config:\n  demo:token:\n    secure: v1:abcdef\n")
    with pytest.raises(SandboxError, match=r"Pulumi\.prod\.yaml holds secrets.*--config-file FILE") as error:
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
def test_the_stack_is_the_one_named(prepare, project, sandbox, args, env, stack_name):
    for name in "ab":
        (project / f"Pulumi.{name}.yaml").touch()
    assert str(sandbox.stack_file("demo", stack_name)) == prepare(*args, **env)[-1]


def test_the_only_stack_is_meant_where_none_is_named(prepare, project, sandbox):
    (project / "Pulumi.qa.yaml").touch()
    assert prepare("preview") == ["preview", "--stack", "qa", "--config-file", str(sandbox.stack_file("demo", "qa"))]


def test_a_program_without_stack_files_has_a_dev_stack(prepare):
    assert prepare("up", "--yes")[:4] == ["up", "--yes", "--stack", "dev"]


@pytest.mark.parametrize("args", [["--stack", "dev"], ["dev"], []])
def test_removing_a_stack_leaves_the_users_file(prepare, project, sandbox, tmp_path, args):
    (project / "Pulumi.dev.yaml").touch()
    assert "--preserve-config" in (made := prepare("stack", "rm", "--yes", *args))
    assert made.count("--stack") + made.count("dev") <= 2


def test_a_stack_that_was_removed_is_made_again(prepare, sandbox, tmp_path):
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
def test_what_would_write_into_the_users_file_is_refused(prepare, project, tmp_path, args):
    (project / "Pulumi.dev.yaml").touch()
    with pytest.raises(SandboxError, match="would write into your stack file"):
        prepare(*args)
    assert calls(tmp_path) == []


def test_of_several_stacks_none_is_guessed(prepare, project, tmp_path):
    for name in ("dev", "prod"):
        (project / f"Pulumi.{name}.yaml").touch()
    assert prepare("preview") == ["preview"]
    assert calls(tmp_path) == []


def test_an_unknown_stack_is_told_with_those_there_are(prepare, project, tmp_path):
    for name in ("dev", "prod"):
        (project / f"Pulumi.{name}.yaml").touch()
    with pytest.raises(SandboxError, match=r"no stack 'porduction'.*Its stacks: dev, prod\."):
        prepare("preview", "--stack", "porduction")
    assert calls(tmp_path) == []


@pytest.mark.parametrize(
    "args",
    [["version"], ["stack", "init", "dev"], ["stack", "ls"], ["plugin", "ls"], ["new", "preview"], [], ["--help"]],
)
def test_other_commands_are_left_alone(prepare, tmp_path, args):
    assert prepare(*args) == args
    assert calls(tmp_path) == []


def test_the_users_own_config_file_is_left_alone(prepare, project, tmp_path):
    args = ["preview", "--stack", "dev", "--config-file", "mine.yaml"]
    assert prepare(*args) == args
    assert calls(tmp_path) == ["stack init dev --no-select --non-interactive"]


@pytest.mark.parametrize("name", ["organization/demo/my.stack", "my.stack"])
def test_a_name_with_a_dot_or_in_full(prepare, project, sandbox, tmp_path, name):
    (project / "Pulumi.my.stack.yaml").touch()
    assert prepare("preview", "-s", name)[-1] == str(sandbox.stack_file("demo", "my.stack"))
    assert calls(tmp_path) == ["stack init my.stack --no-select --non-interactive"]


def test_a_stack_made_by_hand_is_left_alone(prepare, sandbox, tmp_path):
    made = sandbox.state / ".pulumi" / "stacks" / "demo"
    made.mkdir(parents=True)
    (made / "dev.json").touch()
    assert prepare("preview") == ["preview"]
    assert calls(tmp_path) == []


def test_the_project_is_found_from_below_and_elsewhere(prepare, project, sandbox, monkeypatch):
    below = project / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert prepare("preview")[-1] == str(sandbox.stack_file("demo", "dev"))
    monkeypatch.chdir(os.sep)
    assert prepare("-C", str(project), "preview")[-1] == str(sandbox.stack_file("demo", "dev"))
    assert prepare("preview") == ["preview"]


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml"])
def test_a_file_that_is_no_text_is_told(prepare, project, name):
    (project / name).write_bytes(b"name: caf\xe9\n")
    with pytest.raises(SandboxError, match=rf"{name} can't be read"):
        prepare("preview")


def test_a_project_file_that_is_none_is_told(prepare, project):
    (project / "Pulumi.yaml").write_text("runtime: [")
    with pytest.raises(SandboxError, match=r"Pulumi\.yaml isn't a Pulumi project"):
        prepare("preview")
