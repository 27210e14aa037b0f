"""The boto3 tools: a client that stores PHI encrypted in S3, and an audit that runs the policy pack's rules."""

import sys
from pathlib import Path

# The rules are part of the policy pack, which is published without phi/; the audit imports the same code from there.
sys.path.append(str(Path(__file__).resolve().parent.parent / "policy"))

__version__ = "0.1.0"
