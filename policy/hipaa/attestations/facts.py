"""Attestations: statements that a named person is responsible for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attestation:
    """A statement that a safeguard which no AWS API reports is in place.

    Attributes:
        control_id: the control that it is for.
        owner: the person or role responsible for it.
        days_left: days until it expires; negative once it has expired.
    """

    resource: str
    control_id: str
    owner: str
    days_left: int
