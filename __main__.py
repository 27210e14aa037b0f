"""The PHI stack: keys, the log archive, PHI, its audit trail, who has access, who is told, and the copies."""

import pulumi

from components import key_policy
from components.access import Access
from components.access_log_bucket import AccessLogBucket
from components.account import Account
from components.account_security import AccountGuards
from components.alerts import Alerts
from components.audit_trail import AuditTrail
from components.backup import Backup
from components.customer_key import CustomerKey
from components.phi_bucket import PhiBucket
from components.replica import Replica
from components.stack_context import Site
from components.trail_bucket import TrailBucket
from phi.stack.settings import SettingsError, load

try:
    settings = load(pulumi.runtime.get_config_env())
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

site = Site(Account.current(settings.region), settings)
there = site.elsewhere(settings.replica_region) if settings.replica_region else None

# Two keys: who reads the audit data isn't who reads PHI.
phi_key = CustomerKey("phi-key", {"site": site, "data_class": "PHI", "uses": key_policy.of_phi(site, site.phi_arn)})
audit_key = CustomerKey("audit-key", {"site": site, "data_class": "AuditLog", "uses": key_policy.of_audit(site)})

# The log archive.
access_logs = AccessLogBucket("access-logs", {"site": site, "sources": [site.phi_arn, site.trail_bucket_arn]})
trail_files = TrailBucket("trail-files", {"site": site, "key_arn": audit_key.arn, "log_bucket": access_logs.bucket})

# Protected Health Information, and the record of every reading and writing of it.
phi = PhiBucket("phi", {"site": site, "data_class": "PHI", "key_arn": phi_key.arn, "log_bucket": access_logs.bucket})
watched = [site.phi_arn, *([there.replica_arn] if there else [])]
trail = AuditTrail("trail", {"site": site, "key_arn": audit_key.arn, "files": trail_files, "watched": watched})

access = Access("access", {"site": site, "phi_key_arn": phi_key.arn, "audit_key_arn": audit_key.arn})
buckets = [site.phi_bucket, site.trail_bucket, *([there.replica_bucket] if there else [])]
alerts = Alerts(
    "alerts",
    {"site": site, "key_arn": audit_key.arn, "log_group_name": trail.log_group, "buckets": buckets},
)

# Copies: in another region as it is written, and in a vault every day.
if there:
    Replica(
        "replica",
        {
            "site": site,
            "there": there,
            "phi": phi,
            "key_arn": phi_key.arn,
            "audit_key_arn": audit_key.arn,
            "topic_arn": alerts.topic_arn,
        },
    )
backup = None
if settings.backup:
    backup = Backup("backup", {"site": site, "phi": phi, "key_arn": phi_key.arn})

if settings.account_guards:
    AccountGuards("account", {"site": site, "log_bucket": access_logs.bucket, "phi": phi, "key_arn": phi_key.arn})

pulumi.export("resource_name_prefix", site.account.name(""))
pulumi.export("phi_bucket_name", phi.bucket)
pulumi.export("phi_bucket_arn", phi.arn)
pulumi.export("phi_key_arn", phi_key.arn)
pulumi.export("replica_bucket_name", there.replica_bucket if there else None)
pulumi.export("replica_region", settings.replica_region)
pulumi.export("access_log_bucket_name", access_logs.bucket)
pulumi.export("trail_bucket_name", trail_files.bucket)
pulumi.export("trail_arn", trail.arn)
pulumi.export("application_role_arn", access.application_role_arn)
pulumi.export("auditor_role_arn", access.auditor_role_arn)
pulumi.export("break_glass_role_arn", access.break_glass_role_arn)
pulumi.export("alert_topic_arn", alerts.topic_arn)
pulumi.export("backup_vault_name", backup.vault if backup else None)
pulumi.export("backup_role_arn", backup.role_arn if backup else None)
