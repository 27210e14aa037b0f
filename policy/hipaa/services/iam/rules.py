"""What identities may do, who may take a role, and users."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from hipaa import evaluator
from hipaa.access import external_access
from hipaa.access.policy_queries import ParsedPolicy, keep_conditions, may_allow, parse_identity_policy, parse_resource_policy
from hipaa.evaluator.patterns import UNKNOWN
from hipaa.model.data_class import DataClass
from hipaa.model.property_checks import all_required, negated
from hipaa.model.rule import RuleContext
from hipaa.model.values import Unknown
from hipaa.model.verdict import Finding, failed, passed, unverified
from hipaa.services.iam.condition_keys import actions_supporting
from hipaa.services.iam.facts import IamRole, IdentityPolicy, RootUser, UserAccess
from hipaa.services.iam.managed_policies import ADMIN_POLICIES, BROAD_DECRYPT_POLICIES
from hipaa.services.s3.facts import Bucket
from hipaa.services.s3.protection_actions import BYPASS, PROTECTION_ACTIONS

# Each service with the resources that it has, of a region and an account where it says them.
SERVICES = {
    "s3": (evaluator.ANY, f"{evaluator.ANY}/{evaluator.ANY}"),
    "kms": (f"key/{evaluator.ANY}",),
    "iam": (evaluator.ANY,),
}
DECRYPTING = (
    *("kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
    *("kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"),
)
SOME = "some"  # a partition, region or account that isn't named
KEY_BINDINGS = ("kms:resourcealiases", "kms:requestalias", "kms:viaservice")
ADMINISTERING = tuple(action for action in PROTECTION_ACTIONS if action != BYPASS)

# A question of a statement, answered for what the statement says for certain, and for the most that it may yet say.
Asked = Callable[[evaluator.Statement], str | None]


def no_admin(policy: IdentityPolicy, _: RuleContext) -> Finding:
    def asked(statement: evaluator.Statement) -> str | None:
        bare = replace(statement, conditions=())
        for service in SERVICES:
            if any(_covers(bare, f"{service}:{evaluator.ANY}", each, {}) for each in _every(bare, service)):
                return f"allows all of {service}"
        return None

    return _judged(policy, lambda parsed: _answers(parsed, asked), ADMIN_POLICIES, "nothing is allowed as a whole")


def no_broad_decrypt(policy: IdentityPolicy, _: RuleContext) -> Finding:
    """Asked of a use that bears none of the keys that may bind it, and of one with values that nobody would name."""
    contexts: tuple[dict[str, str | None], ...] = (
        dict.fromkeys(KEY_BINDINGS),
        dict.fromkeys(KEY_BINDINGS, "alias/strange"),
    )

    def judge(parsed: ParsedPolicy) -> Iterator[Finding]:
        bound = keep_conditions(parsed, KEY_BINDINGS)

        def asked(statement: evaluator.Statement) -> str | None:
            for action in DECRYPTING:
                for key in _every(statement, "kms"):
                    for context in contexts:
                        if _covers(statement, action, key, context) and not _denied(bound, action, key, context):
                            return f"allows {action} with every key"
            return None

        yield from _answers(bound, asked)

    return _judged(policy, judge, BROAD_DECRYPT_POLICIES, "no key is used that isn't named")


def least_privilege(policy: IdentityPolicy, context: RuleContext) -> Finding:
    buckets = [each for each in context.stack.facts_of_type(Bucket) if each.data_class is DataClass.PHI]
    return _judged(
        policy,
        lambda parsed: (each for bucket in buckets for each in _of_bucket(parsed, bucket, policy, context)),
        frozenset(),
        "no bucket of PHI is reached by more than named actions",
    )


def condition_keys_apply(policy: IdentityPolicy, _: RuleContext) -> Finding:
    return _judged(policy, _grants, frozenset(), "each Allow has the keys of its conditions")


def no_users(access: UserAccess, _: RuleContext) -> Finding:
    if isinstance(access.kind, Unknown):
        return unverified(access.kind)
    return failed(f"{access.kind} is declared")


def _judged(
    policy: IdentityPolicy, judge: Callable[[ParsedPolicy], Iterable[Finding]], managed: frozenset[str], otherwise: str
) -> Finding:
    """Everything that a resource lets identities do, of which the worst counts."""

    def findings() -> Iterator[Finding]:
        documents, attached = policy.documents, policy.managed_policies if managed else ()
        yield from (unverified(each) for each in (documents, attached) if isinstance(each, Unknown))
        for document in () if isinstance(documents, Unknown) else documents:
            parsed = parse_identity_policy(document)
            yield from judge(parsed) if isinstance(parsed, ParsedPolicy) else [parsed]
        for arn in () if isinstance(attached, Unknown) else attached:
            if isinstance(arn, Unknown):
                yield unverified(arn)
            elif isinstance(arn, str) and (name := arn.partition(":iam::aws:policy/")[2]) in managed:
                yield failed(f"the managed policy {name} of AWS is attached")

    return external_access.worst_finding(findings(), otherwise)


def _answers(parsed: ParsedPolicy, asked: Asked) -> Iterator[Finding]:
    for statement in parsed.possible_allows:
        if statement.effect == "Allow" and (answer := asked(statement)):
            yield failed(f"statement {statement.position} {answer}")
        elif (waiting := parsed.unknowns_by_statement.get(statement.position)) and asked(_widest(statement)):
            yield unverified(*waiting)


def _widest(statement: evaluator.Statement) -> evaluator.Statement:
    """The most that a statement may yet allow: what isn't known is `*` where it names, nothing where it leaves out."""

    def widest(values: tuple[str, ...], *, left_out: bool) -> tuple[str, ...]:
        if left_out:
            return tuple(each for each in values if UNKNOWN not in each)
        return tuple(each.replace(UNKNOWN, "*") for each in values)

    return replace(
        statement,
        effect="Allow",
        principals=None,
        actions=widest(statement.actions, left_out=statement.not_actions),
        resources=widest(statement.resources or ("*",), left_out=statement.not_resources),
        conditions=tuple(each for each in statement.conditions if UNKNOWN not in (each.key, *each.values)),
    )


