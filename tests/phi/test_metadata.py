"""What may be said of an object beside its content: words that were declared, and no identifier in any spelling."""

from __future__ import annotations

import base64
import binascii
import urllib.parse
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phi.errors import ConfigurationError, IdentifyingValueError
from phi.metadata import DEFAULT_VOCABULARY, Choice, Number, OpaqueId, Vocabulary, validate_metadata
from phi.object_keys import key_for_record, new_key
from phi.phi_detection import identification_risk


def refusal(metadata: dict, vocabulary: Vocabulary = DEFAULT_VOCABULARY) -> str:
    with pytest.raises(IdentifyingValueError) as error:
        validate_metadata(metadata, vocabulary)
    return str(error.value)


# The vocabulary


@pytest.mark.parametrize(
    ("field", "option"),
    [(name, each) for name, field in DEFAULT_VOCABULARY.fields.items() if isinstance(field, Choice) for each in field.options],
)
def test_every_option_may_be_said(field, option):
    assert validate_metadata({field: option}) == {field: option}


@pytest.mark.parametrize("version", ["1", "12", "999"])
def test_a_version_may_be_said(version):
    assert validate_metadata({"schema-version": version}) == {"schema-version": version}


def test_an_id_that_was_made_here_may_be_said():
    batch = new_key()
    assert validate_metadata({"batch": batch}) == {"batch": batch}


def test_nothing_may_be_said():
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
def test_any_other_value_is_refused_untold(field, value):
    told = refusal({field: value})
    assert field in told
    assert "smith" not in told
    assert "99999" not in told
    assert "2026" not in told


def test_a_field_that_is_not_of_it_is_refused_untold():
    told = refusal({"patient": "john smith", "MRN-00123456": "x", "Content-Kind": "claim"})
    assert "3 fields aren't of the vocabulary" in told
    assert "content-kind, " in told
    for untold in ("patient", "john", "MRN", "123456"):
        assert untold not in told


def test_every_fault_is_told_at_once():
    told = refusal({"content-kind": "x", "schema-version": "x", "compression": "gzip", "x": "y"})
    assert "1 field isn't" in told
    assert "content-kind must be one of" in told
    assert "schema-version must be a whole number from 1 to 999" in told
    assert "compression must" not in told


# More of it


def test_an_application_may_say_more():
    vocabulary = DEFAULT_VOCABULARY.with_fields({"source-system": Choice(("ehr", "pacs", "lis")), "pages": Number(1, 500)})
    said = {"source-system": "pacs", "pages": "12", "content-kind": "image"}
    assert validate_metadata(said, vocabulary) == said
    refusal({"pages": "501"}, vocabulary)
    refusal({"source-system": "ehr"})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"mrn": OpaqueId()}, "field 1 is named for an identifier"),
        ({"pages": Number(), "patient-ref": OpaqueId()}, "field 2 is named for an identifier"),
        ({"birth-decade": Number()}, "named for an identifier"),
        ({"admission-date": Number()}, "named for an identifier"),
        ({"Pages": Number()}, "the name of field 1 isn't"),
        ({"smith-2": Number()}, "the name of field 1 looks like a name"),
        ({"pages": Number(0, 1000)}, "pages: it must be within 0 and 999"),
        ({"pages": Number(5, 4)}, "pages: it must be within"),
        ({"pages": Number(-1, 4)}, "pages: it must be within"),
        ({"ward": Choice(())}, "ward: it has no options"),
        ({"ward": Choice(("north", "dr-smith"))}, "ward: its option 2 looks like a name"),
        ({"ward": Choice(("Smith, John", "1980-02-29"))}, "ward: its option 1 isn't"),
    ],
)
def test_what_could_identify_can_not_be_declared(fields, why):
    with pytest.raises(ConfigurationError, match=why) as error:
        Vocabulary(fields)
    for untold in ("smith", "Smith", "mrn", "1980"):
        assert untold not in str(error.value)


def test_all_that_is_wrong_with_a_declaration_is_told_at_once():
    with pytest.raises(ConfigurationError, match=r"field 1 .*; ward: its option 1 .*; ward: its option 2"):
        Vocabulary({"ssn": OpaqueId(), "ward": Choice(("1980-02-29", "555-0100"))})


@dataclass(frozen=True)
class Anything:
    """A field of an application that takes what it gets."""

    expected: str = "anything"

    def accepts(self, value: str) -> bool:
        return True

    def errors(self) -> list[str]:
        return []


