"""What guards the whole account."""

from __future__ import annotations

from hipaa.facts import ConfigurationRecorder, DataDiscovery, Flag, RootUser, ThreatDetection, Unknown, on
from hipaa.rules.registry import Case, rule
from hipaa.verdicts import Finding, failed, passed, unverified


@rule("guardduty-s3-protection", ThreatDetection)
def threats(guard: ThreatDetection, _: Case) -> Finding:
    return _all_hold(
        [(guard.enabled, "GuardDuty isn't enabled"), (guard.s3, "GuardDuty doesn't look at how objects are used")],
        "GuardDuty looks at how objects are used",
    )


@rule("macie-enabled", DataDiscovery)
def discovery(guard: DataDiscovery, _: Case) -> Finding:
    return _all_hold([(guard.enabled, "Macie isn't enabled")], "Macie is enabled")


@rule("config-recorder", ConfigurationRecorder)
def recorder(guard: ConfigurationRecorder, _: Case) -> Finding:
    return _all_hold(
        [
            (guard.recording, "AWS Config records nothing"),
            (guard.everything, "AWS Config doesn't record every type of resource that it supports"),
            (_not(guard.failing), "AWS Config failed to deliver what it recorded last"),
        ],
        "AWS Config records every type of resource",
    )


@rule("root-mfa", RootUser)
def root(user: RootUser, _: Case) -> Finding:
    """Root that has lost all its credentials can't recover its password either, so it needs no MFA.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-access-management.html
    """
    if (user.password, user.access_keys, user.certificates) == (False, False, False):
        return passed("root has nothing to sign in with")
    return _all_hold(
        [(_not(user.access_keys), "root has an access key"), (user.mfa, "root has no MFA")],
        "root has MFA and no access key",
    )


def _all_hold(needed: list[tuple[Flag, str]], otherwise: str) -> Finding:
    """The first that surely doesn't hold counts, then what isn't known."""
    answers = [(on(flag), fault) for flag, fault in needed]
    for answer, fault in answers:
        if answer is False:
            return failed(fault)
    unknown = [answer for answer, _ in answers if isinstance(answer, Unknown)]
    return unverified(*unknown) if unknown else passed(otherwise)


def _not(flag: Flag) -> Flag:
    """Of what isn't told nothing is assumed: it may be so."""
    return flag if isinstance(flag, Unknown) else flag is False
