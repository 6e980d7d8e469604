"""Sanitize feed text for messages: text, headers and links.

Feeds are untrusted. A title can contain control characters that forge a header or a log line, direction controls
that reverse the rest of a mail, and lone surrogates that cannot be encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from monitor.characters import (
    BYTE_ORDER_MARK,
    C0_CONTROLS,
    C1_CONTROLS,
    DIRECTION_CONTROLS,
    INTERLINEAR_CONTROLS,
    replace_surrogates,
)

MAX_SANITIZED_CHARS = 4000  # more than any message shows; feeds have claims of 100 KB
MAX_HEADER_CHARS = 200
MAX_LINK_CHARS = 2000

# Claims are cut, marked and compared word by word, so a direction opened in one piece might never be closed.
# Therefore all embedding, override and isolate controls are removed.
_DIRECTION_CONTROL = re.compile(f"[{DIRECTION_CONTROLS}]")
_CONTROL_OR_SPACE = re.compile(rf"[\s{C0_CONTROLS}{C1_CONTROLS}{BYTE_ORDER_MARK}{INTERLINEAR_CONTROLS}]+")
# Characters that end a link in HTML, in plain text or in Slack's <url|label>.
_LINK_ESCAPES = str.maketrans({mark: f"%{ord(mark):02X}" for mark in '<>"|`'})


def sanitize(text: str) -> str:
    """Return the beginning of a text on one line, without control characters, direction controls, lone surrogates."""
    text = replace_surrogates(_DIRECTION_CONTROL.sub("", text[:MAX_SANITIZED_CHARS]))
    return _CONTROL_OR_SPACE.sub(" ", text).strip()


def sanitize_header(text: str) -> str:
    """Return text that is safe in a mail header.

    `=?` begins an encoded word, which older Python versions decode and write out with its line breaks
    (CVE-2024-6923).
    """
    return shorten(sanitize(text).replace("=?", "= ?"), MAX_HEADER_CHARS)


def shorten(text: str, limit: int) -> str:
    """Return at most `limit` characters, cut at the end of a word if one is near, with an ellipsis if shortened."""
    if len(text) <= limit:
        return text
    beginning = text[: limit - 1]
    whole_words = beginning.rstrip().rpartition(" ")[0] or beginning
    return (whole_words if len(whole_words) > limit * 0.6 else beginning).rstrip(" .,;:–—-") + "…"


def safe_web_link(url: str) -> str:
    """Return the URL if it is safe as a link (http or https, printable, no spaces), else ""."""
    if not url.isprintable() or " " in url or "\\" in url or len(url) > MAX_LINK_CHARS:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url.translate(_LINK_ESCAPES) if parts.scheme in ("http", "https") and parts.netloc else ""


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret replaced, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "•••") if secret else text
    return text
