"""Object metadata: only declared words are accepted, and identifiers are detected in many spellings."""

from __future__ import annotations

import base64
import binascii
import urllib.parse
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phi_buckets.errors import ConfigurationError, IdentifyingValueError
from phi_buckets.metadata import DEFAULT_VOCABULARY, Choice, Number, OpaqueId, Vocabulary, validate_metadata
from phi_buckets.object_keys import key_for_record, new_key
from phi_buckets.phi_detection import identification_risk


def rejection_message(metadata: dict, vocabulary: Vocabulary = DEFAULT_VOCABULARY) -> str:
    with pytest.raises(IdentifyingValueError) as error:
        validate_metadata(metadata, vocabulary)
    return str(error.value)


# The vocabulary


@pytest.mark.parametrize(
    ("field", "option"),
    [
        (name, option)
        for name, field in DEFAULT_VOCABULARY.fields.items()
        if isinstance(field, Choice)
        for option in field.options
    ],
)
def test_every_option_of_the_default_vocabulary_is_accepted(field, option):
    assert validate_metadata({field: option}) == {field: option}


@pytest.mark.parametrize("version", ["1", "12", "999"])
def test_schema_version_is_accepted(version):
    assert validate_metadata({"schema-version": version}) == {"schema-version": version}


def test_batch_accepts_opaque_id():
    batch = new_key()
    assert validate_metadata({"batch": batch}) == {"batch": batch}


def test_empty_metadata_is_accepted():
    assert validate_metadata({}) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content-kind", "lab report"),
        ("content-kind", "Lab-Report"),
        ("content-kind", "lab-report\n"),
        ("content-kind", "smith"),
        ("content-kind", ""),
        ("schema-version", "0"),
        ("schema-version", "1000"),
        ("schema-version", "007"),
        ("schema-version", "+1"),
        ("schema-version", "1\n"),
        ("schema-version", "1.0"),
        ("schema-version", "\uff11"),
        ("schema-version", "\u0661"),
        ("schema-version", "\u00b2"),
        ("schema-version", "9" * 5000),
        ("batch", "2026-01-31"),
        ("batch", "b" * 48),
        ("batch", f"restore-test/{key_for_record('1', bytes(range(32)))}"),
        ("schema-version", 1),
        ("schema-version", None),
    ],
)
def test_values_outside_the_vocabulary_are_rejected_without_repeating_them(field, value):
    message = rejection_message({field: value})
    assert field in message
    assert "smith" not in message
    assert "99999" not in message
    assert "2026" not in message


def test_unknown_fields_are_rejected_without_repeating_them():
    message = rejection_message({"patient": "john smith", "MRN-00123456": "x", "Content-Kind": "claim"})
    assert "3 unknown fields; the vocabulary has: " in message
    assert "content-kind, " in message
    for secret in ("patient", "john", "MRN", "123456"):
        assert secret not in message


def test_validate_metadata_reports_all_errors_together():
    message = rejection_message({"content-kind": "x", "schema-version": "x", "compression": "gzip", "x": "y"})
    assert "1 unknown field; " in message
    assert "content-kind must be one of" in message
    assert "schema-version must be a whole number from 1 to 999" in message
    assert "compression must" not in message


# Custom vocabularies


def test_vocabulary_with_added_fields_accepts_them():
    vocabulary = DEFAULT_VOCABULARY.with_fields(
        {"source-system": Choice(("ehr", "pacs", "lis")), "pages": Number(1, 500)}
    )
    metadata = {"source-system": "pacs", "pages": "12", "content-kind": "image"}
    assert validate_metadata(metadata, vocabulary) == metadata
    rejection_message({"pages": "501"}, vocabulary)
    rejection_message({"source-system": "ehr"})


@pytest.mark.parametrize(
    ("fields", "risk"),
    [
        ({"mrn": OpaqueId()}, "field 1 is named after a HIPAA identifier"),
        ({"pages": Number(), "patient-ref": OpaqueId()}, "field 2 is named after a HIPAA identifier"),
        ({"birth-decade": Number()}, "named after a HIPAA identifier"),
        ({"admission-date": Number()}, "named after a HIPAA identifier"),
        ({"Pages": Number()}, "the name of field 1 isn't"),
        ({"smith-2": Number()}, "the name of field 1 looks like a name"),
        ({"pages": Number(0, 1000)}, "pages: its range must be between 0 and 999"),
        ({"pages": Number(5, 4)}, "pages: its range must be between"),
        ({"pages": Number(-1, 4)}, "pages: its range must be between"),
        ({"ward": Choice(())}, "ward: it must have at least one option"),
        ({"ward": Choice(("north", "dr-smith"))}, "ward: its option 2 looks like a name"),
        ({"ward": Choice(("Smith, John", "1980-02-29"))}, "ward: its option 1 isn't"),
    ],
)
def test_vocabulary_rejects_declarations_that_could_identify_a_person(fields, risk):
    with pytest.raises(ConfigurationError, match=risk) as error:
        Vocabulary(fields)
    for secret in ("smith", "Smith", "mrn", "1980"):
        assert secret not in str(error.value)


def test_vocabulary_reports_all_errors_together():
    with pytest.raises(ConfigurationError, match=r"field 1 .*; ward: its option 1 .*; ward: its option 2"):
        Vocabulary({"ssn": OpaqueId(), "ward": Choice(("1980-02-29", "555-0100"))})


@dataclass(frozen=True)
class AcceptAnything:
    """An application's field that accepts every value."""

    expected: str = "anything"

    def accepts(self, value: str) -> bool:
        return True

    def errors(self) -> list[str]:
        return []


