"""Whatever the settings are, the stack's policies deny neither its administration nor emergency access."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hipaa_controls.access.policy_size import BUCKET_OR_ACCESS_POINT_POLICY
from hipaa_controls.evaluator import Principal
from hipaa_controls.services.s3.protection_actions import PROTECTION_ACTIONS
from phi_buckets.audit.calls.catalogue import STACK_CALLS
from tests.components.mocked_stack import ACCOUNT_ID, RecordingMonitor, run_main
from tests.components.policy_requests import ALLOWED, EXPLICIT_DENY, request_outcome, role

DEPLOYERS = (
    "role/deployer",
    "role/platform/ci/deployer",
    "role/aws-reserved/sso.amazonaws.com/us-east-2/AWSReservedSSO_AdministratorAccess_0123456789abcdef",
    "user/platform/deployer",
)
SSO_ROLE = (
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/us-east-2/AWSReservedSSO_StorageAdmin_0123456789ab"
)
OPTIONS = {
    "networks": json.dumps(["vpce-0a1b2c3d4e5f60718", "203.0.113.0/24"]),
    "organizationId": "o-abcdefghij",
    "accountSecurityServices": json.dumps(["guardDuty", "malwareProtection", "config"]),
    "replicaRegion": "us-west-2",
}
COMBINATIONS = [
    dict(chosen) for count in range(len(OPTIONS) + 1) for chosen in itertools.combinations(OPTIONS.items(), count)
]
# Neither from a listed network nor about a scanned object.
REQUEST = {"aws:SourceIp": ["198.51.100.7"], "aws:PrincipalOrgID": ["o-abcdefghij"]}
ADMINISTER = {
    "s3": (
        *PROTECTION_ACTIONS,
        *("s3:PutMetricsConfiguration", "s3:PutBucketNotification", "s3:PutInventoryConfiguration"),
        *("s3:PutBucketTagging", "s3:ListBucket", "s3:ListBucketVersions"),
        *(call.action for call in STACK_CALLS if call.action.startswith("s3:GetBucket")),
    ),
    "kms": ("kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey", "kms:ScheduleKeyDeletion", "kms:TagResource"),
    "sns": ("sns:SetTopicAttributes", "sns:GetTopicAttributes", "sns:DeleteTopic"),
    "backup": ("backup:PutBackupVaultAccessPolicy", "backup:DeleteBackupVault"),
}


def resource_policies(stack: RecordingMonitor) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the service, the ARN of the resource and the document of each resource-based policy of a stack."""
    for resource in stack.registered:
        if "policy" not in resource.inputs or resource.type_name in ("RolePolicy", "RolePolicyAttachment"):
            continue
        service = {"BucketPolicy": "s3", "Key": "kms", "ReplicaKey": "kms", "Topic": "sns", "TopicPolicy": "sns"}.get(
            resource.type_name, "backup"
        )
        arn = (
            f"arn:aws:s3:::{resource.inputs['bucket']}"
            if service == "s3"
            else resource.policy["Statement"][0]["Resource"]
        )
        yield service, arn if isinstance(arn, str) else arn[0], resource.policy


def deployed_by(deployer: str) -> dict[str, dict[str, str]]:
    """Return the response of AWS to a deployer, a role or user with its path."""
    issuer = f"arn:aws:iam::{ACCOUNT_ID}:{deployer}"
    return {"aws:iam/getSessionContext:getSessionContext": {"issuerArn": issuer}}


@pytest.fixture(scope="module", params=range(len(COMBINATIONS)))
def deployed(request) -> tuple[Principal, RecordingMonitor]:
    """Return the deployer and the stack for one combination of settings, with each kind of deployer in turn."""
    deployer = DEPLOYERS[request.param % len(DEPLOYERS)]
    stack = run_main("dev", responses=deployed_by(deployer), **COMBINATIONS[request.param])
    return Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:{deployer}", ACCOUNT_ID), stack


def test_deployer_can_always_administer_what_the_stack_protects(deployed):
    deployer, stack = deployed
    policies = list(resource_policies(stack))
    assert {service for service, _, _ in policies} >= {"s3", "kms", "sns"}
    for service, arn, document in policies:
        denied = [
            action
            for action in ADMINISTER[service]
            if request_outcome(document, deployer, action, arn, REQUEST) is EXPLICIT_DENY
        ]
        assert denied == [], (arn, denied)


def test_deployer_can_empty_a_bucket_from_a_listed_network(deployed):
    deployer, stack = deployed
    origin = REQUEST | {"aws:SourceIp": ["203.0.113.7"]}
    for service, arn, document in resource_policies(stack):
        if service == "s3":
            for action in ("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:DeleteObject"):
                assert request_outcome(document, deployer, action, f"{arn}/object", origin) is not EXPLICIT_DENY


def test_break_glass_can_always_recover_objects(deployed):
    _, stack = deployed
    break_glass = role("phi-dev-break-glass")
    permissions = json.loads(stack.resource("RolePolicy", "access-break-glass-permissions").inputs["policy"])
    bucket = stack.resource("BucketPolicy", "phi-policy")
    arn = f"arn:aws:s3:::{bucket.inputs['bucket']}"
    actions = [
        action for statement in permissions["Statement"] for action in statement["Action"] if action.startswith("s3:")
    ]
    assert len(actions) == 8
    for action in actions:
        on = arn if action == "s3:ListBucketVersions" else f"{arn}/object"
        assert request_outcome(permissions, break_glass, action, on, REQUEST) is ALLOWED
        assert request_outcome(bucket.policy, break_glass, action, on, REQUEST) is not EXPLICIT_DENY


def test_bucket_policies_with_many_administrators_and_networks_stay_below_the_limit():
    """The quota of S3 is 20 KB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html"""
    networks = [f"vpce-{number:017x}" for number in range(10)] + [f"203.0.{number}.0/24" for number in range(20)]
    stack = run_main(
        "prod",
        **OPTIONS | {"networks": json.dumps(networks), "replicaRegion": "us-west-2"},
        responses=deployed_by(DEPLOYERS[2]),
        bucketAdministrators=json.dumps([f"{SSO_ROLE}{number:04}" for number in range(20)]),
    )
    sizes = {name.name: len(name.inputs["policy"]) for name in stack.resources_of_type("BucketPolicy")}
    assert len(sizes) == 6
    assert max(sizes.values()) < BUCKET_OR_ACCESS_POINT_POLICY.maximum
