"""Where the pages stand on their host: below the path that `url` under [web] has, if it has one.

A proxy may hand requests on with that path or without it, and whoever is on this machine may leave it out: all are
answered. Links always have it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.config.models import WebConfig


def url_base_path(web: WebConfig) -> str:
    """The path that links begin with, such as `/monitor`; "" where the pages stand at the top."""
    path = urlsplit(web.url or "").path.strip("/")
    return f"/{path}" if path else ""


class BasePathMiddleware:
    """Answers requests as if each had come with `base` before its path."""

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
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
WRONG_HOST_TEXT = "This monitor does not answer to that name. If it should, set url under [web] in config.toml.\n"


def accepted_hosts(web: WebConfig) -> frozenset[str] | None:
    """The host names that are answered; None, which is any, unless `listen` is on loopback."""
    listen_host = host_name(web.listen or "")
    if not is_loopback(listen_host):
        return None
    public_host = urlsplit(web.url or "").hostname
    return LOOPBACK_HOSTS | {listen_host} | ({public_host} if public_host else set())


def is_loopback(host: str) -> bool:
    """Is this `localhost` or an address that only this machine reaches?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(header: str) -> str:
    """The name in a Host header, small, without port and brackets; "" if it is none."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_own_page(headers: Headers) -> bool:
    """Does a page of ours ask? Browsers say from where a form comes, and no page can make them say otherwise."""
    if (fetch_site := headers.get("sec-fetch-site")) is not None:
        return fetch_site == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


class HostGuardMiddleware:
    """Answers only to `hosts` (None: to any name) and adds `HEADERS` to every answer."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        is_allowed = self.hosts is None or host_name(Headers(scope=scope).get("host", "")) in self.hosts
        responder = self.app if is_allowed else PlainTextResponse(WRONG_HOST_TEXT, 421)
        await responder(scope, receive, send_guarded)
