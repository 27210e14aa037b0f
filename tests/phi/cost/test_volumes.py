"""Volumes from options and a file, and every fault of both at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from phi.cost.volumes import Volumes, load_volumes
from phi.errors import ConfigurationError


def fault(path: Path | None, options: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        load_volumes(path, options)
    return str(error.value)


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "volumes.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_options_go_over_the_file_and_that_over_the_defaults(written):
    found = load_volumes(written("storage_gb: 10\nreplaced_share: 0.05\n"), {"storage_gb": "20"})
    assert (found.storage_gb, found.replaced_share, found.growth_gb) == (Decimal(20), Decimal("0.05"), Decimal(20))


@pytest.mark.parametrize("text", ["", "{}", "# nothing yet\n"])
def test_an_empty_file_says_nothing(written, text):
    assert load_volumes(written(text), {}) == Volumes()


def test_every_fault_is_told_at_once(written):
    path = written("storage_gb: -1\nreads: .nan\nwrites: .inf\nstorage_tb: 5\nevent_kb: yes\n7: 8\n")
    told = fault(path, {"object_kb": "0", "replaced_share": "1.5", "growth_gb": "much"})
    for name in ("storage_gb", "reads", "writes", "storage_tb", "event_kb", "7", "object_kb", "replaced_share"):
        assert f"{name}: " in told
    assert "growth_gb: Input should be a valid decimal" in told
    assert "storage_tb: unknown property" in told
    assert str(path) in told


@pytest.mark.parametrize("name", sorted(Volumes.model_fields))
@pytest.mark.parametrize("value", ["-0.001", "NaN", "-Infinity", "1e99", "", "ten", "1,000", "0x10"])
def test_no_volume(name, value):
    assert f"{name}: " in fault(None, {name: value})


@pytest.mark.parametrize("name", ["storage_gb", "growth_gb", "reads", "writes", "replaced_share", "management_events"])
def test_none_is_a_volume(name):
    assert getattr(load_volumes(None, {name: "0"}), name) == 0


def test_what_is_unread_for_ninety_days_is_for_thirty():
    assert "can't be more" in fault(None, {"unread_30_days": "0.2", "unread_90_days": "0.3"})


@pytest.mark.parametrize("text", ["[1]", "5", "storage_gb"])
def test_what_holds_no_names(written, text):
    assert "holds no names" in fault(written(text), {})


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\x00", "2026-13-45"])
def test_what_is_no_yaml(written, text):
    assert "YAML" in fault(written(text), {})


def test_no_file(tmp_path):
    assert "can't be read" in fault(tmp_path / "none.yaml", {})


def test_objects_in_gigabytes_of_two_to_the_thirtieth():
    assert Volumes(object_kb=Decimal(512)).objects(Decimal(3)) == 3 * 2048
