"""`pulumi` as a sandboxed command sees it: the engine's own, with the stack made on its first use.

Pulumi keeps a stack's encryption in its stack file. The sandbox's encryption is its own, so it reads the user's
stack file through a copy with that exchanged, and the user's file stays as it is.
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

# The commands that read a stack's settings and take --config-file; `stack` and `policy` only need it to exist.
OPERATIONS = {"preview", "pre", "up", "update", "refresh", "destroy", "down", "import", "watch"}
NEEDS_STACK = OPERATIONS | {"config", "stack", "policy", "state", "console", "logs", "cancel"}
VALUED = {"--cwd", "-C", "--color", "--stack", "-s"}  # options that may stand before a command's words and take a value
MAKES_OR_CHOOSES = {"init", "new", "ls", "list", "select", "unselect"}  # of `pulumi stack`
# What would put the sandbox's encryption, or a change meant for the sandbox, into the user's own file.
WRITES_THE_USERS_FILE = {
    **{("config", verb): "edit the file itself." for verb in ("set", "set-all", "rm", "rm-all", "refresh", "cp")},
    ("stack", "change-secrets-provider"): "run it outside the sandbox.",
    ("stack", "rename"): "run it outside the sandbox.",
}
ENCRYPTION = re.compile(r"^(encryptionsalt|secretsprovider|encryptedkey):.*\n?", re.MULTILINE)
SECRET = re.compile(r"^\s+(?:- )?secure:", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """A Pulumi project: its folder and its name."""

    folder: Path
    name: str

    def stack_file(self, stack: str) -> Path:
        return self.folder / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """The stacks that have a file."""
        files = self.folder.glob("Pulumi.*.yaml")
        return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)


def main() -> None:
    """Become the real pulumi; exit with 1 if the stack can't be made."""
    args = sys.argv[1:]
    pulumi = Path(os.environ["SANDBOX_ENGINE"]) / "pulumi"
    try:
        args = prepare(args, os.environ, pulumi)
    except SandboxError as error:
        sys.exit(f"sandbox: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(pulumi, [str(pulumi), *args])  # noqa: S606  (the shell has no part in it)


def prepare(args: list[str], env: Mapping[str, str], pulumi: Path) -> list[str]:
    """Make the stack that this command works on if it is new; the arguments that the real pulumi is to get.

    Raises SandboxError if the stack has no file where its siblings have, or holds secrets of another place.
    """
    words = [word for before, word in pairwise(["", *args]) if not word.startswith("-") and before not in VALUED]
    command = next(iter(words), None)
    for forbidden, instead in WRITES_THE_USERS_FILE.items():
        if words[: len(forbidden)] == list(forbidden):
            raise SandboxError(f"`pulumi {' '.join(forbidden)}` would write into your stack file; {instead}")
    if command not in NEEDS_STACK or (command == "stack" and MAKES_OR_CHOOSES.intersection(words)):
        return args
    named = option(args, "--stack", "-s")
    if words[:2] == ["stack", "rm"]:
        named = named or next(iter(words[2:]), None)
        if "--preserve-config" not in args:  # without it Pulumi deletes the user's stack file as well
            args = [*args, "--preserve-config"]
    project = find_project(Path(option(args, "--cwd", "-C") or "."))
    chosen = project and (named or env.get("PULUMI_STACK") or only_stack(project))
    if not project or not chosen:
        return args
    stack = chosen.rsplit("/", 1)[-1]  # the name alone of organization/project/name

    home = Folder(Path(env["SANDBOX"]))
    ours = home.stack_file(project.name, stack)
    with home.locked():
        in_state = (home.state / ".pulumi" / "stacks" / project.name / f"{stack}.json").exists()
        if in_state and not ours.exists():
            return args  # made by hand, with `pulumi stack init`
        if not in_state:
            make_stack(project, stack, ours, pulumi)
    if not named:
        args = [*args, "--stack", stack]
    if command not in OPERATIONS or option(args, "--config-file"):
        return args
    fresh = ours.with_suffix(f".{os.getpid()}")
    fresh.write_text(settings(project.stack_file(stack), encryption(ours)), encoding="utf-8")
    fresh.replace(ours)  # at once, for whoever reads it now
    return [*args, "--config-file", str(ours)]


def option(args: list[str], *names: str) -> str | None:
    """The value of an option given as `--name value` or `--name=value`."""
    for word, following in pairwise([*args, ""]):
        if word in names:
            return following
        name, equals, value = word.partition("=")
        if equals and name in names:
            return value
    return None


def find_project(start: Path) -> Project | None:
    """The project of this folder or the nearest above it."""
    for at in (start.resolve(), *start.resolve().parents):
        file = at / "Pulumi.yaml"
        if file.exists():
            try:
                return Project(at, str(yaml.safe_load(read(file))["name"]))
            except (yaml.YAMLError, KeyError, TypeError) as error:
                raise SandboxError(f"{file} isn't a Pulumi project: {error}") from error
    return None


def read(file: Path) -> str:
    """A file of the user's. Raises SandboxError if it is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"{file} can't be read: {error}") from error


def only_stack(project: Project) -> str | None:
    """The stack that is meant where none is named: the one that has a file, or `dev` where none has."""
    stacks = project.stacks() or ["dev"]
    return stacks[0] if len(stacks) == 1 else None


def make_stack(project: Project, stack: str, ours: Path, pulumi: Path) -> None:
    """Make the stack in the sandbox's state, from a folder apart: `stack init` writes into the stack file."""
    stacks = project.stacks()
    if stacks and stack not in stacks:
        raise SandboxError(
            f"no stack {stack!r}: {project.folder} has no Pulumi.{stack}.yaml. Its stacks: {', '.join(stacks)}."
        )
    with tempfile.TemporaryDirectory() as apart:
        (Path(apart) / "Pulumi.yaml").write_text(f"name: {project.name}\nruntime: python\n")
        done = subprocess.run(
            [pulumi, "stack", "init", stack, "--no-select", "--non-interactive", "--cwd", apart],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SandboxError(f"can't make stack {stack!r}: {done.stderr.strip()}")
        ours.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(apart) / ours.name, ours)


def encryption(file: Path) -> str:
    """The encryption lines of a stack file."""
    return "".join(match.group() for match in ENCRYPTION.finditer(read(file)))


def settings(theirs: Path, encryption: str) -> str:
    """The user's stack file with the encryption exchanged. The lines are kept as they are: YAML has dialects."""
    text = read(theirs) if theirs.exists() else ""
    if SECRET.search(text):
        raise SandboxError(
            f"{theirs} holds secrets that only its own stack can decrypt. "
            "Give stand-ins for them in a stack file of your own: --config-file FILE."
        )
    kept = ENCRYPTION.sub("", text)
    return kept + ("" if kept.endswith("\n") or not kept else "\n") + encryption


if __name__ == "__main__":
    main()
