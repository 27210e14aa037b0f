"""Versions that are pinned in more than one file are the same. docs/upgrading.md has the steps to change them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hipaa_controls.services.iam import managed_policies
from pulumi_engine.versions import required_pulumi_version

ROOT = Path(__file__).parents[1]


def pins(file: str) -> dict[str, str]:
    """Return the pinned versions in a requirements file by package."""
    lines = (ROOT / file).read_text().splitlines()
    return dict(match.groups() for line in lines if (match := re.match(r"([a-z0-9-]+)(?:\[\w+\])?==([^\s;]+)", line)))


def pinned_in(file: str, pattern: str) -> set[str]:
    """Return every version that a pattern finds in a file."""
    versions = set(re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE))
    assert versions, f"{file} has no match for {pattern}"
    return versions


@pytest.mark.parametrize(
    ("file", "locked"),
    [
        ("policy/requirements.txt", "requirements.txt"),
        ("requirements.txt", "requirements-sandbox.txt"),
        ("requirements-sandbox.txt", "requirements-dev.txt"),
    ],
)
def test_requirements_have_the_locked_versions(file, locked):
    assert pins(file)
    assert pins(file).items() <= pins(locked).items()


def test_setup_requirements_agree_with_the_others():
    setup, others = pins("requirements-setup.txt"), pins("requirements-dev.txt")
    assert setup
    assert {package: others.get(package, version) for package, version in setup.items()} == setup


def test_locked_requirements_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["pulumi"]]
    groups = project["dependency-groups"]
    development = [requirement for requirement in groups["dev"] if isinstance(requirement, str)]  # not included groups
    for file, requirements in {
        "requirements.txt": declared,
        "requirements-sandbox.txt": declared + groups["sandbox"],
        "requirements-dev.txt": declared + development,
        "requirements-setup.txt": groups["setup"],
    }.items():
        for requirement in map(Requirement, requirements):
            assert pins(file)[canonicalize_name(requirement.name)] in requirement.specifier, (file, str(requirement))


def test_engine_uses_one_version_of_pulumis_go_modules():
    assert pinned_in("pulumi_engine/cli/go.mod", r"^\s*github\.com/pulumi/pulumi/(?:pkg|sdk)/v3 v(\S+)") == {
        required_pulumi_version()
    }


def test_readme_names_the_engines_version():
    assert f"version {required_pulumi_version()} or newer" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("pulumi_engine/aws/main.go", r'^const version = "(\S+)"'),
        ("tests/pulumi_engine/aws_schema_differences.txt", r"\A# The pulumi-aws SDK (\S+) "),
    ],
)
def test_aws_plugin_has_the_version_of_the_pulumi_aws_sdk(file, pattern):
    assert pinned_in(file, pattern) == {pins("requirements.txt")["pulumi-aws"]}


def test_managed_policies_are_those_of_the_pinned_moto():
    assert f"moto {pins('requirements-dev.txt')['moto']} " in (managed_policies.__doc__ or "")


def test_minimum_python_version_is_the_same_everywhere():
    (minimum,) = pinned_in("Makefile", r"^MIN_PYTHON := (\S+)")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tools = project["tool"]
    assert project["project"]["requires-python"] == f">={minimum}"
    assert tools["mypy"]["python_version"] == minimum
    assert tools["ruff"]["target-version"] == f"py{minimum.replace('.', '')}"
    for file in ("README.md", "CONTRIBUTING.md", "bin/engine"):
        assert f"Python {minimum} or newer" in (ROOT / file).read_text()
