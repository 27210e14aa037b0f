"""What guards the whole account, in each region that is audited: nothing that a stack must declare."""

from hipaa.controls.model import LIVE, Control, Severity, required

CONTROLS = (
    Control(
        id="guardduty-s3-protection",
        title="Threats to the objects are looked for",
        statement="GuardDuty is on in each region, and looks at how objects in S3 are used.",
        required="an enabled detector with the feature S3_DATA_EVENTS enabled",
        paragraphs=(*required("308(a)(1)(ii)(D)", ours=True), *required("308(a)(6)(ii)", ours=True)),
        severity=Severity.MEDIUM,
        remedy="accountGuards of the stack with guardDuty, or: aws guardduty update-detector --detector-id … --enable "
        "--features Name=S3_DATA_EVENTS,Status=ENABLED",
        where=LIVE,
    ),
    Control(
        id="macie-enabled",
        title="Sensitive data is looked for",
        statement="Macie is on in each region: it tells which buckets hold sensitive data, and how they are guarded.",
        required="Macie's status is ENABLED",
        paragraphs=required("308(a)(1)(ii)(A)", ours=True),
        severity=Severity.MEDIUM,
        remedy="accountGuards of the stack with macie, or: aws macie2 enable-macie",
        where=LIVE,
    ),
    Control(
        id="config-recorder",
        title="Every change of a setting is recorded",
        statement="AWS Config records how resources of every type are set, and were, in each region.",
        required="a recorder of all supported types of resources that is switched on, and delivers",
        paragraphs=(*required("308(a)(1)(ii)(D)", ours=True), *required("308(a)(8)", ours=True)),
        severity=Severity.MEDIUM,
        remedy="accountGuards of the stack with config, or: aws configservice put-configuration-recorder and "
        "start-configuration-recorder",
        where=LIVE,
    ),
    Control(
        id="root-mfa",
        title="Nobody is root by a password or a key alone",
        statement="The account's root has MFA and no access keys, or nothing at all to sign in with.",
        required="MFA for root, and no access key of its",
        paragraphs=required("312(d)", ours=True),
        severity=Severity.MEDIUM,
        remedy="sign in as root, assign an MFA device under Security credentials, and delete each access key there; or "
        "remove root's credentials by AWS Organizations' central root access",
        nprm=True,
        where=LIVE,
    ),
)
