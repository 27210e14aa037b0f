"""Creates what is already in AWS: another team's bucket."""

import boto3

boto3.client("s3").create_bucket(Bucket="other-team")
