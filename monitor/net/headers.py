"""Parses the response headers about time: Retry-After, Cache-Control, Expires and dates. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from monitor.model import Moment

_MAX_HEADER_SECONDS = 10.0**9


def retry_after_seconds(value: str | None, now: Moment) -> float | None:
    """Return the seconds to wait from a `Retry-After` header, a number or a date. None if absent or invalid."""
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,20}", text):
        return min(float(text), _MAX_HEADER_SECONDS)
    at = parse_http_date(text)
    return None if at is None else max(0.0, at - now)


def max_age_seconds(headers: Mapping[str, str], now: Moment) -> float | None:
    """Return how many seconds a response stays fresh, from `Cache-Control`, else `Expires`, else None."""
    control = headers.get("cache-control", "").lower()
    if re.search(r"\bno-(cache|store)\b", control):
        return None
    if match := re.search(r"\bmax-age\s*=\s*\"?([0-9]{1,20})", control):
        return max(0.0, min(float(match[1]), _MAX_HEADER_SECONDS) - _age_seconds(headers))
    expires = parse_http_date(headers["expires"]) if "expires" in headers else None
    if expires is None:
        return None
    return max(0.0, expires - (parse_http_date(headers.get("date", "")) or now))


def parse_http_date(text: str) -> Moment | None:
    """Parse an HTTP date; None if invalid. UTC if it has no time zone."""
    try:
        parsed = parsedate_to_datetime(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _age_seconds(headers: Mapping[str, str]) -> float:
    text = headers.get("age", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0.0
