"""The cost report as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from phi_buckets.cost.estimate import Amounts, EstimateLine, Saving
from phi_buckets.cost.report import ASSUMPTIONS, CostReport
from phi_buckets.cost.volumes import BucketVolumes

SCHEMA = "phi-cost/1"
"""The version of the format. It changes when a key is removed or changes its meaning."""


def to_json(report: CostReport) -> dict[str, Any]:
    """Return the report as a JSON document.

    Numbers are strings, so that they aren't rounded twice: dollars with four decimals, quantities with three.
    Lists of numbers are in the order of `months`. Null means that the price isn't known.
    """
    estimate, settings = report.estimate, report.settings
    return {
        "schema": SCHEMA,
        "currency": report.price_file.currency,
        "region": report.price_file.region,
        "months": list(estimate.months),
        "volumes": _volumes(report.volumes),
        "settings": {
            "region": settings.region,
            "replica_region": settings.replica_region,
            "backup_enabled": settings.backup_enabled,
            "backup_days": settings.backup_days,
            "backup_copy_vault": settings.backup_copy_vault,
            "noncurrent_retention_days": settings.noncurrent_retention_days,
            "noncurrent_archive_days": settings.noncurrent_archive_days,
            "log_retention_days": settings.log_retention_days,
            "intelligent_tiering": settings.intelligent_tiering,
            "athena_enabled": settings.athena_enabled,
            "account_security_services": list(settings.account_security_services),
        },
        "buckets": {
            bucket.name: {
                "volumes": _volumes(report.bucket_volumes[bucket.name]),
                "settings": {
                    "noncurrent_retention_days": bucket.noncurrent_retention_days,
                    "noncurrent_archive_days": bucket.noncurrent_archive_days,
                    "intelligent_tiering": bucket.intelligent_tiering,
                },
                "total": _dollar_texts(estimate.total_by_bucket[bucket.name]),
            }
            for bucket in settings.buckets
        },
        "shared": _dollar_texts(estimate.shared_total),
        "lines": [_line(line) for line in estimate.lines],
        "safeguards": {
            safeguard.value: _dollar_texts(amounts) for safeguard, amounts in estimate.total_by_safeguard.items()
        },
        "total": _dollar_texts(estimate.total),
        "not_estimated": [
            {"id": line.id, "description": line.description, "source": line.price.source}
            for line in estimate.not_estimated
        ],
        "savings": {
            "bucket_keys": _saving(report.bucket_keys_saving),
            "intelligent_tiering": {
                **_saving(report.tiering_saving),
                "transition_cost": None if report.transition_cost is None else _dollar_text(report.transition_cost),
            },
        },
        "prices": {name: price.model_dump(mode="json") for name, price in report.prices.items()},
        "warnings": list(report.warnings),
        "assumptions": list(ASSUMPTIONS),
    }


def _volumes(volumes: BucketVolumes) -> dict[str, str]:
    numbers = volumes.model_dump(exclude={"buckets"})
    return {name: f"{value.normalize():f}" for name, value in numbers.items()}


def _line(line: EstimateLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "safeguard": line.safeguard.value,
        "description": line.description,
        "price": line.price_name,
        "unit": line.price.unit,
        "unit_price": None if line.price.value is None else f"{line.price.value.normalize():f}",
        "quantities": [f"{quantity:.3f}" for quantity in line.quantities],
        "amounts": None if line.amounts is None else _dollar_texts(line.amounts),
    }


def _saving(saving: Saving) -> dict[str, list[str] | None]:
    amounts_by_name = {"with": saving.cost_with, "without": saving.cost_without, "saved": saving.saved}
    return {name: None if amounts is None else _dollar_texts(amounts) for name, amounts in amounts_by_name.items()}


def _dollar_texts(amounts: Amounts) -> list[str]:
    return [_dollar_text(amount) for amount in amounts]


def _dollar_text(amount: Decimal) -> str:
    return f"{amount:.4f}"
