"""Checks of GuardDuty detectors."""

from __future__ import annotations

from hipaa_controls.model.property_checks import all_true

s3_protection = all_true(
    {"enabled": "GuardDuty isn't enabled", "s3_protection": "S3 Protection isn't enabled in GuardDuty"},
    "GuardDuty S3 Protection is enabled",
)
