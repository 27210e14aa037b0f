"""Loads the modules of pulumi_aws that the components use; pulumi_aws otherwise loads each one on first access.

A module whose loading fails halfway, as when a debugger lists its attributes, silently stays empty.
"""

import pulumi_aws as aws

MODULES = (
    *(aws.backup, aws.cfg, aws.cloudtrail, aws.cloudwatch, aws.guardduty, aws.iam),
    *(aws.kms, aws.macie2, aws.organizations, aws.s3, aws.sns),
)
for module in MODULES:
    getattr(module, "__all__", None)
