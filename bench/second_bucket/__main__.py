"""The stack with a second bucket of PHI beside the first."""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
stack = runpy.run_path(str(ROOT / "__main__.py"))

stack["PhiBucket"](
    "imaging",
    {
        "site": stack["site"],
        "data_class": "PHI",
        "key_arn": stack["phi_key"].arn,
        "log_bucket": stack["access_logs"].bucket,
    },
)
