"""Compares our parsing of feed files with the expectations of the parsers that the files come from.

feedparser's files begin with a comment whose `Expect:` is a Python comparison, which is parsed as a syntax tree and
never run; gofeed's have a JSON file of the same name. Only the parts that we keep are compared: title, link, id, date
and content.
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
from monitor.sources.parse.feed import Feed, parse_feed
from monitor.sources.parse.identity import canonical_url

BASE_URL = "http://127.0.0.1:8097/"
FEED_LEVEL = -1  # instead of the number of an entry
PARTS = {
    "title": "title", "link": "link", "id": "id", "guid": "id", "description": "content", "summary": "content",
    "published_parsed": "date", "updated_parsed": "date", "created_parsed": "date", "title_detail.value": "title",
    "summary_detail.value": "content", "content.0.value": "content", "links.0.href": "link",
    "guid.value": "id", "content.value": "content", "publishedParsed": "date", "pubDateParsed": "date",
    "updatedParsed": "date", "url": "link", "content": "content", "content_html": "content", "date_published": "date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected value of one part of an entry, by its number, or of the feed (FEED_LEVEL)."""

    entry: int
    part: str
    value: object


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result for one file; `missed` are (part, expected value, actual value)."""

    path: str
    well_formed: bool
    parts: tuple[str, ...]
    missed: tuple[tuple[str, object, object], ...]


def expectations(folder_files: Mapping[str, bytes]) -> Iterator[FileResult]:
    """Yield the result of each file of one archive that has expectations of parts that we keep."""
    for path, body in folder_files.items():
        expected = tuple(_expected_by_comment(body)) or tuple(_expected_by_json(path, folder_files))
        if expected:
            yield _check_file(path, body, expected)


def _check_file(path: str, body: bytes, expected: tuple[Expectation, ...]) -> FileResult:
    headers = dict(re.findall(r"^Header:\s*([\w-]+):\s*(.*)$", _leading_text(body), re.MULTILINE))
    url = headers.get("Content-Location", BASE_URL + path)
    kind = headers.get("Content-type", "application/feed+json" if path.endswith(".json") else "application/xml")
    try:
        feed = parse_feed(body, kind, url)
    except ParseError as error:
        feed = Feed(str(error), (), None, ())
    missed = tuple(
        (expectation.part, expectation.value, _actual_value(feed, expectation))
        for expectation in expected
        if not _is_equivalent(_actual_value(feed, expectation), expectation)
    )
    return FileResult(
        path, _well_formed(path, body, kind), tuple(expectation.part for expectation in expected), missed
    )


def _well_formed(path: str, body: bytes, content_type: str) -> bool:
    """Whether the file is valid XML or JSON. XML in a charset that expat lacks counts as well-formed."""
    if path.endswith(".json"):
        return True
    if "/illformed/" in path or re.search(r"Expect:\s*bozo", _leading_text(body)):
        return False
    charset = re.search(r"charset=[\"' ]*([\w-]+)", content_type)
    try:
        expat.ParserCreate(charset[1] if charset else None).Parse(body, True)
    except expat.ExpatError as error:
        return error.code != expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
    except (LookupError, ValueError):
        return True
    return True


def _actual_value(feed: Feed, expectation: Expectation) -> object:
    """Return our value of the expected part, or None if the entry does not exist."""
    if expectation.entry == FEED_LEVEL:
        return feed.title
    if expectation.entry >= len(feed.entries):
        return None
    entry = feed.entries[expectation.entry]
    values = {
        "title": entry.title,
        "link": entry.url,
        "id": entry.key,
        "date": entry.published,
        "content": entry.body,
    }
    return values[expectation.part]


def _is_equivalent(actual: object, expectation: Expectation) -> bool:
    """Whether both have the same visible text, canonical address or moment in time."""
    if expectation.part == "date":
        return actual == expectation.value
    if expectation.part in ("link", "id"):
        return canonical_url(str(actual)) == canonical_url(str(expectation.value))
    if actual is None:
        return False
    # A title is kept as plain text, a body as markup.
    actual_text = _without_spaces(str(actual)) if expectation.part == "title" else _visible_text(str(actual))
    return actual_text in (_visible_text(str(expectation.value)), _without_spaces(str(expectation.value)))


class _VisibleText(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.texts.append(data)


def _visible_text(markup: str) -> str:
    """Return the visible text of markup, without white space."""
    reader = _VisibleText()
    reader.feed(markup)
    reader.close()
    return _without_spaces("".join(reader.texts))


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _leading_text(body: bytes) -> str:
    """Return the start of the file, with ASCII characters readable in any common encoding."""
    return body[:6000].replace(b"\0", b"").decode("latin-1").replace("\r", "")


def _expected_by_comment(body: bytes) -> Iterator[Expectation]:
    match = re.search(r"Expect:\s*(.+)", _leading_text(body))
    try:
        tree = ast.parse(match[1].strip(), mode="eval") if match else None
    except (SyntaxError, ValueError):
        return
    for node in _comparisons(tree.body) if tree else ():
        path, value = _path(node.left), _literal(node.comparators[0])
        if path and value is not None and isinstance(node.ops[0], ast.Eq):
            yield from _make_expectations(path, value)


def _comparisons(node: ast.expr) -> Iterator[ast.Compare]:
    """Yield the comparisons that are joined by `and`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for value in node.values:
            yield from _comparisons(value)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield node


