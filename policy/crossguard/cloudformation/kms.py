"""Tables of AWS::KMS::Key, AWS::KMS::ReplicaKey and AWS::KMS::Alias.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_KMS.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import ONLY_NAMES, READ_ONLY, TAGS, NotRead, ResourceTable, To

OUTPUTS = {"arn": "Arn", "keyId": "KeyId"}
TABLES = {
    "AWS::KMS::Key": ResourceTable(
        "aws:kms/key:Key",
        {
            "KeyPolicy": To("policy"),
            "BypassPolicyLockoutSafetyCheck": To("bypassPolicyLockoutSafetyCheck"),
            "EnableKeyRotation": To("enableKeyRotation"),
            "RotationPeriodInDays": To("rotationPeriodInDays"),
            "PendingWindowInDays": To("deletionWindowInDays"),
            "KeySpec": To("customerMasterKeySpec"),
            "KeyUsage": To("keyUsage"),
            "MultiRegion": To("multiRegion"),
            "Enabled": To("isEnabled"),
            "Origin": NotRead(harmless=("AWS_KMS",)),  # a key of imported material is another type in pulumi-aws
            "Description": ONLY_NAMES,
            "Tags": TAGS,
            "Arn": READ_ONLY,
            "KeyId": READ_ONLY,
        },
        OUTPUTS,
    ),
    "AWS::KMS::ReplicaKey": ResourceTable(
        "aws:kms/replicaKey:ReplicaKey",
        {
            "KeyPolicy": To("policy"),
            "PendingWindowInDays": To("deletionWindowInDays"),
            "PrimaryKeyArn": To("primaryKeyArn"),
            "Enabled": To("enabled"),
            "Description": ONLY_NAMES,
            "Tags": TAGS,
            "Arn": READ_ONLY,
            "KeyId": READ_ONLY,
        },
        OUTPUTS,
    ),
    "AWS::KMS::Alias": ResourceTable(
        "aws:kms/alias:Alias", {"AliasName": To("name"), "TargetKeyId": To("targetKeyId")}, {"name": "AliasName"}
    ),
}
