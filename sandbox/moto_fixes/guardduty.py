"""GuardDuty: updates a detector's features one at a time."""

from __future__ import annotations

from typing import Any

from moto.guardduty.models import Detector

_update = Detector.update


def update(self: Any, enable: Any, frequency: Any, data_sources: Any, features: list[dict[str, Any]] | None) -> None:
    """Update only the named features. Moto drops the others.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """
    if features is not None:
        features = list({feature["name"]: feature for feature in (*self.features, *features)}.values())
    _update(self, enable, frequency, data_sources, features or self.features)


FIXES: tuple[tuple[Any, str, Any], ...] = ((Detector, "update", update),)
