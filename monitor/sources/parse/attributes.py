"""Makes links and image texts part of a page's text, for sources with `attributes`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from monitor.sources.parse.identity import canonical_url
from monitor.sources.parse.sanitize import absolute_url, clean_line

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser


def add_attributes(tree: LexborHTMLParser, parts: Iterable[Any], url: str) -> None:
    """Write the target behind each link of the parts, and the text of each image in its place."""
    base_tag = tree.css_first("base[href]")
    base = absolute_url(base_tag.attributes.get("href"), url) if base_tag else ""
    for part in parts:
        for image in part.css("img[alt], area[alt], input[type=image][alt]"):
            if alt := clean_line(image.attributes.get("alt")):
                image.insert_after(f" {alt} ")
        for link in part.css("a[href]"):
            if target := _target(link.attributes.get("href"), base or url, url):
                link.insert_child(f" [{target}]")


def _target(href: object, base: str, page: str) -> str:
    """A link as the comparison reads it: `/files/report.pdf`, or `example.org › files` on another site.

    A whole address would not count: addresses are not statements. "" for a link within the page, and for one that is
    neither http nor mailto.
    """
    text = clean_line(href)
    if text.lower().startswith(("mailto:", "tel:")):
        return text.partition(":")[2].partition("?")[0]
    link = absolute_url(text, base)
    if not link or text.startswith("#"):
        return ""
    parts, page_parts = urlsplit(canonical_url(link)), urlsplit(canonical_url(page))
    path = clean_line(unquote(parts.path + (f"?{parts.query}" if parts.query else "")))
    if parts.netloc == page_parts.netloc:
        return path
    return " › ".join([parts.netloc, *filter(None, path.split("/"))])
