"""Who of a resource's own account may still do what the resource's policy should deny to all but named principals.

An administrator's own policies allow everything, so only a Deny of the resource's policy holds one back. A policy may
spare a role or a user that it names in full; any other principal that it spares is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hipaa_controls import evaluator
from hipaa_controls.access import callers
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy
from hipaa_controls.access.policy_search import Found, PolicySearch
from hipaa_controls.access.scope import Scope
from hipaa_controls.access.targets import Target
from hipaa_controls.access.witness import describe
from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Finding, failed, passed

_EVERYTHING = evaluator.Statement(0, None, "Allow", (("AWS", "*"),), ("*",), ("*",), ())


def denied_to_unnamed_administrators(
    parsed: ParsedPolicy, resource: str, actions: Sequence[str], location: Location
) -> Finding:
    """Check that a policy denies each action to every administrator that it doesn't name.

    Args:
        parsed: The policy.
        resource: The ARN that the actions are on. evaluator.ANY in it stands for any text.
        actions: The actions.
        location: The location of the resource.
    """
    denies = tuple(statement for statement in parsed.statements if statement.effect != "Allow")
    with_allow = replace(parsed, policy=evaluator.Policy((_EVERYTHING, *denies)))
    text, wildcard, _ = resource.partition(evaluator.ANY)
    target = Target.of((text, callers.NAME) if wildcard else (text,), tuple(actions))
    trusted = TrustedParties(location, "", frozenset(), frozenset())
    policy = PolicySearch.of(with_allow, [target], trusted)
    spared = Scope(ids=policy.named.ids | policy.named.principals)
    administrators = [
        caller for partition in policy.partitions for caller in callers.insiders(partition, location.account, spared)
    ]
    found = policy.find(administrators, {}, certainly=True)
    if isinstance(found, Found):
        return failed(f"{found.witness.request.action} isn't denied to an administrator", describe(found.witness))
    possible = policy.find(administrators, {}, certainly=False)
    if possible is None:
        return passed("the policy denies them to all but the principals that it names")
    return policy.undecided(possible, f"whether {actions[0]} is denied to every administrator")
