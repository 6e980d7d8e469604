"""Decides which IP addresses may be dialed: public ones, and private networks listed in the config.

The standard library's `is_global` is not enough: it is true for multicast, NAT64 and 6to4 addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network

_NON_PUBLIC_NETWORKS = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; also the metadata service of one cloud provider
        "127.0.0.0/8",
        "168.63.129.16/32",  # the host service of a cloud provider, reachable only from its virtual machines
        "169.254.0.0/16",  # link-local, with the metadata services of most cloud providers
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all other IPv6 addresses are local, reserved or tunnels
_NAT64_NETWORK = IPv6Network("64:ff9b::/96")
_6TO4_NETWORK = IPv6Network("2002::/16")


def parse_ip_networks(texts: Sequence[str]) -> tuple[IpNetwork, ...]:
    """Parse networks in CIDR notation, such as `"127.0.0.0/8"`. Raises ValueError if one is invalid."""
    return tuple(ip_network(text, strict=False) for text in texts)


def parse_ip_address(text: str) -> IpAddress:
    """Parse an address. An IPv6 address with an embedded IPv4 address becomes the latter, which is where packets go.
    Raises ValueError if it is invalid."""
    ip = ip_address(text)
    return ip if isinstance(ip, IPv4Address) else _embedded_ipv4(ip) or ip


def is_ip_address(text: str) -> bool:
    """Return true for an IP address in standard notation, false for a host name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address in an IPv4-mapped, NAT64 or 6to4 address."""
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip in _NAT64_NETWORK:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.sixtofour if ip in _6TO4_NETWORK else None


def is_public_address(ip: IpAddress) -> bool:
    """Return true if the address is part of the public internet."""
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return not _is_in_any(ip, _NON_PUBLIC_NETWORKS)


def is_in_networks(text: str, allowed: tuple[IpNetwork, ...]) -> bool:
    """Return true if the text is an address in one of the networks."""
    try:
        return _is_in_any(parse_ip_address(text), allowed)
    except ValueError:
        return False


def may_dial(text: str, allowed: Sequence[IpNetwork]) -> bool:
    """Return true if the address is public or in one of `allowed`. False for text that is not an address."""
    try:
        ip = parse_ip_address(text)
    except ValueError:
        return False
    return is_public_address(ip) or _is_in_any(ip, allowed)


def _is_in_any(ip: IpAddress, ranges: Sequence[IpNetwork]) -> bool:
    return any(ip.version == network.version and ip in network for network in ranges)
