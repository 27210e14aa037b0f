"""Writes policy/hipaa_controls/services/iam/managed_policies.py from moto's copy of the AWS managed policies.

To run it: `python -m tests.policy.services.generate_managed_policies`.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Document
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.iam import managed_policies
from hipaa_controls.services.iam.facts import IdentityPolicy
from hipaa_controls.services.iam.rules import identity_policies

CHECKS = {
    "ADMIN": identity_policies.no_admin,
    "BROAD_DECRYPT": identity_policies.no_broad_decrypt,
    "ESCALATION": identity_policies.no_privilege_escalation,
}


def module_text() -> str:
    """Return the Python module: the names of the policies that fail each control, and of all policies."""
    policies = json.loads(aws_managed_policies_data)
    names = {(policy["Path"] + name).lstrip("/"): json.dumps(policy["Document"]) for name, policy in policies.items()}
    newest = max(policy["UpdateDate"] for policy in policies.values())[: len("2026-09-30")]
    sets = {
        constant: [
            name
            for name, document in names.items()
            if check(IdentityPolicy(name, (Document(document),)), RuleContext(Stack(()), {})).status is Status.FAIL
        ]
        for constant, check in CHECKS.items()
    }
    return f'''"""AWS managed policies by path and name: those that fail each control, and all that are known.

`python -m tests.policy.services.generate_managed_policies` generates this module from the {len(names):,} policies that
moto {version("moto")} has, of which the newest changed on {newest}. Don't edit it.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

{"".join(_frozenset(constant, names) for constant, names in (sets | {"NAMES": list(names)}).items())}'''


def _frozenset(constant: str, names: list[str]) -> str:
    lines = "".join(f'        "{name}",\n' for name in sorted(names))
    return f"{constant} = frozenset(\n    {{\n{lines}    }}\n)\n"


if __name__ == "__main__":
    Path(managed_policies.__file__).write_text(module_text())
