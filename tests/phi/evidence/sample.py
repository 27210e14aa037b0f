"""A report such as an audit of a stack writes: the catalogue's controls, six buckets, and something of everything.

`python -m tests.phi.evidence.sample FORMAT` prints it, for the documentation.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime

import phi  # noqa: F401  (makes the rules known)
from hipaa.catalogue import LIVE_CONTROLS
from hipaa.model.control import Control
from hipaa.model.data_class import DataClass
from phi.audit import checklist
from phi.evidence import formats
from phi.evidence.model import (
    AttestationRecord,
    Citation,
    Collection,
    ControlResult,
    Drift,
    Exemption,
    Observation,
    Outcome,
    Report,
    FailedCallRecord,
    worst_outcome,
)

ACCOUNT = "123456789012"
HERE, AWAY = "us-east-1", "us-west-2"
STARTED = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
FINISHED = datetime(2026, 11, 24, 9, 30, 14, tzinfo=UTC)
PEOPLE = "the organization"

BUCKETS = {
    "phi-prod-records": DataClass.PHI,
    "phi-prod-imaging": DataClass.PHI,
    "phi-prod-replica": DataClass.REPLICA,
    "phi-prod-access-log": DataClass.ACCESS_LOG,
    "phi-prod-trail": DataClass.TRAIL_LOG,
    "phi-prod-inventory": DataClass.INVENTORY,
}
KEY = f"arn:aws:kms:{HERE}:{ACCOUNT}:key/5f2a7c1e-0b64-4a0e-9d3f-8c1b2a3d4e5f"
AUDIT_KEY = f"arn:aws:kms:{HERE}:{ACCOUNT}:key/91c0d5aa-7e1f-4b7b-8f0a-2d6f0e9b1c34"
REPLICA_KEY = f"arn:aws:kms:{AWAY}:{ACCOUNT}:key/c47b1f02-33de-4c83-a1c5-6f9e8d7c6b5a"
TRAIL = f"arn:aws:cloudtrail:{HERE}:{ACCOUNT}:trail/phi-prod-trail"
LOGS = f"arn:aws:logs:{HERE}:{ACCOUNT}:log-group:/audit/phi-prod-trail"
TOPIC = f"arn:aws:sns:{HERE}:{ACCOUNT}:phi-prod-alerts"
VAULT = f"arn:aws:backup:{HERE}:{ACCOUNT}:backup-vault:phi-prod-vault"
ALARMS = tuple(
    f"arn:aws:cloudwatch:{HERE}:{ACCOUNT}:alarm:phi-prod-{name}" for name in ("refused", "errors", "root-used")
)
ROLES = tuple(f"arn:aws:iam::{ACCOUNT}:role/phi-prod-{name}" for name in ("application", "auditor", "break-glass"))

# What each service's controls are about, where it isn't buckets.
SUBJECTS = {
    "s3": (ACCOUNT,),
    "kms": (KEY, AUDIT_KEY, REPLICA_KEY),
    "cloudtrail": (TRAIL,),
    "logs": (LOGS,),
    "alarm": ALARMS,
    "sns": (TOPIC,),
    "iam": ROLES,
    "backup": (VAULT,),
    "attest": (PEOPLE,),
}


def bucket(name: str) -> str:
    return f"arn:aws:s3:::{name}"


# What was found otherwise than required, by control and resource.
FAILS = {
    ("s3-versioning", bucket("phi-prod-imaging")): "versioning is Suspended",
    ("s3-public-access-block", bucket("phi-prod-inventory")): "restrictPublicBuckets is false",
    ("s3-tls-only", bucket("phi-prod-inventory")): "GetObject over plain HTTP isn't denied",
    ("s3-tls-1-2", bucket("phi-prod-inventory")): "GetObject over TLS 1.1 isn't denied",
    ("s3-bucket-key", bucket("phi-prod-imaging")): "bucketKeyEnabled is false",
    ("cloudtrail-s3-data-events", bucket("phi-prod-imaging")): "phi-prod-trail records writes alone: readOnly is false",
    ("cloudwatch-alarm-action", ALARMS[1]): "actionsEnabled is false",
    ("attest-training", PEOPLE): "the attestation is stale since 2026-10-31",
    ("attest-evaluation", PEOPLE): "nobody attests it",
    ("iam-condition-keys-apply", ROLES[0]): "s3:PutObject has no key s3:ExistingObjectTag/Class",
}
UNVERIFIED = {
    ("macie-enabled", ACCOUNT): "whether Macie is on can't be read: AccessDeniedException",
    ("kms-rotation", REPLICA_KEY): "enableKeyRotation can't be read: AccessDeniedException",
}
EXEMPTED = {
    ("s3-no-external-access", bucket("phi-prod-imaging")): (
        "GetObject is allowed to account 210987654321",
        Exemption(
            reason="The radiology partner reads finished studies until its own store is in use.",
            approver="M. Okafor, security officer",
            expires=date(2027, 3, 31),
            compensating_control="Read access to the prefix of finished studies alone, reviewed each month.",
        ),
    ),
}
DISABLED = ("config-recorder-enabled",)
NOT_THERE = ("s3-access-point-private",)


def report(controls: Iterable[Control] = LIVE_CONTROLS) -> Report:
    judged = tuple(_result(each) for each in controls if each.id not in DISABLED)
    return Report(
        collection=Collection(
            started=STARTED,
            finished=FINISHED,
            scope="phi-prod-",
            accounts=(ACCOUNT,),
            regions=(HERE, AWAY),
            principals=(f"arn:aws:sts::{ACCOUNT}:assumed-role/phi-prod-auditor/phi-audit",),
            tool="phi audit with boto3 1.44.5",
            api_calls=214,
            buckets=len(BUCKETS),
        ),
        controls=judged,
        attestations=_attestations(),
        checklist=checklist.rows(judged),
        failed_calls=(
            FailedCallRecord(
                account=ACCOUNT,
                region=HERE,
                permission="macie2:GetMacieSession",
                resource="",
                error_code="AccessDeniedException",
            ),
            FailedCallRecord(
                account=ACCOUNT,
                region=AWAY,
                permission="kms:GetKeyRotationStatus",
                resource=REPLICA_KEY,
                error_code="AccessDeniedException",
            ),
        ),
        drift=(
            Drift(
                control="s3-versioning",
                resources=(bucket("phi-prod-imaging"),),
                previewed=datetime(2026, 11, 20, 14, 5, 0, tzinfo=UTC),
            ),
        ),
        disabled_controls=DISABLED,
    ).with_digest()


def passing() -> Report:
    """Of the same account once all is mended."""
    told = report()
    mended = tuple(
        each.model_copy(
            update={
                "outcome": Outcome.PASS,
                "blocks": False,
                "observations": tuple(
                    seen.model_copy(update={"outcome": Outcome.PASS, "found": "as required", "exemption": None})
                    for seen in each.observations
                ),
            }
        )
        for each in told.controls
    )
    empty: dict[str, object] = {"unread": (), "drift": ()}
    return told.model_copy(update={"controls": mended, "checklist": checklist.rows(mended), **empty}).with_digest()


HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg/onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "\x1b[2J\x1b]0;owned\x07 red",
    "line one\nfake: pass\r\x00\x08",
    "abc\u202egnp.exe\u2066\u200b",
    "[click](javascript:alert) `code` [bold]rich[/bold] {0}",
    "]]> <!-- -->",
    "\ud800 half a pair, and a whole one \U0001f512",
    "مستشفى",
    "arn:aws:s3:::" + "x" * 2000,
)


def hostile() -> Report:
    """The same with texts, of all that others may write, that would break out of a rendering if they could."""
    told = report()
    first = told.controls[0].model_copy(
        update={
            "outcome": Outcome.FAIL,
            "blocks": True,
            "loosened": HOSTILE[:2],
            "observations": tuple(
                Observation(
                    account=ACCOUNT,
                    region=HERE,
                    resource=text,
                    outcome=Outcome.EXEMPTED if number % 3 == 0 else Outcome.FAIL,
                    text=text,
                    exemption=Exemption(reason=text, approver=text, expires=date(2027, 1, 1), compensating_control=text)
                    if number % 3 == 0
                    else None,
                )
                for number, text in enumerate(HOSTILE)
            ),
        }
    )
    return told.model_copy(
        update={
            "controls": (first, *told.controls[1:]),
            "attestations": tuple(
                AttestationRecord(
                    control="attest-baa",
                    owner=text,
                    attested_on=date(2026, 1, 1),
                    expires=date(2027, 1, 1),
                    evidence=f"javascript:{text}",
                    days_left=38,
                )
                for text in HOSTILE
            ),
            "unread": tuple(
                FailedCallRecord(account=ACCOUNT, region=HERE, permission="s3:GetBucketTagging", resource=text, error_code="500")
                for text in HOSTILE
            ),
            "faults": tuple(text for text in HOSTILE if "\ud800" not in text),
        }
    ).with_digest()


def _result(control: Control) -> ControlResult:
    seen = tuple(_observation(control, each) for each in _subjects(control))
    blocking = any(each.outcome in (Outcome.FAIL, Outcome.UNVERIFIED) for each in seen)
    advisory = control.severity.value == "low"
    return ControlResult(
        id=control.id,
        title=control.title,
        statement=control.statement,
        citations=tuple(
            Citation(paragraph=f"164.{each.number}", specification=each.specification.value, own_mapping=each.own_mapping)
            for each in control.paragraphs
        ),
        severity=control.severity.value,
        requirement=control.requirement_text(control.defaults),
        remediation=control.remediation,
        outcome=worst_outcome(each.outcome for each in seen),
        level="advisory" if advisory else "mandatory",
        blocks=blocking and not advisory,
        relaxations=("days is 365",) if control.id == "s3-object-lock" else (),
        observations=seen,
    )


def _subjects(control: Control) -> list[str]:
    if control.id in NOT_THERE:
        return []
    if control.data_classes:
        return [bucket(name) for name, role in BUCKETS.items() if role in control.data_classes]
    return list(SUBJECTS.get(control.service, (ACCOUNT,)))


def _observation(control: Control, resource: str) -> Observation:
    found, outcome, exemption = "as required", Outcome.PASS, None
    at = (control.id, resource)
    if at in FAILS:
        found, outcome = FAILS[at], Outcome.FAIL
    elif at in UNVERIFIED:
        found, outcome = UNVERIFIED[at], Outcome.UNVERIFIED
    elif at in EXEMPTED:
        (found, exemption), outcome = EXEMPTED[at], Outcome.EXEMPTED
    parts = resource.split(":")
    return Observation(
        account=ACCOUNT if resource != PEOPLE else PEOPLE,
        region=(parts[3] or None) if len(parts) > 5 else None,
        resource=resource,
        outcome=outcome,
        text=found,
        exemption=exemption,
    )


def _attestations() -> tuple[AttestationRecord, ...]:
    told = {
        "attest-baa": ("General counsel", date(2026, 2, 3), date(2027, 2, 3), "AWS Artifact, agreement of 2026-02-03"),
        "attest-risk-analysis": (
            "Security officer",
            date(2026, 6, 12),
            date(2027, 6, 12),
            "https://wiki.example/ra-26",
        ),
        "attest-access-review": ("Head of IT", date(2026, 9, 30), date(2026, 12, 31), "https://wiki.example/review-q3"),
        "attest-incident-plan": ("Security officer", date(2026, 4, 1), date(2027, 4, 1), "https://wiki.example/irp"),
        "attest-contingency-plan": ("Head of IT", date(2026, 4, 1), date(2027, 4, 1), "https://wiki.example/bcp"),
        "attest-restore-test": ("Head of IT", date(2026, 11, 2), date(2027, 5, 2), "drill-2026-11-02.json"),
        "attest-training": ("Privacy officer", date(2025, 10, 31), date(2026, 10, 31), "https://wiki.example/training"),
    }
    return tuple(
        AttestationRecord(
            control=control,
            owner=owner,
            attested_on=made,
            expires=expires,
            evidence=evidence,
            days_left=(expires - STARTED.date()).days,
        )
        for control, (owner, made, expires, evidence) in told.items()
    )


if __name__ == "__main__":
    print(formats.RENDERERS[sys.argv[1]](report()), end="")
