"""Which IP addresses may be dialled: public ones, and private networks that the config names.

The standard library's `is_global` is not enough: it calls multicast, NAT64 and 6to4 global.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network

_NON_PUBLIC_NETWORKS = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; one cloud keeps its metadata service here
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's wire server, reachable from its guests only
        "169.254.0.0/16",  # link-local, most clouds' metadata services
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
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # everything else in IPv6 is local, reserved or a tunnel
_NAT64_NETWORK = IPv6Network("64:ff9b::/96")
_6TO4_NETWORK = IPv6Network("2002::/16")


def parse_ip_networks(texts: Sequence[str]) -> tuple[IpNetwork, ...]:
    """Networks in CIDR form, such as `"127.0.0.0/8"`. ValueError if one is none."""
    return tuple(ip_network(text, strict=False) for text in texts)


def parse_ip_address(text: str) -> IpAddress:
    """An address as it will be judged: one that carries an IPv4 address is that one. ValueError if none."""
    ip = ip_address(text)
    return ip if isinstance(ip, IPv4Address) else _embedded_ipv4(ip) or ip


def is_ip_address(text: str) -> bool:
    """True if this is an address in its usual form, and no name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, NAT64 or 6to4 one."""
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip in _NAT64_NETWORK:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.sixtofour if ip in _6TO4_NETWORK else None


def is_public_address(ip: IpAddress) -> bool:
    """True if the whole internet may be asked at this address."""
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return not _is_in_any(ip, _NON_PUBLIC_NETWORKS)


@lru_cache(maxsize=4096)
def is_in_networks(text: str, allowed: tuple[IpNetwork, ...]) -> bool:
    """True if this is an address in one of `allowed`."""
    try:
        return _is_in_any(parse_ip_address(text), allowed)
    except ValueError:
        return False


def may_dial(text: str, allowed: Sequence[IpNetwork]) -> bool:
    """True if the address is public or inside one of `allowed`. Never raises: what is no address is refused."""
    try:
        ip = parse_ip_address(text)
    except ValueError:
        return False
    return is_public_address(ip) or _is_in_any(ip, allowed)


def _is_in_any(ip: IpAddress, ranges: Sequence[IpNetwork]) -> bool:
    return any(ip.version == network.version and ip in network for network in ranges)
