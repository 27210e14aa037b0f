"""Checks of Athena workgroups: the key of the results, where they are stored, and whether a query can change that."""

from __future__ import annotations

from hipaa_controls.access.destinations import check_bucket, untrusted_finding, untrusted_owner
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified
from hipaa_controls.services.athena.facts import Workgroup
from hipaa_controls.services.kms.customer_managed_keys import check_customer_managed_key


def settings_enforced(workgroup: Workgroup, _: RuleContext) -> Finding:
    """Check that a query can't choose its own bucket and encryption.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
    """
    if isinstance(workgroup.enforced, Unknown):
        return unverified(workgroup.enforced)
    if workgroup.enforced is False:
        return failed("enforceWorkgroupConfiguration is false, so each query chooses where its results are stored")
    return passed("its settings override those of a query")


def customer_managed_key(workgroup: Workgroup, context: RuleContext) -> Finding:
    """Check the key. A failure is unverified if the tags aren't known, because the results may not hold PHI."""
    finding = check_customer_managed_key(workgroup.kms_key, workgroup, context)
    if finding.status is Status.FAIL and isinstance(workgroup.tags, Unknown):
        return unverified(workgroup.tags)
    return finding


def no_external_results(workgroup: Workgroup, context: RuleContext) -> Finding:
    """Check the owner of the bucket for the results: a bucket's name doesn't show it.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings.html
    """
    content, bucket = "query results are stored", workgroup.results_bucket
    if bucket is None:
        return passed("it names no bucket")
    if workgroup.bucket_owner is None or isinstance(bucket, StackResource):
        return check_bucket(content, bucket, context.options["buckets"])
    trusted = TrustedParties.from_options(context.options, workgroup.location, workgroup.resource)
    owner = workgroup.bucket_owner
    untrusted = owner if isinstance(owner, Unknown) else untrusted_owner("", owner, trusted)
    if untrusted is None:
        return passed(f"{content} in a bucket of a trusted account")
    return untrusted_finding(content, untrusted, trusted)