@pytest.mark.parametrize("value", ["123-45-6789", "john@example.org", "Smith^John", "1980-02-29", "10.0.0.1"])
def test_identifying_values_are_rejected_even_if_the_field_accepts_them(value):
    message = rejection_message({"note": value}, Vocabulary({"note": AcceptAnything()}))
    assert message.startswith("the metadata is invalid (S3 doesn't encrypt it): note ")
    assert value not in message


# Identifiers in many spellings

SEPARATORS = st.sampled_from(["", "-", " ", ".", "/", "_", ":", "\u2011", "\u2013", "\u00a0", "\u200b", ", ", "%20"])
DIGIT_TRANSLATIONS = [
    str.maketrans("0123456789", digits)
    for digits in (
        "0123456789",
        "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
        "٠١٢٣٤٥٦٧٨٩",
        "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    )
]
ENCODINGS = st.sampled_from(
    [
        str,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        lambda text: base64.b32encode(text.encode()).decode(),
        lambda text: binascii.hexlify(text.encode()).decode(),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
        lambda text: "".join(f"&#{ord(character)};" for character in text),
        "\u200d".join,
    ]
)
TEMPLATES = st.sampled_from(
    ["{}", "mrn-{}", "MRN: {}", "ssn{}", "(it: {})", "  {}", "{}\n", '{{"id": "{}"}}', "id-{}-x"]
)


def in_many_spellings(identifiers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return the identifiers with other digits, within other text, and encoded."""
    return st.builds(
        lambda identifier, digits, encode, template: encode(template.format(identifier.translate(digits))),
        identifiers,
        st.sampled_from(DIGIT_TRANSLATIONS),
        ENCODINGS,
        TEMPLATES,
    )


def digit_groups(*sizes: int) -> st.SearchStrategy[str]:
    """Return strings of digit groups, one group of each size, with the same separator between all of them."""
    groups = [st.text("0123456789", min_size=size, max_size=size) for size in sizes]
    return st.builds(lambda separator, parts: separator.join(parts), SEPARATORS, st.tuples(*groups))


DATES = st.builds(
    lambda day, date_format: day.strftime(date_format),
    st.dates(date(1900, 1, 1), date(2030, 12, 31)),
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%Y%m%d",
            "%d.%m.%Y",
            "%m/%d/%y",
            "%d-%b-%Y",
            "%B %d, %Y",
            "%b-%d",
            "%d-%b",
            "%B-%d",
            "%m-%d",
            "%Y",
        ]
    ),
).map(str.lower)
MRNS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "mrn", "MRN-", "h", "A", "pt#"]),
    st.text("0123456789", min_size=4, max_size=12),
    st.sampled_from(["", "-a", "X"]),
)


@given(in_many_spellings(digit_groups(3, 2, 4)))
@example("123-45-6789")
def test_ssn_is_detected(text):
    assert identification_risk(text)


@given(
    in_many_spellings(
        st.one_of(digit_groups(3, 3, 4), digit_groups(3, 4), digit_groups(1, 3, 3, 4), digit_groups(2, 2, 3, 4, 2))
    )
)
@example("555-0100")
@example("+1 (206) 555-0100")
def test_phone_number_is_detected(text):
    assert identification_risk(text)


@given(in_many_spellings(DATES))
@example("feb-29")
@example("29-2")
@example("ssnjan-01")
def test_date_is_detected(text):
    assert identification_risk(text)


@given(in_many_spellings(MRNS))
@example("a123456")
@example("mrn-1")
def test_medical_record_number_is_detected(text):
    assert identification_risk(text)


@given(st.emails())
@example("john@example.org")
@example("john-at-example-org")
def test_email_address_is_detected(text):
    assert identification_risk(text)


@given(st.ip_addresses().map(str))
def test_ip_address_is_detected(text):
    assert identification_risk(text)


@pytest.mark.parametrize("text", ["https://example.org/x", "www-example", "example.org", "http-x", "s3://bucket/key"])
def test_url_is_detected(text):
    assert identification_risk(text)


@pytest.mark.parametrize(
    "name",
    [
        "John",
        "John Smith",
        "Smith, John",
        "SMITH^JOHN^Q",
        "JOHN-SMITH",
        "O'Brien",
        "J. Smith",
        "Mr Bean",
        "dr-house",
        "john-smith",
        "smith2",
        "mary-x",
        "josé",
        "李小龙",
        "jоhn",  # the o is Cyrillic
        "ﬁona",
        "ｊｏｈｎ",
        "j\u200bohn",
        "j%6fhn",
        urllib.parse.quote("José"),
    ],
)
def test_name_is_detected_without_repeating_it(name):
    risk = identification_risk(name)
    assert risk
    assert name not in risk


@pytest.mark.parametrize(
    "text", ["90210", "zip-902", "k7x2p", "6a6f", "age-95", "room-12-4", "", "-", "a--b", "x" * 41]
)
def test_other_numbers_and_codes_are_detected(text):
    assert identification_risk(text)


@pytest.mark.parametrize(
    "text",
    ["a", "pdf", "lab-report", "fhir-r4", "hl7-v2", "utf-8", "gzip", "sha256", "march", "12", "north-ward", "o" * 24],
)
def test_plain_words_are_accepted(text):
    assert identification_risk(text) is None


@given(st.text())
def test_risk_does_not_repeat_the_text(text):
    risk = identification_risk(text)
    assert risk is None or len(text) < 12 or text not in risk
