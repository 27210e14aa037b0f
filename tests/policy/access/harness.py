"""Comparison of the access controls with brute force: whoever gets in must not be missed.

    python -m tests.policy.access.harness --runs 5000

Each generated document is checked by the controls, and each of its outsiders is decided by both evaluators. A document
that an outsider gets into must not pass. The command prints each problem with the seed that reproduces it, and exits
with 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import product
from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy, parse_resource_policy
from hipaa_controls.evaluator import Outcome, Request
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Document, Location
from hipaa_controls.model.verdict import Finding, Status
from hipaa_controls.services.iam.facts import IamRole
from hipaa_controls.services.iam.rules.role_trust import role_trust_policy
from hipaa_controls.services.s3.facts import Bucket, BucketPolicy
from hipaa_controls.services.s3.rules.protection import tamper_protection
from tests.policy.access.generator import RESOURCE_KINDS, GeneratedDocument, generate_resource_policy
from tests.policy.access.outsiders import Outsider, Standing, outsiders
from tests.policy.access.parties import (
    ACCOUNT,
    BUCKET,
    ORGANIZATION,
    OWN_ENDPOINT,
    OWN_NETWORKS,
    OWN_ROLE_ID,
    OWN_USER_ID,
    OWN_VPC,
    TRUSTED_ACCOUNT,
    TRUSTED_ACCOUNTS,
)
from tests.policy.access.role_trusts import generate_role_trust, outsiders_of_role
from tests.policy.access.second_evaluator import Answer, CompiledStatement, allows, compile_document
from tests.policy.access.tampering import ADMINISTRATORS, administrators, generate_tamper_protection

_OPTIONS = {
    "networks": frozenset(OWN_NETWORKS),
    "endpoints": frozenset({OWN_ENDPOINT, OWN_VPC}),
    "ids": frozenset({OWN_ROLE_ID, OWN_USER_ID}),
}
_SUPPORTED_OPTIONS = {field.name for field in fields(TrustedParties)} & set(_OPTIONS)
TRUSTED = TrustedParties(
    Location("aws", "us-east-1", ACCOUNT),
    "phi",
    frozenset({TRUSTED_ACCOUNT}),
    frozenset({ORGANIZATION}),
    **{name: _OPTIONS[name] for name in _SUPPORTED_OPTIONS},
)
_Entrant = tuple[Outsider, evaluator.Decision]
PUBLIC, EXTERNAL, SERVICES = "public access", "external principals", "services"
TRUST, TAMPERING = "role trust", "tamper protection"


@dataclass(frozen=True)
class Problem:
    """A result that can't be right: what is wrong, and the document and the request that show it."""

    kind: str
    text: str


