"""The check of the access that one policy document grants, without an AWS account."""
