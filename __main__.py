"""The PHI stack: keys, log archive, PHI buckets, audit trail, roles, alerts, replica and backups."""

import sys
from pathlib import Path

import pulumi

sys.path.append(str(Path(__file__).parent / "policy"))  # the components share facts about AWS with the pack

from components.access import Access, TrailReplica
from components.access_log_bucket import AccessLogBucket
from components.account import Account, check_stack_name
from components.account_security import AccountSecurity
from components.alerts import Alerts
from components.audit_trail import AuditTrail
from components.backup import Backup
from components.batch_replication import BatchReplication
from components.customer_key import CustomerKey
from components.iam_role import check_permissions_boundary
from components.key_policy import audit_key_statements, phi_key_statements
from components.named_principals import check_administrators, check_organization
from components.phi_bucket import PhiBucket, resource_name
from components.policy_document import Statement
from components.query_results_bucket import QueryResultsBucket
from components.replica import Replica, ReplicaSource, ReplicatedBucket
from components.stack_context import StackContext, lifecycle, object_lock
from components.trail_athena import TrailAthena, athena_permissions
from components.trail_bucket import TrailBucket
from components.trail_queries import TrailQueries
from phi_buckets.stack.settings import SettingsError, load_settings

try:
    settings = load_settings(pulumi.runtime.get_config_env())
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

check_stack_name()
account = Account.current(settings.region)
check_organization(settings.organization_id)
check_administrators(account, settings.bucket_administrators, settings.organization_id)
check_permissions_boundary(account, settings.permissions_boundary)
context = StackContext(account, settings)
context.check_names()
context.check_trust()
in_account = pulumi.ResourceOptions(provider=account.provider("aws", settings.default_tags))
replica_context = context.replica

# Two keys, because readers of audit data must not be able to read PHI.
phi_key = CustomerKey(
    "phi-key",
    {
        "account": account,
        "data_class": "PHI",
        "statements": phi_key_statements(account, context.phi_bucket_arns),
        "keeps_data": settings.keeps_data,
    },
    in_account,
)
audit_key = CustomerKey(
    "audit-key",
    {
        "account": account,
        "data_class": "AuditLog",
        "statements": audit_key_statements(
            account,
            trail_arn=context.trail_arn,
            trail_bucket_arn=context.trail_bucket_arn,
            log_group_arn=context.log_group_arn,
            topic_arn=context.topic_arn,
            query_results_bucket_arn=context.query_results_bucket_arn,
        ),
        "keeps_data": settings.keeps_data,
    },
    in_account,
)

# The log archive.
access_logs = AccessLogBucket(
    "access-logs",
    {
        "account": account,
        "bucket_name": context.access_log_bucket_name,
        "source_bucket_arns": context.access_log_source_arns,
        "receives_config": "config" in settings.account_security_services,
        "protection": context.bucket_protection,
        "noncurrent_retention_days": settings.log_retention_days,
    },
    in_account,
)
trail_files = TrailBucket(
    "trail-files",
    {
        "account": account,
        "bucket_name": context.trail_bucket_name,
        "trail_arn": context.trail_arn,
        "key_arn": audit_key.arn,
        "log_bucket": access_logs.bucket,
        "protection": context.bucket_protection,
        "object_lock": context.object_lock,
        "noncurrent_retention_days": settings.log_retention_days,
    },
    in_account,
)

# Protected Health Information, and the record of every read and write of it.
phi_buckets = {
    bucket.name: PhiBucket(
        bucket.name,
        {
            "account": account,
            "bucket_name": context.phi_bucket_names[bucket.name],
            "data_class": "PHI",
            "key_arn": phi_key.arn,
            "log_bucket": access_logs.bucket,
            "protection": context.bucket_protection,
            "object_access": context.object_access(bucket.name),
            "object_lock": object_lock(bucket),
            "lifecycle": lifecycle(bucket),
        },
        in_account,
    )
    for bucket in settings.buckets
}
phi_buckets_ready = [resource for bucket in phi_buckets.values() for resource in bucket.ready]
trail = AuditTrail(
    "trail",
    {
        "account": account,
        "trail_name": context.trail_name,
        "log_group_name": context.log_group_name,
        "bucket": trail_files.bucket,
        "bucket_ready": trail_files.ready,
        "key_arn": audit_key.arn,
        "data_event_bucket_arns": context.data_event_bucket_arns,
        "trail_bucket_arn": context.trail_bucket_arn,
        "trail_copy_arns": context.trail_copy_arns,
        "log_retention_days": settings.log_retention_days,
        "keeps_data": settings.keeps_data,
        "permissions_boundary": settings.permissions_boundary,
    },
    in_account,
)

