"""The attestations file: statements, each with a responsible person. docs/attestations.example.yaml is an example."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from hipaa_controls.attestations import controls
from hipaa_controls.attestations.facts import Attestation
from hipaa_controls.model.exemption import MAX_EXEMPTION, PLACEHOLDERS
from phi_buckets.errors import ConfigurationError
from phi_buckets.evidence.model import AttestationRecord
from phi_buckets.restore_test import evidence as restore_test_evidence
from phi_buckets.validation_errors import list_problems

CONTROL_IDS = tuple(control.id for control in controls.CONTROLS)
RESTORE_TEST_CONTROL = "attest-restore-test"
FILE_FORM = "attestations: [{control: …, owner: …, date: …, expires: …, evidence: …}]"
# Query parameters that grant access to anyone with the link. Every report contains the link.
SECRET_PARAMETERS = re.compile(r"(sig|signature|token|key|password)=", re.IGNORECASE)


def _parse_day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("is not a date: write YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_parse_day)]


class _Entry(BaseModel):
    """An attestation in the file.

    Attributes:
        owner: The person or role responsible for it.
        date: The day on which the attested activity was completed.
        expires: The last day on which it is valid.
        evidence: An https link, or the relative path of a file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    control: str
    owner: str
    date: Day
    expires: Day
    evidence: str


def load(path: Path, today: date) -> tuple[tuple[Attestation, ...], tuple[AttestationRecord, ...]]:
    """Return the facts to evaluate, and the records for the evidence.

    An expired attestation is not an error in the file: its control fails.

    Raises:
        ConfigurationError: The file is invalid. The message lists every error, and contains none of the file's values.
    """
    entries: list[_Entry] = []
    errors: list[str] = []
    for position, item in enumerate(_read(path), 1):
        try:
            entry = _Entry.model_validate(item)
        except ValidationError as error:
            problems = list_problems(error, repeat_unknown_names=False)
        else:
            problems = list(_problems(entry, path.parent, today))
            entries.append(entry)
        errors += [f"attestation {position}: {problem}" for problem in problems]
    attested = [entry.control for entry in entries if entry.control in CONTROL_IDS]
    errors += [f"{control} has more than one attestation" for control in CONTROL_IDS if attested.count(control) > 1]
    if errors:
        raise ConfigurationError(f"{path} is not a valid attestations file: {'; '.join(errors)}")
    return tuple(_fact(entry, path, today) for entry in entries), tuple(_record(entry, today) for entry in entries)


def _fact(entry: _Entry, path: Path, today: date) -> Attestation:
    resource = f"{path.name}#{entry.control}"
    return Attestation(resource, entry.control, entry.owner.strip(), (entry.expires - today).days)


def _record(entry: _Entry, today: date) -> AttestationRecord:
    return AttestationRecord(
        control=entry.control,
        owner=entry.owner.strip(),
        attested_on=entry.date,
        expires=entry.expires,
        evidence=entry.evidence,
        days_left=(entry.expires - today).days,
    )


# Problems of an entry.


def _problems(entry: _Entry, folder: Path, today: date) -> Iterator[str]:
    if entry.control not in CONTROL_IDS:
        yield f"control: not a control that needs an attestation; those are {', '.join(CONTROL_IDS)}"
    owner = entry.owner.strip()
    if len(owner) < 3 or PLACEHOLDERS.fullmatch(owner) or not owner.isprintable():
        yield "owner: name the person or role responsible"
    if entry.date > today:
        yield "date: is in the future"
    if entry.expires < entry.date:
        yield "expires: is before the date"
    if entry.expires > entry.date + MAX_EXEMPTION:
        yield "expires: is more than a year after the date; attestations must be renewed every year"
    yield from _evidence_problems(entry, folder)


def _evidence_problems(entry: _Entry, folder: Path) -> Iterator[str]:
    if "://" in entry.evidence:
        if entry.control == RESTORE_TEST_CONTROL:
            yield "evidence: must be a file from `phi restore-test`, in the attestations file's folder"
        yield from _link_problems(entry.evidence)
    elif (file := _file_within(folder, entry.evidence)) is None:
        yield "evidence: neither an https link nor a file in the attestations file's folder"
    elif entry.control == RESTORE_TEST_CONTROL:
        yield from _restore_test_problems(file, entry.date)


def _link_problems(link: str) -> Iterator[str]:
    try:
        parts = urlsplit(link)
        valid = parts.scheme == "https" and bool(parts.hostname) and link.isprintable() and " " not in link
    except ValueError:
        valid = False
    if not valid:
        yield "evidence: not an https link"
    elif parts.username is not None or SECRET_PARAMETERS.search(f"{parts.query}#{parts.fragment}"):
        yield "evidence: the link contains a secret; use a link that requires signing in"


def _restore_test_problems(file: Path, attested_on: date) -> Iterator[str]:
    try:
        restore_test = restore_test_evidence.load(file)
    except ConfigurationError:
        yield "evidence: not an unchanged file from a restore test; write a new one with: phi restore-test"
        return
    if not restore_test.passed:
        yield "evidence: the restore test didn't pass; attest one that passed"
    if restore_test.finished.astimezone(UTC).date() != attested_on:
        yield "date: must be the day (UTC) on which the restore test in the evidence finished"


def _file_within(folder: Path, name: str) -> Path | None:
    """Return the file at a relative path; None unless it is in the folder after symbolic links are resolved."""
    try:
        file = (folder / name).resolve()
        inside = not Path(name).is_absolute() and file.is_relative_to(folder.resolve())
        return file if inside and file.is_file() else None
    except (OSError, ValueError):
        return None


# The file.

DUPLICATE_KEY = "duplicate key"


class _Loader(yaml.SafeLoader):
    """A YAML loader that rejects duplicate keys, of which PyYAML keeps the last, and leaves dates as text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own attribute)
        first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(problem=DUPLICATE_KEY, problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> list[Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = DUPLICATE_KEY if error.problem == DUPLICATE_KEY else "not valid YAML"
        raise ConfigurationError(f"{path} is not a valid attestations file: {problem}{line}") from None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"can't read {path} as YAML: {type(error).__name__}") from None
    if (
        not isinstance(content, dict)
        or set(content) != {"attestations"}
        or not isinstance(content["attestations"], list)
    ):
        raise ConfigurationError(f"{path} is not a valid attestations file: it must have the form {FILE_FORM}")
    return content["attestations"]
