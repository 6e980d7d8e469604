"""Escape text for the markup of each channel, so that the values a template prints are never read as markup.

Jinja escapes for HTML only and decides by file name. Here the channel decides, and Slack, the terminal and JSON have
rules of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

# Precedes every value that a Slack template prints, so that `slack_blocks` can distinguish a claim that begins with
# "# " from the template's own "# ". A private-use character: `escape_slack_text` removes it from feed text.
DATA_MARK = "\ue000"

# Slack has no escape for its formatting marks, so they are replaced by letters that look the same.
_SLACK_LOOKALIKES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "~": "∼", "`": "ˋ", DATA_MARK: " ", "\n": " "}
)


def escape_slack_text(text: str) -> str:
    """Return text that Slack shows literally, without mentions, links or formatting."""
    return re.sub(r"(?<!\w)_|_(?!\w)", "＿", text.translate(_SLACK_LOOKALIKES))


def slack_literal(value: object) -> Markup:
    """Escape a value that a Slack template prints; Markup stays as it is."""
    return value if isinstance(value, Markup) else _as_markup(DATA_MARK + escape_slack_text(str(value)))


def slack_bold(value: object) -> Markup:
    return _wrap_in_mark("*", slack_literal(value))


def slack_strike(value: object) -> Markup:
    return _wrap_in_mark("~", slack_literal(value))


def slack_link(url: str, label: str) -> Markup:
    """Return `<url|label>`, or the label alone if either is empty."""
    if not url or not label:
        return slack_literal(label)
    return _as_markup(f"<{url.replace('&', '&amp;')}|{escape_slack_text(label).replace('|', '¦')}>")


def _as_markup(escaped: str) -> Markup:
    return Markup(escaped)  # noqa: S704 - the callers escape it


def _wrap_in_mark(mark: str, text: Markup) -> Markup:
    # Slack reads a mark only at a word boundary; zero-width spaces make one within a word or beside a comma.
    return _as_markup(f"\u200b{mark}{text}{mark}\u200b") if text.strip(DATA_MARK + " ") else text


def terminal_literal(value: object) -> Markup:
    """Escape a value that a terminal template prints for rich's `[markup]`; Markup stays as it is."""
    from rich.markup import escape as rich_escape

    return value if isinstance(value, Markup) else _as_markup(rich_escape(str(value)))


# Jinja escapes constants for HTML, unless the function needs the context, which it has only when it renders.
@pass_context
def json_literal(_: Context, value: object) -> Markup:
    """Return a value that a JSON template prints as JSON, a string with its quotes; Markup stays as it is."""
    if isinstance(value, Markup):
        return value
    return _as_markup(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_as_json_list)
    )


def unescaped(value: object) -> object:
    """Return the value as it is: the filter `e` of a JSON template, in which `json_literal` escapes."""
    return value


def _as_json_list(value: object) -> list[object]:
    """Return the values of an iterable that JSON has no type for. An undefined name raises its error here."""
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


@dataclass(frozen=True, slots=True)
class Escaping:
    """How one kind of template is escaped: by Jinja's own HTML escaping, or by `finalize` for each printed value."""

    autoescape: bool
    finalize: Callable[..., object] | None = None
    filters: tuple[tuple[str, Callable[..., object]], ...] = ()


HTML_ESCAPING = Escaping(autoescape=True)
TEXT_ESCAPING = Escaping(autoescape=False)
TERMINAL_ESCAPING = Escaping(autoescape=True, finalize=terminal_literal)
# Jinja's own filters that escape would print text without quotes.
JSON_ESCAPING = Escaping(
    autoescape=True,
    finalize=json_literal,
    filters=tuple((name, unescaped) for name in ("e", "escape", "forceescape")),
)
SLACK_ESCAPING = Escaping(
    autoescape=True,
    finalize=slack_literal,
    filters=(("bold", slack_bold), ("strike", slack_strike), ("link", slack_link)),
)
