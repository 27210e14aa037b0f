"""Authorizes requests as AWS would, before moto handles them: moto ignores every Condition.

hipaa_controls.evaluator evaluates the policies. Each request to S3, each use of a KMS key that it implies, and each
sts:AssumeRole is decided by the policy of the bucket, key or role and by the caller's own policies, combined as the
IAM User Guide describes. Requests to other services aren't checked.

    service("cloudtrail.amazonaws.com", "s3:PutObject", f"{arn}/AWSLogs/x", policy, {"aws:SourceArn": trail})

checks access for an AWS service, which never calls the emulator. It returns None if the access is allowed, else the
reason for the denial.
"""

from sandbox.authorization.decision import service_denial_reason

__all__ = ["service_denial_reason"]
