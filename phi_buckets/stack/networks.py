"""The setting `phi:networks`: the networks from which objects with PHI may be read and written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from hipaa_controls.access.addresses import PUBLIC_IPV4, PUBLIC_IPV6, Addresses

VPC_ENDPOINT = re.compile(r"vpce-([0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
# AWS counts a policy for a broader range as public.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
MIN_PREFIX_LENGTHS = {4: 8, 6: 32}
NETWORK_MEANING = "the ID of a VPC endpoint or a range of public addresses, no larger than a /8 or, for IPv6, a /32"


@dataclass(frozen=True)
class Networks:
    """VPC endpoints, and ranges of addresses on the internet. If there are none, every network is allowed."""

    vpc_endpoints: tuple[str, ...] = ()
    """The IDs of VPC endpoints for S3, in any region and account."""
    address_ranges: tuple[str, ...] = ()
    """Ranges of public addresses in CIDR notation."""

    @classmethod
    def of(cls, names: Iterable[str]) -> Networks:
        """Return the networks in a list of VPC endpoint IDs and address ranges, each of them valid."""
        names = tuple(names)
        endpoints = tuple(name for name in names if VPC_ENDPOINT.fullmatch(name))
        return cls(endpoints, tuple(name for name in names if name not in endpoints))


def is_network(name: str) -> bool:
    """Return whether a text is the ID of a VPC endpoint or a range of addresses that AWS can see in a request.

    AWS sees the public address of a request over the internet, never a private one. A request through a VPC endpoint
    has no address in `aws:SourceIp`:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
    """
    if VPC_ENDPOINT.fullmatch(name):
        return True
    try:
        network = ipaddress.ip_network(name)
    except ValueError:
        return False
    public = PUBLIC_IPV4 if network.version == 4 else PUBLIC_IPV6
    is_public = not (Addresses.of(network.version, [name]) - public).ranges
    return is_public and network.prefixlen >= MIN_PREFIX_LENGTHS[network.version]
