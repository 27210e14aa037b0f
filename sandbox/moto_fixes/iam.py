"""IAM: loads one AWS managed policy at a time, because loading all takes seconds; keeps role descriptions.

It also accepts the ARN of an S3 Access Grants instance in a policy.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam import policy_validation
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

# The resources of S3 whose ARN has a region:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
S3_RESOURCES_WITH_REGION = ["accesspoint/", "access-grants/"]

_regional_resources = policy_validation.SERVICE_TYPE_REGION_INFORMATION_ERROR_ASSOCIATIONS
_attach_role_policy = IAMBackend.attach_role_policy
_update_role = IAMBackend.update_role


def attach_role_policy(self: Any, policy_arn: str, role_name: str) -> None:
    """Accept an AWS managed policy too."""
    name = policy_arn.rpartition("/")[2]
    if ":iam::aws:policy/" in policy_arn and policy_arn not in self.managed_policies:
        data = json.loads(aws_managed_policies_data).get(name)
        policy = data and AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
        if policy and policy.arn == policy_arn:
            self.managed_policies[policy_arn] = policy
    _attach_role_policy(self, policy_arn, role_name)


def update_role(self: Any, role_name: str, role_description: str | None, max_session_duration: Any) -> Any:
    """Keep the role's description if the call has none. Moto deletes it.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
    """
    description = self.get_role(role_name).description if role_description is None else role_description
    return _update_role(self, role_name, description, max_session_duration)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (IAMBackend, "attach_role_policy", attach_role_policy),
    (IAMBackend, "update_role", update_role),
    (
        policy_validation,
        "SERVICE_TYPE_REGION_INFORMATION_ERROR_ASSOCIATIONS",
        {
            **_regional_resources,
            "s3": {**_regional_resources["s3"], "valid_starting_values": S3_RESOURCES_WITH_REGION},
        },
    ),
)