# Queries of the trail: who read or wrote an object, when and from where.
TrailQueries(
    "trail-queries",
    {"query_folder": context.trail_name, "log_group_name": trail.log_group},
    in_account,
)
query_permissions: list[Statement] = []
if settings.athena_enabled:
    query_results = QueryResultsBucket(
        "query-results",
        {
            "account": account,
            "bucket_name": context.query_results_bucket_name,
            "key_arn": audit_key.arn,
            "log_bucket": access_logs.bucket,
            "reader_role_arn": context.auditor_role_arn,
            "protection": context.bucket_protection,
        },
        in_account,
    )
    TrailAthena(
        "trail-athena",
        {
            "account": account,
            "workgroup_name": context.trail_name,
            "database_name": context.trail_database_name,
            "trail_bucket": context.trail_bucket_name,
            "regions": context.regions,
            "results_bucket": context.query_results_bucket_name,
            "results_ready": query_results.ready,
            "key_arn": audit_key.arn,
        },
        in_account,
    )
    query_permissions = athena_permissions(
        account,
        workgroup_name=context.trail_name,
        database_name=context.trail_database_name,
        results_bucket_arn=account.bucket_arn(context.query_results_bucket_name),
        key_arn=audit_key.arn,
    )

access = Access(
    "access",
    {
        "account": account,
        "application_roles": context.application_roles,
        "break_glass_role_name": context.break_glass_role_name,
        "legal_hold_role_name": context.legal_hold_role_name,
        "held_bucket_arns": context.data_event_bucket_arns,
        "phi_bucket_arns": context.phi_bucket_arns,
        "phi_key_arn": phi_key.arn,
        "access_log_bucket_arn": context.access_log_bucket_arn,
        "trail_bucket_arn": context.trail_bucket_arn,
        "bucket_arns": context.bucket_arns,
        "log_group_arn": context.log_group_arn,
        "topic_arn": context.topic_arn,
        "audit_key_arn": audit_key.arn,
        "trail_replica": TrailReplica(
            replica_context.account,
            replica_context.account.bucket_arn(replica_context.trail_replica_bucket_name),
            audit_key.replica_arn(replica_context.account.region),
        )
        if replica_context
        else None,
        "query_permissions": query_permissions,
        "permissions_boundary": settings.permissions_boundary,
    },
    in_account,
)
alerts = Alerts(
    "alerts",
    {
        "account": account,
        "topic_name": context.topic_name,
        "key_arn": audit_key.arn,
        "subscribers": settings.alert_subscribers,
        "phi_buckets": context.phi_bucket_names,
        "log_group_name": trail.log_group,
        "break_glass_role_arn": context.break_glass_role_arn,
        "permissions_boundary": settings.permissions_boundary,
    },
    in_account,
)

# Copies: in another region as objects are written, and in a vault every day.
replica = None
batch_replication = None
if replica_context:
    replica = Replica(
        "replica",
        {
            "account": account,
            "replica_account": replica_context.account,
            "default_tags": settings.default_tags,
            "sources": [
                ReplicaSource(
                    name=resource_name(bucket.name, "replica"),
                    source_bucket=context.phi_bucket_names[bucket.name],
                    source_ready=phi_buckets[bucket.name].ready,
                    replica_bucket=context.replica_bucket_names[bucket.name],
                    object_access=context.object_access(bucket.name),
                    object_lock=object_lock(bucket),
                    lifecycle=lifecycle(bucket),
                )
                for bucket in settings.buckets
            ],
            "trail": ReplicatedBucket(
                name="trail-replica",
                source_bucket=context.trail_bucket_name,
                source_ready=trail_files.ready,
                replica_bucket=replica_context.trail_replica_bucket_name,
                object_lock=context.object_lock,
            ),
            "key_arn": phi_key.arn,
            "protection": context.bucket_protection,
            "log_bucket_name": replica_context.replica_log_bucket_name,
            "receives_config": "config" in settings.account_security_services,
            "log_retention_days": settings.log_retention_days,
            "audit_key_arn": audit_key.arn,
            "topic_name": context.topic_name,
            "break_glass_role_arn": context.break_glass_role_arn,
            "subscribers": settings.alert_subscribers,
            "failure_topic_arn": alerts.topic_arn,
            "permissions_boundary": settings.permissions_boundary,
        },
        in_account,
    )
    batch_replication = BatchReplication(
        "batch-replication",
        {
            "account": account,
            "source_bucket_arns": context.phi_bucket_arns,
            "report_bucket_arn": context.access_log_bucket_arn,
            "permissions_boundary": settings.permissions_boundary,
        },
        in_account,
    )
