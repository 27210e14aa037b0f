"""Attestations: statements that a named person is responsible for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attestation:
    """What a person answers for.

    control: its id; days_left: until it is stale, negative once it is.
    """

    resource: str
    control_id: str
    owner: str
    days_left: int
