"""AWS calls from tests. Only sandboxed processes reach the emulator's network, so boto3 runs in a child process there.

    with Aws(sandbox) as aws:
        aws("s3.put_object", Bucket="phi", Key="x", Body=b"")

Run as a program, this module is the child process. It reads pickled calls from stdin, and writes their results or
errors to stdout.
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
    from tests.sandboxes import Sandbox

Credentials = Mapping[str, Any]
"""Credentials as sts.assume_role or iam.create_access_key returns them."""


class Aws:
    """Makes AWS calls in a sandbox, as the account's administrator unless `caller` is given."""

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
        self, operation: str, *, caller: Credentials | None = None, plain_http: bool = False, **parameters: Any
    ) -> Any:
        """Return boto3's response, with a streaming body read, or raise boto3's error.

        Args:
            operation: The service and the method, such as "s3.put_object".
            caller: The credentials to use.
            plain_http: Whether to use plain HTTP.
            parameters: The parameters of the method.
        """
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        pickle.dump((operation, dict(caller or {}), plain_http, parameters), self._child.stdin)
        self._child.stdin.flush()
        response = pickle.load(self._child.stdout)
        if isinstance(response, Exception):
            raise response
        return response

    def assume(self, role_arn: str, *, caller: Credentials | None = None, **parameters: Any) -> Credentials:
        """Assume a role and return the credentials of the session."""
        request = {"RoleArn": role_arn, "RoleSessionName": "test", **parameters}
        return self("sts.assume_role", caller=caller, **request)["Credentials"]


def make_call(operation: str, caller: Credentials, plain_http: bool, parameters: dict[str, Any]) -> Any:
    """Make a call and return its response or its error."""
    service, _, method = operation.partition(".")
    client = boto3.client(
        service,
        endpoint_url=os.environ["SANDBOX_HTTP"] if plain_http else None,
        aws_access_key_id=caller.get("AccessKeyId"),
        aws_secret_access_key=caller.get("SecretAccessKey"),
        aws_session_token=caller.get("SessionToken"),
    )
    try:
        response = getattr(client, method)(**parameters)
    except (ClientError, BotoCoreError) as error:
        return error
    if isinstance(response, dict) and "Body" in response:
        return {**response, "Body": response["Body"].read()}
    return response


if __name__ == "__main__":
    while True:
        try:
            call = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        pickle.dump(make_call(*call), sys.stdout.buffer)
        sys.stdout.buffer.flush()
