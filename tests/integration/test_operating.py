"""The page docs/operating.md: the commands that destroy a dev stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.aws import Aws
from tests.integration.sandboxed_stack import UP, SandboxedStack
from tests.pages import AWS_COMMAND, script
from tests.sandboxes import Sandbox, copy_project


@pytest.fixture
def dev(sandbox: Sandbox, tmp_path: Path) -> SandboxedStack:
    return SandboxedStack("dev", copy_project(tmp_path), sandbox)


def test_dev_stack_with_locked_versions_is_destroyed(dev: SandboxedStack):
    up = dev.pulumi(*UP)
    assert up.returncode == 0, up.stdout + up.stderr
    outputs = json.loads(dev.pulumi("stack", "output", "--json").stdout)
    with Aws(dev.sandbox) as aws:
        for bucket, encryption in (
            (outputs["phi_bucket_name"], {}),
            (outputs["trail_bucket_name"], {"ServerSideEncryption": "AES256"}),
        ):
            aws("s3.put_object", Bucket=bucket, Key="object", Body=b"1", **encryption)
            assert aws("s3.head_object", Bucket=bucket, Key="object")["ObjectLockMode"] == "GOVERNANCE"
            aws("s3.delete_object", Bucket=bucket, Key="object")

        destroy = dev.sandbox(
            "bash",
            "-c",
            f'PATH="{AWS_COMMAND}:$PATH"\n{script("operating.md", "Destroy a dev stack")}',
            cwd=dev.project,
        )
        assert destroy.returncode == 0, destroy.stdout + destroy.stderr
        assert destroy.stdout.count("DeleteBucket, https response error StatusCode: 409") >= 2  # at the first destroy
        assert dev.resource_types() == []
        assert aws("s3.list_buckets")["Buckets"] == []
        assert aws("backup.list_backup_vaults")["BackupVaultList"] == []
