"""The output formats, by name and by file name suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from phi_buckets.errors import ConfigurationError
from phi_buckets.evidence import html, json_report, junit, sarif, terminal
from phi_buckets.evidence.model import Report

Renderer = Callable[[Report], str]

RENDERERS: Mapping[str, Renderer] = {
    "table": terminal.render,
    "json": json_report.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "html": html.render,
}
FORMAT_BY_SUFFIX: Mapping[str, str] = {
    ".html": "html",
    ".sarif.json": "sarif",  # before .json, which is a suffix of it
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
    ".txt": "table",
}
FORMAT_HELP = "; ".join(
    f"{', '.join(suffix for suffix, format_ in FORMAT_BY_SUFFIX.items() if format_ == name)} ({name})"
    for name in RENDERERS
)


def renderer_for(path: Path) -> Renderer:
    """Return the renderer for a file name. Raise ConfigurationError if its suffix is unknown."""
    name = next((name for suffix, name in FORMAT_BY_SUFFIX.items() if path.name.lower().endswith(suffix)), None)
    if name is None:
        raise ConfigurationError(f"{path}: unknown report format; use a file name that ends in one of: {FORMAT_HELP}")
    return RENDERERS[name]
