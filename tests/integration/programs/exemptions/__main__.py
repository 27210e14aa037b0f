"""Two identical buckets that have only encryption. The pack's config exempts one of them from one control.

The config also has an expired exemption, one that covers nothing, a disabled control and an advisory one.
"""

import pulumi_aws as aws

for name in ("drop", "archive"):
    bucket = aws.s3.Bucket(name, tags={"DataClass": "Internal"})
    default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-encryption", bucket=bucket.id, rules=[default])
