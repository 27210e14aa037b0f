"""Checks, with AWS, of the organization and the principals that the bucket policies' Deny statements exempt.

AWS accepts any text in a condition. A wrong organization would deny every principal, and a wrong ARN would deny
the intended administrator. Both are checked before the first resource is declared.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.account import Account, look_up


def check_organization(organization_id: str | None) -> None:
    """Check that the deployer's account belongs to the organization in `phi:organizationId`, if that is set.

    Every account of an organization may call DescribeOrganization.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html

    Raises:
        pulumi.RunError: The account belongs to another organization or to none, or its organization can't be read.
    """
    if organization_id is None:
        return
    # return_organization_only would need one permission only, but a provider of version 5 doesn't have it.
    organization = look_up(
        "whether the account belongs to phi:organizationId",
        aws.organizations.get_organization,
        "The deployer needs organizations:DescribeOrganization, and in the organization's management account also "
        "organizations:List*. Check it with: aws organizations describe-organization, or grant access to the stack's "
        "own account only with: pulumi config rm phi:organizationId",
    )
    if organization.id != organization_id:
        raise pulumi.RunError(
            f"phi:organizationId is {organization_id}; it must be the organization of the stack's account, "
            f"{organization.id}, because the bucket policies deny principals of any other. "
            f"Set it with: pulumi config set phi:organizationId {organization.id}"
        )


def check_administrators(account: Account, administrators: Sequence[str], organization_id: str | None) -> None:
    """Check that the roles and users in `phi:bucketAdministrators` exist, with the same path.

    Those of another account of the organization can't be checked from here.

    Raises:
        pulumi.RunError: One of them doesn't exist, or belongs to an account that the buckets deny.
    """
    errors = []
    for index, arn in enumerate(administrators):
        _, partition, _, _, account_id, resource = arn.split(":", 5)
        if (partition, account_id) == (account.partition, account.id):
            kind, name = resource.split("/")[0], resource.rsplit("/", 1)[-1]
            existing_arn = _existing_arn(kind, name)
            if existing_arn != arn:
                errors.append(
                    f"phi:bucketAdministrators[{index}] is {arn}; it must be the ARN of an existing {kind}, "
                    f"{existing_arn}. Set it with: "
                    f"pulumi config set --path 'phi:bucketAdministrators[{index}]' {existing_arn}"
                )
        elif organization_id is None or partition != account.partition:
            errors.append(
                f"phi:bucketAdministrators[{index}] is {arn}; it must be a role or a user of account {account.id}, "
                "because the buckets deny every other account while phi:organizationId isn't set. "
                f"Remove it with: pulumi config rm --path 'phi:bucketAdministrators[{index}]'"
            )
    if errors:
        raise pulumi.RunError(
            "\n".join(["the stack's bucket administrators are invalid:", *map("  - {}".format, errors)])
        )


def _existing_arn(kind: str, name: str) -> str:
    """Return the ARN of the role or user with this name; names are unique in an account, whatever the path."""
    subject = f"whether the {kind} {name} in phi:bucketAdministrators exists"
    requirement = (
        f"It must exist, and the deployer needs iam:Get{kind.capitalize()} for it. "
        f"Check it with: aws iam get-{kind} --{kind}-name {name}"
    )
    if kind == "role":
        return look_up(subject, lambda: aws.iam.get_role(name=name), requirement).arn
    return look_up(subject, lambda: aws.iam.get_user(user_name=name), requirement).arn
