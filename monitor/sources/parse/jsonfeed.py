"""Parses JSON Feed 1.0 and 1.1, which feedparser does not support. Runs in a worker process."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.sources.parse.dates import entry_dates
from monitor.sources.parse.identity import entry_key
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text, html_to_line

# The standard requires a URL; some feeds have only the number.
_JSON_FEED_VERSION = re.compile(r"jsonfeed\.org|^1(\.[01])?$")


def parse_json_feed(body: str, url: str) -> tuple[str, list[Entry]]:
    """Return the title and the entries in order. Raises ParseError with code `malformed` or `not_a_feed`."""
    document = load_json(body)
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list) or not _JSON_FEED_VERSION.search(_field_text(document, "version")):
        raise ParseError("not_a_feed", "not a feed: the response is JSON, but not a JSON Feed")
    objects = [item for item in items if isinstance(item, dict)]
    date_fields = [(item.get("date_published"), item.get("date_modified")) for item in objects]
    dates = entry_dates(date_fields, document.get("language")).published
    return clean_line(_field_text(document, "title")), [
        _build_entry(item, document, published, url) for item, published in zip(objects, dates, strict=True)
    ]


def load_json(body: str) -> Any:
    """Parse JSON. Raises ParseError with code `malformed`, also for NaN, Infinity and deep nesting: `json` limits
    the nesting itself, long before the stack overflows."""
    try:
        return json.loads(body, parse_constant=_reject_constant)
    except RecursionError:
        raise ParseError("malformed", "the JSON is nested too deeply") from None
    except ValueError:
        raise ParseError("malformed", "invalid JSON") from None


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _build_entry(item: dict[str, Any], feed: dict[str, Any], published: Moment | None, url: str) -> Entry:
    title = html_to_line(_field_text(item, "title"))
    texts = (clean_text(_field_text(item, name)).strip() for name in ("content_html", "content_text", "summary"))
    body = max(texts, key=len)
    link = absolute_url(_field_text(item, "url"), url) or absolute_url(_field_text(item, "external_url"), url)
    return Entry(
        key=entry_key(clean_line(_field_text(item, "id")), link, title, body),
        title=title,
        url=link,
        body=body,
        author=_author_names(item) or _author_names(feed),
        tags=tuple(dict.fromkeys(filter(None, map(clean_line, _list_items(item, "tags"))))),
        published=published,
    )


def _field_text(item: dict[str, Any], name: str) -> str:
    """The text of a string or number field (ids are often numbers), "" for any other value."""
    value = item.get(name)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _list_items(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    return [part for part in value if isinstance(part, (str, dict))] if isinstance(value, list) else []


def _author_names(item: dict[str, Any]) -> str:
    """The author names, from `authors` (version 1.1) and `author` (1.0)."""
    people = [*_list_items(item, "authors"), item.get("author")]
    names = (clean_line(_field_text(person, "name")) for person in people if isinstance(person, dict))
    return ", ".join(dict.fromkeys(name for name in names if name))
