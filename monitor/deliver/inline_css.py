"""Inline the style sheet of a mail into its elements, because many mail programs ignore style sheets."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from css_inline import CSSInliner


class StyleFault(Exception):
    """The style sheet of a mail is invalid."""


def inline_styles(html: str) -> str:
    """Return the HTML with the rules of its style sheet copied to the elements they match. Raises StyleFault."""
    from css_inline import InlineError  # loaded only by the process that renders

    try:
        return _css_inliner().inline(html)
    except InlineError as error:
        raise StyleFault(f"cannot inline the mail's styles: {error}") from None


@cache
def _css_inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
