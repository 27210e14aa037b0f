"""Checks of GuardDuty detectors."""

from __future__ import annotations

from hipaa.model.property_checks import all_true

s3_protection = all_true(
    {"enabled": "GuardDuty isn't enabled", "s3": "S3 Protection isn't enabled in GuardDuty"},
    "GuardDuty monitors access to S3 objects",
)
