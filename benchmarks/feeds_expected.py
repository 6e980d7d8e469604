"""Holds our reading of feed files against what the parsers they come from expect of them.

feedparser's files open with a comment whose `Expect:` is a Python comparison, which is read as a syntax tree and
never run; gofeed's have a JSON file of the same name beside them. Of what they expect, the parts that we keep are
asked: title, link, id, date and content.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from monitor.errors import ParseError
from monitor.sources.feed import Feed, parse_feed
from monitor.sources.identity import canonical

BASE = "http://127.0.0.1:8097/"
FEED = -1  # instead of the number of an entry
PARTS = {
    "title": "title", "link": "link", "id": "id", "guid": "id", "description": "content", "summary": "content",
    "published_parsed": "date", "updated_parsed": "date", "created_parsed": "date", "title_detail.value": "title",
    "summary_detail.value": "content", "content.0.value": "content", "links.0.href": "link",
    "guid.value": "id", "content.value": "content", "publishedParsed": "date", "pubDateParsed": "date",
    "updatedParsed": "date", "url": "link", "content": "content", "content_html": "content", "date_published": "date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is expected: of the feed or of an entry by its number, which part, and what it says."""

    entry: int
    part: str
    value: object


@dataclass(frozen=True, slots=True)
class Held:
    """What one file's expectations came to: `missed` are (part, wanted, found)."""

    path: str
    well_formed: bool
    parts: tuple[str, ...]
    missed: tuple[tuple[str, object, object], ...]


def expectations(folder_files: Mapping[str, bytes]) -> Iterator[Held]:
    """Each file of one archive that expects something which we keep, with how our reading does."""
    for path, body in folder_files.items():
        wanted = tuple(_by_comment(body)) or tuple(_by_json(path, folder_files))
        if wanted:
            yield _held(path, body, wanted)


def _held(path: str, body: bytes, wanted: tuple[Wanted, ...]) -> Held:
    headers = dict(re.findall(r"^Header:\s*([\w-]+):\s*(.*)$", _comment(body), re.MULTILINE))
    url = headers.get("Content-Location", BASE + path)
    kind = headers.get("Content-type", "application/feed+json" if path.endswith(".json") else "application/xml")
    try:
        feed = parse_feed(body, kind, url)
    except ParseError as error:
        feed = Feed(str(error), (), None, ())
    missed = tuple((one.part, one.value, _found(feed, one)) for one in wanted if not _holds(_found(feed, one), one))
    return Held(path, _well_formed(path, body, kind), tuple(one.part for one in wanted), missed)


def _well_formed(path: str, body: bytes, content_type: str) -> bool:
    """Whether it is what it says it is; of XML in a charset that expat has not, its own parser is believed."""
    if path.endswith(".json"):
        return True
    if "/illformed/" in path or re.search(r"Expect:\s*bozo", _comment(body)):
        return False
    charset = re.search(r"charset=[\"' ]*([\w-]+)", content_type)
    try:
        expat.ParserCreate(charset[1] if charset else None).Parse(body, True)
    except expat.ExpatError as error:
        return error.code != expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
    except (LookupError, ValueError):
        return True
    return True


def _found(feed: Feed, one: Wanted) -> object:
    """What we read where something is expected; None where there is no such entry."""
    if one.entry == FEED:
        return feed.title
    if one.entry >= len(feed.entries):
        return None
    entry = feed.entries[one.entry]
    said = {"title": entry.title, "link": entry.url, "id": entry.key, "date": entry.published, "content": entry.body}
    return said[one.part]


def _holds(found: object, one: Wanted) -> bool:
    """Whether it is the same to a reader: the text of markup, the address of a link, the moment of a date."""
    if one.part == "date":
        return found == one.value
    if one.part in ("link", "id"):
        return canonical(str(found)) == canonical(str(one.value))
    if found is None:
        return False
    # A title is kept as the text that it is, a body as its markup.
    said = _dense(str(found)) if one.part == "title" else _text(str(found))
    return said in (_text(str(one.value)), _dense(str(one.value)))


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data)


def _text(markup: str) -> str:
    """What a reader sees of markup, without white space."""
    reader = _Visible()
    reader.feed(markup)
    reader.close()
    return _dense("".join(reader.said))


def _dense(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def _comment(body: bytes) -> str:
    """The file's start as far as it is ASCII in any of the usual encodings."""
    return body[:6000].replace(b"\0", b"").decode("latin-1").replace("\r", "")


def _by_comment(body: bytes) -> Iterator[Wanted]:
    found = re.search(r"Expect:\s*(.+)", _comment(body))
    try:
        tree = ast.parse(found[1].strip(), mode="eval") if found else None
    except (SyntaxError, ValueError):
        return
    for node in _compared(tree.body) if tree else ():
        path, value = _path(node.left), _literal(node.comparators[0])
        if path and value is not None and isinstance(node.ops[0], ast.Eq):
            yield from _wanted(path, value)


def _compared(node: ast.expr) -> Iterator[ast.Compare]:
    """The comparisons that must all hold."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for value in node.values:
            yield from _compared(value)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield node


def _path(node: ast.expr) -> list[str]:
    """`entries[0]['title']` as entries, 0, title; [] for anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before, last = _path(node.value), node.attr
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        before, last = _path(node.value), str(node.slice.value)
    else:
        return []
    return [*before, last] if before else []


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, SyntaxError):
        return None


def _wanted(path: list[str], value: object) -> Iterator[Wanted]:
    entry = FEED if path[0] == "feed" else int(path[1]) if path[0] == "entries" and path[1].isdigit() else None
    part = PARTS.get(".".join(path[1 if entry == FEED else 2 :]))
    if entry is None or part is None or (entry == FEED and part != "title"):
        return
    yield Wanted(entry, part, _moment(value) if part == "date" else value)


def _by_json(path: str, folder_files: Mapping[str, bytes]) -> Iterator[Wanted]:
    stem, _, ending = path.rpartition(".")
    beside = (f"{stem}_expected.json", f"{stem}.json")[ending == "xml" :]
    body = next((folder_files[name] for name in beside if name in folder_files and name != path), None)
    try:
        said = json.loads(body) if body else None
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    if said.get("title"):
        yield Wanted(FEED, "title", said["title"])
    for number, item in enumerate(said.get("items") or said.get("entries") or ()):
        yield from _of_item(number, item)


def _of_item(number: int, item: Mapping[str, Any]) -> Iterator[Wanted]:
    """What an item of gofeed's is to say; of several dates the first that was published, of texts the longest."""
    flat = {name: value for name, value in item.items() if isinstance(value, str) and value}
    flat |= {f"{name}.value": value["value"] for name, value in item.items() if _has_value(value)}
    links = [link.get("href") for link in item.get("links") or () if isinstance(link, dict) and _leads(link)]
    told: dict[str, list[str]] = {"link": [link for link in links[:1] if link]}
    for name, part in PARTS.items():
        if name in flat:
            told.setdefault(part, []).append(flat[name])
    for part, values in told.items():
        if values:
            value = max(values, key=len) if part == "content" else values[0]
            yield Wanted(number, part, _moment(value) if part == "date" else value)


def _has_value(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("value"), str) and bool(value["value"])


def _leads(link: Mapping[str, str]) -> bool:
    return link.get("rel", "alternate") in ("", "alternate")


def _moment(value: object) -> float | None:
    if isinstance(value, tuple):
        return datetime(*value[:6], tzinfo=UTC).timestamp()
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None
