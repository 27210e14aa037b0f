"""The AWS API calls that the audit makes, each with the IAM permission that it requires.

One module per service lists its calls, and `catalogue` combines them. The auditor's IAM policy is generated from these
lists (phi_buckets.audit.permissions), and the collectors make no other calls, so the policy always grants exactly what
the audit needs.

This package imports neither boto3 nor Pulumi, because the Pulumi program that creates the auditor role imports it too.

Actions and resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ResourceType(Enum):
    """The type of resource that a permission applies to."""

    ANY = "*"
    """The action doesn't support resource-level permissions."""
    BUCKET = "bucket"
    ACCESS_POINT = "access point"
    """Access points, and Multi-Region Access Points, whose ARN has no region."""
    OBJECT_LAMBDA_ACCESS_POINT = "Object Lambda access point"
    ACCESS_GRANTS_INSTANCE = "Access Grants instance"
    KEY = "key"
    TRAIL = "trail"
    LOG_GROUP = "log group"
    DELIVERY_DESTINATION = "delivery destination"
    EVENT_RULE = "event rule"
    TOPIC = "topic"
    QUEUE = "queue"
    DIRECTORY_BUCKET = "directory bucket"
    TABLE_BUCKET = "table bucket"
    """Also its tables."""
    STORAGE_LENS_CONFIGURATION = "Storage Lens configuration"
    BACKUP_VAULT = "backup vault"
    BACKUP_PLAN = "backup plan"
    DETECTOR = "detector"
    WORKGROUP = "workgroup"


# In place of an error code: the name of the endpoint doesn't exist, because the service isn't in the region.
NO_SUCH_ENDPOINT = "NameResolutionError"


@dataclass(frozen=True)
class Call:
    """A boto3 call and the permission that it requires.

    Attributes:
        service: The name of the boto3 client.
        operation: The name of the client's method.
        action: The IAM action.
        resource_type: The type of resource that the action applies to.
        not_found_errors: The error codes for a requested item that doesn't exist, which is a valid result. If a code
            alone is ambiguous, the entry is `CODE: ` followed by the start of the error message. NO_SUCH_ENDPOINT is
            for a service that isn't in every region.
    """

    service: str
    operation: str
    action: str
    resource_type: ResourceType
    not_found_errors: tuple[str, ...] = ()
