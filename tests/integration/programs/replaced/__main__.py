"""A stack whose earlier deployment, in state.json, has `reports` with a policy that requires TLS, and a public `drop`.

`reports` has a new name, so it and its companions are replaced. Its policy and all of `drop` are deleted. Deleted
resources no longer count: the policy doesn't make `reports` pass, and the ACL of `drop` doesn't make the stack fail.
"""

import pulumi_aws as aws

reports = aws.s3.Bucket("reports", bucket="reports-by-year", tags={"DataClass": "Internal"})
aws.s3.BucketPublicAccessBlock(
    "closed",
    bucket=reports.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
aws.s3.BucketOwnershipControls("owner", bucket=reports.id, rule={"object_ownership": "BucketOwnerEnforced"})
default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
aws.s3.BucketServerSideEncryptionConfiguration("encryption", bucket=reports.id, rules=[default])
