"""Create the bucket of another stack."""

import boto3

boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="other-team")
