"""The audit of an account's buckets beside prowler's S3 checks on the same emulator: part of `make bench`.

Both are whole commands. Prowler runs its checks of S3 alone; the audit reads every service and judges every control.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import external_tool
from bench.process import run
from bench.run import SANDBOX, report

BUCKETS = 200
ROUNDS = 5
PROWLER = "5.46.0"
REGION = "us-east-1"
# Prowler is installed with its bytecode; the checkout writes its own with the first, untimed run.
ALIKE = {"PYTHONDONTWRITEBYTECODE": ""}
# Run within the sandbox: each bucket with what a bucket usually has.
MAKE = """
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

s3 = boto3.client("s3")
CLOSED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)

def make(number):
    name = f"bench-{number:04d}"
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=CLOSED)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "DataClass", "Value": "PHI"}]})

with ThreadPoolExecutor(8) as at_once:
    list(at_once.map(make, range(int(sys.argv[1]))))
"""


def main() -> None:
    command = str(external_tool.install("prowler", PROWLER))
    python = sys.executable
    ours, theirs = [], []
    try:
        run([*SANDBOX, python, "-c", MAKE, str(BUCKETS)], {})
        with tempfile.TemporaryDirectory() as folder:
            evidence = Path(folder) / "evidence.json"
            audit = [python, "-m", "phi", "audit", "--all", "--region", REGION, "--report", str(evidence)]
            prowler = [command, "aws", "--service", "s3", "--region", REGION, "--output-formats", "json-ocsf"]
            prowler += ["--output-directory", folder, "--no-banner", "--only-logs", "--ignore-exit-code-3"]
            run([*SANDBOX, *audit], ALIKE, expected=1)  # untimed: the emulator loads a service with its first request
            for _ in range(ROUNDS):  # in turn, so that a slow spell of the machine meets both
                ours.append(run([*SANDBOX, *audit], ALIKE, expected=1))  # bare buckets fail
                theirs.append(run([*SANDBOX, *prowler], ALIKE))
            told = json.loads(evidence.read_text())["collection"]
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)
    if told["buckets"] != BUCKETS:
        sys.exit(f"bench: the audit read {told['buckets']} of {BUCKETS} buckets")
    report(f"phi audit of {BUCKETS} buckets, {told['calls']} calls", [each.seconds for each in ours])
    report("prowler's S3 checks of them", [each.seconds for each in theirs])
    report("prowler ÷ phi audit", [one.seconds / own.seconds for one, own in zip(theirs, ours, strict=True)])


if __name__ == "__main__":
    main()
