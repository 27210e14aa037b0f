"""Compares an audit of an account's buckets with prowler's S3 checks on the same emulator: part of `make bench`.

Both are measured as whole commands. Prowler runs only its S3 checks; the audit reads every service and evaluates every
control.
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
# Prowler is installed with its bytecode. This project writes its own during the first run, which isn't measured.
WRITE_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
# Runs in the sandbox: creates buckets with the usual settings.
CREATE_BUCKETS = """
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3

s3 = boto3.client("s3")
BLOCK_ALL = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)

def create(number):
    name = f"bench-{number:04d}"
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCK_ALL)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "DataClass", "Value": "PHI"}]})

with ThreadPoolExecutor(8) as executor:
    list(executor.map(create, range(int(sys.argv[1]))))
"""


def main() -> None:
    prowler_command = str(external_tool.install("prowler", PROWLER))
    python = sys.executable
    audit_runs, prowler_runs = [], []
    try:
        run([*SANDBOX, python, "-c", CREATE_BUCKETS, str(BUCKETS)], {})
        with tempfile.TemporaryDirectory() as folder:
            evidence = Path(folder) / "evidence.json"
            audit = [python, "-m", "phi_buckets", "audit", "--all", "--region", REGION, "--report", str(evidence)]
            prowler = [prowler_command, "aws", "--service", "s3", "--region", REGION, "--output-formats", "json-ocsf"]
            prowler += ["--output-directory", folder, "--no-banner", "--only-logs", "--ignore-exit-code-3"]
            run(
                [*SANDBOX, *audit], WRITE_BYTECODE, expected=1
            )  # not measured: the emulator loads a service at its first request
            for _ in range(ROUNDS):  # alternating, so that a temporary slowdown affects both
                audit_runs.append(run([*SANDBOX, *audit], WRITE_BYTECODE, expected=1))  # bare buckets fail
                prowler_runs.append(run([*SANDBOX, *prowler], WRITE_BYTECODE))
            collection = json.loads(evidence.read_text())["collection"]
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)
    if collection["buckets"] != BUCKETS:
        sys.exit(f"bench: the audit read {collection['buckets']} of {BUCKETS} buckets")
    pairs = zip(prowler_runs, audit_runs, strict=True)
    report(f"phi audit of {BUCKETS} buckets, {collection['api_calls']} calls", [done.seconds for done in audit_runs])
    report("prowler's S3 checks of the same buckets", [done.seconds for done in prowler_runs])
    report("prowler ÷ phi audit", [prowler.seconds / audit.seconds for prowler, audit in pairs])


if __name__ == "__main__":
    main()
