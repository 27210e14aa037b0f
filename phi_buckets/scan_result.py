"""The tag in which GuardDuty stores the result of an object's malware scan. Loads neither boto3 nor pulumi.

The bucket policies decide by it, the alerts compare it, and the client explains a denied read by it.
https://docs.aws.amazon.com/guardduty/latest/ug/tag-based-access-s3-malware-protection.html
"""

RESULT_TAG = "GuardDutyMalwareScanStatus"
CLEAN = "NO_THREATS_FOUND"
"""The only result with which an object may be read."""
