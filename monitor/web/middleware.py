"""Middleware that maps the base path of `url` under [web] and rejects requests for other hosts.

A proxy may forward requests with the base path or strip it, and local users may omit it: all are answered. Links
always include it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.config.fields import is_loopback
from monitor.config.models import WebConfig


def url_base_path(web: WebConfig) -> str:
    """Return the path prefix of links, such as `/monitor`; "" without one."""
    path = urlsplit(web.url or "").path.strip("/")
    return f"/{path}" if path else ""


class BasePathMiddleware:
    """Handle every request as if its path began with `base`."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self.app = app
        self.base = unquote(base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.base:
            rest = scope["path"].removeprefix(self.base)
            path = self.base + (rest if rest.startswith("/") else scope["path"] if rest else "/")
            scope = {**scope, "root_path": self.base, "path": path}
        await self.app(scope, receive, send)


LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARD_HOSTS = frozenset({"0.0.0.0", "::"})  # noqa: S104
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
WRONG_HOST_TEXT = "Unknown host name. To allow it, set url under [web] in config.toml.\n"


@dataclass(frozen=True, slots=True)
class AcceptedHosts:
    """The host names to answer, and whether any IP address is one too.

    Another site cannot make a browser send an address as Host that is not in the address bar: it needs a name of its
    own that resolves to this machine.
    """

    names: frozenset[str] = LOOPBACK_HOSTS
    any_address: bool = False

    def accepts(self, host: str) -> bool:
        return host in self.names or (self.any_address and is_address(host))


def accepted_hosts(web: WebConfig) -> AcceptedHosts:
    """Return the hosts to answer: loopback, the host of `url` and that of `listen`.

    If `listen` is beyond loopback and there is no `url`, any address: people reach the machine by one of its own.
    """
    listen_host, public_host = host_name(web.listen or ""), urlsplit(web.url or "").hostname
    named = {host for host in (listen_host, public_host) if host and host not in WILDCARD_HOSTS}
    return AcceptedHosts(LOOPBACK_HOSTS | named, not is_loopback(listen_host) and public_host is None)


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def host_name(header: str) -> str:
    """Return the name in a Host header in lower case, without port and brackets; "" if it is invalid."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_own_page(headers: Headers) -> bool:
    """Return whether one of our pages sent the request: browsers set these headers, and pages cannot forge them."""
    if (fetch_site := headers.get("sec-fetch-site")) is not None:
        return fetch_site == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def is_foreign_page(headers: Headers) -> bool:
    """Return whether a browser says that a page of another site sent the request. Programs say nothing."""
    return ("sec-fetch-site" in headers or "origin" in headers) and not is_own_page(headers)


class HostGuardMiddleware:
    """Reject requests for hosts not in `hosts` and add SECURITY_HEADERS to every response.

    A header that the response has already is kept.
    """

    def __init__(self, app: ASGIApp, hosts: AcceptedHosts) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        is_allowed = self.hosts.accepts(host_name(Headers(scope=scope).get("host", "")))
        responder = self.app if is_allowed else PlainTextResponse(WRONG_HOST_TEXT, 421)
        await responder(scope, receive, send_guarded)
