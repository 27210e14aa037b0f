"""The types that are judged: every fact that a live control checks belongs to one."""

from __future__ import annotations

from hipaa_controls.catalogue import LIVE_CONTROLS
from hipaa_controls.model.stack import Stack
from hipaa_controls.services.iam.facts import RootUser
from hipaa_controls.services.macie.facts import MacieSession
from hipaa_controls.services.ram.facts import SharedResource
from hipaa_controls.services.s3.facts import BucketObject, ObjectCopy, ObjectUpload
from phi_buckets.audit import type_names
from phi_buckets.audit.judged_types import FACTS_BY_TYPE, NO_JUDGMENT_NEEDED, controls_by_type

NOT_LISTED = {Stack, RootUser, MacieSession}  # settings of the account, which AWS lists as no resource
# Objects aren't read one by one. Of an account all shares are there, so what is added to one needs no look.
NOT_COLLECTED = {BucketObject, ObjectCopy, ObjectUpload, SharedResource}


def test_every_fact_of_a_live_control_belongs_to_a_type():
    checked = {fact for control in LIVE_CONTROLS for fact in control.rule.fact_types}
    assert checked - {fact for facts in FACTS_BY_TYPE.values() for fact in facts} == NOT_LISTED | NOT_COLLECTED


def test_every_type_is_judged_by_a_live_control():
    assert controls_by_type(LIVE_CONTROLS).keys() == FACTS_BY_TYPE.keys()


def test_every_type_is_one_that_a_source_lists():
    assert {*FACTS_BY_TYPE, *NO_JUDGMENT_NEEDED} - set(type_names._types_by_name().values()) == set()


def test_no_type_is_in_both_tables():
    assert FACTS_BY_TYPE.keys().isdisjoint(NO_JUDGMENT_NEEDED)


def test_controls_by_type_names_the_controls_of_each_fact():
    judged = controls_by_type(LIVE_CONTROLS)
    assert judged["AWS::SQS::Queue"] == (
        "sqs-customer-managed-key",
        "sqs-encryption",
        "sqs-no-external-access",
        "sqs-tls-only",
    )
    assert {"s3-versioning", "s3-tls-only", "s3-no-website"} <= set(judged["AWS::S3::Bucket"])
    assert judged["AWS::Events::Rule"] == ("cloudwatch-alarm-coverage", "events-no-external-targets")


def test_type_whose_controls_are_all_disabled_is_not_judged():
    enabled = [control for control in LIVE_CONTROLS if control.service != "sqs"]
    assert "AWS::SQS::Queue" not in controls_by_type(enabled)
    assert "AWS::SNS::Topic" in controls_by_type(enabled)
