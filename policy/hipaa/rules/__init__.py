"""The rules by control: the setting that each judges, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hipaa.controls import Control
from hipaa.facts import (
    AccessLogging,
    Bucket,
    BucketPolicy,
    DefaultEncryption,
    PublicAccessBlock,
    Setting,
    Versioning,
)
from hipaa.rules import s3
from hipaa.verdicts import Finding, Status, Verdict, failed


@dataclass(frozen=True)
class Rule:
    """The kind of setting that a control is about, and the judgement of one."""

    setting: type[Setting]
    judge: Callable[[Bucket, Any], Finding]


RULES = {
    "s3-public-access-block": Rule(PublicAccessBlock, s3.public_access_block),
    "s3-customer-key": Rule(DefaultEncryption, s3.customer_key),
    "s3-tls-only": Rule(BucketPolicy, s3.tls_only),
    "s3-versioning": Rule(Versioning, s3.versioning),
    "s3-access-logging": Rule(AccessLogging, s3.access_logging),
}


def judge(control: Control, bucket: Bucket) -> list[Verdict]:
    """A control's verdicts on a bucket: one for each setting of its kind, or one for there being none."""
    verdicts = judge_declared(control, bucket)
    if verdicts or not bucket.whole:
        return verdicts
    kind = RULES[control.id].setting.__name__
    return [Verdict(control.id, bucket.resource, failed(f"no {kind} is declared"))]


def judge_declared(control: Control, bucket: Bucket) -> list[Verdict]:
    """A control's verdicts on what is declared alone; none where nothing of its kind is."""
    if bucket.role not in control.roles:
        reason = f"not asked of a bucket for {bucket.role.value}"
        return [Verdict(control.id, bucket.resource, Finding(Status.NOT_APPLICABLE, reason))]
    rule = RULES[control.id]
    return [
        Verdict(control.id, each.resource, rule.judge(bucket, each.setting)) for each in bucket.declaring(rule.setting)
    ]
