"""Decides which forms and dialogs of a page are read: those that hold its prose, as on sites that put the whole page
into one form, and those that a selector asks for. Search, login and newsletter forms and cookie dialogs are removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from monitor.sources.parse.html_tree import FRAME_SELECTOR, lineage, node_text, outermost
from monitor.sources.parse.interstitial_phrases import asks_for_consent

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_CONTAINERS = "form, dialog, [role=dialog], [role=alertdialog]"
_PAGE_PARTS = "main, [role=main], article"
_FORM_PAGE_PARTS = f"{_PAGE_PARTS}, h1, input[name^=__VIEWSTATE]"
_FIELDS = (
    "textarea, input:not([type]), input[type=text], input[type=email], input[type=password], input[type=search], "
    "input[type=tel], input[type=url], input[type=number], input[type=date], input[type=checkbox], input[type=radio]"
)
_CONTROLS = "label, button, select, textarea, legend, datalist"
_MAX_CONTAINERS = 500  # of a page; more are read
_MIN_PROSE_CHARS = 40
_LONG_PROSE_CHARS = 300
# The least share of the page's text: in a form without fields, in a long one with fields, in a short one with fields.
_MIN_SHARE, _MIN_SHARE_LONG, _MIN_SHARE_SHORT = 0.3, 0.6, 0.75


def remove_small_forms(tree: LexborHTMLParser, selectors: Collection[str]) -> None:
    """Remove the forms and dialogs that hold no prose and that no selector matches or reaches into.

    If nothing else on the page has text, its forms stay.
    """
    if tree.body is None or not tree.css_first(_CONTAINERS):
        return
    asked_for = _lineage_ids(match for selector in selectors for match in tree.css(selector))
    page_length = content_length(tree)
    small = [node for node in tree.css(_CONTAINERS)[:_MAX_CONTAINERS] if node.mem_id not in asked_for]
    small = outermost(node for node in small if not _holds_prose(node, page_length))
    for node in small:
        if node.tag != "form":
            node.decompose()
    forms = [node for node in small if node.tag == "form"]
    if content_length(tree) > sum(map(_text_length, forms)):
        for form in forms:
            form.decompose()


def content_length(tree: LexborHTMLParser) -> int:
    """The length of the page's text without headers, footers and the like outside its forms."""
    frames = [node for node in outermost(tree.css(FRAME_SELECTOR)) if not _is_in_form(node)]
    return (_text_length(tree.body) if tree.body else 0) - sum(map(_text_length, frames))


def _is_in_form(node: Any) -> bool:
    return any(above.tag == "form" for above in lineage(node))


def _holds_prose(node: Any, page_length: int) -> bool:
    """Whether a form or dialog holds the page's prose: its main part, or most of its text."""
    is_form = node.tag == "form"
    if node.css_first(_FORM_PAGE_PARTS if is_form else _PAGE_PARTS):
        return True
    length = _text_length(node) - sum(map(_text_length, outermost(node.css(_CONTROLS))))
    if length < _MIN_PROSE_CHARS or (not is_form and asks_for_consent(node_text(node))):
        return False
    return length >= _min_share(node, length) * page_length


def _min_share(node: Any, length: int) -> float:
    if node.tag == "form" and node.css_first(_FIELDS) is None:
        return _MIN_SHARE
    return _MIN_SHARE_LONG if length >= _LONG_PROSE_CHARS else _MIN_SHARE_SHORT


def _lineage_ids(nodes: Iterable[Any]) -> set[int]:
    """The ids of nodes and of their ancestors, each visited once."""
    ids: set[int] = set()
    for node in nodes:
        for above in lineage(node):
            if above.mem_id in ids:
                break
            ids.add(above.mem_id)
    return ids


def _text_length(node: Any) -> int:
    """The number of characters without white space, so that the lengths of parts add up."""
    return len("".join(node_text(node).split()))
