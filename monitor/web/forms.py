"""What a form of one of our pages sends."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MAX_FORM_BYTES = 16_384  # bytes
MAX_FORM_FIELDS = 50
FORM_TIMEOUT_S = 10.0  # seconds in which it must have arrived


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of those with one name. HTTPException if it is too long or does not arrive."""
    body = b""
    try:
        async with asyncio.timeout(FORM_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_FORM_BYTES:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MAX_FORM_FIELDS))
    except ValueError:
        raise HTTPException(413) from None
