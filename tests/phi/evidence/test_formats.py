"""Which rendering a file's name asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from phi.errors import ConfigurationError
from phi.evidence import formats
from tests.phi.evidence import sample


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("report.json", '{\n  "schema_version": "1.0"'),
        ("REPORT.JSON", '{\n  "schema_version": "1.0"'),
        ("report.xml", '<?xml version="1.0"'),
        ("report.sarif", '{\n  "$schema": "https://docs.oasis-open.org/sarif'),
        ("report.sarif.json", '{\n  "$schema": "https://docs.oasis-open.org/sarif'),
        ("report.html", "<!DOCTYPE html>"),
        ("report.txt", "S3\n"),
    ],
)
def test_by_its_ending(name, begins):
    assert formats.renderer_for(Path("there") / name)(sample.report()).startswith(begins)


@pytest.mark.parametrize("name", ["report", "report.pdf", "json", "report.html.gz"])
def test_a_name_that_tells_none_is_an_error_that_names_all(name):
    with pytest.raises(ConfigurationError) as caught:
        formats.renderer_for(Path(name))
    assert name in str(caught.value)
    assert all(ending in str(caught.value) for ending in formats.FORMAT_BY_SUFFIX)


def test_every_rendering_has_an_ending():
    assert set(formats.FORMAT_BY_SUFFIX.values()) == set(formats.RENDERERS) == {"table", "json", "junit", "sarif", "html"}


@pytest.mark.parametrize("render", formats.RENDERERS.values(), ids=formats.RENDERERS)
@pytest.mark.parametrize("report", [sample.report(), sample.hostile()], ids=["wrong", "hostile"])
def test_a_rendering_depends_on_the_report_alone_and_can_be_written(render, report):
    assert render(report) == render(report)
    assert render(report).encode()
    assert render(report).endswith("\n")
