"""Object keys: what is made here is taken, nothing else is, and a key can't tell of its record."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phi import object_keys
from phi.errors import ConfigurationError, IdentifyingValueError
from phi.object_keys import check_key, normalize_prefix, is_opaque_id, key_for_record, new_key

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))
MRN = "MRN-00123456"
ID = re.compile(r"[bcdfghjkmnpqrstv]{48}")


# Random keys


def test_a_new_key_has_no_digit_and_no_vowel():
    assert all(ID.fullmatch(new_key()) for _ in range(200))


def test_new_keys_are_all_different_and_begin_with_every_letter():
    made = [new_key() for _ in range(2000)]
    assert len(set(made)) == len(made)
    assert {each[0] for each in made} == set(object_keys.ALPHABET)


def test_a_new_key_has_at_least_128_random_bits(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def recorded(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    monkeypatch.setattr(secrets, "token_bytes", recorded)
    new_key()
    assert sum(asked) * 8 >= 128


# The key of a record


def test_a_record_has_one_key():
    assert key_for_record(MRN, SECRET) == key_for_record(MRN, SECRET)


def test_the_key_of_a_record_stays_as_it_is():
    """Objects that were stored years ago are found by it: this value must never change."""
    assert key_for_record(MRN, SECRET) == "ktmsskskffqthfksvdgtqffjkmmpmhsjbvhntkgsfqnkcfsr"


def test_the_key_is_of_the_secret_and_of_the_id():
    made = {key_for_record(MRN, SECRET), key_for_record(MRN, OTHER), key_for_record("MRN-00123457", SECRET), key_for_record(MRN.lower(), SECRET)}
    assert len(made) == 4


def test_the_key_is_no_plain_hmac_of_the_id():
    """The same secret used elsewhere for the same id must not show it."""
    body = hmac.digest(SECRET, MRN.encode(), "sha256")[:20].hex()
    assert not key_for_record(MRN, SECRET).startswith(body.translate(str.maketrans("0123456789abcdef", object_keys.ALPHABET)))


def test_both_spellings_of_an_accent_are_one_record():
    assert key_for_record("Jos\u00e9-7", SECRET) == key_for_record("Jose\u0301-7", SECRET)


@pytest.mark.parametrize("apart", [("01", "1"), ("a", "A"), ("1\u00b2", "12"), ("\uff11", "1"), ("a b", "ab")])
def test_ids_that_may_be_two_people_have_two_keys(apart):
    first, second = apart
    assert key_for_record(first, SECRET) != key_for_record(second, SECRET)


@pytest.mark.parametrize(
    "unfit", ["", " ", "123\n", " 123", "12\x003", "12\u200b3", "12\u202e3", "\ufeff123", "123\u00a0", "\ud800"]
)
def test_an_id_that_may_be_misread_is_refused_untold(unfit):
    with pytest.raises(ConfigurationError) as error:
        key_for_record(unfit, SECRET)
    assert "123" not in str(error.value)


@pytest.mark.parametrize("secret", [b"", SECRET[:31], bytes(32), b"ab" * 32, b"changeme" * 8])
def test_a_weak_secret_is_refused_untold(secret):
    with pytest.raises(ConfigurationError, match="at least 32 random bytes") as error:
        key_for_record(MRN, secret)
    assert MRN not in str(error.value)
    assert "changeme" not in str(error.value)
    assert error.value.__cause__ is None


@given(st.binary(min_size=32, max_size=64).filter(lambda secret: len(set(secret)) >= 8), st.integers(0, 10**12))
def test_a_key_of_a_record_is_a_key_that_shows_no_digit_of_it(secret, number):
    made = key_for_record(str(number), secret)
    assert check_key(made) == made
    assert ID.fullmatch(made)


# What is a key


@given(st.text(max_size=80))
def test_no_text_is_a_key(text):
    assert not is_opaque_id(text)
    with pytest.raises(IdentifyingValueError):
        check_key(text)


@given(st.text(alphabet=object_keys.ALPHABET, min_size=48, max_size=48))
def test_nor_is_one_of_the_same_letters(text):
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
        hashlib.sha256(MRN.encode()).hexdigest()[:48].translate(str.maketrans("0123456789abcdef", object_keys.ALPHABET)),
        base64.urlsafe_b64encode(MRN.encode()).decode(),
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    ],
)
def test_what_may_identify_is_refused_untold(text):
    with pytest.raises(IdentifyingValueError) as error:
        check_key(text)
    assert not text.strip("/") or text not in str(error.value)
    assert error.value.exit_code == 2


def around(key: str) -> list[str]:
    return [
        key.upper(),
        key[:-1],
        key + "b",
        key + "\n",
        key + ".pdf",
        " " + key,
        "/" + key,
        key + "/",
        "../" + key,
        f"smith/{key}",
        f"restore-test//{key}",
        f"Restore-test/{key}",
        f"restore-test\\{key}",
        key.replace(key[0], "\uff42", 1),
        f"{key}?versionId=1",
        f"%72estore-test/{key}",
    ]


@pytest.mark.parametrize("changed", range(16))
def test_a_key_with_anything_about_it_is_none(changed):
    with pytest.raises(IdentifyingValueError):
        check_key(around(key_for_record(MRN, SECRET))[changed])


@given(st.integers(0, 47), st.sampled_from(object_keys.ALPHABET))
def test_a_slip_of_the_pen_is_seen(place, letter):
    key = key_for_record(MRN, SECRET)
    slipped = key[:place] + letter + key[place + 1 :]
    assert is_opaque_id(slipped) == (slipped == key)


@given(st.integers(0, 46))
def test_two_letters_in_the_wrong_order_are_seen(place):
    key = key_for_record(MRN, SECRET)
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert is_opaque_id(swapped) == (swapped == key)


# Prefixes


@pytest.mark.parametrize("prefix", ["restore-test", "restore-test/"])
def test_a_key_may_be_under_a_declared_word(prefix):
    key = new_key(prefix)
    assert check_key(key) == key
    assert key.startswith("restore-test/")
    assert is_opaque_id(key.removeprefix("restore-test/"))


def test_a_record_may_have_many_objects_under_its_own_key():
    record = key_for_record(MRN, SECRET)
    key = new_key(record)
    assert key.startswith(f"{record}/")
    assert check_key(key) == key
    assert normalize_prefix(record) == f"{record}/"


def test_the_key_of_a_record_may_be_under_a_prefix():
    assert key_for_record(MRN, SECRET, "restore-test") == f"restore-test/{key_for_record(MRN, SECRET)}"


def test_an_application_may_declare_its_own_words():
    key = new_key("imaging", prefixes={"imaging"})
    assert check_key(key, prefixes={"imaging"}) == key
    with pytest.raises(IdentifyingValueError):
        check_key(key)
    with pytest.raises(IdentifyingValueError):
        new_key("restore-test", prefixes={"imaging"})


@pytest.mark.parametrize("prefix", ["smith", "restore", "restore-test/smith", "/", "//", "restore-test//", MRN])
def test_any_other_prefix_is_refused_untold(prefix):
    for made in (normalize_prefix, new_key, lambda it: key_for_record(MRN, SECRET, it)):
        with pytest.raises(IdentifyingValueError) as error:
            made(prefix)
        assert "smith" not in str(error.value)
        assert MRN not in str(error.value)


def test_a_key_is_no_longer_than_s3_takes():
    long = "/".join([new_key()] * 21)
    assert len(long) > 1024
    for check in (check_key, normalize_prefix):
        with pytest.raises(IdentifyingValueError):
            check(long)


def test_no_prefix_stays_none():
    assert normalize_prefix("") == ""
