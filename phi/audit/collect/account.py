"""What guards the account: GuardDuty, Macie and AWS Config in each region, and who can be root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa.model.stack import Fact
from hipaa.model.values import Flag
from hipaa.services.config.facts import ConfigurationRecorder
from hipaa.services.guardduty.facts import GuardDutyDetector
from hipaa.services.iam.facts import RootUser
from hipaa.services.macie.facts import MacieSession
from phi.audit.calls import Call, ResourceType
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

DETECTORS = Call("guardduty", "list_detectors", "guardduty:ListDetectors", ResourceType.ANY)
DETECTOR = Call("guardduty", "get_detector", "guardduty:GetDetector", ResourceType.DETECTOR)
# Where it was never switched on, Macie says so by refusing, in words of its own.
MACIE = Call(
    "macie2",
    "get_macie_session",
    "macie2:GetMacieSession",
    ResourceType.ANY,
    not_found_errors=("ResourceNotFoundException", "AccessDeniedException: Macie is not enabled"),
)
RECORDERS = Call("config", "describe_configuration_recorders", "config:DescribeConfigurationRecorders", ResourceType.ANY)
RECORDING = Call(
    "config", "describe_configuration_recorder_status", "config:DescribeConfigurationRecorderStatus", ResourceType.ANY
)
SUMMARY = Call("iam", "get_account_summary", "iam:GetAccountSummary", ResourceType.ANY)
CALLS = (DETECTORS, DETECTOR, MACIE, RECORDERS, RECORDING, SUMMARY)

Details = Mapping[str, Any]


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Asked of the account even where a stack alone is audited: it is guarded by them, whoever switched them on."""
    asked = [(about, region) for about in (_threats, _discovery, _recorder) for region in reader.account.regions]
    return Collected((*reader.map(asked, lambda each: each[0](reader, each[1])), _root(reader)))


# GuardDuty: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html


def _threats(reader: AccountReader, region: str) -> Fact:
    every = reader.account.arn("guardduty", region, "detector/*")
    ids = reader.pages(DETECTORS, "DetectorIds", every, region)
    if isinstance(ids, FailedCall):
        return GuardDutyDetector(every, ids.unknown, ids.unknown)
    if not ids:
        return GuardDutyDetector(every, enabled=False, s3_protection=False)
    arn = reader.account.arn("guardduty", region, f"detector/{ids[0]}")  # a region has one at most
    told = reader.call(DETECTOR, arn, region, DetectorId=ids[0])
    if isinstance(told, FailedCall):
        return GuardDutyDetector(arn, told.unknown, told.unknown)
    return threat_detection(arn, told or {})


def threat_detection(arn: str, detector: Details) -> GuardDutyDetector:
    """From the answer of GetDetector; of a feature that isn't named there, the data source of its time counts."""
    features = {each.get("Name"): each.get("Status") for each in detector.get("Features") or ()}
    source = ((detector.get("DataSources") or {}).get("S3Logs") or {}).get("Status")
    status = features.get("S3_DATA_EVENTS", source)
    return GuardDutyDetector(arn, detector.get("Status") == "ENABLED", status == "ENABLED")


def _discovery(reader: AccountReader, region: str) -> Fact:
    arn = reader.account.arn("macie2", region, "session")  # AWS gives it none
    told = reader.call(MACIE, arn, region)
    if isinstance(told, FailedCall):
        return MacieSession(arn, told.unknown)
    return MacieSession(arn, told is not None and told.get("status") == "ENABLED")


# AWS Config: https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html


def _recorder(reader: AccountReader, region: str) -> Fact:
    arn = reader.account.arn("config", region, "configuration-recorder/*")
    told = reader.pages(RECORDERS, "ConfigurationRecorders", arn, region)
    status = reader.pages(RECORDING, "ConfigurationRecordersStatus", arn, region)
    everything = told.unknown if isinstance(told, FailedCall) else any(map(records_everything, told))
    if isinstance(status, FailedCall):
        return ConfigurationRecorder(arn, everything, status.unknown, status.unknown)
    recording = any(each.get("recording") is True for each in status)
    return ConfigurationRecorder(arn, everything, recording, any(map(failed, status)))


def records_everything(recorder: Details) -> bool:
    group = recorder.get("recordingGroup") or {}
    strategy = (group.get("recordingStrategy") or {}).get("useOnly")
    return group.get("allSupported") is True or strategy == "ALL_SUPPORTED_RESOURCE_TYPES"


def failed(status: Details) -> bool:
    return str(status.get("lastStatus", "")).casefold() == "failure"


# Root: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html


def _root(reader: AccountReader) -> Fact:
    arn = reader.account.arn("iam", "", "root")
    told = reader.call(SUMMARY, arn)
    if isinstance(told, FailedCall):
        unknown = told.unknown
        return RootUser(arn, unknown, unknown, unknown, unknown)
    return root_user(arn, (told or {}).get("SummaryMap", {}))


def root_user(arn: str, summary: Mapping[str, int]) -> RootUser:
    def has(what: str) -> Flag:
        return summary[what] > 0 if what in summary else None

    return RootUser(
        arn,
        has("AccountMFAEnabled"),
        has("AccountAccessKeysPresent"),
        has("AccountSigningCertificatesPresent"),
        has("AccountPasswordPresent"),
    )
