"""A mail's styles, written into its elements: many a mail program drops a style sheet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from css_inline import CSSInliner


class StyleFault(Exception):
    """A page's styles could not be used: one sentence."""


def inline_styles(html: str) -> str:
    """The page with its own style sheet's rules at the elements that they hold for. Raises StyleFault."""
    from css_inline import InlineError  # only the process that renders is to load it

    try:
        return _css_inliner().inline(html)
    except InlineError as error:
        raise StyleFault(f"the mail's styles cannot be used: {error}") from None


@cache
def _css_inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
