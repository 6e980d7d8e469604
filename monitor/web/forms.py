"""Read the body of a submitted form, within limits of size and time."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

MAX_FORM_BYTES = 16_384
MAX_FORM_FIELDS = 100  # a form with all alerts of a page has fifty boxes
FORM_TIMEOUT_S = 10.0  # for the whole body


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; of a repeated field the last one.

    Raise HTTPException 413 if the body is too large, 408 if it does not arrive in time.
    """
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
