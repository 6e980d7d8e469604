"""Query parameters: an unknown or invalid one is an error that the reader sees, never ignored."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request

from monitor.model import Moment
from monitor.units import parse_duration, parse_time

MAX_PARAM_CHARS = 1_000
ROW_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
STORED_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
TIME_HELP = "expected a date such as 2026-12-31, a time in ISO 8601, or a duration such as 7d"


def read_params(request: Request, known: Collection[str]) -> dict[str, str]:
    """Return the parameters that are not empty. Raise HTTPException 400 for one that the page does not have."""
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise HTTPException(400, f"Unknown parameter {name[:40]}: this page has {', '.join(known) or 'none'}.")
        if len(value) > MAX_PARAM_CHARS:
            raise HTTPException(400, f"The parameter {name} is too long.")
    return {name: value.strip() for name, value in request.query_params.items() if value.strip()}


def parse_row_number(params: Mapping[str, str], name: str) -> int | None:
    """Return the number of a row. Raise HTTPException 400 if it is not one."""
    text = params.get(name)
    if text is None:
        return None
    if not ROW_NUMBER.fullmatch(text):
        raise HTTPException(400, f"Invalid {name}=: expected the number of a row.")
    return int(text)


def is_stored_id(text: str) -> bool:
    """Return whether a text can be the id of an alert, a story or a message."""
    return STORED_ID.fullmatch(text) is not None


def parse_choice(params: Mapping[str, str], name: str, choices: Collection[str]) -> str | None:
    """Return a value that must be one of `choices`. Raise HTTPException 400 if it is not."""
    value = params.get(name)
    if value is not None and value not in choices:
        raise HTTPException(400, f"Invalid {name}=: expected one of {', '.join(choices)}.")
    return value


def parse_moment(
    params: Mapping[str, str], name: str, now: Moment, timezone: ZoneInfo, *, is_end: bool = False
) -> Moment | None:
    """Return the moment of a date, a time or a duration before now. With `is_end`, a date stands for its last moment.

    Raise HTTPException 400 for anything else.
    """
    text = params.get(name)
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            day = datetime.fromisoformat(text).date() + timedelta(days=is_end)
            return datetime.combine(day, time(), timezone).timestamp()
        if re.match(r"\d{4}-", text, re.ASCII):
            return parse_time(text, timezone)
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        raise HTTPException(400, f"Invalid {name}=: {TIME_HELP}.") from None


def page_url(path: str, params: Mapping[str, object]) -> str:
    """Return the URL of a page with those parameters that have a value."""
    query = urlencode({name: value for name, value in params.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path
