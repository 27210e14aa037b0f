"""Object metadata from a closed vocabulary. S3 doesn't encrypt metadata, and HeadObject returns it.

Each field is declared in code with the values it accepts; no field accepts free text. An application can declare more
fields with `Vocabulary`. Declarations and values must also pass phi_buckets.phi_detection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from phi_buckets.errors import ConfigurationError, IdentifyingValueError
from phi_buckets.object_keys import is_opaque_id
from phi_buckets.phi_detection import MAX_DIGITS, identification_risk, is_identifier_name


class Field(Protocol):
    """A metadata field, which decides which values are allowed."""

    @property
    def expected(self) -> str:
        """The accepted values, for error messages."""

    def accepts(self, value: str) -> bool:
        """Return whether the value is allowed."""

    def errors(self) -> list[str]:
        """Return the problems in the field's declaration."""


@dataclass(frozen=True)
class Choice:
    """A field that accepts one of several words, such as `lab-report`."""

    options: tuple[str, ...]

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.options)}"

    def accepts(self, value: str) -> bool:
        return value in self.options

    def errors(self) -> list[str]:
        if not self.options:
            return ["it must have at least one option"]
        return [
            f"its option {position} {risk}"
            for position, option in enumerate(self.options, 1)
            if (risk := identification_risk(option))
        ]


@dataclass(frozen=True)
class Number:
    """A field that accepts a whole number without sign or leading zeros, too short to identify a person."""

    minimum: int = 0
    maximum: int = 10**MAX_DIGITS - 1

    @property
    def expected(self) -> str:
        return f"a whole number from {self.minimum} to {self.maximum}"

    def accepts(self, value: str) -> bool:
        is_short_number = value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS
        return is_short_number and str(int(value)) == value and self.minimum <= int(value) <= self.maximum

    def errors(self) -> list[str]:
        valid = 0 <= self.minimum <= self.maximum < 10**MAX_DIGITS
        return [] if valid else [f"its range must be between 0 and {10**MAX_DIGITS - 1}"]


@dataclass(frozen=True)
class OpaqueId:
    """A field that accepts an ID made by phi_buckets.object_keys, such as the ID of the batch that wrote the object."""

    expected: str = "an ID made by phi_buckets.object_keys.new_key or key_for_record"

    def accepts(self, value: str) -> bool:
        return is_opaque_id(value)

    def errors(self) -> list[str]:
        return []


@dataclass(frozen=True)
class Vocabulary:
    """All metadata fields, by name.

    Raises:
        ConfigurationError: A field or an option could identify a patient. The message lists every problem.
    """

    fields: Mapping[str, Field]

    def __post_init__(self) -> None:
        errors: list[str] = []
        for position, (name, field) in enumerate(self.fields.items(), 1):
            if risk := identification_risk(name):
                errors.append(f"the name of field {position} {risk}")
            elif is_identifier_name(name):
                errors.append(f"field {position} is named after a HIPAA identifier: rename it")
            else:
                errors += [f"{name}: {error}" for error in field.errors()]
        if errors:
            raise ConfigurationError(f"the metadata vocabulary is invalid: {'; '.join(errors)}")

    def with_fields(self, fields: Mapping[str, Field]) -> Vocabulary:
        """Return a vocabulary with these fields added or replaced."""
        return Vocabulary({**self.fields, **fields})


DEFAULT_VOCABULARY = Vocabulary(
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
        "batch": OpaqueId(),
    }
)


def validate_metadata(metadata: Mapping[str, str], vocabulary: Vocabulary = DEFAULT_VOCABULARY) -> dict[str, str]:
    """Return the metadata if every field and value is in the vocabulary.

    Raises:
        IdentifyingValueError: A field or a value isn't allowed. The message lists every problem. It contains names of
            fields in the vocabulary, but neither values nor the names of unknown fields.
    """
    errors: list[str] = []
    unknown = sum(name not in vocabulary.fields for name in metadata)
    if unknown:
        known = ", ".join(vocabulary.fields)
        errors.append(f"{unknown} unknown field{'s' if unknown > 1 else ''}; the vocabulary has: {known}")
    for name, field in vocabulary.fields.items():
        if name not in metadata:
            continue
        value = metadata[name]
        if not isinstance(value, str) or not field.accepts(value):
            errors.append(f"{name} must be {field.expected}")
        elif not is_opaque_id(value) and (risk := identification_risk(value)):
            errors.append(f"{name} {risk}")
    if errors:
        raise IdentifyingValueError(f"the metadata is invalid (S3 doesn't encrypt it): {'; '.join(errors)}")
    return dict(metadata)
