"""The resource types that the collectors read, with the controls that judge them, and those that need no judgment.

A type that is in neither table is not judged, and the evidence says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hipaa_controls.model.control import Control
from hipaa_controls.services.athena.facts import Workgroup
from hipaa_controls.services.backup.facts import BackupSelection, BackupVault, CopyActions, VaultPolicy
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.cloudwatch.facts import Alarm, EventRule
from hipaa_controls.services.config.facts import ConfigurationRecorder
from hipaa_controls.services.events.facts import ApiDestination, EventBusPolicy, EventTarget
from hipaa_controls.services.guardduty.facts import GuardDutyDetector
from hipaa_controls.services.iam.facts import IamRole, IdentityPolicy, UserAccess
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy
from hipaa_controls.services.logs.facts import LogDestination, LogGroup, LogsPolicy
from hipaa_controls.services.ram.facts import ResourceShare, SharePrincipal
from hipaa_controls.services.s3 import bucket_types
from hipaa_controls.services.s3 import facts as s3
from hipaa_controls.services.sns.facts import Subscription, Topic, TopicPolicy
from hipaa_controls.services.sqs.facts import Queue, QueuePolicy

_BUCKET_SETTINGS = (
    s3.AccessLogging,
    s3.Acl,
    s3.AnalyticsExport,
    s3.BucketPolicy,
    s3.Cors,
    s3.DefaultEncryption,
    s3.EventNotifications,
    s3.Inventory,
    s3.Lifecycle,
    s3.ObjectLock,
    s3.ObjectOwnership,
    s3.PublicAccessBlock,
    s3.Replication,
    s3.Versioning,
    s3.Website,
)
_SPECIAL_BUCKET = (
    bucket_types.SpecialBucket,
    bucket_types.SpecialBucketEncryption,
    bucket_types.SpecialBucketPolicy,
)
# The facts that the collectors read from each type.
FACTS_BY_TYPE: Mapping[str, tuple[type[Any], ...]] = {
    "AWS::Athena::WorkGroup": (Workgroup,),
    "AWS::Backup::BackupPlan": (BackupSelection, CopyActions),
    "AWS::Backup::BackupSelection": (BackupSelection,),
    "AWS::Backup::BackupVault": (BackupVault, VaultPolicy),
    "AWS::CloudTrail::Trail": (Trail,),
    "AWS::CloudWatch::Alarm": (Alarm,),
    "AWS::Config::ConfigurationRecorder": (ConfigurationRecorder,),
    "AWS::Events::ApiDestination": (ApiDestination,),
    "AWS::Events::EventBus": (EventBusPolicy,),
    "AWS::Events::Rule": (EventRule, EventTarget),
    "AWS::GuardDuty::Detector": (GuardDutyDetector,),
    "AWS::IAM::Group": (IdentityPolicy,),
    "AWS::IAM::Policy": (IdentityPolicy,),
    "AWS::IAM::Role": (IamRole, IdentityPolicy),
    "AWS::IAM::User": (IdentityPolicy, UserAccess),
    "AWS::KMS::Key": (Grant, Key, KeyPolicy),
    "AWS::Logs::DeliveryDestination": (LogDestination, LogsPolicy),
    "AWS::Logs::Destination": (LogDestination, LogsPolicy),
    "AWS::Logs::LogGroup": (LogDestination, LogGroup),
    "AWS::RAM::ResourceShare": (ResourceShare, SharePrincipal),
    "AWS::S3::AccessGrant": (s3.AccessGrant,),
    # The ARNs of grants and locations begin with that of their instance.
    "AWS::S3::AccessGrantsInstance": (s3.AccessGrant, s3.AccessGrantsLocation, s3.AccessGrantsPolicy),
    "AWS::S3::AccessGrantsLocation": (s3.AccessGrantsLocation,),
    "AWS::S3::AccessPoint": (s3.AccessPoint, s3.AccessPointBuckets),
    "AWS::S3::AccountPublicAccessBlock": (s3.AccountPublicAccessBlock,),
    "AWS::S3::Bucket": (s3.Bucket, *_BUCKET_SETTINGS),
    "AWS::S3::StorageLens": (bucket_types.StorageLensExports,),
    "AWS::S3Express::BucketPolicy": (bucket_types.SpecialBucketPolicy,),
    "AWS::S3Express::DirectoryBucket": _SPECIAL_BUCKET,
    "AWS::S3Tables::Table": (
        bucket_types.SpecialBucketPolicy,
        bucket_types.TableReplication,
        bucket_types.TableSnapshots,
    ),
    "AWS::S3Tables::TableBucket": (*_SPECIAL_BUCKET, bucket_types.TableReplication),
    "AWS::S3Tables::TableBucketPolicy": (bucket_types.SpecialBucketPolicy,),
    "AWS::S3::MultiRegionAccessPoint": (s3.AccessPoint, s3.AccessPointBuckets),
    "AWS::S3ObjectLambda::AccessPoint": (s3.AccessPoint, s3.ObjectLambdaFunctions),
    "AWS::SNS::Topic": (Subscription, Topic, TopicPolicy),
    "AWS::SQS::Queue": (Queue, QueuePolicy),
}
# An audit of one stack doesn't read these.
WHOLE_ACCOUNT_TYPES = frozenset(
    {
        "AWS::S3::StorageLens",
        "AWS::S3Express::BucketPolicy",
        "AWS::S3Express::DirectoryBucket",
        "AWS::S3Tables::Table",
        "AWS::S3Tables::TableBucket",
        "AWS::S3Tables::TableBucketPolicy",
    }
)
# The control that looks at a fact while it checks others.
_CONTROL_OF_OTHER_FACTS: Mapping[type[Any], str] = {
    BackupSelection: "s3-replication-or-backup",
    EventRule: "cloudwatch-alarm-coverage",
}
_DETECTS = "It reports on the account's settings and activity; the findings hold no PHI."
_PACE = "It is the pace of deployments. AWS creates some in each account."
# Types that can't hold, move or expose PHI whatever they are set to, or that are judged with another resource. The pack
# has such a table of Pulumi's types: policy/crossguard/no_judgment.py.
NO_JUDGMENT_NEEDED: Mapping[str, str] = {
    "AWS::AccessAnalyzer::Analyzer": _DETECTS,
    "AWS::AppConfig::DeploymentStrategy": _PACE,
    "AWS::Backup::Framework": _DETECTS,
    "AWS::CloudWatch::Dashboard": "It shows metrics, which hold no PHI.",
    "AWS::CodeDeploy::DeploymentConfig": _PACE,
    "AWS::Config::ConfigRule": _DETECTS,
    "AWS::Config::ConformancePack": _DETECTS,
    "AWS::Config::ConformancePackCompliance": _DETECTS,
    "AWS::Config::ResourceCompliance": _DETECTS,
    "AWS::Detective::Graph": _DETECTS,
    "AWS::Glue::Database": "It is a name for a group of tables.",
    "AWS::IAM::InstanceProfile": "It passes on a role, which is judged.",
    "AWS::IAM::OIDCProvider": "It grants nothing until a role trusts it; roles are judged.",
    "AWS::IAM::SAMLProvider": "It grants nothing until a role trusts it; roles are judged.",
    "AWS::InspectorV2::Activation": _DETECTS,
    "AWS::KMS::Alias": "It is a name for a key; the key is judged.",
    "AWS::ResourceGroups::Group": "It is a list of resources.",
    "AWS::SSM::AssociationCompliance": _DETECTS,
    "AWS::SSM::PatchCompliance": _DETECTS,
    "AWS::SecurityHub::Hub": _DETECTS,
    "AWS::SecurityHub::Standard": _DETECTS,
}


def controls_by_type(controls: Iterable[Control]) -> dict[str, tuple[str, ...]]:
    """Return the IDs of the controls that judge each type. A type that none of them judges is left out."""
    ids_by_fact: dict[type[Any], set[str]] = {}
    for control in controls:
        facts = {fact for fact, id_ in _CONTROL_OF_OTHER_FACTS.items() if id_ == control.id}
        for fact in facts.union(control.rule.fact_types):
            ids_by_fact.setdefault(fact, set()).add(control.id)
    judged = {
        type_name: tuple(sorted({id_ for fact in facts for id_ in ids_by_fact.get(fact, ())}))
        for type_name, facts in FACTS_BY_TYPE.items()
    }
    return {type_name: ids for type_name, ids in judged.items() if ids}