def _every(statement: evaluator.Statement, service: str) -> Iterator[str]:
    """Every resource of a service, for each pattern of a statement in some region and account that it says."""
    for pattern in statement.resources or ("*",):
        said = re.sub(r"\*+", SOME, pattern).split(":", 5)
        said = ["arn", *(said[1:5] if len(said) == 6 else [*said[1:-1], *5 * [SOME]])][:5]
        for resource in SERVICES[service]:
            yield ":".join((*said[:2], service, *said[3:], resource))


def _spread(pattern: str) -> str:
    """A pattern of fewer segments than an ARN has is of one where its wildcard goes beyond a colon.

    AWS says that only of one at a segment's end; what the others would then cover counts.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    return pattern[: pattern.index("*") + 1] if pattern.count(":") < 5 and "*" in pattern else pattern


def _covers(statement: evaluator.Statement, action: str, resource: str, context: dict[str, str | None]) -> bool:
    """Whether it is about every such request. What a NotResource leaves out doesn't count: it is about all the rest."""
    resources = ("*",) if statement.not_resources else tuple(map(_spread, statement.resources or ("*",)))
    named = replace(statement, resources=resources, not_resources=False)
    return (
        evaluator.statement_matches(named, evaluator.Request(action, resource, evaluator.ANYONE, context)) is evaluator.Match.YES
    )


def _denied(parsed: ParsedPolicy, action: str, resource: str, context: dict[str, str | None]) -> bool:
    request = evaluator.Request(action, resource, evaluator.ANYONE, context)
    return evaluator.evaluate([parsed.policy], request).outcome is evaluator.Outcome.EXPLICIT_DENY


def _of_bucket(parsed: ParsedPolicy, bucket: Bucket, policy: IdentityPolicy, context: RuleContext) -> Iterator[Finding]:
    sole = [each for each in policy.sources if context.stack.fact(each, Bucket)] == [bucket.resource]
    for statement in parsed.possible_allows:
        waiting = parsed.unknowns_by_statement.get(statement.position, ())
        for what, action, of_objects in _too_much():
            does = _does(statement, action)
            reaches = _reaches(statement, bucket, of_objects=of_objects)
            if reaches is evaluator.Match.MAYBE and sole and not isinstance(bucket.arn, str):
                reaches = evaluator.Match.YES  # what isn't known there is made from this bucket alone
            answer = does & reaches & (evaluator.Match.YES if statement.effect == "Allow" else evaluator.Match.MAYBE)
            if answer is evaluator.Match.YES:
                yield failed(f"statement {statement.position} allows {what} of a bucket of PHI")
            elif answer is evaluator.Match.MAYBE:
                yield unverified(*(waiting or (bucket.arn,) if isinstance(bucket.arn, Unknown) else waiting))


