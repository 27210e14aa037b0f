"""Keys that rotate by the program, while their earlier deployment, in state.json, doesn't and keeps what it has.

With ignore_changes, the engine shows the pack the value of the state, because it applies that one.
"""

import pulumi
import pulumi_aws as aws

for name, ignored in (("kept", ["enableKeyRotation"]), ("kept-whole", ["*"]), ("changed", ["description"])):
    opts = pulumi.ResourceOptions(ignore_changes=ignored)
    aws.kms.Key(name, enable_key_rotation=True, description="data", opts=opts)

# A new resource has no earlier value, so the program's own is applied.
aws.kms.Key("new", enable_key_rotation=True, opts=pulumi.ResourceOptions(ignore_changes=["enableKeyRotation"]))
aws.kms.Key("new-without", enable_key_rotation=False, opts=pulumi.ResourceOptions(ignore_changes=["*"]))

# A value inside a property is kept too.
block = {"status": "Enabled"}
aws.s3.BucketVersioning(
    "kept-status",
    bucket="records",
    versioning_configuration=block,
    opts=pulumi.ResourceOptions(ignore_changes=["versioningConfiguration.status"]),
)
