"""Every type that the pack reads, with every property unknown, empty or odd: no policy gives up or ends the run."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from crossguard import read_stack
from crossguard.graph import BUCKET_TYPE
from crossguard.readers import s3, s3_settings
from tests.policy.pack_process import UNKNOWN, Resource

USERS = ("aws:cloudtrail/trail:Trail", "aws:s3/inventory:Inventory")  # they tell what a bucket is for
BUCKETS = (BUCKET_TYPE, "aws:s3/bucketV2:BucketV2")
TYPES = sorted({*read_stack.READERS, *s3_settings.COMPANION_READERS, *s3.ACCESS_POINT_READERS, *USERS, *BUCKETS})


def properties(token: str) -> list[str]:
    """Every input that pulumi-aws gives a resource of this type."""
    module, name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token).groups()
    made = getattr(importlib.import_module(f"pulumi_aws.{module}"), name)
    skip = {"self", "__self__", "resource_name", "opts", "__props__"}
    words = [each for each in inspect.signature(made._internal_init).parameters if each not in skip]
    return [first + "".join(map(str.title, rest)) for first, *rest in (word.split("_") for word in words)]


@pytest.mark.parametrize("value", [UNKNOWN, None, [], {}, [UNKNOWN], {"rule": UNKNOWN}, "", 5, True, [[{}]], "{"])
def test_no_policy_gives_up(pack, value):
    stack = [Resource(token, f"r{i}", dict.fromkeys(properties(token), value)) for i, token in enumerate(TYPES)]
    findings = pack.judge(stack)
    assert not [each.message for each in findings if "can't run policy" in each.message]
    assert "s3-public-access-block" in {each.policy for each in findings}


@pytest.mark.parametrize("token", TYPES)
def test_each_property_unknown_by_itself(pack, token):
    for i, name in enumerate(properties(token)):
        for value in (UNKNOWN, [UNKNOWN], {"rule": UNKNOWN, "rules": [UNKNOWN]}):
            findings = pack.judge([Resource(token, f"one{i}", {name: value})])
            assert not [each for each in findings if "can't run policy" in each.message]
