"""OPML, in which feed readers hand their subscriptions to one another: read from any of them, written as version 2.0.

Folders become tags. An entity that a file declares itself is refused: no reader writes one, and bombs are made of
them.
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
    """A feed that somebody follows. `tags` are the folders that it is in, outermost first, then its categories.
    `is_feed` is false for a page that another reader makes a feed of in its own way."""

    title: str
    url: str
    tags: tuple[str, ...] = ()
    is_feed: bool = True


def read_opml(body: bytes) -> tuple[Subscription, ...]:
    """The subscriptions in the order of the file, one that is in several folders once. ParseError `malformed` or
    `not_opml`, with the line."""
    reader = _OpmlReader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start_element, reader.end_element
    parser.EntityDeclHandler = _reject_entity
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        sentence = f"line {error.lineno} of the file is not XML: {expat.ErrorString(error.code)}"
        raise ParseError("malformed", sentence) from None
    except (LookupError, ValueError):
        raise ParseError("malformed", "the file names an encoding that cannot be read") from None
    if not reader.is_opml:
        raise ParseError("not_opml", "the file is XML, but not OPML")
    return tuple(reader.subscriptions.values())


def write_opml(subscriptions: Iterable[Subscription]) -> str:
    """An OPML file. Each feed stands in the folder of its first tag; its categories are all of its tags."""
    folders: dict[str, list[str]] = {}
    for subscription in subscriptions:
        folders.setdefault(subscription.tags[0] if subscription.tags else "", []).append(
            _outline_element(subscription)
        )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Claimwatch</title></head>",
    ]
    lines.append("<body>")
    for folder, outlines in folders.items():
        lines += [f"<outline text={quoteattr(folder)}>", *outlines, "</outline>"] if folder else outlines
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _outline_element(subscription: Subscription) -> str:
    title, url, tags = (
        quoteattr(clean_text(subscription.title)),
        quoteattr(subscription.url),
        ",".join(subscription.tags),
    )
    category = f" category={quoteattr(tags)}" if tags else ""
    return f'<outline type="rss" text={title} title={title} xmlUrl={url}{category}/>'


def _reject_entity(*_: object) -> None:
    raise ParseError("malformed", "the file declares entities of its own, which no feed reader does")


class _OpmlReader:
    """What was read so far: the folders that are open ("" for an outline that is none), and the feeds found."""

    def __init__(self) -> None:
        self.is_opml = False
        self.open_folders: list[str] = []
        self.subscriptions: dict[str, Subscription] = {}

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        self.is_opml = self.is_opml or name.lower() == "opml"
        if name.lower() != "outline":
            return
        lowercased = {key.lower(): value for key, value in attributes.items()}
        url, title = (
            _feed_url(lowercased.get("xmlurl", "")),
            clean_line(lowercased.get("title") or lowercased.get("text")),
        )
        if url:
            existing = self.subscriptions.get(
                url, Subscription(title or url, url, is_feed="+" not in lowercased.get("type", ""))
            )
            tags = (*existing.tags, *filter(None, self.open_folders), *_category_tags(lowercased.get("category", "")))
            self.subscriptions[url] = replace(existing, tags=tuple(dict.fromkeys(tags)))
        self.open_folders.append("" if url else title)

    def end_element(self, name: str) -> None:
        if name.lower() == "outline":
            self.open_folders.pop()


def _feed_url(text: str) -> str:
    """`feed:https://…` and `feed://…` are addresses, too."""
    text = text.strip()
    if text.lower().startswith("feed:"):
        text = text[5:] if "://" in text[5:] else f"http:{text[5:]}"
    return absolute_url(text, "")


def _category_tags(text: str) -> Iterable[str]:
    """`/world/asia,war` is the tags world, asia and war."""
    return filter(None, (clean_line(part) for path in text.split(",") for part in path.split("/")))
