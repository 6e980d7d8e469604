"""Guards all HTTP connections: only public addresses and those allowed by the config are dialed.

A name is resolved once, all its addresses are checked, and each address is checked again when its socket is opened,
so that no spelling, redirect or second DNS answer gets past. TLS still verifies the name. Behind a proxy, which does
the dialing, only the addresses that are known here can be checked.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from typing import TypeAlias

import httpx
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.net.addresses import is_in_networks, is_ip_address, may_dial, parse_ip_networks

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]  # from host and port to IP addresses

# A separate, large pool: a dead name server blocks a thread for half a minute, and other lookups must not wait.
_dns_threads = ThreadPoolExecutor(64, thread_name_prefix="dns")
_MAX_DIALED_ADDRESSES = 3  # per host name
_PROXIED_LOOKUP_S = 3.0  # behind a proxy there may be no name server


class BlockedAddress(httpx.ConnectError):
    """A host is or resolves to an address that is neither public nor allowed."""


class UnknownName(httpx.ConnectError):
    """A host name does not resolve."""


async def system_resolver(host: str, port: int) -> list[str]:
    """Resolve a name with the operating system, without blocking the event loop. Raises OSError if that fails."""
    if is_ip_address(host):
        return [host]
    loop = asyncio.get_running_loop()
    results = await loop.run_in_executor(
        _dns_threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(result[4][0]) for result in results))


class Guard:
    """Decides what may be dialed: public addresses and those in `allow_private`, a list of networks."""

    def __init__(self, allow_private: Sequence[str], resolver: Resolver = system_resolver) -> None:
        self._allowed = parse_ip_networks(allow_private)
        self._allows_host = lru_cache(4096)(partial(is_in_networks, allowed=self._allowed))
        self._resolver = resolver

    def allows_by_config(self, host: str) -> bool:
        """Return whether a host is an address in `allow_private`."""
        return self._allows_host(host)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host. Raises BlockedAddress if any of them may not be dialed, and UnknownName if
        there are none."""
        try:
            addresses = await self._resolver(host, port)
        except (OSError, UnicodeError, OverflowError, ValueError):
            addresses = []
        if not addresses:
            raise UnknownName(f"the host name {host} does not resolve")
        for address in addresses:
            self._check_address(address, host if address == host else f"{host} resolves to {address}, which")
        return addresses

    async def check_proxied(self, host: str, port: int, *, looks_up_names: bool) -> None:
        """Check the target of a request through a proxy. Raises BlockedAddress if it is an address that may not be
        dialed, in any spelling, or, with `looks_up_names`, a name that resolves to one. A name that does not resolve
        here may be known to the proxy."""
        if address := address_in_any_spelling(host):
            self._check_address(address, host)
        elif looks_up_names and not host.endswith(".onion"):
            with suppress(UnknownName, TimeoutError):
                async with asyncio.timeout(_PROXIED_LOOKUP_S):
                    await self.resolve(host, port)

    def open_socket(self, target: AddrInfoType) -> socket.socket:
        """Open the socket for one address, just before it is dialed. Raises BlockedAddress."""
        family, kind, protocol, _, address = target
        self._check_address(str(address[0]), str(address[0]))
        return socket.socket(family, kind, protocol)

    def _check_address(self, address: str, subject: str) -> None:
        if not may_dial(address, self._allowed):
            raise BlockedAddress(f"{subject} is not public and not in allow_private")


class GuardedResolver(AbstractResolver):
    """Looks names up for aiohttp through a guard, once for each connection."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = (await self._guard.resolve(host, port))[:_MAX_DIALED_ADDRESSES]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Do nothing: the threads are shared."""


def address_in_any_spelling(host: str) -> str | None:
    """Return the address that a host is, also in spellings such as `0x7f.1` and `localhost`; None for a name."""
    if host.rstrip(".").lower().rpartition(".")[2] == "localhost":
        return "127.0.0.1"
    try:
        return str(socket.getaddrinfo(host.rstrip("."), None, flags=socket.AI_NUMERICHOST)[0][4][0])
    except (OSError, UnicodeError, ValueError):
        return None
