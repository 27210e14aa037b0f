"""Whether a word may tell whose record it is: the second line, behind a vocabulary that takes only what it knows.

HIPAA's eighteen identifiers are numbers, dates, addresses and names: https://www.ecfr.gov/current/title-45/part-164#p-164.514(b)(2)
A name in small letters can't be told from a word by any rule. So this says what a plain word is, rather than what an
identifier is, and leaves to the vocabulary which words there are.
"""

from __future__ import annotations

import re

LONGEST = 40
MOST_DIGITS = 3
# `lab-report`, `fhir-r4`, `utf-8`: words, a few letters with a number of one to three digits, such a number alone.
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PART = re.compile(r"[a-z]{1,24}|[a-z]{0,5}[0-9]{1,3}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MONTH = _words("january february april june july august september october november december")
_PERHAPS_MONTH = _words("jan feb mar march apr may jun jul aug sep sept oct nov dec")
_NUMBERED = _words(
    "account acct address age beneficiary birth birthdate birthday born dob email fax fname given insurance "
    "ip lastname license lname mail member mobile mrn name nhs nickname npi passport patient phone plate policy "
    "postcode postal serial sin ssn street subscriber surname tel telephone url vin zip zipcode"
)
"""What a number or a name comes after, or what a field is called that holds one."""
_TITLE = _words("dr doctor jr lady lord madam miss mr mrs ms mx prof professor sir sr")
_HOST = _words("at com edu gov http https mailto net org www")
# The most borne in the United States' census and Social Security's lists that aren't English words too:
# https://www.ssa.gov/oact/babynames/decades/century.html
# https://www.census.gov/topics/population/genealogy/data/2010_surnames.html
_NAME = _words(
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


def why_identifying(text: str) -> str | None:
    """Why it may tell whose record it is, without telling the text; None where it is plain words.

    What looks like a digit or letter and isn't ASCII, what can't be seen, and what is written in percent or base64 is
    no plain word, so nothing has to be read through first.
    """
    if not text.isascii():
        return "has characters that aren't ASCII"
    if not 0 < len(text) <= LONGEST or not _SLUG.fullmatch(text):
        return f"isn't 1 to {LONGEST} small letters, digits and single hyphens between them"
    if sum(each.isdigit() for each in text) > MOST_DIGITS:
        return f"has more than {MOST_DIGITS} digits, as a number, a date or a postal code of somebody's has"
    words = text.split("-")
    if not all(_PART.fullmatch(each) for each in words):
        return "mixes letters and digits as a code does"
    letters = {each.rstrip("0123456789") for each in words}
    numbers = sum(each.isdigit() for each in words)
    numbered = letters != set(words)
    if letters & _MONTH or (numbered and letters & _PERHAPS_MONTH) or numbers > 1:
        return "looks like a date"
    if numbered and letters & _NUMBERED:
        return "looks like a number of somebody's"
    if letters & _HOST:
        return "looks like an address"
    if letters & (_TITLE | _NAME):
        return "looks like a name"
    return None


def names_identifier(field: str) -> bool:
    """Whether a field of this name is made to hold an identifier: `mrn`, `patient-name`, `date-of-birth`."""
    words = set(field.split("-"))
    return bool(words & (_NUMBERED | _TITLE | _NAME | {"date"}))
