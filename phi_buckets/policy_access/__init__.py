"""The answer to who can get in by one policy document, without an AWS account."""
