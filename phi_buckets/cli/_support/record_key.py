"""A record's object key, made from a record ID and a secret in files or the environment.

Neither is passed as an argument, because `ps` shows arguments to every user.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from pathlib import Path

from phi_buckets.errors import ConfigurationError
from phi_buckets.object_keys import key_for_record

SECRET_VARIABLE = "PHI_KEY_SECRET"  # noqa: S105 - the variable's name, not the secret
_HEX = re.compile(r"([0-9a-fA-F]{2})+")
_MAX_CHARACTERS = 64 * 1024


def key_from_files(record_id_file: Path, secret_file: Path | None) -> str:
    """Return the object key of a record.

    Args:
        record_id_file: The file with the record's ID; `-` for stdin.
        secret_file: The file with the key secret; PHI_KEY_SECRET by default.

    Raises:
        ConfigurationError: The ID or the secret is missing or invalid. The message contains neither.
    """
    return key_for_record(_read_record_id(record_id_file), _read_secret(secret_file))


def _read_record_id(file: Path) -> str:
    lines = _read_text(file, "--record-id-file").splitlines()
    if len(lines) != 1:
        raise ConfigurationError(f"--record-id-file must contain exactly one line, the record's ID, not {len(lines)}")
    return lines[0]


def _read_secret(file: Path | None) -> bytes:
    text = (_read_text(file, "--secret-file") if file else os.environ.get(SECRET_VARIABLE, "")).strip()
    if not text:
        raise ConfigurationError(f"the key secret is missing: set {SECRET_VARIABLE} or pass --secret-file")
    return _decode(text, "--secret-file" if file else SECRET_VARIABLE)


def _decode(text: str, source: str) -> bytes:
    """Return the decoded secret. Text that is valid hex is decoded as hex, even if it is also valid base64."""
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"{source} must contain the key secret in hex or base64") from None


def _read_text(file: Path, option: str) -> str:
    try:
        if str(file) == "-":
            return sys.stdin.read(_MAX_CHARACTERS)
        with file.open(encoding="utf-8") as stream:
            return stream.read(_MAX_CHARACTERS)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"{option} can't be read ({type(error).__name__}): check that the file exists and is UTF-8 text"
        ) from None
