"""Reads the OPML files of feed readers and writes OPML 2.0.

Folders become tags. Files that declare entities are rejected: no feed reader writes them, but entity expansion
attacks need them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.errors import ParseError
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed in an OPML file. `tags` are its folders, outermost first, then its categories. `is_feed` is false for a
    page that the feed reader scrapes by its own rules."""

    title: str
    url: str
    tags: tuple[str, ...] = ()
    is_feed: bool = True


def read_opml(body: bytes) -> tuple[Subscription, ...]:
    """Return the subscriptions in file order, each once even if it is in several folders. Raises ParseError with code
    `malformed` (names the line) or `not_opml`."""
    reader = _OpmlReader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start_element, reader.end_element
    parser.EntityDeclHandler = _reject_entity
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        sentence = f"invalid XML in line {error.lineno}: {expat.ErrorString(error.code)}"
        raise ParseError("malformed", sentence) from None
    except (LookupError, ValueError):
        raise ParseError("malformed", "the file declares an unknown encoding") from None
    if not reader.is_opml:
        raise ParseError("not_opml", "expected OPML, found other XML")
    return tuple(reader.subscriptions.values())


def write_opml(subscriptions: Iterable[Subscription]) -> str:
    """Return an OPML file. The folder of a feed is its first tag; its categories are all its tags."""
    folders: dict[str, list[str]] = {}
    for subscription in subscriptions:
        folder = subscription.tags[0] if subscription.tags else ""
        folders.setdefault(folder, []).append(_outline_element(subscription))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Claimwatch</title></head>",
        "<body>",
    ]
    for folder, outlines in folders.items():
        lines += [f"<outline text={quoteattr(folder)}>", *outlines, "</outline>"] if folder else outlines
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _outline_element(subscription: Subscription) -> str:
    title, url = quoteattr(clean_text(subscription.title)), quoteattr(subscription.url)
    categories = ",".join(subscription.tags)
    category = f" category={quoteattr(categories)}" if categories else ""
    return f'<outline type="rss" text={title} title={title} xmlUrl={url}{category}/>'


def _reject_entity(*_: object) -> None:
    raise ParseError("malformed", "the file declares XML entities, which are not allowed")


class _OpmlReader:
    """The handlers of the XML parser. `open_folders` has "" for an open outline that is not a folder."""

    def __init__(self) -> None:
        self.is_opml = False
        self.open_folders: list[str] = []
        self.subscriptions: dict[str, Subscription] = {}

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        self.is_opml = self.is_opml or name.lower() == "opml"
        if name.lower() != "outline":
            return
        lowercased = {key.lower(): value for key, value in attributes.items()}
        url = _feed_url(lowercased.get("xmlurl", ""))
        title = clean_line(lowercased.get("title") or lowercased.get("text"))
        if url:
            is_feed = "+" not in lowercased.get("type", "")  # as in "HTML+XPath"
            subscription = self.subscriptions.get(url, Subscription(title or url, url, is_feed=is_feed))
            categories = _category_tags(lowercased.get("category", ""))
            tags = (*subscription.tags, *filter(None, self.open_folders), *categories)
            self.subscriptions[url] = replace(subscription, tags=tuple(dict.fromkeys(tags)))
        self.open_folders.append("" if url else title)

    def end_element(self, name: str) -> None:
        if name.lower() == "outline":
            self.open_folders.pop()


def _feed_url(text: str) -> str:
    """Return an absolute URL, also for the forms `feed:https://…` and `feed://…`, or "" if there is none."""
    text = text.strip()
    if text.lower().startswith("feed:"):
        text = text[5:] if "://" in text[5:] else f"http:{text[5:]}"
    return absolute_url(text, "")


def _category_tags(text: str) -> Iterable[str]:
    """`/world/asia,war` gives the tags world, asia and war."""
    return filter(None, (clean_line(part) for path in text.split(",") for part in path.split("/")))
