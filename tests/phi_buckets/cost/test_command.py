"""The command `phi cost`: its output, its JSON and its errors."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from phi_buckets import cli
from phi_buckets.cost.json_output import to_json
from phi_buckets.cost.prices import PriceFile, PriceList
from phi_buckets.cost.report import ASSUMPTIONS, build_report
from phi_buckets.cost.volumes import Volumes
from tests.phi_buckets.cost.sample_prices import price_entry, price_file_content

README = Path(__file__).resolve().parents[3] / "README.md"
TODAY = date(2026, 2, 1)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Return a function that runs the command and returns its exit code, stdout and stderr."""

    def run_command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["phi", "cost", *arguments])
        monkeypatch.setenv("COLUMNS", "140")
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        output = capsys.readouterr()
        code = exit_.value.code
        return (code if isinstance(code, int) else 0), output.out, output.err

    return run_command


@pytest.fixture
def write_prices(tmp_path: Path):
    """Return a function that writes a file of prices retrieved today, with some replaced, and returns its path."""

    def write(**changes) -> str:
        content = price_file_content(**changes)
        for name, price in content["prices"].items():
            if name not in changes:
                price["retrieved"] = datetime.now(UTC).date()
        path = tmp_path / "prices.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def document(volumes, settings, price_file) -> dict[str, Any]:
    return to_json(build_report(volumes, settings, price_file, TODAY))


def test_command_without_arguments_prints_the_report(run):
    code, out, _ = run()
    assert code == 0
    for title in ("Encryption", "Versioning", "Access logging", "Replication", "Backup", "Total", "Month 84"):
        assert title in out
    for text in ("Bucket Keys: ", "Intelligent-Tiering: ", "https://aws.amazon.com/kms/pricing/", *ASSUMPTIONS):
        assert text in out


def test_readme_gives_the_estimate_without_options(run):
    code, out, _ = run("--json")
    assert code == 0
    document, readme = json.loads(out), README.read_text(encoding="utf-8")
    for amounts in (document["total"], document["safeguards"]["account_security"]):
        assert "${:.0f}, ${:.0f} and ${:.0f}".format(*map(Decimal, amounts)) in readme


def test_table_has_lines_and_totals(run, write_prices):
    arguments = ["--storage-gb", "1000", "--growth-gb", "0", "--replaced-share", "0", "--reads", "0", "--writes", "0"]
    code, out, err = run(*arguments, "--without-replica", "--without-backup", "--prices", write_prices())
    assert (code, err) == (0, "")
    rows = {" ".join(line.split()) for line in out.splitlines()}
    assert "Current versions, Standard 1,000 GB-month 0.023 / GB-month 23.00 23.00 23.00" in rows
    assert "Encryption 2.00 2.00 6.00" in rows
    assert "Replication" not in out
    assert "AWS Backup" not in out
    total = next(row for row in rows if row.startswith("Total"))
    # Without what depends on the whole account: parts of GuardDuty and Macie.
    assert total == "Total, without 2 lines 48.48 48.50 52.61"


def test_volumes_file_is_equivalent_to_options(run, tmp_path, write_prices):
    path = tmp_path / "volumes.yaml"
    path.write_text("storage_gb: 1000\nreads: 5\n", encoding="utf-8")
    prices = write_prices()
    result = run("--volumes", str(path), "--reads", "7", "--prices", prices)
    assert result == run("--storage-gb", "1000", "--reads", "7", "--prices", prices)
    assert result[0] == 0


def test_settings_file_determines_months_and_replica(run, tmp_path, write_prices):
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        "config:\n  aws:region: us-east-1\n  phi:environment: dev\n  phi:objectLockDays: 1\n"
        "  phi:noncurrentRetentionDays: 3650\n",
        encoding="utf-8",
    )
    code, out, err = run("--settings", str(path), "--json", "--prices", write_prices())
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["months"] == [1, 12, 120]
    assert document["settings"]["replica_region"] is None
    assert document["safeguards"]["replication"] == ["0.0000"] * 3


