"""The estimate as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from phi.cost.estimate import Amounts, EstimateLine, Saving
from phi.cost.report import NOTES, CostReport

SCHEMA = "phi-cost/1"
"""The names of the JSON. It changes when one of them goes or means something else."""


def to_json(report: CostReport) -> dict[str, Any]:
    """For JSON. Numbers are text, so that none is rounded twice: dollars to four places, quantities to three.

    Lists of numbers are in the order of `months`; null is what isn't estimated.
    """
    found, settings = report.estimate, report.settings
    return {
        "schema": SCHEMA,
        "currency": report.price_file.currency,
        "region": report.price_file.region,
        "months": list(found.months),
        "volumes": {name: f"{value.normalize():f}" for name, value in report.volumes},
        "settings": {
            "region": settings.region,
            "replica_region": settings.replica_region,
            "backup": settings.backup_enabled,
            "backup_days": settings.backup_days,
            "retention_days": settings.noncurrent_retention_days,
            "archive_after_days": settings.noncurrent_archive_days,
            "log_retention_days": settings.log_retention_days,
            "intelligent_tiering": settings.intelligent_tiering,
            "account_guards": list(settings.account_security_services),
        },
        "lines": [_line(line) for line in found.lines],
        "safeguards": {each.value: _dollars(amounts) for each, amounts in found.total_by_safeguard.items()},
        "total": _dollars(found.total),
        "not_estimated": [{"id": line.id, "what": line.description, "see": line.price.source} for line in found.not_estimated],
        "savings": {
            "bucket_keys": _saving(report.bucket_keys),
            "intelligent_tiering": {
                **_saving(report.tiering),
                "moving_once": None if report.tiering_transition_cost is None else _dollar(report.tiering_transition_cost),
            },
        },
        "prices": {name: price.model_dump(mode="json") for name, price in report.prices.items()},
        "warnings": list(report.warnings),
        "notes": list(NOTES),
    }


def _line(line: EstimateLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "safeguard": line.safeguard.value,
        "what": line.description,
        "price": line.price_name,
        "unit": line.price.unit,
        "unit_price": None if line.price.value is None else f"{line.price.value.normalize():f}",
        "quantities": [f"{quantity:.3f}" for quantity in line.quantities],
        "amounts": None if line.amounts is None else _dollars(line.amounts),
    }


def _saving(saving: Saving) -> dict[str, list[str] | None]:
    named = {"with": saving.cost_with, "without": saving.cost_without, "saved": saving.saved}
    return {name: None if amounts is None else _dollars(amounts) for name, amounts in named.items()}


def _dollars(amounts: Amounts) -> list[str]:
    return [_dollar(each) for each in amounts]


def _dollar(amount: Decimal) -> str:
    return f"{amount:.4f}"
