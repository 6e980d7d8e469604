"""Cleans the values of sources: text without control characters, one-line titles, absolute URLs. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

from monitor.characters import C0_CONTROLS, replace_surrogates
from monitor.text import blocks, markdown
from monitor.text.elements import escape_non_elements
from monitor.text.inline_text import drop_inline_tags

_CONTROL_CHARACTERS = re.compile(f"[{C0_CONTROLS}\x0b\x0c]")
# Linear time on any input.
_HTML_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>")
_NAMED_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][^\s<>/]*)(?P<attributes>[^<>]*)>")
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_HIDDEN_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1\b[^<>]*>|\Z)", re.DOTALL | re.IGNORECASE
)


def clean_text(text: object) -> str:
    """Remove control characters and replace lone surrogates, which databases and messages reject."""
    return replace_surrogates(_CONTROL_CHARACTERS.sub("", str(text or "")))


def clean_line(text: object) -> str:
    """`clean_text` with each run of white space as one space."""
    return " ".join(clean_text(text).split())


def html_to_line(markup: str) -> str:
    """HTML as one line of text, without tags, comments, scripts and styles. A `<word>` that is not a tag stays."""
    if "<" not in markup:
        return clean_line(html.unescape(markup))
    visible = _DECLARATION.sub("", _HIDDEN_MARKUP.sub("", escape_non_elements(markup)))
    return clean_line(html.unescape(drop_inline_tags(visible, _NAMED_TAG)))


def body_to_line(body: str) -> str:
    """A body as one line, with a space for each tag; what is a tag is decided as for claims.

    Stored hashes are made of this line, so it must not change for ordinary HTML and text without angle brackets.
    """
    body = escape_non_elements(body)
    if blocks.is_html(body):
        return tagless_line(body)
    return clean_line(html.unescape(markdown.replace_inline_tags(body)))


def tagless_line(markup: str) -> str:
    """Text as one line, with a space for everything in angle brackets. Keys are hashes of it, so it must never
    change."""
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
