"""Macie: a change of its account, which moto lacks."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.macie2.responses import MacieResponse


def update_macie_session(self: Any) -> str:
    """https://docs.aws.amazon.com/macie/latest/APIReference/macie.html#UpdateMacieSession"""
    self.macie_backend.get_macie_session()  # it says where Macie isn't enabled
    asked = {name: self._get_param(name) for name in ("findingPublishingFrequency", "status")}
    changed = {name: value for name, value in asked.items() if value}
    self.macie_backend.macie_session.update(changed, updatedAt=utcnow())
    return "{}"


FIXES: tuple[tuple[Any, str, Any], ...] = ((MacieResponse, "update_macie_session", update_macie_session),)
