"""How text is made literal in each channel's markup. What a template prints is data, never markup.

Jinja escapes for HTML only, and by file name; here the channel decides, and Slack and the terminal have their own
rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

# Stands before everything a Slack template prints, so that `slack_blocks` can tell a claim that begins with "# "
# from a template's own "# ". A private-use character: `slack_text` takes it out of what feeds say.
DATA_MARK = "\ue000"

# Slack has no escape for its formatting marks, so they are replaced by letters that look the same.
_SLACK_LOOKALIKES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "~": "∼", "`": "ˋ", DATA_MARK: " ", "\n": " "}
)


def escape_slack_text(text: str) -> str:
    """Text that Slack shows as it stands: no mention, link, or formatting."""
    return re.sub(r"(?<!\w)_|_(?!\w)", "＿", text.translate(_SLACK_LOOKALIKES))


def slack_literal(value: object) -> Markup:
    """What a Slack template prints."""
    return value if isinstance(value, Markup) else _as_markup(DATA_MARK + escape_slack_text(str(value)))


def slack_bold(value: object) -> Markup:
    return _wrap_in_mark("*", slack_literal(value))


def slack_strike(value: object) -> Markup:
    return _wrap_in_mark("~", slack_literal(value))


def slack_link(url: str, label: str) -> Markup:
    """`<address|words>`, or the words alone where there is no address, or nothing to show for it."""
    if not url or not label:
        return slack_literal(label)
    return _as_markup(f"<{url.replace('&', '&amp;')}|{escape_slack_text(label).replace('|', '¦')}>")


def _as_markup(escaped: str) -> Markup:
    return Markup(escaped)  # noqa: S704 - the callers are the escaping


def _wrap_in_mark(mark: str, text: Markup) -> Markup:
    # Slack reads a mark only between words; zero-width spaces make a boundary within a word or beside a comma.
    return _as_markup(f"\u200b{mark}{text}{mark}\u200b") if text.strip(DATA_MARK + " ") else text


def terminal_literal(value: object) -> Markup:
    """What a terminal template prints: without meaning for rich's `[markup]`."""
    from rich.markup import escape as rich_escape

    return value if isinstance(value, Markup) else _as_markup(rich_escape(str(value)))


@dataclass(frozen=True, slots=True)
class Escaping:
    """How one kind of template is escaped: Jinja's own for HTML, or `literal` for each value printed."""

    autoescape: bool
    finalize: Callable[[object], object] | None = None
    filters: tuple[tuple[str, Callable[..., object]], ...] = ()


HTML_ESCAPING = Escaping(autoescape=True)
TEXT_ESCAPING = Escaping(autoescape=False)
TERMINAL_ESCAPING = Escaping(autoescape=True, finalize=terminal_literal)
SLACK_ESCAPING = Escaping(
    autoescape=True,
    finalize=slack_literal,
    filters=(("bold", slack_bold), ("strike", slack_strike), ("link", slack_link)),
)