def test_volumes_of_each_bucket_of_the_settings_file(run, tmp_path, write_prices):
    settings, volumes = tmp_path / "Pulumi.dev.yaml", tmp_path / "volumes.yaml"
    settings.write_text(
        "config:\n  aws:region: us-east-1\n  phi:environment: dev\n  phi:objectLockDays: 1\n"
        "  phi:buckets:\n    phi: {}\n    imaging: {intelligentTiering: true}\n",
        encoding="utf-8",
    )
    volumes.write_text("buckets:\n  phi: {storage_gb: 10}\n  imaging: {storage_gb: 9000}\n", encoding="utf-8")
    arguments = ("--volumes", str(volumes), "--settings", str(settings), "--json", "--prices", write_prices())
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    buckets = json.loads(out)["buckets"]
    assert {name: bucket["volumes"]["storage_gb"] for name, bucket in buckets.items()} == {
        "phi": "10",
        "imaging": "9000",
    }
    assert buckets["imaging"]["settings"]["intelligent_tiering"] is True
    code, out, err = run("--volumes", str(volumes))
    assert (code, out) == (2, "")
    assert "doesn't have: imaging; its buckets are phi. Name the stack's settings file with --settings" in err


def test_prices_for_another_region_cause_a_warning(run, tmp_path, write_prices):
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(
        "config:\n  aws:region: eu-west-1\n  phi:environment: dev\n  phi:objectLockDays: 1\n", encoding="utf-8"
    )
    code, out, err = run("--settings", str(path), "--json", "--prices", write_prices())
    assert code == 0
    assert "the prices are for us-east-1, but the stack is in eu-west-1" in err
    assert json.loads(out)["warnings"] == [err.removeprefix("phi: warning: ").rstrip("\n")]


def test_old_prices_cause_a_warning_on_stderr(run, write_prices):
    old = datetime.now(UTC).date() - timedelta(days=400)
    code, out, err = run("--json", "--prices", write_prices(kms_key=price_entry("1", "key-month", retrieved=old)))
    assert code == 0
    assert "phi: warning: prices dated more than a year ago" in err
    assert "update them: kms_key" in err
    assert len(json.loads(out)["warnings"]) == 1


def test_unknown_price_is_reported_and_left_out_of_the_total(run, write_prices):
    source = "https://aws.example/[red]backup[/red]"
    unknown = price_entry(None, "GB-month", retrieved=datetime.now(UTC).date(), source=source)
    code, out, _ = run("--prices", write_prices(backup_storage=unknown))
    assert code == 0
    assert "price unknown" in out
    # What depends on the whole account has no price either: parts of GuardDuty and Macie.
    assert "Total, without 3 lines " in out
    assert "AWS Backup, warm storage; see https://aws.example/[red]backup[/red]" in out


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["--reads", "-5", "--writes", "nan", "--object-kb", "0"], ["reads: ", "writes: ", "object_kb: "]),
        (["--storage-gb", "1e30"], ["storage_gb: "]),
        (["--volumes", "nowhere.yaml"], ["nowhere.yaml can't be read"]),
        (["--settings", "nowhere.yaml"], ["nowhere.yaml can't be read"]),
        (["--prices", "nowhere.yaml"], ["nowhere.yaml can't be read"]),
    ],
)
def test_invalid_input_exits_with_2_and_all_errors(run, arguments, messages):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("phi: ")
    assert "Traceback" not in err
    for message in messages:
        assert message in err


# The keys of the JSON are public: a changed key requires another schema version.

