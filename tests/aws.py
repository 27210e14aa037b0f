"""AWS calls from a test: the emulator's network is the sandbox's alone, so boto3 runs there and answers from there.

    with Aws(sandbox) as aws:
        aws("s3.put_object", Bucket="phi", Key="x", Body=b"")

Run as a program it is boto3's side: pickled calls come on stdin, their answers or errors go to stdout.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from tests.conftest import Sandbox

Credentials = Mapping[str, Any]
"""As sts.assume_role or iam.create_access_key gives them."""


class Aws:
    """The AWS of a sandbox, as seen by one caller; the sandbox's administrator where `caller` is left out."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._child = subprocess.Popen(
            sandbox.command("python", __file__), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        self._child.wait()

    def __call__(
        self, operation: str, *, caller: Credentials | None = None, plain: bool = False, **parameters: Any
    ) -> Any:
        """What boto3 answers, a streaming body read; over plain HTTP if `plain`. Raises what boto3 raises."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        pickle.dump((operation, dict(caller or {}), plain, parameters), self._child.stdin)
        self._child.stdin.flush()
        answer = pickle.load(self._child.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def assume(self, role_arn: str, *, caller: Credentials | None = None, **parameters: Any) -> Credentials:
        """The credentials of a session of this role."""
        asked = {"RoleArn": role_arn, "RoleSessionName": "test", **parameters}
        return self("sts.assume_role", caller=caller, **asked)["Credentials"]


def answer(operation: str, caller: Credentials, plain: bool, parameters: dict[str, Any]) -> Any:
    service, _, method = operation.partition(".")
    client = boto3.client(
        service,
        endpoint_url=os.environ["SANDBOX_HTTP"] if plain else None,
        aws_access_key_id=caller.get("AccessKeyId"),
        aws_secret_access_key=caller.get("SecretAccessKey"),
        aws_session_token=caller.get("SessionToken"),
    )
    try:
        got = getattr(client, method)(**parameters)
    except (ClientError, BotoCoreError) as error:
        return error
    return {**got, "Body": got["Body"].read()} if isinstance(got, dict) and "Body" in got else got


if __name__ == "__main__":
    while True:
        try:
            call = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        pickle.dump(answer(*call), sys.stdout.buffer)
        sys.stdout.buffer.flush()
