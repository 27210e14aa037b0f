"""`phi cost`: what it prints, its JSON, and how it refuses."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from phi import cli
from phi.cost.json_output import to_json
from phi.cost.prices import PriceFile, PriceList
from phi.cost.report import NOTES, build_report
from phi.cost.volumes import Volumes

TODAY = date(2026, 2, 1)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command; answers with its exit code, stdout and stderr."""

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["phi", "cost", *arguments])
        monkeypatch.setenv("COLUMNS", "140")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), told.out, told.err

    return command


@pytest.fixture
def prices(tmp_path: Path, content):
    """A file of prices that were seen today but for what is said."""

    def write(**changes) -> str:
        told = content(**changes)
        for name, price in told["prices"].items():
            if name not in changes:
                price["seen"] = datetime.now(UTC).date()
        path = tmp_path / "prices.yaml"
        path.write_text(yaml.safe_dump(told), encoding="utf-8")
        return str(path)

    return write


def test_it_needs_no_arguments(run):
    code, out, _ = run()
    assert code == 0
    for title in ("Encryption", "Versioning", "Access logging", "Replication", "Backup", "Total", "Month 84"):
        assert title in out
    for told in ("Bucket Keys: ", "Intelligent-Tiering: ", "https://aws.amazon.com/kms/pricing/", *NOTES):
        assert told in out


def test_lines_and_totals(run, prices):
    arguments = ["--storage-gb", "1000", "--growth-gb", "0", "--replaced-share", "0", "--reads", "0", "--writes", "0"]
    code, out, err = run(*arguments, "--without-replica", "--without-backup", "--prices", prices())
    assert (code, err) == (0, "")
    rows = {" ".join(line.split()) for line in out.splitlines()}
    assert "Current versions, Standard 1,000 GB-month 0.023 / GB-month 23.00 23.00 23.00" in rows
    assert "Encryption 2.00 2.00 6.00" in rows
    assert "Replication" not in out
    assert "AWS Backup" not in out
    total = next(row for row in rows if row.startswith("Total "))
    assert total == "Total 37.08 37.10 41.21"


def test_the_same_from_a_file_of_volumes(run, tmp_path, prices):
    path = tmp_path / "volumes.yaml"
    path.write_text("storage_gb: 1000\nreads: 5\n", encoding="utf-8")
    named = prices()
    told = run("--volumes", str(path), "--reads", "7", "--prices", named)
    assert told == run("--storage-gb", "1000", "--reads", "7", "--prices", named)
    assert told[0] == 0


def test_settings_of_a_stack(run, tmp_path, prices):
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        "config:\n  aws:region: us-east-1\n  phi:environment: dev\n  phi:objectLockDays: 1\n  phi:noncurrentRetentionDays: 3650\n",
        encoding="utf-8",
    )
    code, out, err = run("--settings", str(path), "--json", "--prices", prices())
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["months"] == [1, 12, 120]
    assert found["settings"]["replica_region"] is None
    assert found["safeguards"]["replication"] == ["0.0000"] * 3


def test_another_region_than_the_prices_is_told(run, tmp_path, prices):
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        "config:\n  aws:region: eu-west-1\n  phi:environment: dev\n  phi:objectLockDays: 1\n", encoding="utf-8"
    )
    code, out, err = run("--settings", str(path), "--json", "--prices", prices())
    assert code == 0
    assert "the prices are of us-east-1, and the stack is in eu-west-1" in err
    assert json.loads(out)["warnings"] == [err.removeprefix("phi: warning: ").rstrip("\n")]


def test_old_prices_are_told_and_json_stays_json(run, prices, price):
    old = datetime.now(UTC).date() - timedelta(days=400)
    code, out, err = run("--json", "--prices", prices(kms_key=price("1", "key-month", seen=old)))
    assert code == 0
    assert "phi: warning: prices older than a year" in err
    assert "look them up again: kms_key" in err
    assert len(json.loads(out)["warnings"]) == 1


