"""The evidence as JSON, and its JSON Schema.

To regenerate the schema: `python -m phi_buckets.evidence.json_report > phi_buckets/evidence/schema.json`.
"""

from __future__ import annotations

import json
from typing import Any

from phi_buckets.evidence.model import SCHEMA_VERSION, Report


def render(report: Report) -> str:
    return report.model_dump_json(indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the output of `render`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:phi:evidence:{SCHEMA_VERSION}",
    } | Report.model_json_schema(mode="serialization")


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
