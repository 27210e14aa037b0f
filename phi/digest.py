"""The digest that evidence carries: it tells a change by accident, not by somebody who computes it anew."""

from __future__ import annotations

import hashlib

import rfc8785
from pydantic import BaseModel


def digest_of(evidence: BaseModel) -> str:
    """The SHA-256, in hex, of all but its `digest`, as canonical JSON, so that any tool can compute it.

    https://www.rfc-editor.org/rfc/rfc8785
    """
    return hashlib.sha256(rfc8785.dumps(evidence.model_dump(mode="json", exclude={"digest"}))).hexdigest()