def test_what_has_no_price_is_told_and_left_out(run, prices, price):
    unknown = price(None, "GB-month", seen=datetime.now(UTC).date(), source="https://aws.example/[red]backup[/red]")
    code, out, _ = run("--prices", prices(backup_storage=unknown))
    assert code == 0
    assert "no price known" in out
    assert "Total, without 1 line " in out
    assert "AWS Backup, warm storage; see https://aws.example/[red]backup[/red]" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--reads", "-5", "--writes", "nan", "--object-kb", "0"], ["reads: ", "writes: ", "object_kb: "]),
        (["--storage-gb", "1e30"], ["storage_gb: "]),
        (["--volumes", "nowhere.yaml"], ["nowhere.yaml can't be read"]),
        (["--settings", "nowhere.yaml"], ["nowhere.yaml can't be read"]),
        (["--prices", "nowhere.yaml"], ["nowhere.yaml can't be read"]),
    ],
)
def test_it_refuses_with_every_fault(run, arguments, told):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("phi: ")
    assert "Traceback" not in err
    for each in told:
        assert each in err


# The JSON. Whoever reads it relies on these names: another name is another schema.

NAMES = {
    "": {
        "schema", "currency", "region", "months", "volumes", "settings", "lines", "safeguards", "total",
        "not_estimated", "savings", "prices", "warnings", "notes",
    },
    "settings": {
        "region", "replica_region", "backup", "backup_days", "retention_days", "archive_after_days",
        "log_retention_days", "intelligent_tiering", "account_guards",
    },
    "safeguards": {
        "storage", "encryption", "versioning", "data_events", "access_logging", "replication", "backup",
        "monitoring", "account_guards",
    },
    "savings": {"bucket_keys", "intelligent_tiering"},
    "line": {"id", "safeguard", "what", "price", "unit", "unit_price", "quantities", "amounts"},
    "price": {"value", "unit", "region", "seen", "source", "confidence", "note"},
}  # fmt: skip


@pytest.fixture
def told(even, file):
    return to_json(build_report(*even, file, TODAY))


def test_its_names_stay(told):
    assert told["schema"] == "phi-cost/1"
    assert set(told) == NAMES[""]
    for part in ("settings", "safeguards", "savings"):
        assert set(told[part]) == NAMES[part]
    assert set(told["volumes"]) == set(Volumes.model_fields)
    assert set(told["savings"]["bucket_keys"]) == {"with", "without", "saved"}
    assert set(told["savings"]["intelligent_tiering"]) == {"with", "without", "saved", "moving_once"}
    assert all(set(line) == NAMES["line"] for line in told["lines"])
    assert all(set(price) == NAMES["price"] for price in told["prices"].values())


def test_its_numbers_are_text_that_adds_up(told):
    assert json.loads(json.dumps(told)) == told
    for at, total in enumerate(told["total"]):
        lines = sum(Decimal(line["amounts"][at]) for line in told["lines"])
        assert abs(lines - Decimal(total)) <= Decimal("0.0001") * len(told["lines"])
        assert abs(sum(Decimal(each[at]) for each in told["safeguards"].values()) - Decimal(total)) <= Decimal("0.001")


def test_a_line_of_it(told):
    line = next(line for line in told["lines"] if line["id"] == "kms_requests")
    assert line == {
        "id": "kms_requests",
        "safeguard": "encryption",
        "what": "KMS requests, with Bucket Keys",
        "price": "kms_requests",
        "unit": "10,000 requests",
        "unit_price": "0.03",
        "quantities": ["36000.000"] * 3,
        "amounts": ["0.1080"] * 3,
    }
    assert told["savings"]["bucket_keys"] == {
        "with": ["0.1620"] * 3,
        "without": ["5.4000"] * 3,
        "saved": ["5.2380"] * 3,
    }


def test_only_prices_that_were_asked_for_are_told(told):
    untold = {name for name in PriceList.model_fields if "tiering" in name} | {"guardduty", "macie", "config"}
    assert set(told["prices"]) == set(PriceList.model_fields) - untold


def test_what_is_not_estimated_is_null(even, content, price):
    file = PriceFile.model_validate(
        content(backup_storage=price(None, "GB-month"), kms_requests=price(None, "requests"))
    )
    found = to_json(build_report(*even, file, TODAY))
    lines = {line["id"]: line for line in found["lines"]}
    assert (lines["backup"]["amounts"], lines["backup"]["unit_price"]) == (None, None)
    assert {"id": "backup", "what": "AWS Backup, warm storage", "see": "https://prices.example/list"} in found[
        "not_estimated"
    ]
    assert found["savings"]["bucket_keys"] == {"with": None, "without": None, "saved": None}
