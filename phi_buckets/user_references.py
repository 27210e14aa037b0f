"""Opaque references of the people who use an application, for the access log.

All users of an application share its IAM role, so the principal doesn't say who read an object. 45 CFR
164.312(a)(2)(i) requires a unique name or number for each user:
https://www.ecfr.gov/current/title-45/part-164#p-164.312(a)(2)(i)

An access log is copied to many places, and a user may be a patient too. So only the application's directory, or its
secret, leads from a reference to the person. Two closed forms are accepted, and everything else is refused, because no
rule can distinguish a surname from an ordinary word.
"""

from __future__ import annotations

import re
import uuid

from phi_buckets.errors import IdentifyingValueError
from phi_buckets.object_keys import is_opaque_id, keyed_id

_CONTEXT = b"phi: reference of a user, 1\0"
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Versions 1, 2 and 6 contain the address of a computer. Versions 3 and 5 are plain hashes of a name, which anyone can
# confirm by hashing it. Other versions pass, because directories such as Amazon Cognito don't keep to one.
# https://www.rfc-editor.org/rfc/rfc9562.html#section-5
_REVEALING_UUID_VERSIONS = frozenset({1, 2, 3, 5, 6})
# A number that was padded to the length of a UUID. About one random UUID in ten million has such a run.
_PADDING = re.compile(r"(.)\1{7}")
# Numbers in the form of a UUID, such as a date of birth and a telephone number. About one random UUID in two and a half
# million has only digits.
_ONLY_DIGITS = re.compile("[0-9]{32}")
# Text in the form of a UUID, such as a name in ASCII. A random UUID of RFC 9562 never is: its ninth byte isn't ASCII.
_ASCII_TEXT = re.compile(rb"[\x20-\x7e]+\0*")


def reference_for_user(user_id: str, secret: bytes) -> str:
    """Return the reference of a user whose ID in the directory is not a random UUID, such as an email address.

    The same ID and secret always give the same reference. It differs from the key of a record with the same ID.

    Args:
        user_id: The directory's ID of the user. It is used as it is, except for Unicode normalization, so pass it in
            one spelling.
        secret: At least 32 random bytes, such as `secrets.token_bytes(32)`, known only to the application.

    Raises:
        ConfigurationError: The ID or the secret can't be used. The message contains neither.
    """
    return keyed_id("user ID", user_id, secret, _CONTEXT)


def check_user_reference(reference: str) -> str:
    """Return the reference in its one spelling, if it is opaque: an ID made by phi, or a random UUID.

    Raises:
        IdentifyingValueError: It is anything else. The message doesn't contain it.
    """
    if isinstance(reference, str) and (is_opaque_id(reference) or _is_random_uuid(reference)):
        return reference.lower()  # UUIDs are equal in both cases: https://www.rfc-editor.org/rfc/rfc9562.html#section-4
    raise IdentifyingValueError(
        "the user reference may name a person, and the access log must not: pass a random UUID as text, such as the "
        "user's ID in the directory, or make a reference with phi_buckets.user_references.reference_for_user"
    )


def _is_random_uuid(text: str) -> bool:
    if not _UUID.fullmatch(text):
        return False
    parsed = uuid.UUID(text)
    if _PADDING.search(parsed.hex) or _ONLY_DIGITS.fullmatch(parsed.hex) or _ASCII_TEXT.fullmatch(parsed.bytes):
        return False
    return parsed.version not in _REVEALING_UUID_VERSIONS
