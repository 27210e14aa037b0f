"""The page docs/import-a-bucket.md: its commands, on a bucket that was made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from phi_buckets.scan_result import CLEAN, RESULT_TAG
from tests.aws import Aws
from tests.integration.sandboxed_stack import Completed, SandboxedStack
from tests.pages import AWS_COMMAND, blocks, commands
from tests.sandboxes import Sandbox, copy_project

PAGE = "import-a-bucket.md"
BUCKET = "acme-records"
GRANT = {"Type": "CanonicalUser", "ID": "a" * 64}
OLD_POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    },
}
OLD_RULE = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3650}}


@pytest.fixture
def prod(sandbox: Sandbox, tmp_path: Path) -> SandboxedStack:
    return SandboxedStack("prod", copy_project(tmp_path), sandbox)


def make_bucket(aws: Aws) -> None:
    """Make a bucket with an object, and with settings of every kind that the page saves."""
    aws("s3.create_bucket", Bucket=BUCKET)
    # The emulator can't scan the object, as the page says to.
    aws("s3.put_object", Bucket=BUCKET, Key="scan", Body=b"a scan", Tagging=f"{RESULT_TAG}={CLEAN}")
    aws("s3.put_bucket_policy", Bucket=BUCKET, Policy=json.dumps(OLD_POLICY))
    aws("s3.put_bucket_lifecycle_configuration", Bucket=BUCKET, LifecycleConfiguration={"Rules": [OLD_RULE]})
    aws("s3.put_bucket_tagging", Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Team", "Value": "records"}]})


def write_files(stack: SandboxedStack) -> None:
    """Write the files that the page shows."""
    (settings,), (import_file,) = blocks(PAGE, "yaml"), blocks(PAGE, "json")
    stack_file = yaml.safe_load(stack.settings.read_text())
    stack_file["config"] |= yaml.safe_load(settings)["config"]
    stack.settings.write_text(yaml.safe_dump(stack_file))
    (stack.project / "import.json").write_text(import_file)


def run(stack: SandboxedStack, section: str) -> list[Completed]:
    """Run the commands of a section of the page, each of which must succeed."""
    results = []
    for command in commands(PAGE, section):
        done = stack.sandbox("bash", "-c", f'PATH="{AWS_COMMAND}:$PATH"; {command}', cwd=stack.project)
        assert done.returncode == 0, command + done.stdout + done.stderr
        results.append(done)
    return results


def versions(aws: Aws) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = aws("s3.list_object_versions", Bucket=BUCKET)["Versions"]
    return sorted(listed, key=lambda version: not version["IsLatest"])


def test_existing_bucket_is_taken_in_with_its_objects(prod: SandboxedStack):
    with Aws(prod.sandbox) as aws:
        make_bucket(aws)
        run(prod, "1.")
        assert json.loads((prod.project / "old-policy.json").read_text()) == OLD_POLICY
        run(prod, "2.")
        write_files(prod)
        run(prod, "3.")
        preview, _, unchanged = run(prod, "4.")
        for line in next(block for block in blocks(PAGE, "console", "4.") if "$" not in block).splitlines():
            assert line.strip() in preview.stdout
        assert "replace" not in preview.stdout
        assert "0 failed, 0 unverified, 0 exempted or allowed" in preview.stdout
        assert "unchanged" in unchanged.stdout

        (bucket,) = [
            resource for resource in prod.resources() if resource["id"] == BUCKET and "Bucket::" in resource["urn"]
        ]
        assert bucket["urn"].endswith("phi:storage:PhiBucket$aws:s3/bucket:Bucket::phi")
        assert bucket["protect"]
        policy = json.loads(aws("s3.get_bucket_policy", Bucket=BUCKET)["Policy"])
        assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
        (rule,) = aws("s3.get_bucket_lifecycle_configuration", Bucket=BUCKET)["Rules"]
        assert "Expiration" not in rule

        (old,) = versions(aws)
        run(prod, "5.")
        new, still_there = versions(aws)
        assert still_there["VersionId"] == old["VersionId"]
        head = aws("s3.head_object", Bucket=BUCKET, Key="scan")
        assert head["VersionId"] == new["VersionId"]
        assert (head["ServerSideEncryption"], head["ObjectLockMode"]) == ("aws:kms", "GOVERNANCE")


def test_bucket_without_object_lock_is_not_replaced(prod: SandboxedStack):
    with Aws(prod.sandbox) as aws:
        make_bucket(aws)
    write_files(prod)
    run(prod, "3.")
    preview = prod.pulumi("preview")
    assert preview.returncode != 0
    assert "protect" in preview.stdout + preview.stderr
