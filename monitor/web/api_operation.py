"""An operation of the API: its request and response models, and the endpoint that validates and runs it."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.web.api_schema import NoQuery, parse_query, validated
from monitor.web.endpoint import PAGE_TIMEOUT_S, AsyncEndpoint, Site, async_page_endpoint, run_page
from monitor.web.forms import read_body
from monitor.web.middleware import is_foreign_page, is_own_page
from monitor.web.visitor import Entrance, current_visitor

API_PATH = "/api/v1"
MAX_BODY_BYTES = 256_000
NOT_JSON_TEXT = "Send the body as JSON, with the header content-type: application/json."
FOREIGN_TEXT = "With a session, this is accepted from a page of this monitor only; programs use a token."


@dataclass(frozen=True, slots=True)
class Call:
    """A validated request of an operation: `query` and `body` are instances of its models."""

    request: Request
    query: Any
    body: Any

    @property
    def path(self) -> dict[str, Any]:
        return self.request.path_params

    def older(self, before: int | None) -> str | None:
        """Return the path of the page of rows before `before`; None without one."""
        if before is None:
            return None
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name != "before"]
        return f"{self.request.scope['path']}?{urlencode([*kept, ('before', before)])}"


Responder: TypeAlias = Callable[[Site, Call], BaseModel | Awaitable[BaseModel]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path below API_PATH. `errors` are those that only some have: 403, 404 and the like.

    `respond` runs in a thread, unless it is a coroutine function.
    """

    method: str
    path: str
    name: str
    summary: str
    respond: Responder
    response: type[BaseModel]
    query: type[BaseModel] = NoQuery
    body: type[BaseModel] | None = None
    status: int = 200
    errors: tuple[int, ...] = ()
    timeout_s: float = PAGE_TIMEOUT_S


def api_routes(site: Site, operations: Sequence[Operation]) -> list[Route]:
    """Return one route per path, for all of its methods."""
    by_path: dict[str, dict[str, AsyncEndpoint]] = {}
    for operation in operations:
        endpoint = async_page_endpoint(operation_endpoint(site, operation))
        by_path.setdefault(operation.path, {})[operation.method] = endpoint
    return [
        Route(API_PATH + path, dispatcher(endpoints), methods=list(endpoints)) for path, endpoints in by_path.items()
    ]


def dispatcher(endpoints: dict[str, AsyncEndpoint]) -> AsyncEndpoint:
    async def dispatch(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return dispatch


def operation_endpoint(site: Site, operation: Operation) -> AsyncEndpoint:
    """Return the endpoint that validates a request, runs the operation, and sends its model as JSON."""

    async def respond(request: Request) -> Response:
        query = parse_query(operation.query, request.query_params.multi_items())
        body = None if operation.method == "GET" else await read_json(request, operation.body)
        call = Call(request, query, body)
        if inspect.iscoroutinefunction(operation.respond):
            return model_response(await operation.respond(site, call), operation.status)

        def respond_in_thread(site: Site, request: Request) -> Response:
            model = operation.respond(site, call)
            assert isinstance(model, BaseModel)
            return model_response(model, operation.status)

        return await run_page(operation.timeout_s, site, respond_in_thread, request)

    return respond


def model_response(model: BaseModel, status: int) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(model.model_dump_json(by_alias=True), status, headers, "application/json")


async def read_json(request: Request, model: type[BaseModel] | None) -> BaseModel | None:
    """Return the body as a model, None without one. Raise HTTPException if it is invalid or from another site.

    Browsers send JSON to another site only if that site agrees, and we never do.
    """
    content = await read_body(request, MAX_BODY_BYTES)
    check_origin(request, has_body=bool(content))
    if model is None:
        if content.strip() not in (b"", b"{}"):
            raise HTTPException(400, "Expected no body.")
        return None
    try:
        value = await asyncio.to_thread(json.loads, content or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not valid JSON.") from None
    return validated(model, value, "field")


def check_origin(request: Request, *, has_body: bool) -> None:
    """Raise HTTPException for a request that another site could have caused. Browsers send no tokens."""
    entrance = current_visitor().entrance
    if entrance is Entrance.TOKEN:
        return
    has_login = entrance is not Entrance.OPEN
    if not is_own_page(request.headers) if has_login else is_foreign_page(request.headers):
        raise HTTPException(403, FOREIGN_TEXT)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (has_login or has_body) and media_type != "application/json":
        raise HTTPException(415, NOT_JSON_TEXT)
