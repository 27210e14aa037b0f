"""The `pulumi` on a sandboxed command's PATH: it creates the stack on first use and then runs the real pulumi.

Pulumi stores a stack's encryption settings in its stack file, and a stack in the sandbox has its own. So Pulumi reads a
copy of the user's stack file in which these settings are replaced. The user's file is never changed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from sandbox.folder import Folder, SandboxError

# The commands that read a stack's settings and accept --config-file. The others only need the stack to exist.
OPERATIONS = {"preview", "pre", "up", "update", "refresh", "destroy", "down", "import", "watch"}
NEEDS_STACK = OPERATIONS | {"config", "stack", "policy", "state", "console", "logs", "cancel"}
OPTIONS_WITH_VALUE = {"--cwd", "-C", "--color", "--stack", "-s"}  # only options that may precede the command
CREATES_OR_SELECTS = {"init", "new", "ls", "list", "select", "unselect"}  # subcommands of `pulumi stack`
# Commands that would write the sandbox's encryption settings, or a change meant for the sandbox, into the user's file.
WRITES_USER_FILE = {
    **{("config", verb): "edit the file instead." for verb in ("set", "set-all", "rm", "rm-all", "refresh", "cp")},
    ("stack", "change-secrets-provider"): "run it outside the sandbox.",
    ("stack", "rename"): "run it outside the sandbox.",
}
ENCRYPTION = re.compile(r"^(encryptionsalt|secretsprovider|encryptedkey):.*\n?", re.MULTILINE)
SECRET = re.compile(r"^\s+(?:- )?secure:", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A Pulumi project."""

    folder: Path
    name: str

    def stack_file(self, stack: str) -> Path:
        return self.folder / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """Return the names of the stacks that have a file."""
        files = self.folder.glob("Pulumi.*.yaml")
        return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)


