"""What is judged: a policy, and the resource that it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hipaa_controls import evaluator
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_policy
from hipaa_controls.model.values import Location
from phi_buckets.errors import ConfigurationError
from phi_buckets.policy_access.kinds import KIND_NAMES, KINDS, Kind, Resource, named_resource, possible_kinds
from phi_buckets.policy_access.policy_file import PolicyFile

_KINDS = ", ".join(KIND_NAMES)


@dataclass(frozen=True)
class Subject:
    """A policy, with its resource and where that is.

    Attributes:
        parsed: The policy.
        resource: The resource that it belongs to.
        location: The location of the resource. Its account is None if neither an option nor AWS says it: the ARNs in a
            policy are its author's text.
    """

    parsed: ParsedPolicy
    resource: Resource
    location: Location


def subject_of(file: PolicyFile, kind_name: str | None, arn: str | None, account: str | None) -> Subject:
    """Return what is judged.

    Args:
        file: The policy document, perhaps with the ARN of its resource.
        kind_name: The name of the resource's kind; by default, that which the policy is about.
        arn: The ARN of the resource; by default, the file's, or the one that the policy names.
        account: The account of the resource; by default, that of its ARN, unless only the policy names it.

    Raises:
        ConfigurationError: The policy can't be judged, or an argument doesn't fit. The message lists all problems, and
            repeats neither the document nor a value.
    """
    errors = [*_argument_errors(kind_name, arn, account)]
    if arn and file.resource and arn != file.resource:
        errors.append("--resource isn't the resource that POLICY was read from: leave it out")
    parsed = parse_policy(file.document)
    if not isinstance(parsed, ParsedPolicy):
        errors.append(f"POLICY can't be used: {parsed.text}")
    elif any(statement.principals is None for statement in parsed.statements):
        errors.append("POLICY can't be used: a statement has no Principal, so it isn't the policy of a resource")
    if errors or not isinstance(parsed, ParsedPolicy):
        raise ConfigurationError("; ".join(errors))

    given = arn or file.resource
    kind = _kind(parsed.statements, kind_name, given)
    named = given or named_resource(kind, parsed.statements)
    parsed_as_kind = kind.parse(file.document)
    if not isinstance(parsed_as_kind, ParsedPolicy):
        raise ConfigurationError(f"POLICY can't be used as the policy of a {kind.title}: {parsed_as_kind.text}")
    resource = Resource(kind, named)
    if given and not any(_is_about(statement, resource) for statement in parsed.statements):
        raise ConfigurationError("no statement of POLICY is about the resource: check the ARN (--resource)")
    if account and named and _account_of(named) not in (account, None):
        raise ConfigurationError(
            f"the resource is in account {_account_of(named)}, and --account is {account}: pass the resource's own"
        )
    own_account = account or (_account_of(given) if given else None)
    partition = named.split(":")[1] if named else "aws"
    return Subject(parsed_as_kind, resource, Location(partition, account=own_account))


def _argument_errors(kind_name: str | None, arn: str | None, account: str | None) -> Iterator[str]:
    if account is not None and not evaluator.is_account(account):
        yield "--account must be the 12 digits of an account's ID"
    if kind_name is not None and kind_name not in KIND_NAMES:
        yield f"--kind must be one of {_KINDS}"
    if arn is not None and not _kinds_of_arn(arn):
        yield f"--resource must be the ARN of one of {_KINDS}, without wildcards"


def _kinds_of_arn(arn: str) -> list[Kind]:
    return [kind for kind in KINDS if kind.arn_in(arn) == arn]


def _kind(statements: Sequence[evaluator.Statement], name: str | None, arn: str | None) -> Kind:
    """Return the kind of the resource: the only one that fits the statements, the name and the ARN."""
    by_policy = possible_kinds(statements)
    if not by_policy:
        raise ConfigurationError(f"POLICY is about a kind of resource that isn't judged; the kinds are {_KINDS}")
    kinds = [
        kind for kind in KINDS if (name is None or kind.name == name) and (arn is None or kind in _kinds_of_arn(arn))
    ]
    if not kinds:
        raise ConfigurationError(f"--kind and the ARN of the resource disagree; the kinds are {_KINDS}")
    fitting = [kind for kind in kinds if kind in by_policy]
    if not fitting:
        titles = " or ".join(kind.title for kind in by_policy)
        raise ConfigurationError(f"POLICY isn't the policy of a {kinds[0].title}: it is about a {titles}")
    if len(fitting) > 1:
        names = ", ".join(kind.name for kind in fitting)
        raise ConfigurationError(f"POLICY fits several kinds of resource: pass --kind, one of {names}")
    return fitting[0]


def _is_about(statement: evaluator.Statement, resource: Resource) -> bool:
    """Return whether the Resource element of a statement can include a resource, or a part of it."""
    anyone = replace(
        statement,
        principals=(("AWS", "*"),),
        not_principals=False,
        actions=("*",),
        not_actions=False,
        conditions=(),
    )
    return any(
        evaluator.statement_matches(anyone, evaluator.Request("any:Action", arn, evaluator.ANYONE, {}))
        is not evaluator.Match.NO
        for arn in resource.arns
    )


def _account_of(arn: str) -> str | None:
    """Return the account in an ARN; None for the ARN of a bucket, which has none."""
    return arn.split(":")[4] or None
