"""Macie: adds UpdateMacieSession, which moto lacks."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.macie2.responses import MacieResponse


def update_macie_session(self: Any) -> str:
    """Update the named settings of the session.

    https://docs.aws.amazon.com/macie/latest/APIReference/macie.html#UpdateMacieSession
    """
    self.macie_backend.get_macie_session()  # raises an error if Macie isn't enabled
    parameters = {name: self._get_param(name) for name in ("findingPublishingFrequency", "status")}
    changes = {name: value for name, value in parameters.items() if value}
    self.macie_backend.macie_session.update(changes, updatedAt=utcnow())
    return "{}"


FIXES: tuple[tuple[Any, str, Any], ...] = ((MacieResponse, "update_macie_session", update_macie_session),)
