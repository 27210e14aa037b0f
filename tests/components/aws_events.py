"""Events as AWS's documentation shows them: CloudTrail records, and the events that services send to EventBridge.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from typing import Any

from tests.components.mocked_stack import ACCOUNT_ID

Event = dict[str, Any]

REGION = "us-east-1"
IP_ADDRESS = "203.0.113.7"
EVENT_ID = "11111111-2222-3333-4444-555555555555"
TIME = "2026-01-02T03:04:05Z"

# Callers: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/staff/clinician"
ROLE_SESSION: Event = {
    "type": "AssumedRole",
    "principalId": "AROACKCEVSQ6C2EXAMPLE:alice",
    "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/clinician/alice",
    "accountId": ACCOUNT_ID,
    "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "sessionContext": {
        "attributes": {"creationDate": TIME, "mfaAuthenticated": "true"},
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROACKCEVSQ6C2EXAMPLE",
            "arn": ROLE_ARN,
            "accountId": ACCOUNT_ID,
            "userName": "clinician",
        },
    },
}
IAM_USER: Event = {
    "type": "IAMUser",
    "principalId": "AIDACKCEVSQ6C2EXAMPLE",
    "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/bob",
    "accountId": ACCOUNT_ID,
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
    "userName": "bob",
}
ROOT: Event = {
    "type": "Root",
    "principalId": ACCOUNT_ID,
    "arn": f"arn:aws:iam::{ACCOUNT_ID}:root",
    "accountId": ACCOUNT_ID,
    "accessKeyId": "",
}
OTHER_ACCOUNT: Event = {"type": "AWSAccount", "principalId": "AIDAQ3EGRLYJEXAMPLE", "accountId": "444455556666"}
SERVICE: Event = {"type": "AWSService", "invokedBy": "backup.amazonaws.com"}
ROLE_VIA_SERVICE: Event = ROLE_SESSION | {"invokedBy": "backup.amazonaws.com"}
CLOUDTRAIL: Event = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}


def api_call(
    service: str, name: str, parameters: Event | None = None, by: Event = ROLE_SESSION, **fields: Any
) -> Event:
    """Return the CloudTrail record of a management event that writes."""
    return {
        "eventVersion": "1.11",
        "userIdentity": by,
        "eventTime": TIME,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": IP_ADDRESS,
        "userAgent": "aws-cli/2.27.0",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": "EXAMPLE123456789",
        "eventID": EVENT_ID,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Management",
        **fields,
    }


def object_request(name: str, bucket: str, by: Event = ROLE_SESSION, **parameters: str) -> Event:
    """Return the record of a request about an object, whose key identifies a patient."""
    key = {} if name == "DeleteObjects" else {"key": "patient-7"}
    return api_call(
        "s3",
        name,
        {"bucketName": bucket, "Host": f"{bucket}.s3.{REGION}.amazonaws.com", **key, **parameters},
        by,
        readOnly=name.startswith(("Get", "Head", "List")),
        managementEvent=False,
        eventCategory="Data",
        resources=[{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/patient-7"}],
    )


def console_login(by: Event, *, succeeded: bool, mfa: bool) -> Event:
    """Return the record of a sign-in. A failed one has no ARN of an IAM user.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    fields: Event = {} if succeeded else {"errorMessage": "Failed authentication"}
    return api_call(
        "signin",
        "ConsoleLogin",
        None,
        by if succeeded else {key: value for key, value in by.items() if key != "arn"},
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": "Success" if succeeded else "Failure"},
        additionalEventData={"MobileVersion": "No", "MFAUsed": "Yes" if mfa else "No"},
        **fields,
    )


def in_event_bridge(record: Event) -> Event:
    """Return the event in which EventBridge receives a CloudTrail record."""
    kind = "Console Sign In" if record["eventType"] == "AwsConsoleSignIn" else "API Call"
    source = record["eventSource"].removesuffix(".amazonaws.com")
    return service_event(f"aws.{source}", f"AWS {kind} via CloudTrail", record)


def service_event(source: str, detail_type: str, detail: Event, resources: tuple[str, ...] = ()) -> Event:
    return {
        "version": "0",
        "id": "0948ba87-d3b8-c6d4-f2da-732a1example",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT_ID,
        "time": TIME,
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }


VAULT_ARN = f"arn:aws:backup:{REGION}:{ACCOUNT_ID}:backup-vault:phi-dev-backup-vault"
BACKUP_ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-backup-role"


def backup_job(bucket: str, state: str, **fields: Any) -> Event:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html#aws-backup-events-backup-job."""
    detail = {
        "backupJobId": "34176239-e96d-4e1d-9fad-529dbb3c3556",
        "backupVaultArn": VAULT_ARN,
        "backupVaultName": "phi-dev-backup-vault",
        "bytesTransferred": "0",
        "creationDate": TIME,
        "iamRoleArn": BACKUP_ROLE_ARN,
        "resourceArn": f"arn:aws:s3:::{bucket}",
        "resourceType": "S3",
        "state": state,
        "percentDone": 0,
    }
    return service_event("aws.backup", "Backup Job State Change", detail | fields)


def copy_job(bucket: str, state: str) -> Event:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html#aws-backup-events-copy-job."""
    detail = {
        "copyJobId": "47C8EF56-74D8-059D-1301-C5BE1D5C926E",
        "backupSizeInBytes": 22548578304,
        "creationDate": TIME,
        "iamRoleArn": BACKUP_ROLE_ARN,
        "resourceArn": f"arn:aws:s3:::{bucket}",
        "resourceType": "S3",
        "sourceBackupVaultArn": VAULT_ARN,
        "state": state,
        "statusMessage": "Access denied to patient-7",
        "destinationBackupVaultArn": VAULT_ARN.replace(ACCOUNT_ID, "444455556666"),
        "destinationRecoveryPointArn": {},
    }
    return service_event("aws.backup", "Copy Job State Change", detail)


