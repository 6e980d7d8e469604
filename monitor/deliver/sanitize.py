"""What feed text may do inside a message: nothing. Cleaners for text, headers and links.

Feeds are written by strangers. A title can hold control characters that forge a header or a log line, marks
that turn the reading direction of the rest of a mail, and half characters that cannot be encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

MAX_SANITIZED_CHARS = 4000  # characters of any text that a message could show; feeds have claims of 100 KB
MAX_HEADER_CHARS = 200
MAX_LINK_CHARS = 2000

# Claims are cut, marked and compared word by word, so a direction opened in one piece might never be closed:
# the embedding, override and isolate controls go, and what is left is balanced by having none.
_DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INLINE_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITESPACE = re.compile(r"\s+")
# What ends a link in HTML, in plain text or in Slack's <address|words>.
_LINK_ESCAPES = str.maketrans({mark: f"%{ord(mark):02X}" for mark in '<>"|`'})


def sanitize(text: str) -> str:
    """The beginning of a text, on one line, without control characters, direction controls and lone surrogates."""
    text = _LONE_SURROGATE.sub(
        "\ufffd", _INLINE_CONTROLS.sub(" ", _DIRECTION_CONTROLS.sub("", text[:MAX_SANITIZED_CHARS]))
    )
    return _WHITESPACE.sub(" ", text).strip()


def sanitize_header(text: str, limit: int = MAX_HEADER_CHARS) -> str:
    """Text that may stand in a mail header.

    `=?` opens an encoded word, which older Pythons decode and write out as it is, line breaks and all
    (CVE-2024-6923).
    """
    return shorten(sanitize(text).replace("=?", "= ?"), limit)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word when one ends near, with an ellipsis for what is missing."""
    if len(text) <= limit:
        return text
    beginning = text[: limit - 1]
    whole_words = beginning.rstrip().rpartition(" ")[0] or beginning
    return (whole_words if len(whole_words) > limit * 0.6 else beginning).rstrip(" .,;:–—-") + "…"


def safe_web_link(url: str) -> str:
    """The address if a reader may follow it (http or https, printable, no blanks), else ""."""
    if not url.isprintable() or " " in url or "\\" in url or len(url) > MAX_LINK_CHARS:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url.translate(_LINK_ESCAPES) if parts.scheme in ("http", "https") and parts.netloc else ""


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "•••") if secret else text
    return text
