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


LEFT_OUT_PROGRAM = """\
import json

import pulumi_aws as aws

bucket = aws.s3.Bucket("records", bucket="records", tags={"DataClass": "Internal"})
deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
deny["Resource"] = ["arn:aws:s3:::records", "arn:aws:s3:::records/*"]
conditions = ({"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
statements = [deny | {"Condition": condition} for condition in conditions]
policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
aws.s3.BucketPolicy("policy", bucket=bucket.id, policy=policy)
flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
aws.s3.BucketPublicAccessBlock("block", bucket=bucket.id, **dict.fromkeys(flags, True))
aws.s3.BucketOwnershipControls("owner", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})
default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
aws.s3.BucketServerSideEncryptionConfiguration("encryption", bucket=bucket.id, rules=[default])
"""
LEFT_OUT_POLICY = "urn:pulumi:dev::partner::aws:s3/bucketPolicy:BucketPolicy::policy"


def test_up_says_what_exclude_left_out_and_passes_it_once_it_is_there(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "__main__.py").write_text(LEFT_OUT_PROGRAM)
    (tmp_path / "Pulumi.dev.yaml").write_text(
        'config:\n  aws:region: us-east-1\n  aws:allowedAccountIds: ["123456789012"]\n'
    )
    stack = SandboxedStack("dev", tmp_path, sandbox)
    pack = ("--policy-pack", str(ROOT / ".venv" / "policy"))

    excluding = stack.pulumi(*UP, *pack, "--exclude", LEFT_OUT_POLICY)
    output = excluding.stdout + excluding.stderr
    assert excluding.returncode != 0, output
    assert "policy was left out of this run by --target or --exclude" in output
    assert "can't be parsed" not in output
    assert "aws:s3/bucketPolicy:BucketPolicy" not in stack.resource_types()

    whole = stack.pulumi(*UP, *pack)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    excluding_again = stack.pulumi(*UP, *pack, "--exclude", LEFT_OUT_POLICY)
    assert excluding_again.returncode == 0, excluding_again.stdout + excluding_again.stderr
