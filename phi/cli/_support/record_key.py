"""A record's id and the secret of the keys, as a command gets them: neither is an argument, which `ps` shows to all."""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from pathlib import Path

from phi.errors import ConfigurationError
from phi.object_keys import key_of

SECRET_IN = "PHI_KEY_SECRET"  # noqa: S105 - the name of where it is
_HEX = re.compile(r"([0-9a-fA-F]{2})+")
_LONGEST = 64 * 1024


def of_record(id_file: Path, secret_file: Path | None) -> str:
    """The key of the record whose id is in the file (`-`: stdin), under the secret in its file or in the environment.

    Raises ConfigurationError, which tells neither.
    """
    return key_of(_id(id_file), _secret(secret_file))


def _id(file: Path) -> str:
    lines = _text(file, "--record-id-file").splitlines()
    if len(lines) != 1:
        raise ConfigurationError(f"--record-id-file must hold one line, the record's id; it has {len(lines)}")
    return lines[0]


def _secret(file: Path | None) -> bytes:
    told = _text(file, "--secret-file") if file else os.environ.get(SECRET_IN, "")
    if not told.strip():
        raise ConfigurationError(f"the secret of the keys is missing: put it in {SECRET_IN}, or name --secret-file")
    return _decoded(told.strip(), "--secret-file" if file else SECRET_IN)


def _decoded(text: str, where: str) -> bytes:
    """What is hex throughout is hex, though it might be base64 too."""
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"{where} must hold the secret in hex or base64") from None


def _text(file: Path, option: str) -> str:
    try:
        if str(file) == "-":
            return sys.stdin.read(_LONGEST)
        with file.open(encoding="utf-8") as opened:
            return opened.read(_LONGEST)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{option} can't be read: {type(error).__name__}") from None
