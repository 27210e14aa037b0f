"""Object keys: only keys made by phi are accepted, and a key reveals nothing about its record."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phi_buckets import object_keys
from phi_buckets.errors import ConfigurationError, IdentifyingValueError
from phi_buckets.object_keys import check_key, is_opaque_id, key_for_record, new_key, normalize_prefix

SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(1, 33))
MRN = "MRN-00123456"
ID = re.compile(r"[bcdfghjkmnpqrstv]{48}")


# Random keys


def test_new_key_has_no_digits_and_no_vowels():
    assert all(ID.fullmatch(new_key()) for _ in range(200))


def test_new_keys_are_unique_and_start_with_every_letter():
    keys = [new_key() for _ in range(2000)]
    assert len(set(keys)) == len(keys)
    assert {key[0] for key in keys} == set(object_keys.ALPHABET)


def test_new_key_has_at_least_128_random_bits(monkeypatch: pytest.MonkeyPatch):
    requested: list[int] = []

    def record_size(size: int) -> bytes:
        requested.append(size)
        return bytes(size)

    monkeypatch.setattr(secrets, "token_bytes", record_size)
    new_key()
    assert sum(requested) * 8 >= 128


# Keys of records


def test_key_for_record_is_deterministic():
    assert key_for_record(MRN, SECRET) == key_for_record(MRN, SECRET)


def test_key_for_record_never_changes_between_releases():
    """The key finds objects stored years ago, so this value must never change."""
    assert key_for_record(MRN, SECRET) == "ktmsskskffqthfksvdgtqffjkmmpmhsjbvhntkgsfqnkcfsr"


def test_key_for_record_depends_on_secret_and_id():
    keys = {
        key_for_record(MRN, SECRET),
        key_for_record(MRN, OTHER_SECRET),
        key_for_record("MRN-00123457", SECRET),
        key_for_record(MRN.lower(), SECRET),
    }
    assert len(keys) == 4


def test_key_for_record_is_not_the_plain_hmac_of_the_id():
    """Using the same secret elsewhere for an HMAC of the ID must not reveal the key."""
    body = hmac.digest(SECRET, MRN.encode(), "sha256")[:20].hex()
    assert not key_for_record(MRN, SECRET).startswith(
        body.translate(str.maketrans("0123456789abcdef", object_keys.ALPHABET))
    )


def test_key_for_record_is_equal_for_both_unicode_forms_of_an_accent():
    assert key_for_record("Jos\u00e9-7", SECRET) == key_for_record("Jose\u0301-7", SECRET)


@pytest.mark.parametrize("ids", [("01", "1"), ("a", "A"), ("1\u00b2", "12"), ("\uff11", "1"), ("a b", "ab")])
def test_key_for_record_differs_for_similar_ids(ids):
    first, second = ids
    assert key_for_record(first, SECRET) != key_for_record(second, SECRET)


@pytest.mark.parametrize(
    "record_id", ["", " ", "123\n", " 123", "12\x003", "12\u200b3", "12\u202e3", "\ufeff123", "123\u00a0", "\ud800"]
)
def test_key_for_record_rejects_ambiguous_id_without_repeating_it(record_id):
    with pytest.raises(ConfigurationError) as error:
        key_for_record(record_id, SECRET)
    assert "123" not in str(error.value)


@pytest.mark.parametrize(
    "secret",
    [b"", SECRET[:31], bytes(32), b"ab" * 32, b"changeme" * 8],
    ids=["empty", "too-short", "zeros", "two-bytes-repeated", "word-repeated"],
)
def test_key_for_record_rejects_weak_secret_without_repeating_it(secret):
    with pytest.raises(ConfigurationError, match="at least 32 random bytes") as error:
        key_for_record(MRN, secret)
    assert MRN not in str(error.value)
    assert "changeme" not in str(error.value)
    assert error.value.__cause__ is None


@given(st.binary(min_size=32, max_size=64).filter(lambda secret: len(set(secret)) >= 8), st.integers(0, 10**12))
def test_key_for_record_is_a_valid_key_without_digits(secret, number):
    key = key_for_record(str(number), secret)
    assert check_key(key) == key
    assert ID.fullmatch(key)


# Validation


@given(st.text(max_size=80))
def test_arbitrary_text_is_not_a_key(text):
    assert not is_opaque_id(text)
    with pytest.raises(IdentifyingValueError):
        check_key(text)


@given(st.text(alphabet=object_keys.ALPHABET, min_size=48, max_size=48))
def test_random_letters_of_the_alphabet_are_not_a_key(text):
    assert not is_opaque_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        MRN,
        "123-45-6789",
        "john.smith@example.org",
        "patients/john-smith/1980-02-29.pdf",
        hashlib.sha256(MRN.encode()).hexdigest(),
        hashlib.sha256(MRN.encode())
        .hexdigest()[:48]
        .translate(str.maketrans("0123456789abcdef", object_keys.ALPHABET)),
        base64.urlsafe_b64encode(MRN.encode()).decode(),
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    ],
)
def test_check_key_rejects_identifying_text_without_repeating_it(text):
    with pytest.raises(IdentifyingValueError) as error:
        check_key(text)
    assert not text.strip("/") or text not in str(error.value)
    assert error.value.exit_code == 2


ALTERATIONS: dict[str, Callable[[str], str]] = {
    "uppercase": lambda key: key.upper(),
    "letter-missing": lambda key: key[:-1],
    "letter-added": lambda key: key + "b",
    "newline": lambda key: key + "\n",
    "file-extension": lambda key: key + ".pdf",
    "leading-space": lambda key: " " + key,
    "leading-slash": lambda key: "/" + key,
    "trailing-slash": lambda key: key + "/",
    "parent-folder": lambda key: "../" + key,
    "undeclared-prefix": lambda key: f"smith/{key}",
    "double-slash": lambda key: f"restore-test//{key}",
    "capitalized-prefix": lambda key: f"Restore-test/{key}",
    "backslash": lambda key: f"restore-test\\{key}",
    "full-width-letter": lambda key: key.replace(key[0], "\uff42", 1),
    "query": lambda key: f"{key}?versionId=1",
    "percent-encoded-prefix": lambda key: f"%72estore-test/{key}",
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_check_key_rejects_altered_key(alteration):
    with pytest.raises(IdentifyingValueError):
        check_key(ALTERATIONS[alteration](key_for_record(MRN, SECRET)))


@given(st.integers(0, 47), st.sampled_from(object_keys.ALPHABET))
def test_checksum_detects_a_changed_letter(index, letter):
    key = key_for_record(MRN, SECRET)
    changed = key[:index] + letter + key[index + 1 :]
    assert is_opaque_id(changed) == (changed == key)


@given(st.integers(0, 46))
def test_checksum_detects_transposed_letters(index):
    key = key_for_record(MRN, SECRET)
    swapped = key[:index] + key[index + 1] + key[index] + key[index + 2 :]
    assert is_opaque_id(swapped) == (swapped == key)


# Prefixes


@pytest.mark.parametrize("prefix", ["restore-test", "restore-test/"])
def test_new_key_under_declared_word_is_valid(prefix):
    key = new_key(prefix)
    assert check_key(key) == key
    assert key.startswith("restore-test/")
    assert is_opaque_id(key.removeprefix("restore-test/"))


def test_new_key_under_key_of_record_is_valid():
    record = key_for_record(MRN, SECRET)
    key = new_key(record)
    assert key.startswith(f"{record}/")
    assert check_key(key) == key
    assert normalize_prefix(record) == f"{record}/"


def test_key_for_record_starts_with_given_prefix():
    assert key_for_record(MRN, SECRET, "restore-test") == f"restore-test/{key_for_record(MRN, SECRET)}"


def test_only_declared_prefixes_are_accepted():
    key = new_key("imaging", prefixes={"imaging"})
    assert check_key(key, prefixes={"imaging"}) == key
    with pytest.raises(IdentifyingValueError):
        check_key(key)
    with pytest.raises(IdentifyingValueError):
        new_key("restore-test", prefixes={"imaging"})


@pytest.mark.parametrize("prefix", ["smith", "restore", "restore-test/smith", "/", "//", "restore-test//", MRN])
def test_other_prefixes_are_rejected_without_repeating_them(prefix):
    for use_prefix in (normalize_prefix, new_key, lambda text: key_for_record(MRN, SECRET, text)):
        with pytest.raises(IdentifyingValueError) as error:
            use_prefix(prefix)
        assert "smith" not in str(error.value)
        assert MRN not in str(error.value)


def test_keys_and_prefixes_above_s3_length_limit_are_rejected():
    too_long = "/".join([new_key()] * 21)
    assert len(too_long) > 1024
    for check in (check_key, normalize_prefix):
        with pytest.raises(IdentifyingValueError):
            check(too_long)


def test_normalize_prefix_keeps_empty_prefix():
    assert normalize_prefix("") == ""
