"""Checks of Macie sessions."""

from __future__ import annotations

from hipaa_controls.model.property_checks import all_true

session_enabled = all_true({"enabled": "Macie isn't enabled"}, "Macie is enabled")
