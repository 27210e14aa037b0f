"""Customer managed keys: rotation, deletion, who gets at them, and what shares one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hipaa import evaluator
from hipaa.access import external_access
from hipaa.access.policy_queries import ParsedPolicy, may_allow, condition_values, parse_resource_policy
from hipaa.model.data_class import DataClass
from hipaa.model.rule import RuleContext
from hipaa.model.values import Ref, Unknown, is_enabled
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.kms.facts import Key, KeyPolicy
from hipaa.services.logs.facts import LogGroup
from hipaa.services.s3.facts import Bucket, DefaultEncryption

# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
YEAR = 365
# https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
LONGEST_WINDOW = 30

DATA = (DataClass.PHI, DataClass.REPLICA)
LOGS = (DataClass.TRAIL_LOG, DataClass.ACCESS_LOG)
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
USABLE = ("Enabled", "Updating")
# What a call that changes a key's policy tells: it comes from no service, and encrypts nothing.
BY_HAND = {
    **dict.fromkeys(("aws:SourceAccount", "aws:SourceArn", "kms:ViaService", "kms:GrantIsForAWSResource")),
    "aws:PrincipalIsAWSService": "false",
    "aws:SecureTransport": "true",
    "kms:BypassPolicyLockoutSafetyCheck": "false",
}


def rotation(key: Key, context: RuleContext) -> Finding:
    if key.key_type == "other":
        return not_applicable("AWS rotates no asymmetric or HMAC key, and none of a custom key store")
    if key.key_type == "replica":
        return not_applicable("a replica rotates with its primary key")
    if key.key_type == "imported":
        return failed("its material is imported, which AWS doesn't rotate")
    rotates = is_enabled(key.rotation_enabled)
    unknown = [each for each in (key.key_type, rotates, key.rotation_period_days) if isinstance(each, Unknown)]
    if isinstance(key.key_type, Unknown) and rotates is not True:
        return unverified(*unknown)
    if rotates is False:
        return failed("enableKeyRotation is not true")
    days = YEAR if key.rotation_period_days is None else key.rotation_period_days
    if not isinstance(days, Unknown) and days > context.options["days"]:
        return unverified(*unknown) if isinstance(key.key_type, Unknown) else failed(f"it rotates every {days:g} days")
    unknown = [each for each in (rotates, days) if isinstance(each, Unknown)]
    return unverified(*unknown) if unknown else passed("it rotates")


def deletion_window(key: Key, context: RuleContext) -> Finding:
    days = LONGEST_WINDOW if key.deletion_window_days is None else key.deletion_window_days
    if isinstance(days, Unknown):
        return unverified(days)
    if days < context.options["days"]:
        return failed(f"it is deleted {days:g} days after somebody asks for it")
    return passed(f"it is deleted {days:g} days after somebody asks for it")


def key_enabled(key: Key, _: RuleContext) -> Finding:
    if not isinstance(key.state, str):
        return unverified(key.state or Unknown(f"the state of {key.resource.rsplit('::', 1)[-1]}"))
    return passed("it can be used") if key.state in USABLE else failed(f"its state is {key.state}")


def no_public_principal(policy: KeyPolicy, _: RuleContext) -> Finding:
    return _of_document(policy, lambda parsed: external_access.public_access(parsed, reached(policy)))


def confused_deputy(policy: KeyPolicy, context: RuleContext) -> Finding:
    trusted = external_access.TrustedParties.from_options(context.options, policy.location, policy.resource)
    return _of_document(policy, lambda parsed: external_access.service_access(parsed, reached(policy), trusted))


def key_administrator(policy: KeyPolicy, _: RuleContext) -> Finding:
    if is_enabled(policy.bypass_lockout_check) is True:
        return failed("bypassPolicyLockoutSafetyCheck is true")
    finding = _of_document(policy, lambda parsed: _administrator(parsed, policy))
    bypass = [unverified(policy.bypass_lockout_check)] if isinstance(policy.bypass_lockout_check, Unknown) else []
    return external_access.worst_finding([finding, *bypass], finding.text)


def _administrator(parsed: ParsedPolicy, policy: KeyPolicy) -> Finding:
    """KMS takes a change of a key's policy from its own account alone:
    https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html ("Cross-account use: No")
    """
    unknown: list[Unknown] = []
    for who, account in _named(parsed):
        if policy.location.account not in (None, account) and len(account) == len(external_access.FOREIGN_ACCOUNT):
            continue
        context = {"aws:PrincipalAccount": account, "kms:CallerAccount": account, "aws:PrincipalArn": who, **BY_HAND}
        request = evaluator.Request("kms:PutKeyPolicy", reached(policy)[0], evaluator.Principal("AWS", who), context)
        match may_allow(parsed, request):
            case evaluator.Statement():
                return passed("a named principal may change the policy")
            case tuple(values):
                unknown += values
    return unverified(*unknown) if unknown else failed("no named principal is allowed kms:PutKeyPolicy")


def _named(parsed: ParsedPolicy) -> Iterator[tuple[str, str]]:
    """The principals that a policy names, with the account of each, and the root of each account in a condition."""
    for statement in parsed.possible_allows:
        for kind, id_ in statement.principals or ():
            if id_ != "*" and kind != "Service" and not statement.not_principals:
                yield id_, external_access.account_of(id_)
    for account in sorted(condition_values(parsed, "kms:CallerAccount", "aws:PrincipalAccount")):
        yield account, account


def _of_document(policy: KeyPolicy, judge: Callable[[ParsedPolicy], Finding]) -> Finding:
    if policy.document is None:
        return passed("AWS's default policy, for the account alone")
    parsed = parse_resource_policy(policy.document)
    return judge(parsed) if isinstance(parsed, ParsedPolicy) else parsed


def reached(policy: KeyPolicy) -> list[str]:
    """The key, or any while its ARN isn't known."""
    return [policy.arn if isinstance(policy.arn, str) else evaluator.ANY]


