"""The account and the region of moto's server."""

REGION = "us-east-1"
ACCOUNT = "123456789012"
