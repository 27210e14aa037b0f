"""The choice of an output format by file name."""

from __future__ import annotations

from pathlib import Path

import pytest

from phi_buckets.errors import ConfigurationError
from phi_buckets.evidence import formats
from tests.phi_buckets.evidence import sample


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("report.json", '{\n  "schema_version": "1.1"'),
        ("REPORT.JSON", '{\n  "schema_version": "1.1"'),
        ("report.xml", '<?xml version="1.0"'),
        ("report.sarif", '{\n  "$schema": "https://docs.oasis-open.org/sarif'),
        ("report.sarif.json", '{\n  "$schema": "https://docs.oasis-open.org/sarif'),
        ("report.html", "<!DOCTYPE html>"),
        ("report.txt", "S3\n"),
    ],
)
def test_renderer_for_known_suffix_renders_its_format(name, start):
    assert formats.renderer_for(Path("folder") / name)(sample.report()).startswith(start)


@pytest.mark.parametrize("name", ["report", "report.pdf", "json", "report.html.gz"])
def test_renderer_for_unknown_suffix_raises_and_lists_all_suffixes(name):
    with pytest.raises(ConfigurationError) as error:
        formats.renderer_for(Path(name))
    assert name in str(error.value)
    assert all(suffix in str(error.value) for suffix in formats.FORMAT_BY_SUFFIX)


def test_every_format_has_a_suffix():
    formats_with_suffix = set(formats.FORMAT_BY_SUFFIX.values())
    assert formats_with_suffix == set(formats.RENDERERS) == {"table", "json", "junit", "sarif", "html"}


@pytest.mark.parametrize("render", formats.RENDERERS.values(), ids=formats.RENDERERS)
@pytest.mark.parametrize("report", [sample.report(), sample.hostile()], ids=["failing", "hostile"])
def test_render_is_deterministic_and_encodable(render, report):
    assert render(report) == render(report)
    assert render(report).encode()
    assert render(report).endswith("\n")