@pytest.mark.parametrize("value", ["123-45-6789", "john@example.org", "Smith^John", "1980-02-29", "10.0.0.1"])
def test_the_second_line_holds_where_the_first_does_not(value):
    told = refusal({"note": value}, Vocabulary({"note": Anything()}))
    assert told.startswith("the metadata, which S3 doesn't encrypt, can't be used: note ")
    assert value not in told


# What identifies, in many spellings

SEPARATORS = st.sampled_from(["", "-", " ", ".", "/", "_", ":", "\u2011", "\u2013", "\u00a0", "\u200b", ", ", "%20"])
DIGITS = [
    str.maketrans("0123456789", digits)
    for digits in (
        "0123456789",
        "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
        "٠١٢٣٤٥٦٧٨٩",
        "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    )
]
WRITTEN = st.sampled_from(
    [
        str,
        lambda it: base64.b64encode(it.encode()).decode(),
        lambda it: base64.urlsafe_b64encode(it.encode()).decode().rstrip("="),
        lambda it: base64.b32encode(it.encode()).decode(),
        lambda it: binascii.hexlify(it.encode()).decode(),
        lambda it: "".join(f"%{byte:02x}" for byte in it.encode()),
        lambda it: "".join(f"&#{ord(each)};" for each in it),
        "\u200d".join,
    ]
)
AROUND = st.sampled_from(["{}", "mrn-{}", "MRN: {}", "ssn{}", "(it: {})", "  {}", "{}\n", '{{"id": "{}"}}', "id-{}-x"])


def spelled(identifiers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda it, digits, written, around: written(around.format(it.translate(digits))),
        identifiers,
        st.sampled_from(DIGITS),
        WRITTEN,
        AROUND,
    )


def joined(*sizes: int) -> st.SearchStrategy[str]:
    """Groups of so many digits each, with one separator between them."""
    groups = [st.text("0123456789", min_size=size, max_size=size) for size in sizes]
    return st.builds(lambda separator, parts: separator.join(parts), SEPARATORS, st.tuples(*groups))


DATES = st.builds(
    lambda day, form: day.strftime(form),
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


@given(spelled(joined(3, 2, 4)))
@example("123-45-6789")
def test_no_ssn_passes(text):
    assert identification_risk(text)


@given(spelled(st.one_of(joined(3, 3, 4), joined(3, 4), joined(1, 3, 3, 4), joined(2, 2, 3, 4, 2))))
@example("555-0100")
@example("+1 (206) 555-0100")
def test_no_phone_number_passes(text):
    assert identification_risk(text)


@given(spelled(DATES))
@example("feb-29")
@example("29-2")
def test_no_date_passes(text):
    assert identification_risk(text)


@given(spelled(MRNS))
@example("a123456")
@example("mrn-1")
def test_no_record_number_passes(text):
    assert identification_risk(text)


@given(st.emails())
@example("john@example.org")
@example("john-at-example-org")
def test_no_email_address_passes(text):
    assert identification_risk(text)


@given(st.ip_addresses().map(str))
def test_no_ip_address_passes(text):
    assert identification_risk(text)


@pytest.mark.parametrize("text", ["https://example.org/x", "www-example", "example.org", "http-x", "s3://bucket/key"])
def test_no_url_passes(text):
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
        "jоhn",  # its o is Cyrillic
        "ﬁona",
        "ｊｏｈｎ",
        "j\u200bohn",
        "j%6fhn",
        urllib.parse.quote("José"),
    ],
)
def test_what_is_like_a_name_is_refused_untold(name):
    why = identification_risk(name)
    assert why
    assert name not in why


@pytest.mark.parametrize(
    "text", ["90210", "zip-902", "k7x2p", "6a6f", "age-95", "room-12-4", "", "-", "a--b", "x" * 41]
)
def test_other_numbers_and_codes_are_refused(text):
    assert identification_risk(text)


@pytest.mark.parametrize(
    "text",
    ["a", "pdf", "lab-report", "fhir-r4", "hl7-v2", "utf-8", "gzip", "sha256", "march", "12", "north-ward", "o" * 24],
)
def test_plain_words_pass(text):
    assert identification_risk(text) is None


@given(st.text())
def test_why_is_told_without_the_text(text):
    why = identification_risk(text)
    assert why is None or len(text) < 12 or text not in why
