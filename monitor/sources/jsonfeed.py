"""JSON Feed 1.0 and 1.1, which feedparser does not read. Runs in a worker process."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.identity import key_of
from monitor.sources.tidy import absolute, clean, one_line, plain, rfc3339

_VERSION = re.compile(r"jsonfeed\.org|^1(\.[01])?$")  # an address by the standard; some write the number only


def read(body: bytes, url: str) -> tuple[str, list[Entry]]:
    """The feed's title and its entries in order. ParseError `malformed` or `not_a_feed`."""
    found = load(body)
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or not _VERSION.search(_text(found, "version")):
        raise ParseError("not_a_feed", "what came is JSON, but no JSON Feed")
    return one_line(_text(found, "title")), [_entry(item, found, url) for item in items if isinstance(item, dict)]


def load(body: bytes) -> Any:
    """Any JSON. Nesting is bounded by the reader itself, which raises long before the stack is full."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ParseError("malformed", "the JSON is nested too deeply") from None
    except ValueError:
        raise ParseError("malformed", "what came begins like JSON and cannot be read as JSON") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _entry(item: dict[str, Any], feed: dict[str, Any], url: str) -> Entry:
    title = plain(_text(item, "title"))
    body = max((clean(_text(item, name)).strip() for name in ("content_html", "content_text", "summary")), key=len)
    link = absolute(_text(item, "url"), url) or absolute(_text(item, "external_url"), url)
    return Entry(
        key=key_of(one_line(_text(item, "id")), link, title, body),
        title=title,
        url=link,
        body=body,
        author=_author(item) or _author(feed),
        tags=tuple(dict.fromkeys(filter(None, map(one_line, _listed(item, "tags"))))),
        published=rfc3339(item.get("date_published")) or rfc3339(item.get("date_modified")),
    )


def _text(item: dict[str, Any], name: str) -> str:
    """A string or a number; ids are often numbers. What is anything else does not count."""
    value = item.get(name)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _listed(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    return [part for part in value if isinstance(part, (str, dict))] if isinstance(value, list) else []


def _author(item: dict[str, Any]) -> str:
    """Names of the authors, as version 1.1 or 1.0 gives them."""
    people = [*_listed(item, "authors"), item.get("author")]
    names = (one_line(_text(person, "name")) for person in people if isinstance(person, dict))
    return ", ".join(dict.fromkeys(name for name in names if name))
