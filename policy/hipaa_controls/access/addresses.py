"""Sets of IP addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

# Ranges from which no request reaches AWS over the internet. Those for documentation (RFC 5737) aren't here, because
# examples use them as the ranges of an organization.
# https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
_NOT_PUBLIC = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "224.0.0.0/3"),
)
_EXAMPLES = ("198.51.100.7", "203.0.113.7", "192.0.2.7", "10.0.0.7", "2001:db8::7")
_LAST = {4: 2**32 - 1, 6: 2**128 - 1}


@dataclass(frozen=True)
class Addresses:
    """The addresses of one IP version in some ranges.

    Attributes:
        version: 4 or 6.
        ranges: The first and last address of each range as integers, in ascending order, without overlaps.
    """

    version: int
    ranges: tuple[tuple[int, int], ...]

    @staticmethod
    def all(version: int) -> Addresses:
        return Addresses(version, ((0, _LAST[version]),))

    @staticmethod
    def of(version: int, networks: Iterable[str]) -> Addresses:
        """Return the addresses of this version in some CIDR ranges or single addresses."""
        parsed = [ipaddress.ip_network(text, strict=False) for text in networks]
        bounds = sorted(
            (int(network.network_address), int(network.broadcast_address))
            for network in parsed
            if network.version == version
        )
        merged: list[tuple[int, int]] = []
        for first, last in bounds:
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return Addresses(version, tuple(merged))

    @property
    def size(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __and__(self, other: Addresses) -> Addresses:
        overlaps = (
            (max(first, other_first), min(last, other_last))
            for first, last in self.ranges
            for other_first, other_last in other.ranges
        )
        return Addresses(self.version, tuple(sorted((first, last) for first, last in overlaps if first <= last)))

    def __sub__(self, other: Addresses) -> Addresses:
        gaps, start = [], 0
        for first, last in other.ranges:
            gaps.append((start, first - 1))
            start = last + 1
        gaps.append((start, _LAST[self.version]))
        return self & Addresses(self.version, tuple((first, last) for first, last in gaps if first <= last))

    def example(self) -> str | None:
        """Return an address, one for documentation if possible (RFC 5737, RFC 3849); None if there is none."""
        for text in _EXAMPLES:
            address = ipaddress.ip_address(text)
            if address.version == self.version and any(first <= int(address) <= last for first, last in self.ranges):
                return text
        if not self.ranges:
            return None
        first = self.ranges[0][0]
        return str(ipaddress.IPv4Address(first) if self.version == 4 else ipaddress.IPv6Address(first))


PUBLIC_IPV4 = Addresses.all(4) - Addresses.of(4, _NOT_PUBLIC)
PUBLIC_IPV6 = Addresses.of(6, ["2000::/3"])
_IPV4_IN_IPV6 = Addresses.of(6, ["::ffff:0:0/96"])


def contains_ipv4(network: str) -> bool:
    """Return whether a range of IPv6 contains IPv4 addresses. AWS doesn't document whether these are in it."""
    return bool((Addresses.of(6, [network]) & _IPV4_IN_IPV6).ranges)
