"""XML that is neither a feed nor a sitemap, as text: one element a line, `package: version 01.04, size 3000`.

Short texts of child elements without attributes join their parent's line, so that `<rate><code>USD</code>
<value>41.2</value></rate>` is `rate: code USD, value 41.2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from monitor.sources.parse.sanitize import html_to_line
from monitor.sources.parse.xml_tree import XmlElement

_MAX_VALUE_CHARS = 80  # a longer text is prose and has a line of its own
_TITLE_NAMES = ("title", "name", "headline", "subject")


def document_title(root: XmlElement) -> str:
    """The title that the document gives itself, or ""."""
    return html_to_line(root.child_text(*_TITLE_NAMES))


def xml_to_html(root: XmlElement) -> str:
    """The lines of a document as HTML paragraphs."""
    return "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in _element_lines(root, is_root=True))


def _element_lines(element: XmlElement, *, is_root: bool = False) -> Iterator[str]:
    folded, others = _fold_values(element.children, is_root)
    values = [*element.attributes.items(), *((child.name, html_to_line(child.text)) for child in folded)]
    parts = [f"{name} {value}" for name, value in values if value]
    text = html_to_line(element.text)
    if text and (len(text) <= _MAX_VALUE_CHARS or not parts):
        parts.append(text)
        text = ""
    if parts:
        yield f"{element.name}: {', '.join(parts)}"
    if text:
        yield text
    for child in others:
        yield from _element_lines(child)


def _fold_values(children: Sequence[XmlElement], is_root: bool) -> tuple[list[XmlElement], list[XmlElement]]:
    """Return the children that join their parent's line, and those that have a line of their own."""
    folded: list[XmlElement] = []
    others: list[XmlElement] = []
    for child in children:
        (folded if _is_value(child) and not is_root else others).append(child)
    return folded, others


def _is_value(element: XmlElement) -> bool:
    """Whether an element is only a short text."""
    return not element.children and not element.attributes and 0 < len(element.text) <= _MAX_VALUE_CHARS
