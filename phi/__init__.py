"""The boto3 side: a client that keeps PHI where S3 encrypts it, and an audit of the account by the pack's rules."""

import sys
from pathlib import Path

# The rules live with the pack, which is published alone; the audit judges by the very same.
sys.path.append(str(Path(__file__).resolve().parent.parent / "policy"))

__version__ = "0.1.0"
