"""What a caller can send in a key that nothing else determines, by conditions that only one such value meets."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_controls.access.addresses import Addresses
from hipaa_controls.model.verdict import Status
from tests.policy.access.documents import EVERYONE, FAIL, PASS, allow, deny, statuses_for
from tests.policy.access.generator import Statement
from tests.policy.access.harness import PUBLIC

NUMBER, TIME, FLAG = "s3:max-keys", "aws:CurrentTime", "aws:MultiFactorAuthPresent"
ONE_VALUE: dict[str, list[Statement]] = {
    "absent": [allow(EVERYONE, Null={"aws:Referer": "true"})],
    "empty": [allow(EVERYONE, StringEquals={"aws:Referer": ""})],
    "text": [allow(EVERYONE, StringLike={"aws:Referer": "https://*"})],
    "text in another case": [
        allow(EVERYONE, StringEqualsIgnoreCase={"aws:Referer": "page"}),
        deny(StringEquals={"aws:Referer": "page"}),
    ],
    "text outside ASCII": [allow(EVERYONE, StringLike={"aws:Referer": "é*"})],
    "an address": [allow(EVERYONE, IpAddress={"aws:RequestTag/host": "10.0.0.0/8"})],
    "an IPv6 address": [allow(EVERYONE, IpAddress={"aws:RequestTag/host": "fd00::/8"})],
    "a flag that is true": [allow(EVERYONE, Bool={"kms:GrantIsForAWSResource": "true"})],
    "a flag that is false": [allow(EVERYONE, Bool={"kms:GrantIsForAWSResource": "false"})],
    "TLS": [allow(EVERYONE, Bool={"aws:SecureTransport": "true"})],
    "no TLS": [allow(EVERYONE, Bool={"aws:SecureTransport": "false"})],
    "a number": [allow(EVERYONE, NumericEquals={NUMBER: "5"})],
    "a lower number": [allow(EVERYONE, NumericLessThan={NUMBER: "5"})],
    "a higher number": [allow(EVERYONE, NumericGreaterThan={NUMBER: "5"})],
    "a number between": [allow(EVERYONE, NumericGreaterThan={NUMBER: "5"}, NumericLessThan={NUMBER: "6"})],
    "a number far between": [
        allow(EVERYONE, NumericGreaterThan={NUMBER: "0"}, NumericLessThan={NUMBER: "9"}),
        deny(NumericEquals={NUMBER: ["1", "8"]}),
    ],
    "a value that is true": [allow(EVERYONE, Bool={"s3:TableFlag": "true"})],
    "a value that is false": [allow(EVERYONE, Bool={"s3:TableFlag": "false"})],
    "a text beside numbers": [allow(EVERYONE, StringEquals={NUMBER: "many"}, StringNotEquals={NUMBER: "any"})],
    "a time": [allow(EVERYONE, DateEquals={TIME: "2026-01-01T00:00:00Z"})],
    "an earlier time": [allow(EVERYONE, DateLessThan={TIME: "2099-01-01T00:00:00Z"})],
    "a later time": [allow(EVERYONE, DateGreaterThan={TIME: "2026-01-01T00:00:00Z"})],
    "a time between those of another zone": [
        allow(
            EVERYONE,
            DateGreaterThan={TIME: "2026-01-01T02:00:00+02:00"},
            DateLessThan={TIME: "2026-01-01T02:00:10+02:00"},
        )
    ],
    "bytes": [allow(EVERYONE, BinaryEquals={"aws:RequestTag/bytes": "QUJD"})],
    "a time between those of two zones": [
        allow(
            EVERYONE, DateGreaterThan={TIME: "2026-01-01T02:00:00+02:00"}, DateLessThan={TIME: "2026-01-01T01:00:00Z"}
        ),
        deny(DateEquals={TIME: ["2026-01-01T00:00:01Z", "2026-01-01T00:59:59Z"]}),
    ],
}
NO_VALUE: dict[str, list[Statement]] = {
    "a transport that is absent": [allow(EVERYONE, Null={"aws:SecureTransport": "true"})],
    "a flag that is neither true nor false": [
        allow(EVERYONE, StringNotEquals={"kms:GrantIsForAWSResource": ["true", "false"]}),
        deny(Null={"kms:GrantIsForAWSResource": "true"}),
    ],
    "an anonymous caller's second factor": [
        allow(EVERYONE, Bool={FLAG: "true"}),
        deny(Null={"aws:PrincipalArn": "false"}),
        deny(Null={"aws:PrincipalServiceName": "false"}),
    ],
}


@pytest.mark.parametrize("name", ONE_VALUE)
def test_public_access_by_a_value_that_anyone_can_send_fails(name: str) -> None:
    assert statuses_for(*ONE_VALUE[name])[PUBLIC] is FAIL


@pytest.mark.parametrize("name", NO_VALUE)
def test_public_access_by_a_value_that_nobody_can_send_passes(name: str) -> None:
    assert statuses_for(*NO_VALUE[name])[PUBLIC] is PASS


def _status(**condition: Any) -> Status:
    return statuses_for(allow(EVERYONE, **condition))[PUBLIC]


def test_public_access_address_that_is_asked_for_twice_is_in_both_ranges() -> None:
    assert _status(IpAddress={"aws:SourceIp": "3.0.0.0/8"}, IpAddressIfExists={"aws:SourceIp": "5.0.0.0/8"}) is PASS
    assert (
        _status(IpAddress={"aws:VpcSourceIp": "10.0.0.0/8"}, IpAddressIfExists={"aws:VpcSourceIp": "10.1.0.0/16"})
        is FAIL
    )


# Sets of addresses


def addresses(*networks: str, version: int = 4) -> Addresses:
    return Addresses.of(version, networks)


def test_addresses_of_ranges_that_overlap_or_touch_are_merged() -> None:
    nested = addresses("10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "9.0.0.0/9")
    assert nested == addresses("9.0.0.0/9", "10.0.0.0/7")
    assert nested.size == 2**23 + 2**25
    assert addresses("10.0.0.0/8", "2001:db8::/32") == addresses("10.0.0.0/8")


def test_addresses_in_common_and_left_over() -> None:
    some, others = addresses("1.0.0.0/8", "3.0.0.0/8", "5.0.0.0/8"), addresses("3.128.0.0/9", "5.0.0.0/9")
    assert some & others == others
    assert others & some == others
    assert some - others == addresses("1.0.0.0/8", "3.0.0.0/9", "5.128.0.0/9")
    assert others - some == addresses()
    assert (Addresses.all(4) - some).size == 2**32 - 3 * 2**24
    assert Addresses.all(4) - addresses("0.0.0.0/1") == addresses("128.0.0.0/1")
    assert Addresses.all(6) - addresses("8000::/1", version=6) == addresses("::/1", version=6)


def test_addresses_example_is_for_documentation_if_there_is_one() -> None:
    assert Addresses.all(4).example() == "198.51.100.7"
    assert addresses("192.0.2.0/24").example() == "192.0.2.7"
    assert addresses("5.0.0.0/8").example() == "5.0.0.0"
    assert addresses("2600::/16", version=6).example() == "2600::"
    assert addresses().example() is None


def test_public_access_that_has_ended_passes() -> None:
    assert statuses_for(allow(EVERYONE, DateLessThan={TIME: "2020-01-01T00:00:00Z"}))[PUBLIC] is PASS