def restore_job(bucket: str, status: str) -> Event:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html#aws-backup-events-restore-job."""
    detail = {
        "restoreJobId": "1B234A56-789B-01CD-2A34-4567A08901FD",
        "backupSizeInBytes": "22548578304",
        "backupVaultArn": VAULT_ARN,
        "creationDate": TIME,
        "iamRoleArn": BACKUP_ROLE_ARN,
        "percentDone": 0,
        "resourceType": "S3",
        "sourceResourceArn": f"arn:aws:s3:::{bucket}",
        "status": status,
        "statusMessage": "Restore of patient-7 failed",
    }
    return service_event("aws.backup", "Restore Job State Change", detail)


def guardduty_finding(bucket: str) -> Event:
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html."""
    detail = {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT_ID,
        "region": REGION,
        "id": "16afba5c5c43e07c9e3e5e2e544e95df",
        "type": "Exfiltration:S3/AnomalousBehavior",
        "resource": {
            "resourceType": "AccessKey",
            "accessKeyDetails": {"userName": "bob", "userType": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE"},
            "s3BucketDetails": [
                {"name": bucket, "type": "Destination", "s3ObjectDetails": [{"objectArn": f"{bucket}/patient-7"}]}
            ],
        },
        "service": {
            "serviceName": "guardduty",
            "action": {
                "actionType": "AWS_API_CALL",
                "awsApiCallAction": {
                    "api": "GetObject",
                    "serviceName": "s3.amazonaws.com",
                    "remoteIpDetails": {"ipAddressV4": IP_ADDRESS},
                },
            },
        },
        "severity": 8,
        "title": "An IAM entity read patient-7 in a suspicious way.",
    }
    return service_event("aws.guardduty", "GuardDuty Finding", detail)


def macie_policy_finding(bucket: str) -> Event:
    """https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html."""
    actor = {
        "userIdentity": {"type": "AssumedRole", "assumedRole": {"arn": ROLE_SESSION["arn"], "accountId": ACCOUNT_ID}},
        "ipAddressDetails": {"ipAddressV4": IP_ADDRESS},
    }
    detail = {
        "id": "64b917aa-3843-014c-91d8-937ffexample",
        "type": "Policy:IAMUser/S3BucketSharedExternally",
        "severity": {"score": 3, "description": "High"},
        "resourcesAffected": {"s3Bucket": {"arn": f"arn:aws:s3:::{bucket}", "name": bucket}, "s3Object": None},
        "category": "POLICY",
        "policyDetails": {
            "action": {"actionType": "AWS_API_CALL", "apiCallDetails": {"api": "PutBucketPolicy"}},
            "actor": actor,
        },
    }
    return service_event("aws.macie", "Macie Finding", detail)


def macie_sensitive_data_finding(bucket: str) -> Event:
    detail = {
        "id": "4ed45d06-c9b9-4506-ab7f-18a57example",
        "type": "SensitiveData:S3Object/Personal",
        "severity": {"score": 3, "description": "High"},
        "resourcesAffected": {"s3Bucket": {"name": bucket}, "s3Object": {"key": "patient-7", "path": "patient-7"}},
        "category": "CLASSIFICATION",
        "policyDetails": None,
    }
    return service_event("aws.macie", "Macie Finding", detail)


PLAN_ARN = f"arn:aws:guardduty:{REGION}:{ACCOUNT_ID}:malware-protection-plan/b4c7f464ab3a4EXAMPLE"


def malware_scan(bucket: str, result: str) -> Event:
    """https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html."""
    statuses = {"NO_THREATS_FOUND": "COMPLETED", "THREATS_FOUND": "COMPLETED", "FAILED": "FAILED"}
    detail = {
        "schemaVersion": "1.0",
        "scanStatus": statuses.get(result, "SKIPPED"),
        "resourceType": "S3_OBJECT",
        "s3ObjectDetails": {
            "bucketName": bucket,
            "objectKey": "patient-7",
            "eTag": "ASIAI44QH8DHBEXAMPLE",
            "versionId": "d41d8cd98f00b204e9800998eEXAMPLE",
            "s3Throttled": False,
        },
        "scanResultDetails": {"scanResultStatus": result, "threats": None},
    }
    return service_event("aws.guardduty", "GuardDuty Malware Protection Object Scan Result", detail, (PLAN_ARN,))


def malware_plan_status(bucket: str, status: str) -> Event:
    detail = {
        "schemaVersion": "1.0",
        "s3BucketDetails": {"bucketName": bucket},
        "resourceStatus": status.upper(),
        "statusReasons": [{"code": "INSUFFICIENT_TEST_OBJECT_PERMISSIONS"}],
    }
    detail_type = f"GuardDuty Malware Protection Resource Status {status.capitalize()}"
    return service_event("aws.guardduty", detail_type, detail, (PLAN_ARN,))


def malware_tagging_failed(bucket: str) -> Event:
    detail = {
        "schemaVersion": "1.0",
        "eventTime": TIME,
        "s3ObjectDetails": {"bucketName": bucket, "objectKey": "patient-7", "versionId": "d41d8cd98f00b204e9EXAMPLE"},
        "postScanActions": [{"actionType": "TAGGING", "failureReason": "ACCESS_DENIED"}],
    }
    detail_type = "GuardDuty Malware Protection Post Scan Action Failed"
    return service_event("aws.guardduty", detail_type, detail, (PLAN_ARN,))
