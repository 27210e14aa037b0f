"""IAM has the policies that AWS manages. Moto leaves them out, or loads all of them, which takes seconds."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

_attach_role_policy = IAMBackend.attach_role_policy


def attach_role_policy(self: Any, policy_arn: str, role_name: str) -> None:
    """Attaches one of AWS's policies too."""
    name = policy_arn.rpartition("/")[2]
    if ":iam::aws:policy/" in policy_arn and policy_arn not in self.managed_policies:
        data = json.loads(aws_managed_policies_data).get(name)
        policy = data and AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
        if policy and policy.arn == policy_arn:
            self.managed_policies[policy_arn] = policy
    _attach_role_policy(self, policy_arn, role_name)


FIXES = ((IAMBackend, "attach_role_policy", attach_role_policy),)
