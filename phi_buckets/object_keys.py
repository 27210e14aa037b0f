"""Object keys that reveal nothing. S3 doesn't encrypt keys, and copies them to access logs, inventories and events.

An ID is 48 letters from an alphabet of sixteen consonants. Without digits it can't contain a number, a date or an
address; without vowels it can't contain a word or a name. The last eight letters are a checksum of the others, so only
keys made by this module are accepted. A mistyped key is rejected. So is a plain hash of an MRN, which anyone can
reverse by hashing every possible MRN.

HIPAA requires that a record's code isn't derived from information about the person, unless the method is secret:
https://www.hhs.gov/hipaa/for-professionals/special-topics/de-identification/index.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection

from phi_buckets.errors import ConfigurationError, IdentifyingValueError

ALPHABET = "bcdfghjkmnpqrstv"  # sixteen letters: each encodes four bits
BODY_BYTES = 20  # 160 bits: a collision is likely only after 2^80 keys
CHECKSUM_BYTES = 4
SECRET_BYTES = 32
MAX_KEY_LENGTH = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
DEFAULT_PREFIXES = frozenset({"restore-test"})
"""The words allowed before an ID, each followed by `/`. An application can declare its own."""

_TO_LETTERS = str.maketrans("0123456789abcdef", ALPHABET)
_FROM_LETTERS = str.maketrans(ALPHABET, "0123456789abcdef")
_ID = re.compile(f"[{ALPHABET}]{{{2 * (BODY_BYTES + CHECKSUM_BYTES)}}}")
# Domain separation: the output for one purpose reveals nothing about the output for another.
_CHECKSUM_CONTEXT = b"phi: check of an object key, 1\0"
_RECORD_KEY_CONTEXT = b"phi: object key of a record, 1\0"


def new_key(prefix: str = "", *, prefixes: Collection[str] = DEFAULT_PREFIXES) -> str:
    """Return a random key.

    Args:
        prefix: A declared word, or the key of a record that groups objects. No prefix by default.
        prefixes: The declared words.

    Raises:
        IdentifyingValueError: The prefix is neither a declared word nor an ID.
    """
    return _with_prefix(prefix, _encode(secrets.token_bytes(BODY_BYTES)), prefixes)


def key_for_record(
    record_id: str, secret: bytes, prefix: str = "", *, prefixes: Collection[str] = DEFAULT_PREFIXES
) -> str:
    """Return the key of a record. The same ID and secret always give the same key.

    Args:
        record_id: The application's ID for the record, such as an MRN. It is used as it is, except for Unicode
            normalization: `01` and `1`, or `a` and `A`, may be two people. An ID with surrounding whitespace or
            control characters is rejected, because reading it without them would give another key.
        secret: At least 32 random bytes, such as `secrets.token_bytes(32)`, known only to the application. If you lose
            it, you can no longer find records by ID. Anyone who learns it can link objects to records.
        prefix: A declared word, or the key of a record. No prefix by default.
        prefixes: The declared words.

    Raises:
        ConfigurationError: The ID or the secret can't be used. The message contains neither.
        IdentifyingValueError: The prefix is neither a declared word nor an ID.
    """
    return _with_prefix(prefix, keyed_id("record ID", record_id, secret, _RECORD_KEY_CONTEXT), prefixes)


def keyed_id(name: str, text: str, secret: bytes, context: bytes) -> str:
    """Return the ID of a text under a secret. Without the secret, the ID neither reveals nor confirms the text.

    Args:
        name: What the text is, for the error message.
        text: Used as it is, except for Unicode normalization.
        secret: At least SECRET_BYTES random bytes.
        context: What the ID is used for. IDs of one text in different contexts can't be linked.

    Raises:
        ConfigurationError: The text or the secret can't be used. The message contains neither.
    """
    if len(secret) < SECRET_BYTES or len(set(secret)) < SECRET_BYTES // 4:
        raise ConfigurationError(
            f"the key secret must be at least {SECRET_BYTES} random bytes; make one with: "
            f"python -c 'import secrets; print(secrets.token_hex({SECRET_BYTES}))'"
        )
    if not text or text != text.strip() or any(unicodedata.category(character)[0] == "C" for character in text):
        raise ConfigurationError(
            f"the {name} must be text without surrounding whitespace and without control or invisible characters"
        )
    message = context + unicodedata.normalize("NFC", text).encode()
    return _encode(hmac.digest(secret, message, "sha256")[:BODY_BYTES])


def check_key(key: str, *, prefixes: Collection[str] = DEFAULT_PREFIXES) -> str:
    """Return the key if this module made it. Allowed prefixes may precede its ID.

    Raises:
        IdentifyingValueError: This module didn't make the key. The message doesn't contain it.
    """
    *prefix_parts, object_id = key.split("/")
    allowed = is_opaque_id(object_id) and all(_is_allowed_part(part, prefixes) for part in prefix_parts)
    if len(key) > MAX_KEY_LENGTH or not allowed:
        raise IdentifyingValueError(
            "the object key wasn't made by phi, and S3 doesn't encrypt keys: upload without a key to get a random one, "
            "or make a record's key with phi_buckets.object_keys.key_for_record"
        )
    return key


def normalize_prefix(prefix: str, *, prefixes: Collection[str] = DEFAULT_PREFIXES) -> str:
    """Return the prefix with a trailing `/`, or "" unchanged. Each part must be a declared word or an ID.

    Raises:
        IdentifyingValueError: A part is anything else, which must not reach the access log. The message doesn't contain
            the prefix.
    """
    if not prefix:
        return ""
    parts = prefix.removesuffix("/").split("/")
    if len(prefix) > MAX_KEY_LENGTH or not all(_is_allowed_part(part, prefixes) for part in parts):
        known = ", ".join(f"{word}/" for word in sorted(prefixes))
        raise IdentifyingValueError(f"the key prefix must consist of whole IDs or of these words: {known}")
    return "/".join(parts) + "/"


def is_opaque_id(text: str) -> bool:
    """Return whether the text is an ID that this module made, without a prefix."""
    if not _ID.fullmatch(text):
        return False
    decoded = bytes.fromhex(text.translate(_FROM_LETTERS))
    return decoded[BODY_BYTES:] == _checksum(decoded[:BODY_BYTES])


def _is_allowed_part(part: str, prefixes: Collection[str]) -> bool:
    return part in prefixes or is_opaque_id(part)


def _with_prefix(prefix: str, object_id: str, prefixes: Collection[str]) -> str:
    return check_key(normalize_prefix(prefix, prefixes=prefixes) + object_id, prefixes=prefixes)


def _encode(body: bytes) -> str:
    return (body + _checksum(body)).hex().translate(_TO_LETTERS)


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(_CHECKSUM_CONTEXT + body).digest()[:CHECKSUM_BYTES]
