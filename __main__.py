"""The PHI bucket stack: settings, then the key, the access-log bucket and the PHI bucket, then the outputs."""

import pulumi

from components.access_log_bucket import AccessLogBucket
from components.account import Account
from components.customer_key import CustomerKey
from components.phi_bucket import PhiBucket
from components.settings import SettingsError, load

try:
    settings = load(pulumi.runtime.get_config_env())
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

account = Account.current(settings.region)
phi_name = account.bucket_name("phi")
phi_arn = account.bucket_arn(phi_name)

key = CustomerKey(
    "phi-key",
    {"account": account, "bucket_arn": phi_arn, "keeps_data": settings.keeps_data},
)

access_logs = AccessLogBucket(
    "access-logs",
    {
        "account": account,
        "source_arn": phi_arn,
        "keeps_data": settings.keeps_data,
        "retention_days": settings.log_retention_days,
    },
)

phi = PhiBucket(
    "phi",
    {
        "account": account,
        "bucket_name": phi_name,
        "key_arn": key.arn,
        "log_bucket": access_logs.bucket,
        "keeps_data": settings.keeps_data,
        "retention_days": settings.retention_days,
        "archive_after_days": settings.archive_after_days,
    },
)

pulumi.export("bucket_name", phi.bucket)
pulumi.export("bucket_arn", phi.arn)
pulumi.export("key_arn", key.arn)
pulumi.export("access_log_bucket_name", access_logs.bucket)
