"""A mail's styles, written into its elements: many a mail program drops a style sheet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from monitor.deliver.templates import TemplateFault

if TYPE_CHECKING:
    from css_inline import CSSInliner


def inlined(html: str) -> str:
    """The page with its own style sheet's rules at the elements that they hold for. Raises TemplateFault."""
    from css_inline import InlineError  # only the process that renders is to load it

    try:
        return _inliner().inline(html)
    except InlineError as error:
        raise TemplateFault("email.html.j2", 1, f"its styles cannot be read: {error}") from None


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
