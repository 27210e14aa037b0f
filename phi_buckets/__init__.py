"""The boto3 tools: a client that stores PHI encrypted in S3, and an audit that runs the policy pack's rules."""
