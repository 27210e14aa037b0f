"""User references: only opaque ones are accepted, and one made by phi reveals nothing about the user."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phi_buckets.errors import ConfigurationError, IdentifyingValueError
from phi_buckets.object_keys import key_for_record, new_key
from phi_buckets.user_references import check_user_reference, reference_for_user

SECRET = bytes(range(32))
USER = "jane.doe@hospital.example"


def test_reference_for_user_never_changes_between_releases():
    """Lines written years ago are found by the reference, so this value must never change."""
    assert reference_for_user(USER, SECRET) == "sqndjpddbnjdfsvvmsqnqjvtsfksrnpshrjtnqpgbfbjgscj"


def test_reference_for_user_is_accepted_and_differs_by_user_and_secret():
    references = {reference_for_user(user, secret) for user in (USER, "1") for secret in (SECRET, SECRET[::-1])}
    assert len(references) == 4
    assert {check_user_reference(reference) for reference in references} == references


def test_reference_for_user_cannot_be_linked_to_the_key_of_a_record_with_the_same_id():
    assert reference_for_user("MRN-00123456", SECRET) != key_for_record("MRN-00123456", SECRET)


@pytest.mark.parametrize(("user", "secret"), [("", SECRET), (" jane", SECRET), ("jane\n", SECRET), ("jane", b"short")])
def test_reference_for_user_rejects_unusable_id_or_secret_without_repeating_it(user, secret):
    with pytest.raises(ConfigurationError) as error:
        reference_for_user(user, secret)
    assert "jane" not in str(error.value)
    assert "short" not in str(error.value)


@pytest.mark.parametrize(
    "reference",
    [
        "6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f",
        "0193e8c0-7d2a-7b1c-9f3e-5a8d60c4b291",  # version 7
        "94482488-3041-7026-18b5-6d61f0a1b2c3",  # Amazon Cognito's form, with digits of version 7 and no valid variant
    ],
)
def test_check_user_reference_accepts_random_uuids_in_one_spelling(reference):
    assert check_user_reference(reference) == reference
    assert check_user_reference(reference.upper()) == reference


def is_like_a_number(value: uuid.UUID) -> bool:
    return value.hex.isdigit() or any(digit * 8 in value.hex for digit in "0123456789abcdef")


@given(st.uuids(version=4).filter(lambda value: not is_like_a_number(value)))
def test_check_user_reference_accepts_every_random_uuid(value):
    assert check_user_reference(str(value)) == str(value)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "jane",
        "kowalski",
        "Dr. Jane Doe",
        "nurse",
        "night-shift",
        "jdoe",
        "jane.doe@hospital.example",
        "CN=Jane Doe,OU=Nurses,DC=hospital,DC=example",
        "MRN-00123456",
        "00123456",
        "123-45-6789",
        "+1 555 123 4567",
        "1980-02-29",
        "arn:aws:iam::123456789012:user/jane",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "b" * 48,  # the letters of an ID made by phi, without its checksum
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-000000123456",
        "12345600-0000-0000-0000-000000000000",
        "12345678-1980-0229-8555-012341234567",  # an MRN, a date of birth and a telephone number
        "00001980-0229-4000-8000-004155550123",
        str(uuid.UUID(bytes=b"john.smith@mail.")),
        str(uuid.UUID(bytes=b"Jane Q. Doe MD\0\0")),
        str(uuid.uuid3(uuid.NAMESPACE_DNS, USER)),
        str(uuid.uuid5(uuid.NAMESPACE_DNS, USER)),
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",  # version 1: contains a computer's address
        "1ec9414c-232a-6b00-b3c8-9f6bdeced846",  # version 6: the same
        "{6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f}",
        "urn:uuid:6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f",
        "6f1c7a5293be4d0e8a572c9d41e0b37f",
        "6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f\n",
        " 6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f",
        "6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f jane",
        "\uff16f1c7a52-93be-4d0e-8a57-2c9d41e0b37f",  # a full-width digit
        "\ud800",
    ],
)
def test_check_user_reference_rejects_what_may_identify_without_repeating_it(reference):
    with pytest.raises(IdentifyingValueError) as error:
        check_user_reference(reference)
    assert not reference or reference not in str(error.value)


@pytest.mark.parametrize("reference", [None, 123456, uuid.UUID("6f1c7a52-93be-4d0e-8a57-2c9d41e0b37f"), b"jane"])
def test_check_user_reference_rejects_what_is_not_text(reference: Any):
    with pytest.raises(IdentifyingValueError):
        check_user_reference(reference)


@given(st.text(max_size=80))
def test_check_user_reference_rejects_arbitrary_text(text):
    with pytest.raises(IdentifyingValueError):
        check_user_reference(text)


def test_check_user_reference_rejects_an_id_with_a_prefix():
    with pytest.raises(IdentifyingValueError):
        check_user_reference(f"restore-test/{new_key()}")
