"""What may be said of an object beside its content: S3 encrypts no metadata, and tells it to whoever asks its head.

The vocabulary is closed: fields that are declared in the code, each with the values it may have. None takes free text.
An application declares more with `Vocabulary`; what it declares is held to phi.phi_detection, and so is each value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from phi.errors import ConfigurationError, IdentifyingValueError
from phi.object_keys import is_opaque
from phi.phi_detection import MOST_DIGITS, names_identifier, why_identifying


class Field(Protocol):
    """What a field may hold."""

    @property
    def expected(self) -> str:
        """What is taken, for an error's text."""

    def takes(self, value: str) -> bool: ...

    def faults(self) -> list[str]:
        """What is wrong with the field as it is declared."""


@dataclass(frozen=True)
class Choice:
    """One of some words, such as `lab-report`."""

    options: tuple[str, ...]

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.options)}"

    def takes(self, value: str) -> bool:
        return value in self.options

    def faults(self) -> list[str]:
        told = [
            f"its option {position} {why}"
            for position, each in enumerate(self.options, 1)
            if (why := why_identifying(each))
        ]
        return told or ([] if self.options else ["it has no options"])


@dataclass(frozen=True)
class Number:
    """A whole number, written without sign or leading zeros; of no more digits than can be nobody's."""

    least: int = 0
    most: int = 10**MOST_DIGITS - 1

    @property
    def expected(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def takes(self, value: str) -> bool:
        digits = value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS
        return digits and str(int(value)) == value and self.least <= int(value) <= self.most

    def faults(self) -> list[str]:
        fit = 0 <= self.least <= self.most < 10**MOST_DIGITS
        return [] if fit else [f"it must be within 0 and {10**MOST_DIGITS - 1}"]


@dataclass(frozen=True)
class Opaque:
    """An id of phi.object_keys, such as that of the run that wrote the object."""

    expected: str = "an id that phi.object_keys.new_key or key_of made"

    def takes(self, value: str) -> bool:
        return is_opaque(value)

    def faults(self) -> list[str]:
        return []


@dataclass(frozen=True)
class Vocabulary:
    """All fields that there are, by name.

    Raises ConfigurationError, with every fault, where a field or an option could tell whose record it is.
    """

    fields: Mapping[str, Field]

    def __post_init__(self) -> None:
        faults: list[str] = []
        for position, (name, field) in enumerate(self.fields.items(), 1):
            if why := why_identifying(name):
                faults.append(f"the name of field {position} {why}")
            elif names_identifier(name):
                faults.append(f"field {position} is named for an identifier of HIPAA's")
            else:
                faults += [f"{name}: {each}" for each in field.faults()]
        if faults:
            raise ConfigurationError(f"the metadata's vocabulary can't be used: {'; '.join(faults)}")

    def extended(self, fields: Mapping[str, Field]) -> Vocabulary:
        """With more fields, or with others in the place of some."""
        return Vocabulary({**self.fields, **fields})


VOCABULARY = Vocabulary(
    {
        "content-kind": Choice(
            (
                "allergies",
                "care-plan",
                "claim",
                "clinical-note",
                "consent",
                "discharge-summary",
                "image",
                "imaging-report",
                "immunization",
                "lab-report",
                "medication",
                "message",
                "pathology-report",
                "prescription",
                "referral",
                "other",
            )
        ),
        "content-format": Choice(
            (
                "c-cda",
                "csv",
                "dicom",
                "fhir-r4",
                "fhir-r5",
                "hl7-v2",
                "jpeg",
                "json",
                "pdf",
                "png",
                "text",
                "xml",
                "other",
            )
        ),
        "compression": Choice(("none", "gzip", "zstd")),
        "schema-version": Number(1),
        "retention-class": Choice(("standard", "minor", "research", "legal-hold")),
        "batch": Opaque(),
    }
)


def checked(metadata: Mapping[str, str], vocabulary: Vocabulary = VOCABULARY) -> dict[str, str]:
    """The metadata as it may be sent.

    Raises IdentifyingValueError with every fault. It names the fields of the vocabulary, and tells neither a value nor
    the name of any other field.
    """
    faults: list[str] = []
    unknown = sum(name not in vocabulary.fields for name in metadata)
    if unknown:
        known = ", ".join(vocabulary.fields)
        faults.append(f"{unknown} field{'s aren' if unknown > 1 else ' isn'}'t of the vocabulary, which has: {known}")
    for name, field in vocabulary.fields.items():
        if name not in metadata:
            continue
        value = metadata[name]
        if not isinstance(value, str) or not field.takes(value):
            faults.append(f"{name} must be {field.expected}")
        elif not is_opaque(value) and (why := why_identifying(value)):
            faults.append(f"{name} {why}")
    if faults:
        raise IdentifyingValueError(f"the metadata, which S3 doesn't encrypt, can't be used: {'; '.join(faults)}")
    return dict(metadata)
