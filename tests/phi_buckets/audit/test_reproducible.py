"""Two audits of the same account give the same evidence, apart from times, whatever order AWS and the threads have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.services.backup.facts import BackupSelection
from hipaa_controls.services.s3.facts import Bucket
from phi_buckets.audit.accounts import OpenAccount
from phi_buckets.audit.assemble import build_stack
from phi_buckets.audit.calls import s3 as s3_calls
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AuditedAccount, FailedCall
from phi_buckets.audit.run import AccountRead, _failed_call_records
from tests.phi_buckets.audit.sample_alert_pipeline import ACCOUNT, REGION, create_compliant_account, phi_bucket


def audit_evidence(hash_seed: str) -> str:
    """Return the JSON evidence of an audit in a process of its own, without its times and its digest."""
    command = [sys.executable, "-m", "phi_buckets", "audit", "--all", "--region", REGION, "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    process = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert process.returncode == 1, process.stderr  # the account lacks most safeguards
    evidence: dict[str, Any] = json.loads(process.stdout)
    del evidence["digest"], evidence["collection"]["started"], evidence["collection"]["finished"]
    return json.dumps(evidence)


def test_evidence_is_the_same_from_run_to_run(session):
    create_compliant_account(session)
    for number in range(3):
        session.client("s3").create_bucket(Bucket=f"phi-dev-{number}")
        session.client("sns").create_topic(Name=f"phi-dev-{number}")
    assert audit_evidence("1") == audit_evidence("2")


def test_failed_calls_are_in_the_order_of_their_permissions(session):
    """The calls are made concurrently, so the order in which they fail is a matter of chance."""
    account = OpenAccount(session, AuditedAccount(ACCOUNT, "aws", (REGION,)), "arn:aws:iam::123456789012:role/auditor")
    failed = [
        FailedCall(call, resource, REGION, "AccessDenied")
        for call in (s3_calls.GET_BUCKET_POLICY, s3_calls.GET_BUCKET_ACL)
        for resource in ("arn:aws:s3:::b", "arn:aws:s3:::a")
    ]
    records = [
        _failed_call_records(AccountRead(account, failed_calls=tuple(order))) for order in (failed, failed[::-1])
    ]
    assert records[0] == records[1]
    assert [(record.permission, record.resource) for record in records[0]] == [
        ("s3:GetBucketAcl", "arn:aws:s3:::a"),
        ("s3:GetBucketAcl", "arn:aws:s3:::b"),
        ("s3:GetBucketPolicy", "arn:aws:s3:::a"),
        ("s3:GetBucketPolicy", "arn:aws:s3:::b"),
    ]


def test_facts_are_in_the_order_of_their_arns(session):
    selections = [BackupSelection(f"plan/{number}", (), (), (), (), (), REGION) for number in range(3)]
    facts = (phi_bucket(create_compliant_account(session)), *selections)
    stacks = [build_stack([Collected(order)], ACCOUNT, DataClassTag()) for order in (facts, facts[::-1])]
    assert stacks[0] == stacks[1]
    assert stacks[0].facts_of_type(BackupSelection) == selections
    assert len(stacks[0].facts_of_type(Bucket)) == 1
