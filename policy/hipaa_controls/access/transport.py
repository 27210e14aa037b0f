"""Detection of requests over plain HTTP that the policy of a topic or a queue doesn't deny."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hipaa_controls import evaluator
from hipaa_controls.access.policy_queries import ParsedPolicy, require_denied
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Ref, StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified


def insecure_transport_findings(parsed: ParsedPolicy, arn: str, service: str, *actions: str) -> Iterator[Finding]:
    """Check that a policy denies plain HTTP. Yield a finding for each of `actions` and each action that it allows.

    Args:
        parsed: The policy of a topic or a queue.
        arn: The resource's ARN, or evaluator.ANY.
        service: The service's prefix in action names, such as `sns`.
        actions: Actions that are checked even if the policy doesn't allow them, because IAM may.
    """
    allowed = [
        re.sub(r"\*+", evaluator.ANY, allowed_action)
        for statement in parsed.possible_allows
        for allowed_action in _actions(statement, service)
    ]
    for request_action in dict.fromkeys((*actions, *allowed)):
        request = evaluator.Request(request_action, arn, evaluator.ANYONE, {"aws:SecureTransport": "false"})
        yield require_denied(parsed, request, "some request over plain HTTP isn't denied")


def _actions(statement: evaluator.Statement, service: str) -> tuple[str, ...]:
    """Return the service's actions that a statement covers. A NotAction covers every action that it doesn't name."""
    return (f"{service}:*",) if statement.not_actions or "*" in statement.actions else statement.actions


def check_policy_of_another_resource(resource: str, policy_targets: Iterable[Ref], context: RuleContext) -> Finding:
    """Check a topic or a queue that declares no policy itself. Another resource may declare it.

    Args:
        resource: The URN or ARN of the topic or queue.
        policy_targets: The topics or queues of all policies in the stack.
        context: The context of the rule.
    """
    if not context.stack.complete:
        return passed("another resource may declare its policy")
    targets = list(policy_targets)
    if StackResource(resource) in targets:
        return passed("another resource declares its policy")
    unknowns = [target for target in targets if isinstance(target, Unknown)]
    return unverified(*unknowns) if unknowns else failed("no policy is declared, so plain HTTP isn't denied")
