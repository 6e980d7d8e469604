"""Where the pages stand on their host: below the path that `url` under [web] has, if it has one.

A proxy may hand requests on with that path or without it, and whoever is on this machine may leave it out: all are
answered. Links always have it.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.config import WebConfig


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
