"""A policy document in a file: the document itself, or what the AWS CLI prints about the resource that has it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hipaa_controls.model.values import Document
from phi_buckets.errors import ConfigurationError

# AWS accepts no policy of more than 32 KB without whitespace, and prints it with other attributes of the resource.
MAX_BYTES = 1024 * 1024
_ACCEPTED = (
    "pass a policy document as JSON, or the output of aws s3api get-bucket-policy, s3control get-access-point-policy, "
    "kms get-key-policy, sns get-topic-attributes, sqs get-queue-attributes, iam get-role or secretsmanager "
    "get-resource-policy"
)


@dataclass(frozen=True)
class PolicyFile:
    """The content of a file.

    Attributes:
        document: The policy document.
        resource: The ARN of the resource that AWS says it belongs to; None if the file doesn't say.
    """

    document: Document
    resource: str | None = None


def read_policy_file(path: Path) -> PolicyFile:
    """Return the policy in a file, or in stdin for `-`.

    Raises:
        ConfigurationError: There is no policy document in it. The message contains nothing of it.
    """
    return parse_policy_file(_read_text(path))


def parse_policy_file(text: str) -> PolicyFile:
    """Return the policy in the text of a file. Raises ConfigurationError as read_policy_file does."""
    if not text.strip():
        raise ConfigurationError(f"POLICY is empty: {_ACCEPTED}")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ConfigurationError(f"POLICY isn't JSON ({place}): {_ACCEPTED}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or thousands of brackets
        raise ConfigurationError(f"POLICY isn't JSON of a usual size: {_ACCEPTED}") from None
    match content:
        case {"Statement": _}:
            return PolicyFile(Document(text))  # The parser of policies rejects a name that appears twice.
        case {"Role": {"AssumeRolePolicyDocument": policy, "Arn": str(arn)}}:
            return PolicyFile(_document(policy), arn)
        case {"Attributes": {"Policy": policy, **attributes}}:
            topic_or_queue = attributes.get("TopicArn", attributes.get("QueueArn"))
            return PolicyFile(_document(policy), topic_or_queue if isinstance(topic_or_queue, str) else None)
        case {"ResourcePolicy": policy, "ARN": str(arn)}:
            return PolicyFile(_document(policy), arn)
        case {"Policy": policy}:
            return PolicyFile(_document(policy))
    raise ConfigurationError(f"POLICY has no Statement: {_ACCEPTED}")


def _document(policy: Any) -> Document:
    if not isinstance(policy, str | Mapping):
        raise ConfigurationError(f"POLICY contains no policy document: {_ACCEPTED}")
    return Document(policy)


def _read_text(path: Path) -> str:
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else b""  # None if it is closed
        else:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise ConfigurationError(f"POLICY is a folder: {_ACCEPTED}") from None
    except OSError as error:
        raise ConfigurationError(
            f"POLICY can't be read ({type(error).__name__}): check that the file exists and may be read"
        ) from None
    if len(data) > MAX_BYTES:
        raise ConfigurationError(f"POLICY has more than {MAX_BYTES:,} bytes, and no policy has: {_ACCEPTED}")
    try:
        return data.decode("utf-8-sig")  # Windows begins a file with a byte order mark.
    except UnicodeDecodeError:
        raise ConfigurationError(f"POLICY isn't UTF-8 text: {_ACCEPTED}") from None
