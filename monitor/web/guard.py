"""Middleware that lets only known visitors in: every path is refused to others unless PUBLIC_PATHS names it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, unquote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.model import Moment
from monitor.web.access import HEALTH_PATH, TOKEN_PATHS, Access, is_api_path
from monitor.web.sessions import RENEWAL_S, SESSION_COOKIE, SESSION_S, Session, seal_session
from monitor.web.visitor import Entrance, Visitor, set_visitor

LOGIN_PATH = "/login"
PUBLIC_PATHS = frozenset({HEALTH_PATH, LOGIN_PATH, "/style.css"})
ANSWER_PATH = re.compile(r"/answer/[^/]+")  # its token is all that the page asks for
LOGIN_REQUIRED_TEXT = "Log in first, or send a token of [web] tokens as a bearer token."
GUESSING_TEXT = "Too many wrong tokens. Try again in {} seconds."
PROXY_REQUIRED_TEXT = "The proxy in front of this monitor names no user, or the request did not come through it.\n"


class AccessMiddleware:
    """Find out who sends each request, refuse it if they may not, and renew their session."""

    def __init__(self, app: ASGIApp, access: Access, clock: Callable[[], Moment], base: str) -> None:
        self.app, self.access, self.clock = app, access, clock
        self.base, self.base_path = base, unquote(base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self.base_path) or "/"
        visitor = self.access.visitor(scope, path, self.clock)
        set_visitor(visitor)
        if visitor.entrance is Entrance.NONE and not is_public(path):
            await self.refusal(scope, path, visitor)(scope, receive, send)
            return

        async def send_renewed(message: Message) -> None:
            session = visitor.session
            if message["type"] == "http.response.start" and session:
                self.renew(session, MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_renewed)

    def renew(self, session: Session, headers: MutableHeaders) -> None:
        """Add the cookie of the renewed session, unless it was renewed recently or the response sets another one."""
        now = self.clock()
        if now - session.at >= RENEWAL_S and "set-cookie" not in headers:
            headers["set-cookie"] = session_cookie(self.access, replace(session, at=now // 1), self.base)

    def refusal(self, scope: Scope, path: str, visitor: Visitor) -> Response:
        """Return 401 or 429 for programs, 401 behind a proxy; a browser is sent to the login."""
        if wait := math.ceil(visitor.token_wait_s):
            sentence, headers = GUESSING_TEXT.format(wait), {"retry-after": str(wait)}
            return JSONResponse({"error": sentence}, 429, headers)
        if is_api_path(path):
            return JSONResponse({"error": LOGIN_REQUIRED_TEXT}, 401, {"www-authenticate": "Bearer"})
        if path in TOKEN_PATHS:
            return PlainTextResponse(f"{LOGIN_REQUIRED_TEXT}\n", 401, {"www-authenticate": "Bearer"})
        if self.access.password is None:
            return PlainTextResponse(PROXY_REQUIRED_TEXT, 401)
        if scope["method"] not in ("GET", "HEAD"):
            return RedirectResponse(f"{self.base}{LOGIN_PATH}", 303)
        query = scope["query_string"].decode("latin-1")
        wanted = quote(path) + (f"?{query}" if query else "")
        return RedirectResponse(f"{self.base}{LOGIN_PATH}?{urlencode({'next': wanted})}", 303)


def is_public(path: str) -> bool:
    """Return whether a page is for everybody."""
    return path in PUBLIC_PATHS or ANSWER_PATH.fullmatch(path) is not None


def session_cookie(access: Access, session: Session | None, base: str) -> str:
    """Return the Set-Cookie header of a session, or the one that deletes it."""
    value = seal_session(session, access.key, access.password or "") if session else ""
    age = int(SESSION_S) if session else 0
    secure = "; Secure" if access.is_https else ""
    return f"{SESSION_COOKIE}={value}; Path={base or '/'}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
