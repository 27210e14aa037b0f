"""The kinds of resource whose policy can be judged, and the questions that each kind of policy answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.insiders import denied_to_unnamed_administrators
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy, parse_resource_policy
from hipaa_controls.access.policy_size import (
    KEY_POLICY,
    QUEUE_POLICY,
    SECRET_POLICY,
    TOPIC_POLICY,
    TRUST_POLICY,
    SizeLimit,
)
from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.model.verdict import Finding, Status, passed, unverified
from hipaa_controls.services.iam.rules.role_trust import ONLY_BOUND_PRINCIPALS, trust_findings
from hipaa_controls.services.kms.rules import without_describe_key
from hipaa_controls.services.s3.protection_actions import BYPASS, DELETE_VERSION, REQUIRED_PROTECTION_ACTIONS


@dataclass(frozen=True)
class Resource:
    """The resource that a policy belongs to.

    Attributes:
        kind: The kind of the resource.
        arn: Its ARN; None if it isn't known, and so may be any that the policy is about.
    """

    kind: Kind
    arn: str | None

    @property
    def arns(self) -> list[str]:
        """The ARNs that the policy controls access to, in which evaluator.ANY stands for any text."""
        if self.arn is None:
            return [evaluator.ANY]
        return [self.arn, *([f"{self.arn}{self.kind.objects}{evaluator.ANY}"] if self.kind.objects else [])]


@dataclass(frozen=True)
class Question:
    """A question about a policy.

    Attributes:
        id: Its name in the JSON output.
        title: Its title in the table.
        about_outsiders: Whether a failure means that an untrusted party has access. Otherwise it is about the
            resource's own account, and only shown.
        ask: Returns the findings, passes included.
    """

    id: str
    title: str
    ask: Callable[[ParsedPolicy, Resource, TrustedParties], Iterable[Finding]]
    about_outsiders: bool = True


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes:
        name: Its name as a value of `--kind`.
        title: Its name in messages.
        service: The prefix of its actions.
        arn: Its ARN. The group `arn` is that of the resource in the ARN of a part of it, such as an object.
        objects: What is between its ARN and the key of an object; empty if it has no objects.
        parse: Returns the parsed policy, or why AWS rejects it.
        questions: The questions to ask about its policy.
        controls: The controls of the pack whose trusted parties count.
    """

    name: str
    title: str
    service: str
    arn: re.Pattern[str]
    parse: Callable[[Document], ParsedPolicy | Finding]
    questions: tuple[Question, ...]
    controls: tuple[str, ...] = ()
    objects: str = ""

    def arn_in(self, text: str) -> str | None:
        """Return the ARN of the resource that an ARN in a policy names in full, or None."""
        match = self.arn.fullmatch(text)
        return match["arn"] if match else None


def _public(parsed: ParsedPolicy, resource: Resource, _: TrustedParties) -> Iterable[Finding]:
    yield external_access.public_access(parsed, resource.arns)


def _external(parsed: ParsedPolicy, resource: Resource, trusted: TrustedParties) -> Iterable[Finding]:
    yield external_access.external_principals(parsed, resource.arns, trusted)


def _services(parsed: ParsedPolicy, resource: Resource, trusted: TrustedParties) -> Iterable[Finding]:
    yield external_access.service_access(parsed, resource.arns, trusted)


def _services_of_key(parsed: ParsedPolicy, resource: Resource, trusted: TrustedParties) -> Iterable[Finding]:
    return _services(without_describe_key(parsed), resource, trusted)


def _trust(parsed: ParsedPolicy, _: Resource, trusted: TrustedParties) -> Iterable[Finding]:
    yield from (finding for finding in trust_findings(parsed, trusted) if finding.status is not Status.PASS)
    yield passed(ONLY_BOUND_PRINCIPALS)


def _tampering(parsed: ParsedPolicy, resource: Resource, trusted: TrustedParties) -> Iterable[Finding]:
    if resource.arn is None or trusted.location.account is None:
        yield unverified(Unknown("the bucket or its account", reason="isn't known; pass --account and --resource"))
        return
    objects = f"{resource.arn}/{evaluator.ANY}"
    on_objects = (DELETE_VERSION, BYPASS)
    on_bucket = [action for action in REQUIRED_PROTECTION_ACTIONS if action not in on_objects]
    yield denied_to_unnamed_administrators(parsed, resource.arn, on_bucket, trusted.location)
    yield denied_to_unnamed_administrators(parsed, objects, on_objects, trusted.location)


