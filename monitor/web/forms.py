"""Read and check a submitted form, within limits of size and time."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from monitor.web.middleware import is_own_page
from monitor.web.visitor import current_visitor

MAX_FORM_BYTES = 65_536  # fifty boxes whose names have a hundred letters, which are encoded as up to twelve bytes
MAX_FORM_FIELDS = 100  # a form with all alerts of a page has fifty boxes
CSRF_FIELD = "csrf_token"
FORM_TIMEOUT_S = 10.0  # for the whole body


def check_form(request: Request) -> None:
    """Raise HTTPException 403 unless a page that we gave to this visitor sent the form."""
    token: str = request.state.form.get(CSRF_FIELD, "")
    is_expected = hmac.compare_digest(token.encode(), current_visitor().csrf_token.encode())
    if not (is_expected and is_own_page(request.headers)):
        raise HTTPException(403)


def checked_names(form: Mapping[str, str], prefix: str) -> list[str]:
    """Return what is checked in a form: the names of its boxes, without the prefix that all of them have."""
    return [name.removeprefix(prefix) for name in form if name.startswith(prefix)]


def kept_params(form: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Return those of the parameters in `names` that the page had which sent the form."""
    return {name: value for name, value in parse_qsl(form.get("kept", "")) if name in names}


async def read_form(request: Request, max_bytes: int = MAX_FORM_BYTES) -> dict[str, str]:
    """Return the fields of a form; of a repeated field the last one. Raise HTTPException 413 or 408."""
    body = await read_body(request, max_bytes)
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MAX_FORM_FIELDS))
    except ValueError:
        raise HTTPException(413) from None


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body. Raise HTTPException 413 if it is too large, 408 if it does not arrive in time."""
    body = b""
    try:
        async with asyncio.timeout(FORM_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    return body
