"""`/health`: whether the daemon works, from its memory. It answers while the database and the page threads hang."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

ReadHealth: TypeAlias = Callable[[], Mapping[str, Any]]


def no_daemon() -> Mapping[str, Any]:
    """Return the body of `/health` where pages are served without a daemon."""
    return {"status": "failing", "checks": {}}


def health_endpoint(health: ReadHealth) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers 200 if `health` says ok, else 503, with its JSON."""

    async def respond(_request: Request) -> Response:
        body = health()
        status = 200 if body["status"] == "ok" else 503
        return JSONResponse(body, status, headers={"cache-control": "no-store"})

    return respond
