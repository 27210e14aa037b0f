"""Controls for AWS Resource Access Manager (RAM)."""

from hipaa_controls.model.control import Control, Severity, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS, ORGANIZATIONS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.ram import rules
from hipaa_controls.services.ram.facts import ResourceShare, SharedResource, SharePrincipal

CONTROLS = (
    Control(
        id="ram-no-external-sharing",
        title="RAM shares resources only with trusted accounts",
        statement=(
            "Resource shares give access only to the stack's own account and to trusted accounts and organizations."
        ),
        rationale=(
            "A share gives another account direct use of a vault, a database cluster, a subnet or a catalog of tables. "
            "It isn't part of the resource's own policy, so a review of that policy doesn't show it."
        ),
        requirement=(
            "each principal of a share is the stack's account, or belongs to a trusted account ({accounts}) or "
            "organization ({organizations}); allowExternalPrincipals is not true, unless accounts are trusted; and the "
            "share of each resource that is added to one is declared in the stack"
        ),
        paragraphs=(
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.HIGH,
        remediation=(
            'aws.ram.ResourceShare("vaults", allow_external_principals=False), and list the accounts and organizations '
            'that it is shared with in the options of ram-no-external-sharing, as in {"ram-no-external-sharing": '
            '{"organizations": ["o-exampleorgid"]}}'
        ),
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=FactRule((ResourceShare, SharePrincipal, SharedResource), rules.no_external_sharing),
        verified_before_creation=True,
    ),
)