def key_separation(audit: Trail | LogGroup | Bucket, context: RuleContext) -> Finding:
    if isinstance(audit, Bucket) and audit.data_class not in LOGS:
        return not_applicable("it holds no audit records")
    if isinstance(audit, LogGroup) and audit.holds_audit_logs is False:
        return not_applicable("it holds no audit records")
    own = _keys_of(audit) if isinstance(audit, Bucket) else [audit.kms_key]
    data = [
        key for bucket in context.stack.facts_of_type(Bucket) if bucket.data_class in DATA for key in _keys_of(bucket)
    ]
    findings = (_shared(key, other) for key in own if key for other in data if other)
    finding = external_access.worst_finding(findings, "its key encrypts no PHI")
    unknown = audit.holds_audit_logs if isinstance(audit, LogGroup) else None
    return unverified(unknown) if isinstance(unknown, Unknown) and finding.status is Status.FAIL else finding


def _keys_of(bucket: Bucket) -> list[Ref]:
    return [encryption.kms_key for encryption in bucket.settings_of(DefaultEncryption)]


def _shared(key: Ref, other: Ref) -> Finding:
    unknown = [each for each in (key, other) if isinstance(each, Unknown)]
    if unknown:
        return unverified(*unknown)
    if key == other or (isinstance(key, str) and isinstance(other, str) and _id(key) == _id(other)):
        return failed("its key encrypts PHI too")
    # An alias of another stack may be of any key of another stack.
    if isinstance(key, str) and isinstance(other, str) and "alias/" in key + other:
        return unverified(Unknown("the key that an alias of another stack is for"))
    return passed("")


def _id(key: str) -> str:
    """A key's id, the same in its ARN and alone; of an alias its name."""
    return key.rsplit(":", 1)[-1].removeprefix("key/")
