"""`/health`: whether the daemon works, from its memory. It answers while the database and the page threads hang.

Strangers see which checks fail, but no names of channels, workers or files, which the reasons contain.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.web.visitor import Entrance, current_visitor

ReadHealth: TypeAlias = Callable[[], Mapping[str, Any]]
PUBLIC_REASONS = {
    "store": "the database cannot be used",
    "poll": "sources are not polled, or their news do not pass all stages",
    "deliver": "due messages are not sent",
    "rules": "the config and rule files were not checked",
}


def no_daemon() -> Mapping[str, Any]:
    """Return the body of `/health` where pages are served without a daemon."""
    return {"status": "failing", "checks": {}}


def without_names(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body for strangers: each reason is the same sentence for all causes."""
    checks = {
        name: {**check, "reason": None if check["status"] == "ok" else PUBLIC_REASONS[name]}
        for name, check in body["checks"].items()
    }
    return {**body, "checks": checks}


def health_endpoint(health: ReadHealth) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers 200 if `health` says ok, else 503, with its JSON."""

    async def respond(_request: Request) -> Response:
        is_stranger = current_visitor().entrance is Entrance.NONE
        body = without_names(health()) if is_stranger else health()
        status = 200 if body["status"] == "ok" else 503
        return JSONResponse(body, status, headers={"cache-control": "no-store"})

    return respond
