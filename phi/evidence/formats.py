"""The renderings by name, and which one a file's name asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from phi.errors import ConfigurationError
from phi.evidence import html, json_report, junit, sarif, terminal
from phi.evidence.model import Report

Renderer = Callable[[Report], str]

RENDERERS: Mapping[str, Renderer] = {
    "table": terminal.render,
    "json": json_report.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "html": html.render,
}
ENDINGS: Mapping[str, str] = {
    ".html": "html",
    ".sarif.json": "sarif",  # before .json, with which it ends too
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
    ".txt": "table",
}
NAMES = "; ".join(
    f"{', '.join(ending for ending, each in ENDINGS.items() if each == name)} ({name})" for name in RENDERERS
)


def of(path: Path) -> Renderer:
    """The rendering that a file's name asks for. Raises ConfigurationError where it asks for none."""
    name = next((name for ending, name in ENDINGS.items() if path.name.lower().endswith(ending)), None)
    if name is None:
        raise ConfigurationError(f"{path}: its name tells no format; end it with one of {NAMES}")
    return RENDERERS[name]
