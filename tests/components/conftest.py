"""Loads what the components use of pulumi_aws, of which each module is otherwise loaded when it is first looked into.

One that fails amid that, as where somebody only asks what a module has, stays empty for good and says nothing.
"""

import pulumi_aws as aws

MODULES = (
    *(aws.backup, aws.cfg, aws.cloudtrail, aws.cloudwatch, aws.guardduty, aws.iam),
    *(aws.kms, aws.macie2, aws.s3, aws.sns),
)
for module in MODULES:
    getattr(module, "__all__", None)
