"""Cleans the values of sources: text without control characters, one-line titles, absolute URLs. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Linear time on any input.
_HTML_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")
_HIDDEN_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1\b[^<>]*>|\Z)", re.DOTALL | re.IGNORECASE
)


def clean_text(text: object) -> str:
    """Remove control characters and replace lone surrogates, which databases and messages reject."""
    cleaned = _CONTROL_CHARACTERS.sub("", str(text or ""))
    if _LONE_SURROGATE.search(cleaned):
        cleaned = cleaned.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return cleaned


def clean_line(text: object) -> str:
    """`clean_text` with each run of white space as one space."""
    return " ".join(clean_text(text).split())


def html_to_line(markup: str) -> str:
    """HTML as one line of text, without tags, comments, scripts and styles."""
    if "<" not in markup and "&" not in markup:
        return clean_line(markup)
    return clean_line(html.unescape(_HTML_TAG.sub(" ", _HIDDEN_MARKUP.sub(" ", markup))))


def absolute_url(link: object, base: str) -> str:
    """Return a link as an absolute http or https URL, or ""."""
    text = "".join(clean_text(link).split())
    try:
        resolved = urljoin(base, text) if text else ""
    except ValueError:
        return ""
    return resolved if resolved.lower().startswith(("http://", "https://")) else ""
