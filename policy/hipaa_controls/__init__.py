"""HIPAA's rules for AWS: facts → rules → verdicts. Pure Python, with no import of Pulumi or boto3."""