PUBLIC = Question("public", "Public access", _public)
EXTERNAL = Question("external", "External principals", _external)
SERVICES = Question("services", "AWS services acting for others", _services)
SERVICES_OF_KEY = Question("services", SERVICES.title, _services_of_key)
TRUST = Question("trust", "Unbound principals that may assume the role", _trust)
TAMPERING = Question("tampering", "Own administrators who may remove the protection", _tampering, about_outsiders=False)


def _parser(limit: SizeLimit) -> Callable[[Document], ParsedPolicy | Finding]:
    return lambda document: parse_resource_policy(document, limit)


def _regional_arn(service: str, resource: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<arn>arn:aws[a-z-]*:{service}:[a-z0-9-]+:\d{{12}}:{resource})", re.ASCII)


BUCKET = Kind(
    "bucket",
    "bucket",
    "s3",
    re.compile(r"(?P<arn>arn:aws[a-z-]*:s3:::[\w.-]+)(/.*)?", re.ASCII | re.DOTALL),
    parse_bucket_policy,
    (PUBLIC, EXTERNAL, SERVICES, TAMPERING),
    ("s3-no-external-access",),
    objects="/",
)
ACCESS_POINT = Kind(
    "access-point",
    "access point",
    "s3",
    re.compile(r"(?P<arn>arn:aws[a-z-]*:s3:[a-z0-9-]+:\d{12}:accesspoint/[\w.-]+)(/object/.*)?", re.ASCII | re.DOTALL),
    parse_bucket_policy,
    (PUBLIC, EXTERNAL, SERVICES),
    ("s3-access-point-private",),
    objects="/object/",
)
KEY = Kind(
    "key",
    "KMS key",
    "kms",
    _regional_arn("kms", r"key/[\w-]+"),
    _parser(KEY_POLICY),
    (PUBLIC, EXTERNAL, SERVICES_OF_KEY),
    ("kms-no-external-access", "kms-confused-deputy"),
)
TOPIC = Kind(
    "topic",
    "topic",
    "sns",
    _regional_arn("sns", r"[\w.-]+"),
    _parser(TOPIC_POLICY),
    (PUBLIC, EXTERNAL, SERVICES),
    ("sns-private",),
)
QUEUE = Kind(
    "queue",
    "queue",
    "sqs",
    _regional_arn("sqs", r"[\w.-]+"),
    _parser(QUEUE_POLICY),
    (PUBLIC, EXTERNAL, SERVICES),
    ("sqs-no-external-access",),
)
ROLE = Kind(
    "role",
    "role",
    "sts",
    re.compile(r"(?P<arn>arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)", re.ASCII),
    _parser(TRUST_POLICY),
    (TRUST,),
    ("iam-role-trust-policy",),
)
SECRET = Kind(
    "secret",
    "secret",
    "secretsmanager",
    _regional_arn("secretsmanager", r"secret:[\w/+=.@-]+"),
    _parser(SECRET_POLICY),
    (PUBLIC, EXTERNAL, SERVICES),
)
KINDS = (BUCKET, ACCESS_POINT, KEY, TOPIC, QUEUE, ROLE, SECRET)
KIND_NAMES = tuple(kind.name for kind in KINDS)


def possible_kinds(statements: Sequence[evaluator.Statement]) -> list[Kind]:
    """Return the kinds of resource that a policy can belong to, by its actions and the ARNs of its resources."""
    resources = [resource for statement in statements for resource in statement.resources or ()]
    arns = [resource.split(":") for resource in resources if resource.startswith("arn:")]
    actions = [action for statement in statements for action in statement.actions if ":" in action]
    services = {action.partition(":")[0].lower() for action in actions} | {arn[2] for arn in arns if len(arn) > 2}
    kinds = [kind for kind in KINDS if not services or kind.service in services]
    of_access_points = [":accesspoint/" in resource for resource in resources if resource.startswith("arn:aws")]
    if "s3" in services and of_access_points and not any(of_access_points):
        kinds.remove(ACCESS_POINT)
    if "s3" in services and of_access_points and all(of_access_points):
        kinds.remove(BUCKET)
    return kinds


def named_resource(kind: Kind, statements: Sequence[evaluator.Statement]) -> str | None:
    """Return the ARN of the resource, if every Allow statement names that one in full; else None.

    An Allow that names another resource than the policy's own has no effect, so nothing is missed. A Deny may name
    another one, and then denies nothing.
    """
    allows = [statement for statement in statements if statement.effect == "Allow"] or statements
    resources = {
        resource
        for statement in allows
        for resource in (["*"] if statement.not_resources else statement.resources or ["*"])
    }
    arns = {kind.arn_in(resource) for resource in resources}
    return arns.pop() if len(arns) == 1 else None
