"""Volumes from options and a file, whose errors are reported together."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from phi_buckets.cost.volumes import Volumes, load_volumes
from phi_buckets.errors import ConfigurationError


def error_for(path: Path | None, options: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        load_volumes(path, options)
    return str(error.value)


@pytest.fixture
def write_volumes(tmp_path: Path):
    """Return a function that writes a volumes file and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "volumes.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_options_override_the_file_and_the_file_overrides_the_defaults(write_volumes):
    path = write_volumes("storage_gb: 10\nreplaced_share: 0.05\n")
    volumes = load_volumes(path, {"storage_gb": "20"})
    assert (volumes.storage_gb, volumes.replaced_share, volumes.growth_gb) == (
        Decimal(20),
        Decimal("0.05"),
        Decimal(20),
    )


@pytest.mark.parametrize("text", ["", "{}", "# nothing yet\n"])
def test_empty_file_gives_the_defaults(write_volumes, text):
    assert load_volumes(write_volumes(text), {}) == Volumes()


def test_load_volumes_reports_all_errors_together(write_volumes):
    path = write_volumes("storage_gb: -1\nreads: .nan\nwrites: .inf\nstorage_tb: 5\nevent_kb: yes\n7: 8\n")
    error = error_for(path, {"object_kb": "0", "replaced_share": "1.5", "growth_gb": "much"})
    for name in ("storage_gb", "reads", "writes", "storage_tb", "event_kb", "7", "object_kb", "replaced_share"):
        assert f"{name}: " in error
    assert "growth_gb: Input should be a valid decimal" in error
    assert "storage_tb: unknown property" in error
    assert str(path) in error


@pytest.mark.parametrize("name", sorted(Volumes.model_fields))
@pytest.mark.parametrize("value", ["-0.001", "NaN", "-Infinity", "1e99", "", "ten", "1,000", "0x10"])
def test_invalid_value_is_rejected(name, value):
    assert f"{name}: " in error_for(None, {name: value})


@pytest.mark.parametrize("name", ["storage_gb", "growth_gb", "reads", "writes", "replaced_share", "management_events"])
def test_zero_is_accepted(name):
    assert getattr(load_volumes(None, {name: "0"}), name) == 0


def test_unread_90_days_must_not_exceed_unread_30_days():
    assert "must not exceed" in error_for(None, {"unread_30_days": "0.2", "unread_90_days": "0.3"})


@pytest.mark.parametrize("text", ["[1]", "5", "storage_gb"])
def test_file_that_is_not_a_mapping_is_rejected(write_volumes, text):
    assert "is not a mapping" in error_for(write_volumes(text), {})


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\x00", "2026-13-45"])
def test_file_that_is_not_yaml_is_rejected(write_volumes, text):
    assert "YAML" in error_for(write_volumes(text), {})


def test_missing_file_is_rejected(tmp_path):
    assert "can't be read" in error_for(tmp_path / "none.yaml", {})


def test_object_count_uses_binary_gigabytes():
    assert Volumes(object_kb=Decimal(512)).object_count(Decimal(3)) == 3 * 2048
