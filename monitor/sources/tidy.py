"""What a feed says, made safe to keep: clean text, one-line titles, absolute addresses, sensible moments. Pure."""

from __future__ import annotations

import calendar
import html
import re
from datetime import UTC, datetime
from time import struct_time
from urllib.parse import urljoin

from monitor.model import Moment

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# In linear time, whatever comes.
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1\b[^<>]*>|\Z)", re.DOTALL | re.IGNORECASE)
_EARLIEST, _LATEST = -2208988800.0, 7258118400.0  # 1900 to 2200: what lies outside is a slip


def clean(text: object) -> str:
    """Text without control characters and lone surrogates, so that any store and any message takes it."""
    found = _CONTROL.sub("", str(text or ""))
    if _SURROGATE.search(found):
        found = found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return found


def one_line(text: object) -> str:
    """Clean text with every run of white space as one space."""
    return " ".join(clean(text).split())


def plain(markup: str) -> str:
    """HTML as one line of text: tags, comments and scripts gone, character references resolved."""
    if "<" not in markup and "&" not in markup:
        return one_line(markup)
    return one_line(html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", markup))))


def absolute(link: object, base: str) -> str:
    """A link as an absolute http or https address, or ""."""
    text = "".join(clean(link).split())
    try:
        found = urljoin(base, text) if text else ""
    except ValueError:
        return ""
    return found if found.lower().startswith(("http://", "https://")) else ""


def moment(parsed: struct_time | None) -> Moment | None:
    """A parsed UTC date as a moment, or None if there is none or it cannot be meant."""
    try:
        return sensible(calendar.timegm(parsed)) if parsed else None
    except (ValueError, OverflowError, TypeError):
        return None


def rfc3339(text: object) -> Moment | None:
    """A date such as `2026-01-31T08:00:00+02:00` as a moment, or None. Without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(str(text).strip())
        return sensible((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def sensible(at: float) -> Moment | None:
    """The moment, unless it lies so far off that it cannot be meant."""
    return float(at) if _EARLIEST < at < _LATEST else None