backup = None
if settings.backup_enabled:
    backup = Backup(
        "backup",
        {
            "account": account,
            "bucket_arns": context.phi_bucket_arns_by_name,
            "buckets_ready": phi_buckets_ready,
            "retention_days": settings.backup_days,
            "lock_grace_days": context.backup_lock_grace_days,
            "copy_vault_arn": context.backup_copy_vault_arn,
            "keeps_data": settings.keeps_data,
            "permissions_boundary": settings.permissions_boundary,
        },
        in_account,
    )

if settings.account_security_services:
    AccountSecurity(
        "account",
        {
            "account": account,
            "services": settings.account_security_services,
            "account_wide": True,
            "phi_buckets": context.phi_bucket_names,
            "data_class": "PHI",
            "phi_buckets_ready": phi_buckets_ready,
            "phi_key_arn": phi_key.arn,
            "config_bucket": access_logs.bucket,
            "config_bucket_arn": context.access_log_bucket_arn,
            "log_group_name": context.log_group_name,
            "backup": settings.backup_enabled,
            "replication": replica_context is not None,
            "keeps_data": settings.keeps_data,
            "permissions_boundary": settings.permissions_boundary,
        },
        in_account,
    )

if replica and replica_context and settings.regional_security_services:
    AccountSecurity(
        "replica-account",
        {
            "account": replica_context.account,
            "services": settings.regional_security_services,
            "account_wide": False,
            "phi_buckets": context.replica_bucket_names,
            "data_class": "Replica",
            "phi_buckets_ready": replica.ready,
            "phi_key_arn": replica.key_arn,
            "config_bucket": replica.log_bucket,
            "config_bucket_arn": replica_context.replica_log_bucket_arn,
            "log_group_name": None,
            "backup": False,
            "replication": False,
            "keeps_data": settings.keeps_data,
            "permissions_boundary": settings.permissions_boundary,
        },
        pulumi.ResourceOptions(provider=replica.provider),
    )

pulumi.export("resource_name_prefix", account.name(""))
outputs_by_bucket = {
    name: {
        "phi_bucket_name": bucket.bucket,
        "phi_bucket_arn": bucket.arn,
        "replica_bucket_name": context.replica_bucket_names.get(name),
        "application_role_arn": access.application_role_arns[name],
        "instance_profile_name": access.instance_profile_names.get(name),
    }
    for name, bucket in phi_buckets.items()
}
pulumi.export("phi_buckets", outputs_by_bucket)
if len(outputs_by_bucket) == 1:  # no choice to make, so a shell script reads one value by its name
    for output, value in next(iter(outputs_by_bucket.values())).items():
        pulumi.export(output, value)
pulumi.export("phi_key_arn", phi_key.arn)
pulumi.export("replica_region", settings.replica_region)
pulumi.export("bucket_regions", context.bucket_regions)
pulumi.export("malware_protection", "malwareProtection" in settings.account_security_services)
pulumi.export("access_log_bucket_name", access_logs.bucket)
pulumi.export("trail_bucket_name", trail_files.bucket)
pulumi.export("trail_arn", trail.arn)
pulumi.export("trail_log_group_name", trail.log_group)
pulumi.export("athena_workgroup_name", context.trail_name if settings.athena_enabled else None)
pulumi.export("auditor_role_arn", access.auditor_role_arn)
pulumi.export("break_glass_role_arn", access.break_glass_role_arn)
pulumi.export("legal_hold_role_arn", access.legal_hold_role_arn)
pulumi.export("alert_topic_arn", alerts.topic_arn)
pulumi.export("backup_vault_name", backup.vault if backup else None)
pulumi.export("backup_role_arn", backup.role_arn if backup else None)
pulumi.export("batch_replication_role_arn", batch_replication.role_arn if batch_replication else None)
