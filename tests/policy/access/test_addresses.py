"""Sets of addresses, compared with the standard library's networks."""

from __future__ import annotations

import ipaddress
from itertools import product
from random import Random

import pytest

from hipaa_controls.access.addresses import Addresses, contains_ipv4


def _networks(version: int, rng: Random) -> list[str]:
    """Return ranges near each other, so that they touch, overlap and contain one another."""
    base, bits = ("10.0.0.0", 32) if version == 4 else ("2001:db8::", 128)
    first = int(ipaddress.ip_address(base))
    address = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    return [
        f"{address(first + rng.randrange(64))}/{rng.randrange(bits - 6, bits + 1)}" for _ in range(rng.randrange(5))
    ]


@pytest.mark.parametrize("version", [4, 6])
def test_addresses_operations_agree_with_membership(version: int) -> None:
    rng = Random(version)
    base = ipaddress.ip_address("10.0.0.0" if version == 4 else "2001:db8::")
    for _ in range(300):
        texts = _networks(version, rng), _networks(version, rng)
        one, other = (Addresses.of(version, networks) for networks in texts)
        parsed = [[ipaddress.ip_network(text, strict=False) for text in networks] for networks in texts]
        for offset in range(-2, 130):
            address = base + offset
            in_one, in_other = (any(address in network for network in networks) for networks in parsed)
            assert _contains(one & other, address) == (in_one and in_other)
            assert _contains(one - other, address) == (in_one and not in_other)
        assert one.size == len({address for network in parsed[0] for address in network})


def _contains(addresses: Addresses, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(first <= int(address) <= last for first, last in addresses.ranges)


def test_addresses_example_is_one_of_them() -> None:
    for version, text in product((4, 6), ("::/0", "0.0.0.0/0", "81.0.0.0/8", "2a00::/16", "203.0.113.0/24")):
        addresses = Addresses.of(version, [text])
        example = addresses.example()
        assert (example is None) is (not addresses.ranges)
        assert example is None or ipaddress.ip_address(example) in ipaddress.ip_network(text)


@pytest.mark.parametrize(
    ("network", "expected"),
    [("::/0", True), ("::ffff:10.0.0.0/104", True), ("2000::/3", False), ("10.0.0.0/8", False)],
)
def test_contains_ipv4_range_says_whether_it_does(network: str, expected: bool) -> None:
    assert contains_ipv4(network) is expected
