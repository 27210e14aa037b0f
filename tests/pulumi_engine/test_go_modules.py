"""The Go modules of the engine: what they compile, and that they compile it once.

A cold build takes minutes, so these tests notice when an upgrade makes it longer: `docs/upgrading.md` says what to do.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pulumi_engine.engine import PROGRAMS
from pulumi_engine.go import BUILD_FLAGS, go_environment
from pulumi_engine.lint import stubbed_modules
from pulumi_engine.packages import LIST_FORMAT, read_packages
from pulumi_engine.versions import AWS, CLI, STUBS

pytestmark = pytest.mark.usefixtures("go")

MODULES = {CLI: PROGRAMS, AWS: (".",)}  # the programs that each module builds

# Modules that the programs import for something that is never called here. Each has a stub, so nothing that it would
# pull in is compiled.
STUBBED = {
    CLI: {"github.com/pb33f/libopenapi"},
    AWS: {
        "github.com/hashicorp/go-getter",
        "github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3",
        "github.com/pulumi/pulumi-java/pkg",
        "github.com/pulumi/pulumi-yaml",
        "go.opentelemetry.io/contrib/exporters/autoexport",
    },
}

# Packages that only the stubbed ones pull in: if one is compiled, something else imports it now.
ABSENT = {
    CLI: {"github.com/pb33f/jsonpath", "github.com/pb33f/ordered-map"},
    AWS: {
        "cloud.google.com/go",
        "github.com/aws/aws-sdk-go-v2",
        "github.com/prometheus/client_golang",
        "google.golang.org/api",
        "github.com/envoyproxy/go-control-plane",
    },
}

# The most packages that a cold build may compile. There are 2,087: 1,666 for the CLI, and 421 more for the plugin.
MAX_PACKAGES = 2_150

# Modules whose versions differ between the two programs, and why the plugin can't have the CLI's.
DIFFERENT_VERSIONS = {
    "github.com/djherbis/times": "the bridge requires a newer one",
    "github.com/olekukonko/tablewriter": "the bridge requires a newer one, with another API",
    "github.com/pulumi/inflector": "the bridge requires a newer one",
    "github.com/pulumi/pulumi/pkg/v3": "the bridge's tests need a package that newer ones lack, so `go mod tidy` fails",
    "github.com/pulumi/pulumi/sdk/v3": "the bridge's tests need a package that newer ones lack, so `go mod tidy` fails",
    "github.com/santhosh-tekuri/jsonschema/v5": "the bridge requires a newer one",
    "github.com/zclconf/go-cty": "the bridge requires a newer one",
}


def run_go(module: Path, *arguments: str) -> str:
    """Return the output of a Go command in a module."""
    done = subprocess.run(
        ["go", *arguments], cwd=module, env=go_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def list_packages(module: Path, template: str) -> str:
    """Return a line for each package that a module's programs need."""
    return run_go(module, "list", *BUILD_FLAGS, "-deps", "-f", template, *MODULES[module])


def module_versions(module: Path) -> dict[str, str]:
    """Return the module and version of each package that a module's programs need, "" for the standard library."""
    lines = list_packages(module, "{{.ImportPath}}\t{{with .Module}}{{.Path}} {{.Version}}{{end}}").splitlines()
    return dict(line.split("\t") for line in lines)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module_uses_the_stubs(module: Path) -> None:
    stubs = stubbed_modules(module)
    assert stubs.keys() == STUBBED[module]
    assert {path: run_go(folder, "list", "-m").strip() for path, folder in stubs.items()} == {
        path: path for path in stubs
    }


def test_every_stub_is_used() -> None:
    assert {folder for module in MODULES for folder in stubbed_modules(module).values()} == set(STUBS.iterdir())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module_compiles_nothing_that_only_stubbed_packages_need(module: Path) -> None:
    heavy = [path for path in module_versions(module) if any(path.startswith(prefix) for prefix in ABSENT[module])]
    assert heavy == []


def test_cold_build_compiles_a_limited_number_of_packages() -> None:
    listings = [read_packages(list_packages(module, LIST_FORMAT)) for module in MODULES]
    identities = {package.identity for packages in listings for package in packages.values()}
    assert len(identities) <= MAX_PACKAGES


def test_shared_modules_have_the_same_version() -> None:
    cli, plugin = module_versions(CLI), module_versions(AWS)
    different = {cli[path].split()[0] for path in cli.keys() & plugin.keys() if cli[path] != plugin[path]}
    assert different == DIFFERENT_VERSIONS.keys()