def _too_much() -> Iterator[tuple[str, str, bool]]:
    """What to ask: words for it, the action, and whether it is of a bucket's objects."""
    everything = f"s3:{evaluator.ANY}"
    yield "everything", everything, False
    yield "everything", everything, True
    yield BYPASS, BYPASS, True
    yield from ((action, action, False) for action in ADMINISTERING)


def _does(statement: evaluator.Statement, action: str) -> evaluator.Match:
    """Whether it is about an action; about all of them by `*`, not by what many names come to, or by any NotAction."""
    alone = replace(statement, principals=None, resources=None, conditions=())
    answer = evaluator.statement_matches(alone, evaluator.Request(action, evaluator.ANY, evaluator.ANYONE, {}))
    if answer is not evaluator.Match.MAYBE:
        return answer
    if statement.not_actions:
        return evaluator.Match.YES
    return evaluator.Match.MAYBE if any(UNKNOWN in each for each in statement.actions) else evaluator.Match.NO


def _reaches(statement: evaluator.Statement, bucket: Bucket, *, of_objects: bool) -> evaluator.Match:
    """Whether it is about a bucket, or about some of its objects."""
    known = isinstance(bucket.arn, str)
    arn = bucket.arn if isinstance(bucket.arn, str) else f"arn:{evaluator.ANY}:s3:::{evaluator.ANY}"
    request = evaluator.Request("s3:*", f"{arn}/{evaluator.ANY}" if of_objects else arn, evaluator.ANYONE, {})
    alone = replace(statement, principals=None, actions=("*",), not_actions=False, conditions=())
    if statement.not_resources or statement.resources is None:
        return evaluator.Match.NO if evaluator.statement_matches(alone, request) is evaluator.Match.NO else evaluator.Match.YES
    answers = [evaluator.Match.NO]
    for pattern in statement.resources:
        answer = evaluator.statement_matches(replace(alone, resources=(pattern,)), request)
        if answer is evaluator.Match.MAYBE and known and UNKNOWN not in pattern:
            answer = evaluator.Match.YES
        elif (
            answer is evaluator.Match.MAYBE
            and UNKNOWN not in pattern
            and not re.search(r"[*?$]", pattern.split("/", 1)[0])
        ):
            answer = evaluator.Match.NO  # Pulumi gives a bucket a name that nobody can write down before
        answers.append(answer)
    return max(answers, key=lambda each: each.value)


def _grants(parsed: ParsedPolicy) -> Iterator[Finding]:
    for statement in parsed.possible_allows:
        waiting = parsed.unknowns_by_statement.get(statement.position, ())
        for condition in statement.conditions:
            has = actions_supporting(condition.key)
            absent = evaluator.Request("s3:*", evaluator.ANY, evaluator.ANYONE, {condition.key: None})
            alone = evaluator.Statement(0, None, "Allow", None, ("*",), None, (condition,))
            if has is None or statement.not_actions or evaluator.statement_matches(alone, absent) is not evaluator.Match.NO:
                continue
            for action in statement.actions:
                if UNKNOWN in action:
                    yield unverified(*waiting)
                elif not any(_meet(action, each) for each in has):
                    key = re.sub(r"(?<=[/:])[^/:]*$", "…", condition.key) if condition.key[-1] != ":" else condition.key
                    yield failed(f"statement {statement.position} asks for {key} of an action that has no such key")


def _meet(pattern: str, action: str) -> bool:
    """Whether a pattern and an action, or a pattern of actions, are about any action in common."""
    alone = evaluator.Statement(0, None, "Allow", None, (pattern,), None, ())
    request = evaluator.Request(action.replace("*", evaluator.ANY), evaluator.ANY, evaluator.ANYONE, {})
    return evaluator.statement_matches(alone, request) is not evaluator.Match.NO


