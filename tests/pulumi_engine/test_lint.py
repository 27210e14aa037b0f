"""The check of the Go code, on a small module with a stub."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_engine import lint

CLEAN = "package library\n\nfunc Same(x int) int { return x }\n"
FAULTY = "package library\n\nfunc Same(x int) int { x = x; return x }\n"


@pytest.fixture
def stub(go: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only file of a stub, which a module uses."""
    folder = tmp_path / "a checkout"
    module = folder / "cli"
    module.mkdir(parents=True)
    (module / "go.mod").write_text(
        "module example.com/program\n\ngo 1.25\n\nrequire example.com/library v1.0.0\n\n"
        "replace example.com/library => ../library\n"
    )
    (module / "main.go").write_text(
        'package main\n\nimport "example.com/library"\n\nfunc main() { println(library.Same(1)) }\n'
    )
    file = folder / "library" / "library.go"
    file.parent.mkdir()
    (file.parent / "go.mod").write_text("module example.com/library\n\ngo 1.25\n")
    file.write_text(CLEAN)
    for name, value in {"SOURCES": folder, "CLI": module, "AWS": module}.items():
        monkeypatch.setattr(lint, name, value)
    return file


def test_lint_passes_clean_code_silently(stub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint.main() == 0
    assert capsys.readouterr() == ("", "")


def test_lint_fails_for_a_file_that_is_not_formatted(stub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub.write_text(CLEAN.replace("(x int)", "( x int )"))
    assert lint.main() == 1
    assert f"{stub} isn't formatted; run: gofmt -w '{stub}'" in capsys.readouterr().err


def test_lint_fails_for_a_file_that_gofmt_cannot_parse(stub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stub.parent / "other_system.go").write_text("//go:build never\n\nnonsense\n")  # `go vet` leaves it out
    assert lint.main() == 1
    assert "other_system.go:3:1: expected 'package'" in capsys.readouterr().err


def test_lint_fails_for_what_vet_finds_in_a_stub(stub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stub.write_text(FAULTY)
    assert lint.main() == 1
    assert "self-assignment" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("1", 1)])
def test_lint_without_go_fails_only_in_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", ci)
    assert lint.main() == code
    assert "Go isn't on PATH" in capsys.readouterr().err
