"""The engine's Go modules, and the versions that it requires: each is pinned in one place."""

import re
from pathlib import Path

from pulumi_engine.messages import EngineError

SOURCES = Path(__file__).resolve().parent
CLI, AWS, STUBS = SOURCES / "cli", SOURCES / "aws", SOURCES / "stubs"  # folders of Go modules
REQUIREMENTS = SOURCES.parent / "requirements.txt"

PULUMI = "github.com/pulumi/pulumi/pkg/v3"


def required_pulumi_version() -> str:
    return _find(rf"^\s*{re.escape(PULUMI)} v(\S+)", CLI / "go.mod")


def required_plugin_version() -> str:
    return _find(r"^pulumi-aws==(\S+)", REQUIREMENTS)


def required_go_version() -> str:
    return max((_find(r"^go (\S+)", module / "go.mod") for module in (CLI, AWS)), key=version_numbers)


def _find(pattern: str, file: Path) -> str:
    match = re.search(pattern, file.read_text(), re.MULTILINE)
    if not match:
        raise EngineError(f"{file} doesn't pin a version: no line matches {pattern}")
    return match[1]


def version_numbers(version: str) -> tuple[int, int, int]:
    """Return the major, minor and patch numbers of a version for comparisons; missing ones are 0."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def plugin_folder() -> str:
    """Return the name of the required AWS plugin's folder in a folder of plugins."""
    return f"resource-aws-v{required_plugin_version()}"
