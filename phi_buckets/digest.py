"""The digest stored in evidence. It detects accidental changes, not deliberate ones: anyone can recompute it."""

from __future__ import annotations

import hashlib

import rfc8785
from pydantic import BaseModel


def digest_of(evidence: BaseModel) -> str:
    """Return the SHA-256, in hex, of every field except `digest`.

    The fields are serialized as canonical JSON, so any tool can verify the digest:
    https://www.rfc-editor.org/rfc/rfc8785
    """
    return hashlib.sha256(rfc8785.dumps(evidence.model_dump(mode="json", exclude={"digest"}))).hexdigest()
