"""A sample report, such as an audit of a stack creates: the catalogue's controls, six buckets, and every outcome.

`python -m tests.phi_buckets.evidence.sample FORMAT` prints it, for the documentation.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from functools import cache

from hipaa_controls.catalogue import LIVE_CONTROLS
from hipaa_controls.model.control import Control
from hipaa_controls.model.data_class import DataClass
from phi_buckets.audit import checklist
from phi_buckets.evidence import formats
from phi_buckets.evidence.model import (
    AttestationRecord,
    Citation,
    Collection,
    ControlResult,
    Coverage,
    Drift,
    ExemptionRecord,
    FailedCallRecord,
    JudgedType,
    NotJudged,
    Observation,
    Outcome,
    Report,
    ResourceSource,
    TypeWithoutJudgment,
    worst_outcome,
)

ACCOUNT = "123456789012"
REGION, REPLICA_REGION = "us-east-1", "us-west-2"
STARTED = datetime(2026, 11, 24, 9, 30, 0, tzinfo=UTC)
FINISHED = datetime(2026, 11, 24, 9, 30, 14, tzinfo=UTC)
ORGANIZATION = "the organization"

BUCKETS = {
    "phi-prod-records": DataClass.PHI,
    "phi-prod-imaging": DataClass.PHI,
    "phi-prod-replica": DataClass.REPLICA,
    "phi-prod-access-log": DataClass.ACCESS_LOG,
    "phi-prod-trail": DataClass.TRAIL_LOG,
    "phi-prod-inventory": DataClass.INVENTORY,
}
PHI_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/5f2a7c1e-0b64-4a0e-9d3f-8c1b2a3d4e5f"
AUDIT_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/91c0d5aa-7e1f-4b7b-8f0a-2d6f0e9b1c34"
REPLICA_KEY = f"arn:aws:kms:{REPLICA_REGION}:{ACCOUNT}:key/c47b1f02-33de-4c83-a1c5-6f9e8d7c6b5a"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/phi-prod-trail"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/audit/phi-prod-trail"
EVENT_TARGET = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/phi-prod-root-used:target:alerts"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-prod-alerts"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:phi-prod-results"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:phi-prod-vault"
WORKGROUP = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/phi-prod-trail"
SHARE = f"arn:aws:ram:{REGION}:{ACCOUNT}:resource-share/7a3f0c52-1d7e-4d0b-9a55-0c9e6f1b2d38"
ALARMS = tuple(
    f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:phi-prod-{name}" for name in ("refused", "errors", "root-used")
)
ROLES = tuple(f"arn:aws:iam::{ACCOUNT}:role/phi-prod-{name}" for name in ("application", "auditor", "break-glass"))

# The resources that each service's controls check, other than buckets.
RESOURCES = {
    "s3": (ACCOUNT,),
    "kms": (PHI_KEY, AUDIT_KEY, REPLICA_KEY),
    "cloudtrail": (TRAIL,),
    "logs": (LOGS,),
    "cloudwatch": ALARMS,
    "events": (EVENT_TARGET,),
    "sns": (TOPIC,),
    "sqs": (QUEUE,),
    "iam": ROLES,
    "backup": (VAULT,),
    "ram": (SHARE,),
    "athena": (WORKGROUP,),
    "attest": (ORGANIZATION,),
}


def bucket_arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


# Findings by control and resource.
FAILURES = {
    ("s3-versioning", bucket_arn("phi-prod-imaging")): "versioning is Suspended",
    ("s3-public-access-block", bucket_arn("phi-prod-inventory")): "restrictPublicBuckets is false",
    ("s3-tls-only", bucket_arn("phi-prod-inventory")): "GetObject over plain HTTP isn't denied",
    ("s3-tls-1-2", bucket_arn("phi-prod-inventory")): "GetObject over TLS 1.1 isn't denied",
    ("s3-bucket-key", bucket_arn("phi-prod-imaging")): "bucketKeyEnabled is false",
    (
        "cloudtrail-s3-data-events",
        bucket_arn("phi-prod-imaging"),
    ): "phi-prod-trail records only writes: readOnly is false",
    ("cloudwatch-alarm-action", ALARMS[1]): "actionsEnabled is false",
    ("attest-training", ORGANIZATION): "the attestation expired on 2026-10-31",
    ("attest-evaluation", ORGANIZATION): "there is no attestation",
    ("iam-condition-keys-apply", ROLES[0]): "s3:PutObject has no key s3:ExistingObjectTag/Class",
}
UNVERIFIED = {
    ("macie-enabled", ACCOUNT): "whether Macie is on can't be read: AccessDeniedException",
    ("kms-rotation", REPLICA_KEY): "enableKeyRotation can't be read: AccessDeniedException",
}
EXEMPTED = {
    ("s3-no-external-access", bucket_arn("phi-prod-imaging")): (
        "GetObject is allowed to account 210987654321",
        ExemptionRecord(
            reason="The radiology partner reads finished studies until its own store is in use.",
            approver="M. Okafor, security officer",
            expires=date(2027, 3, 31),
            compensating_control="Read access only to the prefix of finished studies, reviewed each month.",
        ),
    ),
}
DISABLED = ("config-recorder-enabled",)
NOT_APPLICABLE = ("s3-access-point-private",)


@cache
def report(controls: tuple[Control, ...] = LIVE_CONTROLS) -> Report:
    """Return a report that has every outcome."""
    results = tuple(_result(control) for control in controls if control.id not in DISABLED)
    return Report(
        collection=Collection(
            started=STARTED,
            finished=FINISHED,
            scope="phi-prod-",
            accounts=(ACCOUNT,),
            regions=(REGION, REPLICA_REGION),
            principals=(f"arn:aws:sts::{ACCOUNT}:assumed-role/phi-prod-auditor/phi-audit",),
            tool="phi audit with boto3 1.44.5",
            api_calls=214,
            buckets=len(BUCKETS),
        ),
        controls=results,
        coverage=_coverage(),
        attestations=_attestations(),
        checklist=checklist.rows(results),
        failed_calls=(
            FailedCallRecord(
                account=ACCOUNT,
                region=REGION,
                permission="macie2:GetMacieSession",
                resource="",
                error_code="AccessDeniedException",
            ),
            FailedCallRecord(
                account=ACCOUNT,
                region=REPLICA_REGION,
                permission="kms:GetKeyRotationStatus",
                resource=REPLICA_KEY,
                error_code="AccessDeniedException",
            ),
        ),
        drift=(
            Drift(
                control="s3-versioning",
                resources=(bucket_arn("phi-prod-imaging"),),
                previewed=datetime(2026, 11, 20, 14, 5, 0, tzinfo=UTC),
            ),
        ),
        disabled_controls=DISABLED,
    ).with_digest()


@cache
def passing() -> Report:
    """Return a report of the same account after every finding is fixed."""
    original = report()
    fixed = tuple(
        control.model_copy(
            update={
                "outcome": Outcome.PASS,
                "blocks": False,
                "observations": tuple(
                    observation.model_copy(update={"outcome": Outcome.PASS, "text": "as required", "exemption": None})
                    for observation in control.observations
                ),
            }
        )
        for control in original.controls
    )
    return original.model_copy(
        update={
            "controls": fixed,
            "coverage": _complete(original.coverage),
            "checklist": checklist.rows(fixed),
            "failed_calls": (),
            "drift": (),
        }
    ).with_digest()


def _complete(coverage: Coverage) -> Coverage:
    sources = tuple(
        source.model_copy(update={"resources": 4, "failed": False, "limit": ""}) for source in coverage.sources
    )
    return coverage.model_copy(update={"not_judged": (), "sources": sources})


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


@cache
def hostile() -> Report:
    """Return a report whose texts from outside try to break out of every format."""
    original = report()
    first = original.controls[0].model_copy(
        update={
            "outcome": Outcome.FAIL,
            "blocks": True,
            "relaxations": HOSTILE[:2],
            "observations": tuple(
                Observation(
                    account=ACCOUNT,
                    region=REGION,
                    resource=text,
                    outcome=Outcome.EXEMPTED if number % 3 == 0 else Outcome.FAIL,
                    text=text,
                    exemption=ExemptionRecord(
                        reason=text, approver=text, expires=date(2027, 1, 1), compensating_control=text
                    )
                    if number % 3 == 0
                    else None,
                )
                for number, text in enumerate(HOSTILE)
            ),
        }
    )
    return original.model_copy(
        update={
            "controls": (first, *original.controls[1:]),
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
            "failed_calls": tuple(
                FailedCallRecord(
                    account=ACCOUNT, region=REGION, permission="s3:GetBucketTagging", resource=text, error_code="500"
                )
                for text in HOSTILE
            ),
            "coverage": original.coverage.model_copy(
                update={
                    "not_judged": tuple(
                        NotJudged(account=ACCOUNT, region=REGION, type=text, count=1) for text in HOSTILE
                    ),
                    "sources": tuple(
                        ResourceSource(account=ACCOUNT, region=REGION, source=text, resources=None, limit=text)
                        for text in HOSTILE
                    ),
                }
            ),
            "configuration_errors": tuple(text for text in HOSTILE if "\ud800" not in text),
        }
    ).with_digest()


def _result(control: Control) -> ControlResult:
    observations = tuple(_observation(control, resource) for resource in _resources(control))
    failing = any(observation.outcome in (Outcome.FAIL, Outcome.UNVERIFIED) for observation in observations)
    advisory = control.severity.value == "low"
    return ControlResult(
        id=control.id,
        title=control.title,
        statement=control.statement,
        rationale=control.rationale,
        citations=tuple(
            Citation(
                paragraph=f"164.{paragraph.number}",
                specification=paragraph.specification.value,
                own_mapping=paragraph.own_mapping,
            )
            for paragraph in control.paragraphs
        ),
        severity=control.severity.value,
        requirement=control.requirement_text(control.defaults),
        remediation=control.remediation,
        outcome=worst_outcome(observation.outcome for observation in observations),
        level="advisory" if advisory else "mandatory",
        blocks=failing and not advisory,
        relaxations=("days is 365",) if control.id == "s3-object-lock" else (),
        observations=observations,
    )


def _resources(control: Control) -> list[str]:
    if control.id in NOT_APPLICABLE:
        return []
    if control.data_classes:
        return [bucket_arn(name) for name, data_class in BUCKETS.items() if data_class in control.data_classes]
    return list(RESOURCES.get(control.service, (ACCOUNT,)))


def _observation(control: Control, resource: str) -> Observation:
    text, outcome, exemption = "as required", Outcome.PASS, None
    key = (control.id, resource)
    if key in FAILURES:
        text, outcome = FAILURES[key], Outcome.FAIL
    elif key in UNVERIFIED:
        text, outcome = UNVERIFIED[key], Outcome.UNVERIFIED
    elif key in EXEMPTED:
        (text, exemption), outcome = EXEMPTED[key], Outcome.EXEMPTED
    arn_parts = resource.split(":")
    return Observation(
        account=ACCOUNT if resource != ORGANIZATION else ORGANIZATION,
        region=(arn_parts[3] or None) if len(arn_parts) > 5 else None,
        resource=resource,
        outcome=outcome,
        text=text,
        exemption=exemption,
    )


def _coverage() -> Coverage:
    def not_judged(type_name: str, region: str, count: int) -> NotJudged:
        return NotJudged(account=ACCOUNT, region=region, type=type_name, count=count)

    def source(region: str, name: str, resources: int | None, limit: str = "", failed: bool = False) -> ResourceSource:
        return ResourceSource(
            account=ACCOUNT, region=region, source=name, resources=resources, limit=limit, failed=failed
        )

    denied = "couldn't be read: tag:GetResources failed with AccessDeniedException"
    return Coverage(
        not_judged=(
            not_judged("AWS::DynamoDB::Table", REGION, 1),
            not_judged("AWS::RDS::DBInstance", REGION, 2),
            not_judged("AWS::RDS::DBInstance", REPLICA_REGION, 1),
            not_judged("bedrock:*", REGION, 4),
        ),
        judged=(JudgedType(type="AWS::SQS::Queue", count=1, controls=("sqs-encryption", "sqs-tls-only")),),
        no_judgment_needed=(
            TypeWithoutJudgment(type="AWS::KMS::Alias", count=3, reason="It is a name for a key; the key is judged."),
        ),
        sources=(
            source(REGION, "AWS Config", None, "isn't recording"),
            source(REGION, "Resource Groups Tagging API", 8),
            source(REPLICA_REGION, "AWS Config", 4),
            source(REPLICA_REGION, "Resource Groups Tagging API", None, denied, failed=True),
        ),
    )


def _attestations() -> tuple[AttestationRecord, ...]:
    attestations = {
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
        "attest-restore-test": ("Head of IT", date(2026, 11, 2), date(2027, 5, 2), "restore-test-2026-11-02.json"),
        "attest-training": ("Privacy officer", date(2025, 10, 31), date(2026, 10, 31), "https://wiki.example/training"),
    }
    return tuple(
        AttestationRecord(
            control=control,
            owner=owner,
            attested_on=attested_on,
            expires=expires,
            evidence=evidence,
            days_left=(expires - STARTED.date()).days,
        )
        for control, (owner, attested_on, expires, evidence) in attestations.items()
    )


if __name__ == "__main__":
    print(formats.RENDERERS[sys.argv[1]](report()), end="")
