"""The pages in docs/ as commands and files, for the tests that run them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from sandbox.folder import ROOT

# The AWS CLI isn't among the test requirements, so an `aws` of these tests calls boto3.
AWS_COMMAND = Path(__file__).with_name("aws_command")
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str, section: str = "") -> list[str]:
    """Return the code blocks of a page, or of one of its sections, in a language.

    Args:
        page: The name of the file in docs/.
        language: The language, such as `json`.
        section: The start of the section's heading.
    """
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    if section:
        text = text[text.index(f"\n## {section}") + 1 :].partition("\n## ")[0]
    return [textwrap.dedent(match[3]) for match in _BLOCK.finditer(text) if match[2] == language]


def script(page: str, section: str = "") -> str:
    """Return the commands of a page, or of one of its sections, as one program for bash."""
    return "\n".join(commands(page, section))


def commands(page: str, section: str = "") -> list[str]:
    """Return the commands of a page, or of one of its sections. A block without a prompt is output."""
    return [
        command
        for block in blocks(page, "console", section)
        if block.startswith("$ ")
        for command in block.removeprefix("$ ").rstrip("\n").split("\n$ ")
    ]
