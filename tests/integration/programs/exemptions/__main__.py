"""Two buckets alike, with nothing but encryption. The pack's config excuses one of them from one control."""

import pulumi_aws as aws

for name in ("drop", "archive"):
    bucket = aws.s3.Bucket(name, tags={"DataClass": "Internal"})
    default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-encryption", bucket=bucket.id, rules=[default])
