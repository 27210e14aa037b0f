"""The patterns of exemptions: which say the resources that they cover, and which match (nearly) everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_controls.model.resource_pattern import matches, pattern_errors
from tests.policy.policy_builders import deterministic

# Names that have nothing in common with a pattern: only `*` can match them. The other parts may be anything.
UNRELATED = "\N{SNOWMAN}\N{SNOWMAN}\N{SNOWMAN}\N{SNOWMAN}"
TYPES = ("key/", "role/", "alarm:", "log-group:", "backup-vault:", "accesspoint/", "trail/", "user/path/")


@pytest.mark.parametrize(
    "pattern",
    [
        "urn:pulumi:dev::app::aws:s3/bucket:Bucket::assets",
        "urn:pulumi:dev::*::aws:s3/bucket:Bucket::assets",
        "urn:pulumi:*::drop",
        "urn:pulumi:*::*::*::import-*",
        "urn:pulumi:prod::app::*::*-import",
        "arn:aws:s3:::assets",
        "arn:aws:s3:::assets-*",
        "arn:*:s3:::*-assets",
        "arn:aws:s3:*:*:accesspoint/import-*",
        "arn:aws:sns:*:*:alerts-*",
        "arn:aws:logs:*:*:log-group:/aws/lambda/*",
        "arn:aws:s3express:*:*:bucket/*imports--use1-az4--x-s3",
        "arn:aws:s3express:*:*:bucket/imports-*",
        "arn:aws:s3tables:*:*:bucket/imports/table/*",
        "arn:aws:sqs:*:*:import-*.fifo",
        "arn:aws:kms:us-east-1:*:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "123456789012",
        "the organization",
    ],
)
def test_pattern_errors_of_a_pattern_that_names_resources_is_empty(pattern: str):
    assert list(pattern_errors(pattern)) == []


@pytest.mark.parametrize(
    ("pattern", "fix"),
    [
        *((pattern, "write a URN or ARN") for pattern in ("*", "**", "u*", "*u*", "*:*", "*::*", "urn:*", "*phi*")),
        *((pattern, "write a URN or ARN") for pattern in ("*::phi-*", "*::assets", "1234*", "ar*")),
        *((f"urn:pulumi:{rest}", "write each part") for rest in ("*", "*phi*", "*::*", "*::phi-*", "dev::app::*")),
        ("urn:pulumi:*::aws:s3/bucket:Bucket::*", "write each part"),
        ("urn:pulumi:*::aws:s3/bucket:Bucket::assets-*", "write each part"),
        ("urn:pulumi:dev::app::aws:s3/bucket:Bucket::*", "write the resource's name"),
        ("urn:pulumi:*::*::*::*", "write the resource's name"),
        ("urn:pulumi:*::*::*::*::*", "write the resource's name"),
        ("urn:pulumi:*::*::*::*phi*", "write the resource's name"),
        ("urn:pulumi:*::*::*::*a*s*s*e*t*s*", "write the resource's name"),
        *((f"arn:{rest}", "write each part") for rest in ("*", "aws:*", "aws:s3*", "*:assets", "aws:s3::*")),
        *((f"arn:aws:s3:::{name}", "write the resource's name") for name in ("*", "**", "a*", "*-*", "*/*", "phi*")),
        ("arn:aws:s3:*:*:accesspoint*", "write the resource's name"),
        ("arn:aws:s3:*:*:accesspoint/*", "write the resource's name"),
        ("arn:aws:kms:us-east-1:111122223333:key/*", "write the resource's name"),
        ("arn:aws:kms:us-east-1:111122223333:key*", "write the resource's name"),
        ("arn:aws:iam::111122223333:role*", "write the resource's name"),
        ("arn:aws:iam::111122223333:*role/*", "write the resource's name"),
        ("arn:aws:logs:*:*:log-group:/aws/*", "write the resource's name"),
        ("arn:*:*:*:*:*", "write the resource's name"),
        ("arn:aws:s3express:*:*:bucket/*--x-s3", "write the resource's name"),
        ("arn:aws:s3express:*:*:bucket/*use1-az4--x-s3", "write the resource's name"),
        ("arn:aws:s3express:*:*:bucket/*--use1-az4--x-s3", "write the resource's name"),
        ("arn:aws:s3tables:*:*:bucket/*/table/*", "write the resource's name"),
        ("arn:aws:s3:*:*:access-grants/default/*", "write the resource's name"),
        ("arn:aws:s3:*:*:access-grants/*/grant/*", "write the resource's name"),
        ("arn:aws:s3::*:accesspoint/*.mrap", "write the resource's name"),
        ("arn:aws:sns:*:*:*.fifo", "write the resource's name"),
    ],
)
def test_pattern_errors_of_a_pattern_that_matches_nearly_everything_says_the_fix(pattern: str, fix: str):
    [error] = pattern_errors(pattern)
    assert fix in error


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("urn:pulumi:dev::app::*::assets", "assets", True),
        ("urn:pulumi:*::assets", "assets", True),
        ("urn:pulumi:dev::app::*::data::assets", "data::assets", True),
        ("urn:pulumi:dev::app::*::assets", "data::assets", False),
        ("urn:pulumi:*::assets", "data::assets", False),
        ("urn:pulumi:dev::app::*::import-*", "data::import-bucket", False),
    ],
)
def test_matches_compares_the_whole_name_of_a_resource(pattern: str, name: str, expected: bool):
    assert matches(pattern, f"urn:pulumi:dev::app::aws:s3/bucket:Bucket::{name}") is expected


def short_texts(pieces: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=8).map("".join)


@deterministic
@given(short_texts(("urn:pulumi:", "*", "::", "phi", "-", "aws:s3/bucket:Bucket")), st.data())
def test_accepted_urn_pattern_matches_no_unrelated_name(pattern: str, data: st.DataObject):
    part = st.sampled_from(("phi", "phi-phi", "aws:s3/bucket:Bucket"))
    urn = f"urn:pulumi:{data.draw(part)}::{data.draw(part)}::{data.draw(part)}::{UNRELATED}"
    assert list(pattern_errors(pattern)) or not matches(pattern, urn)


@deterministic
@given(short_texts(("arn:aws:", "*", ":", "/", "sns", "kms", "s3", "key", "role", "accesspoint", "a")), st.data())
def test_accepted_arn_pattern_matches_no_unrelated_name(pattern: str, data: st.DataObject):
    service = data.draw(st.sampled_from(("kms", "iam", "s3", "logs")))
    typed_name = f"{data.draw(st.sampled_from(TYPES))}{UNRELATED}"
    region = data.draw(st.sampled_from(("", "us-east-1", "a")))
    for arn in (f"arn:aws:{service}:{region}:111122223333:{typed_name}", f"arn:aws:s3:::{UNRELATED}"):
        assert list(pattern_errors(pattern)) or not matches(pattern, arn)