@dataclass
class Result:
    """The counts over all documents, and the problems."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.counts += other.counts
        self.problems += other.problems


def _check_resource_policy(generated: GeneratedDocument) -> dict[str, Finding]:
    parse = parse_bucket_policy if generated.kind in ("bucket", "access point") else parse_resource_policy
    parsed = parse(Document(generated.document))
    assert isinstance(parsed, ParsedPolicy), parsed
    resources = [text.replace("*", evaluator.ANY) for text in RESOURCE_KINDS[generated.kind].resources]
    return {
        PUBLIC: external_access.public_access(parsed, resources),
        EXTERNAL: external_access.external_principals(parsed, resources, TRUSTED),
        SERVICES: external_access.service_access(parsed, resources, TRUSTED),
    }


def _check_role_trust(generated: GeneratedDocument) -> dict[str, Finding]:
    role = IamRole("role", Document(generated.document), TRUSTED.location)
    return {TRUST: role_trust_policy(role, _context())}


def _check_tamper_protection(generated: GeneratedDocument) -> dict[str, Finding]:
    bucket = Bucket("bucket", BUCKET, DataClass.PHI, location=TRUSTED.location)
    return {TAMPERING: tamper_protection(BucketPolicy(Document(generated.document)), bucket, _context())}


def _context() -> RuleContext:
    options = {"accounts": [TRUSTED_ACCOUNT], "organizations": [ORGANIZATION]}
    return RuleContext(Stack(()), options | {name: sorted(_OPTIONS[name]) for name in _SUPPORTED_OPTIONS})


@dataclass(frozen=True)
class Family:
    """Documents of one purpose.

    Attributes:
        generate: Returns the document of a seed.
        outsiders: Yields outsiders of a document.
        findings: Returns the finding of each control that checks such a document.
        identity_policy: What the outsiders' own policies allow, where a resource's policy need not.
    """

    generate: Callable[[int], GeneratedDocument]
    outsiders: Callable[[GeneratedDocument, Sequence[CompiledStatement], int], Iterator[Outsider]]
    findings: Callable[[GeneratedDocument], dict[str, Finding]]
    identity_policy: Mapping[str, Any] | None = None


FAMILIES = {
    "resource": Family(generate_resource_policy, outsiders, _check_resource_policy),
    "trust": Family(generate_role_trust, outsiders_of_role, _check_role_trust),
    "tampering": Family(generate_tamper_protection, administrators, _check_tamper_protection, ADMINISTRATORS),
}


def check(family: Family, seed: int, count: int = 400, *, every: bool = True) -> Result:
    """Compare the controls with brute force for one document.

    Args:
        family: The family of the document.
        seed: The seed of the document.
        count: The number of outsiders.
        every: Whether both evaluators decide each outsider, or the slower one only those that the other doesn't deny.
    """
    generated = family.generate(seed)
    findings = family.findings(generated)
    statuses = {control: finding.status for control, finding in findings.items()}
    result = Result()

    def report(kind: str, request: Request | None = None) -> None:
        result.problems.append(Problem(kind, _describe(kind, generated, statuses, request)))

    documents = [generated.document, *([family.identity_policy] if family.identity_policy else [])]
    policies = [evaluator.parse(document) for document in documents]
    statements = [statement for document in documents for statement in compile_document(document)]
    entrants: list[_Entrant] = []
    for outsider in family.outsiders(generated, statements, count):
        answer = allows(statements, outsider.request)
        if answer is False and not every:
            continue
        decision = evaluator.evaluate(policies, outsider.request)
        if _answer(decision.outcome) is not answer:
            report("the evaluators disagree", outsider.request)
        if _answer(decision.outcome) is not False:
            entrants.append((outsider, decision))

    missed = _missed_of_resource(entrants, statuses) if PUBLIC in statuses else _missed(entrants, statuses)
    for kind, outsider in missed:
        report(kind, outsider.request)
    for control, finding in findings.items():
        if finding.status is Status.FAIL:
            problem, shown = _check_witness(finding, control, policies, statements)
            if problem:
                report(f"{control}: {problem}", _witness(finding).request)
            elif not shown and not entrants:
                result.counts[f"{control}: failures that no outsider shows"] += 1
    result.counts.update(_verdicts(generated, statuses, entrants))
    return result


def _describe(kind: str, generated: GeneratedDocument, statuses: Mapping[str, Status], request: Request | None) -> str:
    controls = ", ".join(f"{control}: {status.value}" for control, status in statuses.items())
    lines = [f"{kind}: {generated.kind}, seed {generated.seed} ({controls})", json.dumps(generated.document)]
    if request:
        principal = request.principal
        lines.append(f"{principal.kind} {principal.id} {request.action} {request.resource}")
        lines.append(json.dumps({key: list(values or ()) for key, values in request.context.items()}))
    return "\n  ".join(lines)


def _answer(outcome: Outcome) -> Answer:
    return {Outcome.ALLOWED: True, Outcome.INDETERMINATE: None}.get(outcome, False)


def _missed(entrants: list[_Entrant], statuses: Mapping[str, Status]) -> Iterator[tuple[str, Outsider]]:
    """Yield the first outsider that gets in for certain, and the first that may, although the control passes."""
    reported = set()
    for outsider, decision in entrants:
        kind = _kind_of_miss(decision, *statuses)
        if Status.PASS in statuses.values() and kind not in reported:
            reported.add(kind)
            yield kind, outsider


def _missed_of_resource(entrants: list[_Entrant], statuses: Mapping[str, Status]) -> Iterator[tuple[str, Outsider]]:
    """Yield the first outsider of each standing that gets in although the controls concerned pass."""
    passes = {control for control, status in statuses.items() if status is Status.PASS}
    open_to_strangers = {
        decision.statement.position
        for outsider, decision in entrants
        if decision.statement and outsider.standing is Standing.STRANGER
    }
    reported = set()
    for outsider, decision in entrants:
        statement = decision.statement
        concerned = {PUBLIC, EXTERNAL}
        match outsider.standing:
            case Standing.NAMED if statement and statement.position not in open_to_strangers:
                concerned = {EXTERNAL}
            case Standing.SERVICE if statement and any(kind == "Service" for kind, _ in statement.principals or ()):
                concerned = {SERVICES}
            case Standing.SERVICE:
                concerned = {PUBLIC, EXTERNAL, SERVICES}
            case Standing.VISITOR:
                # A statement that doesn't name the visitor trusts whoever is in the owner's network.
                if not (statement and _names(statement, outsider.request)):
                    continue
                concerned = {EXTERNAL}
            case Standing.HOLDER if not _SUPPORTED_OPTIONS:
                continue
            case _:
                pass
        kind = _kind_of_miss(decision, outsider.standing.value)
        if concerned <= passes and kind not in reported:
            reported.add(kind)
            yield kind, outsider


def _names(statement: evaluator.Statement, request: Request) -> bool:
    """Return whether the statement names the account or organization of the caller, other than to exclude it."""
    texts = [] if statement.not_principals else [id_ for _, id_ in statement.principals or ()]
    for condition in statement.conditions:
        if condition.key.casefold().startswith("aws:principal") and not condition.operator.negated:
            texts += condition.values
    values = [request.get(key) for key in ("aws:PrincipalAccount", "aws:PrincipalOrgID")]
    names = [value[0] for value in values if isinstance(value, tuple)]
    return any(name in text for name in names for text in texts)


def _kind_of_miss(decision: evaluator.Decision, *words: str) -> str:
    return ": ".join(["false pass" if decision.statement else "a pass that isn't certain", *words])


def _check_witness(
    finding: Finding, control: str, policies: list[evaluator.Policy], statements: Sequence[CompiledStatement]
) -> tuple[str, bool]:
    """Return what is wrong with the witness of a failure, if anything, and whether there is a right one."""
    witness = _witness(finding)
    if witness is None:
        return "", False
    request: Request = witness.request
    decision = evaluator.evaluate(policies, request)
    if not request.context_is_complete or evaluator.ANY in request.action + request.resource + request.principal.id:
        return "the witness isn't concrete", False
    if decision.outcome is not Outcome.ALLOWED or allows(statements, request) is not True:
        return "the witness is denied", False
    if control != TAMPERING and (reason := impossible_outsider(request)):
        return f"the witness is impossible: {reason}", False
    return "", True


def _witness(finding: Finding) -> Any:
    return getattr(finding, "witness", None)


def impossible_outsider(request: Request) -> str:
    """Return why no outsider can make this request, or an empty text."""

    def value(key: str) -> str:
        values: Any = request.get(key)
        return values[0] if values else ""

    arn, account, user_id = value("aws:PrincipalArn"), value("aws:PrincipalAccount"), value("aws:userid")
    accounts = {account, value("kms:CallerAccount"), value("aws:SourceAccount"), *_accounts_in(arn)}
    accounts |= _accounts_in(value("aws:SourceArn"))
    if request.principal.kind != "Federated":  # an identity provider of one's own issues tokens to strangers
        accounts |= _accounts_in(request.principal.id)
    if accounts & TRUSTED_ACCOUNTS:
        return "its account is trusted"
    if ORGANIZATION in (value("aws:PrincipalOrgID"), value("aws:SourceOrgID")):
        return "its organization is trusted"
    if arn and account and account not in _accounts_in(arn):
        return "its ARN and its account differ"
    if arn.endswith(":root") and user_id not in ("", account):
        return "a root user's ID is its account's"
    if ":user/" in arn and user_id and not user_id.startswith("AIDA"):
        return "a user's ID begins with AIDA"
    if ":role/" in arn and user_id and not (user_id.startswith("AROA") and ":" in user_id):
        return "a role session's ID is that of the role, and the session's name"
    if value("aws:username") and arn and ":user/" not in arn:
        return "only a user has a username"
    if value("aws:SourceVpce") and value("aws:SourceIp"):
        return "a request through an endpoint has no public address"
    if request.principal.kind in ("Service", "Anonymous") and (arn or account not in ("", "anonymous")):
        return "it has the keys of a principal of an account"
    return ""


def _accounts_in(arn: str) -> set[str]:
    parts = arn.split(":", 5)
    return {parts[4]} - {""} if len(parts) == 6 else set()


def _verdicts(
    generated: GeneratedDocument,
    statuses: Mapping[str, Status],
    entrants: list[_Entrant],
) -> Iterator[str]:
    yield "documents"
    yield f"documents of a {generated.kind}"
    for status in (Status.FAIL, Status.UNVERIFIED, Status.PASS):
        if status in statuses.values():
            yield status.value
            break
    yield from (f"{control}: {status.value}" for control, status in statuses.items())
    standings = {outsider.standing for outsider, decision in entrants if decision.statement}
    yield from (f"let in by brute force: {standing.value}" for standing in standings)
    if Status.UNVERIFIED in statuses.values() and Status.FAIL not in statuses.values():
        certain = ", ".join(sorted(standing.value for standing in standings)) or "nobody for certain"
        yield f"unverified, and brute force lets in {certain}"


def check_all(family: str, seeds: Iterable[int], count: int = 400, *, every: bool = True) -> Result:
    """Compare the controls with brute force for the documents of these seeds."""
    total = Result()
    for seed in seeds:
        total.add(check(FAMILIES[family], seed, count, every=every))
    return total


def _check_one(family_and_seed: tuple[str, int]) -> Result:
    family, seed = family_and_seed
    return check(FAMILIES[family], seed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the access controls with brute force.")
    parser.add_argument("--runs", type=int, default=5000, help="number of documents of each family (default: 5000)")
    parser.add_argument("--family", choices=FAMILIES, help="only this family of documents")
    parser.add_argument("--seed", type=int, default=0, help="first seed (default: 0)")
    parser.add_argument("--show", type=int, default=20, help="number of problems to print (default: 20)")
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + arguments.runs)
    print(f"seeds {arguments.seed} to {arguments.seed + arguments.runs - 1}", flush=True)
    families = [arguments.family] if arguments.family else list(FAMILIES)
    total = Result()
    with multiprocessing.Pool() as pool:
        for result in pool.imap(_check_one, product(families, seeds), chunksize=25):
            for problem in result.problems[: max(0, arguments.show - len(total.problems))]:
                print(problem.text, flush=True)
            total.add(result)
    for name, number in sorted(total.counts.items()):
        print(f"{number:7d}  {name}")
    for kind, number in sorted(Counter(problem.kind for problem in total.problems).items()):
        print(f"{number:7d}  PROBLEM {kind}")
    return 1 if total.problems else 0


if __name__ == "__main__":
    sys.exit(main())