# An identity provider's words for whom a token is for, and for whom it is about:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
AUDIENCE = ("aud", "app_id")
SUBJECT = ("sub", "user_id", "id")
# Somebody else, in the forms that providers which many share give their subjects.
SUBJECTS = (
    "strange",
    "repo:strange/strange:ref:refs/heads/main",
    "project_path:strange/strange:ref_type:branch:ref:main",
    "organization:strange:project:strange:workspace:strange:run_phase:apply",
    "pulumi:deploy:org:strange:project:strange:stack:strange:operation:update",
    "system:serviceaccount:strange:strange",
)


def role_trust_policy(role: IamRole, context: RuleContext) -> Finding:
    parsed = parse_resource_policy(role.trust_policy)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    trusted = external_access.TrustedParties.from_options(context.options, role.location, role.resource)
    return external_access.worst_finding(
        _trusted(parsed, trusted), "each principal is named, and bound where it is from outside"
    )


def _trusted(parsed: ParsedPolicy, trusted: external_access.TrustedParties) -> Iterator[Finding]:
    for statement in parsed.possible_allows:
        where = f"statement {statement.position}"
        if statement.effect == "Allow" and (statement.not_principals or ("AWS", "*") in (statement.principals or ())):
            yield failed(f"{where} lets in any principal")
            continue
        for kind, id_ in statement.principals or ():
            if kind == "Federated":
                yield from _federated(parsed, id_, where)
            elif kind != "Service" and not trusted.trusts(account := external_access.account_of(id_)):
                yield from _outsider(parsed, id_, account, where, trusted)


def _outsider(
    parsed: ParsedPolicy, id_: str, account: str, where: str, trusted: external_access.TrustedParties
) -> Iterator[Finding]:
    """Asked with what binds it absent or a stranger's, and all else open: so nothing else binds it."""
    what = f"{where} lets in another account without sts:ExternalId or an organization"
    for given in (None, "strange"):
        context = {
            "sts:ExternalId": given,
            "aws:PrincipalOrgID": external_access.FOREIGN_ORGANIZATION,
            "aws:PrincipalOrgPaths": f"{external_access.FOREIGN_ORGANIZATION}/r-0000/",
        }
        request = evaluator.Request("sts:AssumeRole", evaluator.ANY, evaluator.Principal("AWS", id_), context)
        match may_allow(parsed, request):
            case tuple(unknown):
                yield unverified(*unknown)
            case evaluator.Statement():
                yield trusted.untrusted_finding(account, what)


def _federated(parsed: ParsedPolicy, provider: str, where: str) -> Iterator[Finding]:
    """A SAML assertion itself names the roles that its subject may take, so its audience is enough:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
    """
    of_saml = ":saml-provider/" in provider
    name = "saml" if of_saml else provider.rpartition(":oidc-provider/")[2]
    action = "sts:AssumeRoleWithSAML" if of_saml else "sts:AssumeRoleWithWebIdentity"
    strange: dict[str, list[dict[str, str]]] = {
        "audience": [{f"{name}:{key}": "strange" for key in AUDIENCE}],
        "subject": [] if of_saml else [_about(name, subject) for subject in SUBJECTS],
    }
    for what, contexts in strange.items():
        for context in contexts:
            request = evaluator.Request(action, evaluator.ANY, evaluator.Principal("Federated", provider), context)
            match may_allow(parsed, request):
                case tuple(unknown):
                    yield unverified(*unknown)
                case evaluator.Statement():
                    yield failed(f"{where} lets in an identity provider whatever the {what}")


def _about(provider: str, subject: str) -> dict[str, str]:
    """What a token tells of a subject. Cognito gives a token to guests too, as which nobody is authenticated."""
    return {f"{provider}:{key}": subject for key in SUBJECT} | {f"{provider}:amr": "unauthenticated"}


def root_mfa(user: RootUser, _: RuleContext) -> Finding:
    """Root that has lost all its credentials can't recover its password either, so it needs no MFA.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-access-management.html
    """
    if (user.has_password, user.has_access_keys, user.has_signing_certificates) == (False, False, False):
        return passed("root has nothing to sign in with")
    return all_required(
        [(negated(user.has_access_keys), "root has an access key"), (user.mfa_enabled, "root has no MFA")],
        "root has MFA and no access key",
    )
