"""Would AWS let this request in?  moto ignores every Condition, so the sandbox asks hipaa/iam before moto.

Each request to S3, the use of a KMS key that it implies, and each sts:AssumeRole is decided by the bucket's, the key's
or the role's policy and by the caller's own, as the IAM User Guide combines them. The rest of AWS is let through.

    service("cloudtrail.amazonaws.com", "s3:PutObject", f"{arn}/AWSLogs/x", policy, {"aws:SourceArn": trail})

answers for a service, which never calls the emulator: None where it is let in, else why not.
"""

from sandbox.authorization.decision import service

__all__ = ["service"]
