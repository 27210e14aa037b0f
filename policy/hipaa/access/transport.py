"""Detection of requests over plain HTTP that a resource's policy doesn't deny."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipaa import evaluator
from hipaa.access.policy_queries import ParsedPolicy, require_denied
from hipaa.model.verdict import Finding


def insecure_transport_findings(parsed: ParsedPolicy, arn: str, service: str, action: str) -> Iterator[Finding]:
    """Check that a policy denies plain HTTP. Yield a finding for `action` and for each action that the policy allows.

    Args:
        parsed: The policy of a topic or a queue.
        arn: The resource's ARN, or evaluator.ANY.
        service: The service's prefix in action names, such as `sns`.
        action: An action that is checked even if the policy doesn't allow it, because IAM may.
    """
    allowed = [
        re.sub(r"\*+", evaluator.ANY, allowed_action)
        for statement in parsed.possible_allows
        for allowed_action in _actions(statement, service)
    ]
    for request_action in dict.fromkeys((action, *allowed)):
        request = evaluator.Request(request_action, arn, evaluator.ANYONE, {"aws:SecureTransport": "false"})
        yield require_denied(parsed, request, "some request over plain HTTP isn't denied")


def _actions(statement: evaluator.Statement, service: str) -> tuple[str, ...]:
    """Return the service's actions that a statement covers. A NotAction covers every action that it doesn't name."""
    return (f"{service}:*",) if statement.not_actions or "*" in statement.actions else statement.actions
