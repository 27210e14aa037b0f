"""The stack with a second PHI bucket, which `phi:buckets` in Pulumi.prod.yaml adds."""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
runpy.run_path(str(ROOT / "__main__.py"))
