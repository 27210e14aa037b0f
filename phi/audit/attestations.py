"""What people answer for: a YAML file of theirs, as docs/attestations.example.yaml shows it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from hipaa.attestations import controls
from hipaa.attestations.facts import Attestation
from hipaa.model.exemption import MAX_EXEMPTION, PLACEHOLDERS
from phi.errors import ConfigurationError
from phi.evidence.model import AttestationRecord
from phi.restore_test import evidence as drills

CONTROLS = tuple(control.id for control in controls.CONTROLS)
RESTORE_TEST = "attest-restore-test"
SHAPE = "attestations: [{control: …, owner: …, date: …, expires: …, evidence: …}]"
# In a link, what lets in whoever has it: it would be in every report.
SECRETS = re.compile(r"(sig|signature|token|key|password)=", re.IGNORECASE)


def _day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("is no date: write YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_day)]


class _Entry(BaseModel):
    """owner: who answers for it; expires: its last day; evidence: an https link, or a file by its relative path."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    control: str
    owner: str
    date: Day
    expires: Day
    evidence: str


def load(path: Path, today: date) -> tuple[tuple[Attestation, ...], tuple[AttestationRecord, ...]]:
    """The facts to judge, and what the evidence shows of them. A stale one is no fault: its control fails.

    Raises ConfigurationError with every fault of the file, of whose values it repeats none.
    """
    entries: list[_Entry] = []
    faults: list[str] = []
    for position, given in enumerate(_read(path), 1):
        try:
            entry = _Entry.model_validate(given)
        except ValidationError as error:
            found = [_told(each["type"], each["loc"], each["msg"]) for each in error.errors()]
        else:
            found = list(_faults(entry, path.parent, today))
            entries.append(entry)
        faults += [f"attestation {position} {fault}" for fault in found]
    attested = [each.control for each in entries if each.control in CONTROLS]
    faults += [f"{control} is attested twice" for control in CONTROLS if attested.count(control) > 1]
    if faults:
        raise ConfigurationError(f"{path} can't be used: {'; '.join(faults)}")
    return tuple(_fact(each, path, today) for each in entries), tuple(_record(each, today) for each in entries)


def _fact(entry: _Entry, path: Path, today: date) -> Attestation:
    where = f"{path.name}#{entry.control}"
    return Attestation(where, entry.control, entry.owner.strip(), (entry.expires - today).days)


def _record(entry: _Entry, today: date) -> AttestationRecord:
    return AttestationRecord(
        control=entry.control,
        owner=entry.owner.strip(),
        made=entry.date,
        expires=entry.expires,
        evidence=entry.evidence,
        days_left=(entry.expires - today).days,
    )


# What is wrong with one.


def _told(kind: str, where: tuple[int | str, ...], message: str) -> str:
    """A fault of an entry's shape. The name of a property that isn't ours is a value like any other."""
    name = ".".join(map(str, where))
    if kind == "extra_forbidden":
        return "has a property that there isn't"
    if kind == "missing":
        return f"has no {name}"
    return f"{name or 'as a whole'}: {message.removeprefix('Value error, ')}"


def _faults(entry: _Entry, folder: Path, today: date) -> Iterator[str]:
    if entry.control not in CONTROLS:
        yield f"is of no control that people attest: {', '.join(CONTROLS)}"
    owner = entry.owner.strip()
    if len(owner) < 3 or PLACEHOLDERS.fullmatch(owner) or not owner.isprintable():
        yield "says too little of its owner: who answers for it"
    if entry.date > today:
        yield "has a date in the future"
    if entry.expires < entry.date:
        yield "expires before its date"
    if entry.expires > entry.date + MAX_EXEMPTION:
        yield "expires more than a year after its date: it is to be attested anew each year"
    yield from _faults_of_evidence(entry, folder)


def _faults_of_evidence(entry: _Entry, folder: Path) -> Iterator[str]:
    if "://" in entry.evidence:
        if entry.control == RESTORE_TEST:
            yield "must have the file that `phi drill` wrote as its evidence, beside this one"
        yield from _faults_of_link(entry.evidence)
    elif (file := _beside(folder, entry.evidence)) is None:
        yield "has evidence that is neither an https link nor a file in this one's folder"
    elif entry.control == RESTORE_TEST:
        yield from _faults_of_restore_test(file, entry.date)


def _faults_of_link(link: str) -> Iterator[str]:
    try:
        parts = urlsplit(link)
        sound = parts.scheme == "https" and bool(parts.hostname) and link.isprintable() and " " not in link
    except ValueError:
        sound = False
    if not sound:
        yield "has evidence that is no https link"
    elif parts.username is not None or SECRETS.search(f"{parts.query}#{parts.fragment}"):
        yield "has a link with a secret in it as its evidence: name a place that asks who one is"


def _faults_of_restore_test(file: Path, attested: date) -> Iterator[str]:
    try:
        drill = drills.load(file)
    except ConfigurationError:
        yield "has evidence that `phi drill` didn't write, or that was changed since: make it again with: phi drill"
        return
    if not drill.passed:
        yield "has evidence of a restore test that didn't pass"
    if drill.finished.astimezone(UTC).date() != attested:
        yield "has another date than the restore test of its evidence finished on (UTC)"


def _beside(folder: Path, name: str) -> Path | None:
    """The file of this relative path within a folder, wherever links lead."""
    try:
        file = (folder / name).resolve()
        inside = not Path(name).is_absolute() and file.is_relative_to(folder.resolve())
        return file if inside and file.is_file() else None
    except (OSError, ValueError):
        return None


# The file.


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML's own takes the last; and leaves dates to be read as such."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (yaml's)
        first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(names)) < len(names):
            raise yaml.constructor.ConstructorError(problem="a key is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> list[Any]:
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        twice = "a key is given twice" if error.problem == "a key is given twice" else "it is no YAML"
        raise ConfigurationError(f"{path} can't be used: {twice}{line}") from None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{path} can't be read as YAML: {type(error).__name__}") from None
    if not isinstance(given, dict) or set(given) != {"attestations"} or not isinstance(given["attestations"], list):
        raise ConfigurationError(f"{path} can't be used: it must be {SHAPE}")
    return given["attestations"]
