"""What authenticates a request to a source: its headers, cookies, token, and its login, basic or digest."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from monitor.config.models import Auth
from monitor.net.client import basic_login
from monitor.net.response import Request

_SET_BY_CLIENT = frozenset({"accept-encoding", "host", "connection", "content-length", "transfer-encoding"})


def credential_headers(request: Request) -> dict[str, str]:
    """Return the source's headers, cookies and token by lowercase name, without headers that the client sets."""
    headers = {
        name.lower(): value.get_secret_value()
        for name, value in request.headers.items()
        if name.lower() not in _SET_BY_CLIENT
    }
    pairs = (f"{name}={value.get_secret_value()}" for name, value in request.cookies.items())
    if cookies := "; ".join(filter(None, (headers.get("cookie"), *pairs))):
        headers["cookie"] = cookies
    if request.auth and request.auth.token:
        headers["authorization"] = f"Bearer {request.auth.token.get_secret_value()}"
    return headers


def login_of(auth: Auth) -> tuple[str, str]:
    return auth.username or "", auth.password.get_secret_value() if auth.password else ""


class Login(httpx.Auth):
    """A username and password: sent as Basic until the server asks for a digest (RFC 7616), and as that from then
    on."""

    def __init__(self, auth: Auth) -> None:
        self._username, self._password = login_of(auth)
        self._digest: httpx.DigestAuth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._digest is None:
            request.headers["authorization"] = basic_login(self._username, self._password)
            response = yield request
            if not _asks_for_digest(response):
                return
            self._digest = httpx.DigestAuth(self._username, self._password)
            del request.headers["authorization"]
            flow = self._digest.auth_flow(request)
            next(flow)
            yield flow.send(response)
            return
        response = yield from _answered(self._digest.auth_flow(request))
        if response.status_code == 401 and not _asks_for_digest(response):
            self._digest = None  # the server has gone back to Basic
            request.headers["authorization"] = basic_login(self._username, self._password)
            yield request


def _answered(
    flow: Generator[httpx.Request, httpx.Response, None],
) -> Generator[httpx.Request, httpx.Response, httpx.Response]:
    """Run a flow and return the last response."""
    request = next(flow)
    while True:
        response = yield request
        try:
            request = flow.send(response)
        except StopIteration:
            return response


def _asks_for_digest(response: httpx.Response) -> bool:
    challenges = response.headers.get_list("www-authenticate")
    return response.status_code == 401 and any(text.lower().startswith("digest ") for text in challenges)
