"""Controls for EventBridge: event buses, and where events are sent."""

from hipaa_controls.model.control import Control, Severity, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS, HOSTS, ONLY_TRUSTED_PARTIES, TRUSTED_PARTIES
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.events import rules
from hipaa_controls.services.events.facts import ApiDestination, EventBusPolicy, EventTarget

CONTROLS = (
    Control(
        id="events-no-external-access",
        title="Event bus policies grant access only to trusted accounts",
        statement=(
            "The policies and permissions of event buses grant access only to the stack's own account, to trusted "
            "accounts and organizations, and to AWS services acting for them."
        ),
        rationale=(
            "An external account that may put events can trigger whatever the rules trigger, and raise false alerts in "
            "which a real one is lost. One that may create rules can send itself every event."
        ),
        requirement=ONLY_TRUSTED_PARTIES,
        paragraphs=(
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.HIGH,
        remediation=(
            'name principals of the account in each Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}; '
            "or name the account in each permission: "
            'aws.cloudwatch.EventPermission("own", principal=account_id, statement_id="own")'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((EventBusPolicy,), rules.no_external_access),
        verified_before_creation=True,
    ),
    Control(
        id="events-no-external-targets",
        title="EventBridge sends events only to trusted accounts",
        statement=(
            "The targets of EventBridge rules and their dead-letter queues belong to the stack's own account or to "
            "trusted accounts, and API destinations have trusted hosts."
        ),
        rationale=(
            "A rule sends each event that it matches. Events name buckets, object keys and roles, and an application's "
            "own events may hold PHI."
        ),
        requirement=(
            "each target and dead-letter queue is a resource of the stack, or belongs to the stack's account or a "
            "trusted one ({accounts}); the endpoint of each API destination is an https URL of a trusted host ({hosts})"
        ),
        paragraphs=required_by("312(a)(1)", "308(a)(4)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.cloudwatch.EventTarget("alerts", rule=rule.name, arn=topic.arn); or list the account or the host in '
            'the options of events-no-external-targets, as in {"events-no-external-targets": {"hosts": '
            '["alerts.example.com"]}}'
        ),
        options=(ACCOUNTS, HOSTS),
        rule=FactRule((EventTarget, ApiDestination), rules.no_external_target),
    ),
)
