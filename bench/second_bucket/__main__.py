"""The stack with a second PHI bucket."""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
stack = runpy.run_path(str(ROOT / "__main__.py"))

context = stack["context"]
stack["PhiBucket"](
    "imaging",
    {
        "account": stack["account"],
        "data_class": "PHI",
        "key_arn": stack["phi_key"].arn,
        "log_bucket": stack["access_logs"].bucket,
        "protection": context.bucket_protection,
        "object_lock": context.object_lock,
        "lifecycle": context.lifecycle,
    },
)
