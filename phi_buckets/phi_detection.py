"""Detection of values that may identify a person: the second check, after the metadata vocabulary.

HIPAA's eighteen identifiers are numbers, dates, addresses and names: https://www.ecfr.gov/current/title-45/part-164#p-164.514(b)(2)
No rule can distinguish a lowercase name from an ordinary word. This module therefore accepts only plain words, and the
vocabulary lists the allowed ones.
"""

from __future__ import annotations

import re

MAX_WORD_LENGTH = 40
MAX_DIGITS = 3
# `lab-report`, `fhir-r4`, `utf-8`: each part is a word, up to five letters followed by one to three digits, or only
# one to three digits.
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PART = re.compile(r"[a-z]{1,24}|[a-z]{0,5}[0-9]{1,3}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MONTHS = _words("january february april june july august september october november december")
_AMBIGUOUS_MONTHS = _words("jan feb mar march apr may jun jul aug sep sept oct nov dec")
_IDENTIFIER_LABELS = _words(
    "account acct address age beneficiary birth birthdate birthday born dob email fax fname given insurance "
    "ip lastname license lname mail member mobile mrn name nhs nickname npi passport patient phone plate policy "
    "postcode postal serial sin ssn street subscriber surname tel telephone url vin zip zipcode"
)
"""Words that precede an identifying number or name, or that name the field for one."""
_TITLES = _words("dr doctor jr lady lord madam miss mr mrs ms mx prof professor sir sr")
_ADDRESS_WORDS = _words("at com edu gov http https mailto net org www")
# The most common names in the lists of the US Census Bureau and the Social Security Administration, except those that
# are also English words:
# https://www.ssa.gov/oact/babynames/decades/century.html
# https://www.census.gov/topics/population/genealogy/data/2010_surnames.html
_COMMON_NAMES = _words(
    """
    james robert john michael david william richard joseph thomas charles christopher daniel matthew anthony donald
    steven andrew paul joshua kenneth kevin brian timothy ronald george jason edward jeffrey ryan jacob nicholas gary
    eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander patrick frank raymond jack dennis
    jerry tyler aaron jose adam nathan henry zachary douglas peter kyle noah ethan jeremy christian walter keith austin
    mary patricia jennifer linda elizabeth barbara susan jessica karen sarah lisa nancy sandra betty ashley emily
    kimberly margaret donna michelle carol amanda melissa deborah stephanie rebecca sharon laura cynthia dorothy amy
    kathleen angela shirley emma brenda pamela nicole anna samantha katherine christine debra rachel carolyn janet maria
    olivia heather helen catherine diane julie victoria joyce lauren kelly christina joan judith evelyn andrea hannah
    smith johnson williams jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson taylor
    moore jackson martin lee perez thompson harris sanchez clark ramirez lewis robinson walker allen wright torres
    nguyen flores adams nelson baker rivera campbell mitchell carter roberts gomez phillips evans turner diaz
    parker cruz edwards collins reyes stewart morris morales murphy rogers gutierrez ortiz morgan cooper peterson bailey
    reed howard ramos kim richardson watson brooks chavez bennett mendoza ruiz hughes alvarez castillo sanders patel
    myers ross foster jimenez doe
    """
)


def identification_risk(text: str) -> str | None:
    """Return why the text may identify a person, or None if it consists of plain words.

    The reason is a predicate, such as `looks like a date`, and doesn't contain the text.

    The text needs no decoding first: look-alike and invisible characters, percent-encoding and base64 aren't plain
    words either.
    """
    if not text.isascii():
        return "has non-ASCII characters"
    if not 0 < len(text) <= MAX_WORD_LENGTH or not _SLUG.fullmatch(text):
        return f"isn't 1 to {MAX_WORD_LENGTH} lowercase letters and digits, with single hyphens between them"
    if sum(character.isdigit() for character in text) > MAX_DIGITS:
        return f"has more than {MAX_DIGITS} digits, like a record number, a date or a postal code"
    words = text.split("-")
    if not all(_PART.fullmatch(word) for word in words):
        return "mixes letters and digits like a code"
    letters = {word.rstrip("0123456789") for word in words}
    numbers = sum(word.isdigit() for word in words)
    has_digits = letters != set(words)
    unlabeled = {word.removeprefix(label) for word in letters for label in _IDENTIFIER_LABELS}  # jan of dobjan-01
    if unlabeled & _MONTHS or (has_digits and unlabeled & _AMBIGUOUS_MONTHS) or numbers > 1:
        return "looks like a date"
    if has_digits and letters & _IDENTIFIER_LABELS:
        return "looks like an identifying number"
    if letters & _ADDRESS_WORDS:
        return "looks like an address"
    if letters & (_TITLES | _COMMON_NAMES):
        return "looks like a name"
    return None


def is_identifier_name(field: str) -> bool:
    """Return whether a field name denotes an identifier, such as `mrn`, `patient-name` or `date-of-birth`."""
    words = set(field.split("-"))
    return bool(words & (_IDENTIFIER_LABELS | _TITLES | _COMMON_NAMES | {"date"}))
