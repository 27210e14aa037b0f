"""The stack's settings and outputs, which both the Pulumi program and the tools read.

Nothing here imports boto3 or pulumi, so the program, the audit and the cost estimate can all import it.
"""
