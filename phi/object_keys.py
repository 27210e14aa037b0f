"""Object keys that tell nothing: S3 encrypts no key, and writes it to access logs, inventories, events and bills.

A key is 48 letters of sixteen consonants. Without a digit it holds no number, date or address; without a vowel no
word or name. The last eight letters are a check of the others, so that only what was made here is a key: a hash of an
MRN, which anybody undoes who counts through all MRNs, isn't one, nor is a key with a slip of the pen.

HIPAA asks that a code for a record isn't made from what is known of the person, unless the means are held secret:
https://www.hhs.gov/hipaa/for-professionals/special-topics/de-identification/index.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection

from phi.errors import ConfigurationError, IdentifyingValueError

LETTERS = "bcdfghjkmnpqrstv"  # sixteen: a letter for four bits
BODY_BYTES = 20  # 160 bits: 2^80 keys until two are likely to be the same
CHECK_BYTES = 4
SECRET_BYTES = 32
LONGEST = 1024  # of S3
PREFIXES = frozenset({"restore-drill"})
"""The words that may stand before an id, each closed by `/`. An application may declare its own."""

_TO_LETTERS = str.maketrans("0123456789abcdef", LETTERS)
_FROM_LETTERS = str.maketrans(LETTERS, "0123456789abcdef")
_ID = re.compile(f"[{LETTERS}]{{{2 * (BODY_BYTES + CHECK_BYTES)}}}")
# Each use of a secret or a hash has its own words before it, so that none gives away another's.
_CHECK_OF = b"phi: check of an object key, 1\0"
_KEY_OF = b"phi: object key of a record, 1\0"


def new_key(prefix: str = "", *, prefixes: Collection[str] = PREFIXES) -> str:
    """A random key, after a prefix as `check_prefix` takes it: a declared word, or a record's own key."""
    return _under(prefix, _written(secrets.token_bytes(BODY_BYTES)), prefixes)


def key_of(record_id: str, secret: bytes, prefix: str = "", *, prefixes: Collection[str] = PREFIXES) -> str:
    """The key of a record: always the same for the same id and secret, and nothing without the secret.

    secret: at least 32 random bytes, such as `secrets.token_bytes(32)`, which only the application holds. Who loses it
    can't find the records by their ids any more; who learns it can find out whose each object is.

    The id is taken as it is but for Unicode's canonical form, as `01` and `1`, or `a` and `A`, may be two people. One
    with white space at its ends or a control character in it is refused: read without that it would be another key.

    Raises ConfigurationError for a secret or an id that can't be used, which isn't told.
    """
    if len(secret) < SECRET_BYTES or len(set(secret)) < SECRET_BYTES // 4:
        raise ConfigurationError(
            f"the secret of the keys must be at least {SECRET_BYTES} random bytes: make one with "
            f"python -c 'import secrets; print(secrets.token_hex({SECRET_BYTES}))'"
        )
    if not record_id or record_id != record_id.strip() or any(unicodedata.category(c)[0] == "C" for c in record_id):
        raise ConfigurationError(
            "a record's id must be text without white space at its ends, control or invisible characters"
        )
    told = unicodedata.normalize("NFC", record_id).encode()
    return _under(prefix, _written(hmac.digest(secret, _KEY_OF + told, "sha256")[:BODY_BYTES]), prefixes)


def check_key(key: str, *, prefixes: Collection[str] = PREFIXES) -> str:
    """The key itself. Raises IdentifyingValueError, which doesn't tell it, unless it was made here."""
    *before, last = key.split("/")
    if len(key) > LONGEST or not is_opaque(last) or not all(_fit(each, prefixes) for each in before):
        raise IdentifyingValueError(
            "the object's key isn't one that phi made, and S3 encrypts no key: an upload without one gets a random "
            "key, and phi.object_keys.key_of makes that of a record"
        )
    return key


def check_prefix(prefix: str, *, prefixes: Collection[str] = PREFIXES) -> str:
    """The prefix as it stands before a key, with its `/`; "" stays so. Each part is a declared word or an id.

    Raises IdentifyingValueError, which doesn't tell it, for any other: what is asked for is logged too.
    """
    if not prefix:
        return ""
    parts = prefix.removesuffix("/").split("/")
    if len(prefix) > LONGEST or not all(_fit(each, prefixes) for each in parts):
        known = ", ".join(f"{each}/" for each in sorted(prefixes))
        raise IdentifyingValueError(f"the prefix of the keys must be of whole ids or of these: {known}")
    return "/".join(parts) + "/"


def is_opaque(text: str) -> bool:
    """Whether it is an id that was made here; prefixes aren't."""
    if not _ID.fullmatch(text):
        return False
    made = bytes.fromhex(text.translate(_FROM_LETTERS))
    return made[BODY_BYTES:] == _check(made[:BODY_BYTES])


def _fit(part: str, prefixes: Collection[str]) -> bool:
    return part in prefixes or is_opaque(part)


def _under(prefix: str, identifier: str, prefixes: Collection[str]) -> str:
    return check_key(check_prefix(prefix, prefixes=prefixes) + identifier, prefixes=prefixes)


def _written(body: bytes) -> str:
    return (body + _check(body)).hex().translate(_TO_LETTERS)


def _check(body: bytes) -> bytes:
    return hashlib.sha256(_CHECK_OF + body).digest()[:CHECK_BYTES]
