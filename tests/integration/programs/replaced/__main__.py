"""What the deployment before left, in state.json: `reports` with a policy that asks for TLS, and `drop`, open to all.

`reports` gets another name, so that it and what sets it are replaced; its policy and all of `drop` are deleted. What
goes counts no more: neither the policy for `reports`, nor the ACL of `drop` against the stack.
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