def main() -> None:
    """Replace this process with the real pulumi; exit with 1 if the stack can't be created."""
    args = sys.argv[1:]
    pulumi = Path(os.environ["SANDBOX_ENGINE"]) / "pulumi"
    try:
        args = prepare(args, os.environ, pulumi)
    except SandboxError as error:
        sys.exit(f"sandbox: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(pulumi, [str(pulumi), *args])  # noqa: S606  (no shell is involved)


def prepare(args: list[str], env: Mapping[str, str], pulumi: Path) -> list[str]:
    """Create the stack that a command works on if it is new.

    Args:
        args: The arguments of the command.
        env: The environment of the sandboxed command.
        pulumi: The real pulumi.

    Returns:
        The arguments for the real pulumi.

    Raises:
        SandboxError: The command would write to the user's stack file, the stack has no file although other stacks of
            the project do, or its file has secrets that only another backend can decrypt.
    """
    words = [
        word
        for previous, word in pairwise(["", *args])
        if not word.startswith("-") and previous not in OPTIONS_WITH_VALUE
    ]
    command = next(iter(words), None)
    for forbidden, advice in WRITES_USER_FILE.items():
        if words[: len(forbidden)] == list(forbidden):
            raise SandboxError(f"`pulumi {' '.join(forbidden)}` would write to your stack file; {advice}")
    if command == "install":
        raise SandboxError(
            "a sandboxed command has no network, so it can't install packages; run it outside the sandbox, "
            'for example with: PATH="$(bin/engine):$PATH" pulumi install'
        )
    if command not in NEEDS_STACK or (command == "stack" and CREATES_OR_SELECTS.intersection(words)):
        return args
    requested = option_value(args, "--stack", "-s")
    if words[:2] == ["stack", "rm"]:
        requested = requested or next(iter(words[2:]), None)
        if "--preserve-config" not in args:  # otherwise Pulumi also deletes the user's stack file
            args = [*args, "--preserve-config"]
    project = find_project(Path(option_value(args, "--cwd", "-C") or "."))
    full_name = project and (requested or env.get("PULUMI_STACK") or default_stack(project))
    if not project or not full_name:
        return args
    stack = full_name.rsplit("/", 1)[-1]  # without the organization and project

    folder = Folder(Path(env["SANDBOX"]))
    sandbox_file = folder.stack_file(project.name, stack)
    with folder.locked():
        in_state = (folder.state / ".pulumi" / "stacks" / project.name / f"{stack}.json").exists()
        if in_state and not sandbox_file.exists():
            return args  # the user created it with `pulumi stack init`
        if not in_state:
            create_stack(project, stack, sandbox_file, pulumi)
    if not requested:
        args = [*args, "--stack", stack]
    if command not in OPERATIONS or option_value(args, "--config-file"):
        return args
    text = replace_encryption(project.stack_file(stack), encryption_lines(sandbox_file))
    temporary = sandbox_file.with_suffix(f".{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(sandbox_file)  # atomically, for concurrent readers
    return [*args, "--config-file", str(sandbox_file)]


def option_value(args: list[str], *names: str) -> str | None:
    """Return the value of an option that is given as `--name value` or `--name=value`."""
    for word, next_word in pairwise([*args, ""]):
        if word in names:
            return next_word
        name, equals, value = word.partition("=")
        if equals and name in names:
            return value
    return None


def find_project(start: Path) -> Project | None:
    """Return the project in this folder or its nearest parent that has one; None without one.

    Raises:
        SandboxError: The project file can't be read or isn't valid.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        file = folder / "Pulumi.yaml"
        if file.exists():
            try:
                return Project(folder, str(yaml.safe_load(read_text(file))["name"]))
            except (yaml.YAMLError, KeyError, TypeError) as error:
                raise SandboxError(f"{file} is not a valid Pulumi project: {error}") from error
    return None


def read_text(file: Path) -> str:
    """Return the text of a user's file, or raise SandboxError if it can't be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"can't read {file}: {error}") from error


def default_stack(project: Project) -> str | None:
    """Return the stack to use if none is named: the only one that has a file, or `dev` if none has."""
    stacks = project.stacks() or ["dev"]
    return stacks[0] if len(stacks) == 1 else None


def create_stack(project: Project, stack: str, sandbox_file: Path, pulumi: Path) -> None:
    """Create the stack in the sandbox's state.

    `pulumi stack init` writes to the stack file, so it runs in a temporary folder.

    Args:
        project: The user's project.
        stack: The name of the stack.
        sandbox_file: Where to write the stack file with the sandbox's encryption settings.
        pulumi: The real pulumi.

    Raises:
        SandboxError: The project has stack files but none for this stack, or pulumi can't create the stack.
    """
    stacks = project.stacks()
    if stacks and stack not in stacks:
        raise SandboxError(
            f"no stack {stack!r}: {project.folder} has no Pulumi.{stack}.yaml. Its stacks: {', '.join(stacks)}."
        )
    with tempfile.TemporaryDirectory() as temporary:
        (Path(temporary) / "Pulumi.yaml").write_text(f"name: {project.name}\nruntime: python\n")
        done = subprocess.run(
            [pulumi, "stack", "init", stack, "--no-select", "--non-interactive", "--cwd", temporary],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SandboxError(f"can't create stack {stack!r}: {done.stderr.strip()}")
        sandbox_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(temporary) / sandbox_file.name, sandbox_file)


def encryption_lines(file: Path) -> str:
    """Return the lines of a stack file that have its encryption settings."""
    return "".join(match.group() for match in ENCRYPTION.finditer(read_text(file)))


def replace_encryption(user_file: Path, encryption: str) -> str:
    """Return the user's stack file with its encryption settings replaced.

    All other lines are kept as they are, because a YAML library could change their meaning: YAML has dialects.

    Raises:
        SandboxError: The file can't be read, or it has secrets.
    """
    text = read_text(user_file) if user_file.exists() else ""
    if SECRET.search(text):
        raise SandboxError(
            f"{user_file} has secrets that only its own stack can decrypt. "
            "Put placeholder values into another stack file and pass it: --config-file FILE."
        )
    rest = ENCRYPTION.sub("", text)
    return rest + ("" if rest.endswith("\n") or not rest else "\n") + encryption


if __name__ == "__main__":
    main()