KEYS = {
    "": {
        "schema", "currency", "region", "months", "volumes", "settings", "buckets", "shared", "lines", "safeguards",
        "total", "not_estimated", "savings", "prices", "warnings", "assumptions",
    },
    "settings": {
        "region", "replica_region", "backup_enabled", "backup_days", "backup_copy_vault", "noncurrent_retention_days",
        "noncurrent_archive_days", "log_retention_days", "intelligent_tiering", "athena_enabled",
        "account_security_services",
    },
    "bucket": {"volumes", "settings", "total"},
    "bucket settings": {"noncurrent_retention_days", "noncurrent_archive_days", "intelligent_tiering"},
    "safeguards": {
        "storage", "encryption", "versioning", "data_events", "access_logging", "replication", "backup",
        "monitoring", "account_security",
    },
    "savings": {"bucket_keys", "intelligent_tiering"},
    "line": {"id", "safeguard", "description", "price", "unit", "unit_price", "quantities", "amounts"},
    "price": {"value", "unit", "region", "retrieved", "source", "confidence", "note"},
}  # fmt: skip


def test_json_keys_are_unchanged(document):
    assert document["schema"] == "phi-cost/1"
    assert set(document) == KEYS[""]
    for name in ("settings", "safeguards", "savings"):
        assert set(document[name]) == KEYS[name]
    assert set(document["volumes"]) == set(Volumes.model_fields) - {"buckets"}
    for bucket in document["buckets"].values():
        assert set(bucket) == KEYS["bucket"]
        assert set(bucket["settings"]) == KEYS["bucket settings"]
    assert set(document["savings"]["bucket_keys"]) == {"with", "without", "saved"}
    assert set(document["savings"]["intelligent_tiering"]) == {"with", "without", "saved", "transition_cost"}
    assert all(set(line) == KEYS["line"] for line in document["lines"])
    assert all(set(price) == KEYS["price"] for price in document["prices"].values())


def test_json_amounts_add_up_to_the_totals(document):
    assert json.loads(json.dumps(document)) == document
    for index, total in enumerate(document["total"]):
        sum_of_lines = sum(Decimal(line["amounts"][index]) for line in document["lines"])
        assert abs(sum_of_lines - Decimal(total)) <= Decimal("0.0001") * len(document["lines"])
        sum_of_safeguards = sum(Decimal(amounts[index]) for amounts in document["safeguards"].values())
        assert abs(sum_of_safeguards - Decimal(total)) <= Decimal("0.001")


def test_json_line_and_saving(document):
    line = next(line for line in document["lines"] if line["id"] == "kms_requests")
    assert line == {
        "id": "kms_requests",
        "safeguard": "encryption",
        "description": "KMS requests, with Bucket Keys",
        "price": "kms_requests",
        "unit": "10,000 requests",
        "unit_price": "0.03",
        "quantities": ["36000.000"] * 3,
        "amounts": ["0.1080"] * 3,
    }
    assert document["savings"]["bucket_keys"] == {
        "with": ["0.1620"] * 3,
        "without": ["5.4000"] * 3,
        "saved": ["5.2380"] * 3,
    }


def test_json_has_only_the_prices_in_use(document):
    off = ("tiering", "guardduty", "malware", "macie", "config", "athena", "s3_object_tags", "backup_transfer")
    unused = {name for name in PriceList.model_fields if any(word in name for word in off)}
    assert set(document["prices"]) == set(PriceList.model_fields) - unused


def test_json_has_null_for_unknown_prices(volumes, settings):
    price_file = PriceFile.model_validate(
        price_file_content(backup_storage=price_entry(None, "GB-month"), kms_requests=price_entry(None, "requests"))
    )
    document = to_json(build_report(volumes, settings, price_file, TODAY))
    lines = {line["id"]: line for line in document["lines"]}
    assert (lines["backup_storage"]["amounts"], lines["backup_storage"]["unit_price"]) == (None, None)
    expected = {
        "id": "backup_storage",
        "description": "AWS Backup, warm storage",
        "source": "https://prices.example/list",
    }
    assert expected in document["not_estimated"]
    assert document["savings"]["bucket_keys"] == {"with": None, "without": None, "saved": None}
