"""What the program and the tools both need to know of a stack: its settings and its outputs.

Nothing here loads boto3 or pulumi, so that the program, the audit and the cost estimate can all read it.
"""
