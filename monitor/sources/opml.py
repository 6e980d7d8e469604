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
from monitor.sources.tidy import absolute, clean, one_line


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
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.open, reader.close
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        said = f"line {error.lineno} of the file is not XML: {expat.ErrorString(error.code)}"
        raise ParseError("malformed", said) from None
    except (LookupError, ValueError):
        raise ParseError("malformed", "the file names an encoding that cannot be read") from None
    if not reader.is_opml:
        raise ParseError("not_opml", "the file is XML, but not OPML")
    return tuple(reader.found.values())


def write_opml(subscriptions: Iterable[Subscription]) -> str:
    """An OPML file. Each feed stands in the folder of its first tag; its categories are all of its tags."""
    folders: dict[str, list[str]] = {}
    for one in subscriptions:
        folders.setdefault(one.tags[0] if one.tags else "", []).append(_outline(one))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Claimwatch</title></head>",
    ]
    lines.append("<body>")
    for folder, outlines in folders.items():
        lines += [f"<outline text={quoteattr(folder)}>", *outlines, "</outline>"] if folder else outlines
    return "\n".join([*lines, "</body>", "</opml>", ""])


def _outline(one: Subscription) -> str:
    title, url, tags = quoteattr(clean(one.title)), quoteattr(one.url), ",".join(one.tags)
    category = f" category={quoteattr(tags)}" if tags else ""
    return f'<outline type="rss" text={title} title={title} xmlUrl={url}{category}/>'


def _refuse(*_: object) -> None:
    raise ParseError("malformed", "the file declares entities of its own, which no feed reader does")


class _Reader:
    """What was read so far: the folders that are open ("" for an outline that is none), and the feeds found."""

    def __init__(self) -> None:
        self.is_opml = False
        self.open_: list[str] = []
        self.found: dict[str, Subscription] = {}

    def open(self, name: str, attributes: Mapping[str, str]) -> None:
        self.is_opml = self.is_opml or name.lower() == "opml"
        if name.lower() != "outline":
            return
        said = {key.lower(): value for key, value in attributes.items()}
        url, title = _address(said.get("xmlurl", "")), one_line(said.get("title") or said.get("text"))
        if url:
            before = self.found.get(url, Subscription(title or url, url, is_feed="+" not in said.get("type", "")))
            tags = (*before.tags, *filter(None, self.open_), *_categories(said.get("category", "")))
            self.found[url] = replace(before, tags=tuple(dict.fromkeys(tags)))
        self.open_.append("" if url else title)

    def close(self, name: str) -> None:
        if name.lower() == "outline":
            self.open_.pop()


def _address(text: str) -> str:
    """`feed:https://…` and `feed://…` are addresses, too."""
    text = text.strip()
    if text.lower().startswith("feed:"):
        text = text[5:] if "://" in text[5:] else f"http:{text[5:]}"
    return absolute(text, "")


def _categories(text: str) -> Iterable[str]:
    """`/world/asia,war` is the tags world, asia and war."""
    return filter(None, (one_line(part) for path in text.split(",") for part in path.split("/")))
