"""Attestations: statements that a named person is responsible for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attestation:
    """A person's statement that a safeguard is in place that no AWS API reports.

    Attributes:
        control_id: The ID of the control that it attests.
        owner: The person or role responsible for it.
        days_left: Days until it expires; negative once it has expired.
    """

    resource: str
    control_id: str
    owner: str
    days_left: int