def _path(node: ast.expr) -> list[str]:
    """Return `entries[0]['title']` as entries, 0, title; [] for any other expression."""
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


def _make_expectations(path: list[str], value: object) -> Iterator[Expectation]:
    entry = FEED_LEVEL if path[0] == "feed" else int(path[1]) if path[0] == "entries" and path[1].isdigit() else None
    part = PARTS.get(".".join(path[1 if entry == FEED_LEVEL else 2 :]))
    if entry is None or part is None or (entry == FEED_LEVEL and part != "title"):
        return
    yield Expectation(entry, part, _timestamp(value) if part == "date" else value)


def _expected_by_json(path: str, folder_files: Mapping[str, bytes]) -> Iterator[Expectation]:
    stem, _, ending = path.rpartition(".")
    json_names = (f"{stem}_expected.json", f"{stem}.json")[ending == "xml" :]
    body = next((folder_files[name] for name in json_names if name in folder_files and name != path), None)
    try:
        expected = json.loads(body) if body else None
    except ValueError:
        return
    if not isinstance(expected, dict):
        return
    if expected.get("title"):
        yield Expectation(FEED_LEVEL, "title", expected["title"])
    for number, item in enumerate(expected.get("items") or expected.get("entries") or ()):
        yield from _expected_of_item(number, item)


def _expected_of_item(number: int, item: Mapping[str, Any]) -> Iterator[Expectation]:
    """Yield the expectations of a gofeed item: the first of several dates, the longest of several texts."""
    flat = {name: value for name, value in item.items() if isinstance(value, str) and value}
    flat |= {f"{name}.value": value["value"] for name, value in item.items() if _has_value(value)}
    links = [link.get("href") for link in item.get("links") or () if isinstance(link, dict) and _is_alternate(link)]
    values_by_part: dict[str, list[str]] = {"link": [link for link in links[:1] if link]}
    for name, part in PARTS.items():
        if name in flat:
            values_by_part.setdefault(part, []).append(flat[name])
    for part, values in values_by_part.items():
        if values:
            value = max(values, key=len) if part == "content" else values[0]
            yield Expectation(number, part, _timestamp(value) if part == "date" else value)


def _has_value(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("value"), str) and bool(value["value"])


def _is_alternate(link: Mapping[str, str]) -> bool:
    return link.get("rel", "alternate") in ("", "alternate")


def _timestamp(value: object) -> float | None:
    if isinstance(value, tuple):
        return datetime(*value[:6], tzinfo=UTC).timestamp()
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None
