"""The engine with its state in S3 and its secrets encrypted by KMS, as the users of a team keep them.

The stubs leave the drivers of both in the engine. Without them, Pulumi would take `s3://` for the address of a Pulumi
Cloud.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_engine.engine import Engine
from tests.aws import Aws

SECRET = "a token that nobody may read"
PROGRAM = """
import pulumi
from pulumi_aws import sns

token = pulumi.Config().require_secret("token")
sns.Topic("topic", display_name=token)
pulumi.export("token", token)
"""

Pulumi = Callable[..., str]


@pytest.fixture
def bucket(aws: Aws) -> str:
    name = f"state-{uuid.uuid4()}"
    aws("s3.create_bucket", Bucket=name)
    return name


@pytest.fixture
def pulumi(aws: Aws, engine: Engine, bucket: str, tmp_path: Path) -> Pulumi:
    """A function that runs pulumi in a project whose state is in the bucket, and returns its output."""
    (tmp_path / "Pulumi.yaml").write_text("name: topics\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    # The engine's own pulumi, because the sandbox's creates stacks by itself; and neither its state nor its passphrase.
    command = ("env", "-u", "PULUMI_BACKEND_URL", "-u", "PULUMI_CONFIG_PASSPHRASE", engine.bin / "pulumi")

    def run(*arguments: str) -> str:
        done = aws.sandbox(*command, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("login", f"s3://{bucket}?region=us-east-1&use_path_style=true")
    return run


def test_state_is_kept_in_s3_and_its_secrets_are_encrypted_by_kms(aws: Aws, pulumi: Pulumi, bucket: str) -> None:
    key = aws("kms.create_key")["KeyMetadata"]["KeyId"]
    pulumi("stack", "init", "team", "--secrets-provider", f"awskms:///{key}?region=us-east-1")
    pulumi("config", "set", "--secret", "token", SECRET)
    pulumi("config", "set", "aws:region", "us-east-1")
    pulumi("up", "--yes", "--skip-preview")

    assert json.loads(pulumi("stack", "output", "--json", "--show-secrets")) == {"token": SECRET}
    (topic,) = aws("sns.list_topics")["Topics"]
    assert aws("sns.get_topic_attributes", **topic)["Attributes"]["DisplayName"] == SECRET
    objects = {item["Key"] for item in aws("s3.list_objects_v2", Bucket=bucket)["Contents"]}
    assert ".pulumi/stacks/topics/team.json" in objects
    for name in objects:
        assert SECRET.encode() not in aws("s3.get_object", Bucket=bucket, Key=name)["Body"]
    provider = json.loads(pulumi("stack", "export"))["deployment"]["secrets_providers"]
    assert provider["type"] == "cloud"
    assert key in provider["state"]["url"]

    pulumi("destroy", "--yes", "--skip-preview")
    pulumi("stack", "rm", "--yes")
    assert aws("sns.list_topics")["Topics"] == []
