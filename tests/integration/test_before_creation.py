"""What the pack refuses before its creation never exists, on the real engine and emulated AWS."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.folder import ROOT
from tests.integration.sandboxed_stack import UP, SandboxedStack
from tests.sandboxes import Sandbox

PROJECT = f"""\
name: partner
runtime:
  name: python
  options:
    virtualenv: {ROOT / ".venv"}
"""
# Nothing but this program makes the bucket, and the pack can't see that it does.
DYNAMIC_PROGRAM = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Bucket(ResourceProvider):
    def create(self, props):
        import boto3

        boto3.client("s3").create_bucket(Bucket=props["bucket"])
        return CreateResult(props["bucket"], props)


class DynamicBucket(Resource):
    def __init__(self, name, bucket):
        super().__init__(Bucket(), name, {"bucket": bucket})


DynamicBucket("records", "unseen-records")
"""
LIST_BUCKETS = """\
import json

import boto3

print(json.dumps([bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]))
"""
# Its component declares a clean document, and puts another one on the bucket. Nothing gives the stack's own account.
PROGRAM = """\
import json

import pulumi
import pulumi_aws as aws

NAME = "partner-data"
RESOURCES = [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]


def deny(**condition):
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": RESOURCES, "Condition": condition}


TLS_ONLY = [deny(Bool={"aws:SecureTransport": "false"}), deny(NumericLessThan={"s3:TlsVersion": "1.2"})]
PARTNER = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::999999999999:role/vendor"},
    "Action": "s3:GetObject",
    "Resource": RESOURCES,
}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": [*TLS_ONLY, *statements]}


class Guarded(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("example:storage:Guarded", name, {"bucketPolicy": document()})
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, bucket=NAME, tags={"DataClass": "Internal"}, opts=child)
        policy = bucket.arn.apply(lambda _: json.dumps(document(PARTNER)))
        aws.s3.BucketPolicy(f"{name}-policy", bucket=bucket.id, policy=policy, opts=child)


Guarded("data")
"""
PRINT_POLICY = """\
import json

import boto3

s3 = boto3.client("s3")
print(json.dumps([bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]))
print(s3.get_bucket_policy(Bucket="partner-data")["Policy"])
"""


def new_stack(folder: Path, program: str, sandbox: Sandbox) -> SandboxedStack:
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(program)
    (folder / "Pulumi.dev.yaml").write_text("config:\n  aws:region: us-east-1\n")
    return SandboxedStack("dev", folder, sandbox)


def test_up_creates_nothing_that_is_not_judged_if_the_config_requires_judgment(sandbox: Sandbox, tmp_path: Path):
    stack = new_stack(tmp_path, DYNAMIC_PROGRAM, sandbox)
    config = tmp_path / "pack.json"
    config.write_text('{"pack-notice": {"notJudged": "mandatory"}}')
    pack = ("--policy-pack", str(ROOT / ".venv" / "policy"))

    refused = stack.pulumi(*UP, *pack, "--policy-pack-config", str(config))
    assert refused.returncode != 0
    assert "pack-coverage" in refused.stdout, refused.stdout + refused.stderr
    assert json.loads(sandbox("python", "-c", LIST_BUCKETS).stdout) == []

    reported = stack.pulumi(*UP, *pack)
    assert reported.returncode == 0, reported.stdout + reported.stderr
    assert "1 resource not judged" in reported.stdout
    assert json.loads(sandbox("python", "-c", LIST_BUCKETS).stdout) == ["unseen-records"]


def test_up_never_puts_a_policy_for_an_account_that_may_be_foreign_on_the_bucket(sandbox: Sandbox, tmp_path: Path):
    stack = new_stack(tmp_path, PROGRAM, sandbox)

    up = stack.pulumi(*UP, "--policy-pack", str(ROOT / ".venv" / "policy"))
    assert up.returncode != 0
    found = [line.split()[4] for line in up.stdout.splitlines() if "[mandatory]" in line]
    assert found == ["s3-no-external-access"], up.stdout + up.stderr
    assert "Traceback" not in up.stdout + up.stderr
    assert stack.resource_types() == ["aws:s3/bucket:Bucket"]
    live = sandbox("python", "-c", PRINT_POLICY)
    assert json.loads(live.stdout) == ["partner-data"]
    assert "NoSuchBucketPolicy" in live.stderr
