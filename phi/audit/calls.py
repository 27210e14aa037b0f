"""Every call that the audit makes, and the permission that it takes.

The auditor's policy is made from these (phi.audit.permissions), and a reader makes no others, so that neither can
have more than the other. No boto3 here: the program that creates the auditor's role reads it too.

Which action a call needs, and what it is on: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ResourceType(Enum):
    """What a permission is on; the policy names those of the stack, or all of the account."""

    ANY = "*"
    """The action has no resource to name."""
    BUCKET = "bucket"
    ACCESS_POINT = "access point"
    KEY = "key"
    TRAIL = "trail"
    LOG_GROUP = "log group"
    EVENT_RULE = "event rule"
    TOPIC = "topic"
    BACKUP_PLAN = "backup plan"
    DETECTOR = "detector"


@dataclass(frozen=True)
class Call:
    """A call of boto3.

    service, operation: boto3's names of the client and its method; action: what IAM calls it.
    absent: the error codes by which AWS says that there is none of what is asked, which is an answer; where the code
    alone doesn't say so, `code: ` and how its message begins.
    """

    service: str
    operation: str
    action: str
    resource_type: ResourceType
    not_found_errors: tuple[str, ...] = ()
