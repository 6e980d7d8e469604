"""From the JSON of an API to entries, by JMESPath expressions of the config. Runs in a worker process: what an
expression makes of a hostile document is anybody's guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.sources.feed import Feed
from monitor.sources.identity import apart, key_of
from monitor.sources.jsonfeed import load
from monitor.sources.reading import Reading
from monitor.sources.tidy import absolute, clean, one_line, plain, rfc3339, sensible

# What most APIs call these things; a config that says otherwise replaces its own line alone.
COMMON = {
    "key": "id || guid || uuid || key",
    "title": "title || name || headline || subject",
    "url": "url || html_url || link || href || permalink",
    "text": "text || content || body || description || summary || message",
    "published": "published || published_at || date || created_at || created || timestamp",
    "author": "author || author_name || by",
    "tags": "tags || labels || categories",
}
_DEEP = 8  # objects within objects of a text; what lies deeper is not prose


def parse_json(body: bytes, content_type: str, url: str, how: Reading) -> Feed:
    """Reads the answer of an API. ParseError `empty_body`, `malformed`, or `not_the_page` where the expressions of
    the config find nothing that can be read."""
    import jmespath

    if not body.strip():
        raise ParseError("empty_body", "the answer is empty")
    expressions = {name: jmespath.compile(text) for name, text in (COMMON | how.fields).items()}
    found = [_entry(one, expressions, url) for one in _entries(load(body), how.entries)]
    if found and not any(entry.title or entry.body for entry in found):
        raise ParseError("not_the_page", 'the entries have no title and no text where "fields" looks for them')
    return Feed("", apart(found), None, ())


def _entries(document: Any, expression: str) -> list[Any]:
    """The objects that are entries: what the expression finds, else the document's list, else its first list of
    objects, else the document as one."""
    if expression:
        found = _search(expression, document)
        if found is None or isinstance(found, (str, int, float)):
            raise ParseError("not_the_page", 'the JSON has no list where "entries" looks for it')
        return _objects(found if isinstance(found, list) else [found])
    if isinstance(document, list):
        return _objects(document)
    if not isinstance(document, dict):
        raise ParseError("not_the_page", "the JSON is neither a list nor an object")
    lists = (value for value in document.values() if isinstance(value, list))
    return next((found for found in map(_objects, lists) if found), None) or _lonely(document)


def _lonely(document: dict[str, Any]) -> list[Any]:
    """An object without a list of entries is one entry, but `{"results": []}` is none."""
    return [] if any(value == [] for value in document.values()) or not document else [document]


def _objects(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict)]


def _search(expression: Any, value: Any) -> Any:
    """What an expression finds; where it does not fit what is there, nothing."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(expression, value) if isinstance(expression, str) else expression.search(value)
    except (JMESPathError, RecursionError, ArithmeticError, TypeError, ValueError):
        return None


def _entry(item: dict[str, Any], expressions: Mapping[str, Any], url: str) -> Entry:
    said = {name: _search(expression, item) for name, expression in expressions.items()}
    title, body, link = plain(_prose(said["title"])), _prose(said["text"]), absolute(_prose(said["url"]), url)
    tags = said["tags"] if isinstance(said["tags"], list) else [said["tags"]]
    return Entry(
        key=key_of(one_line(_prose(said["key"])), link, title, body),
        title=title,
        url=link,
        body=body,
        author=one_line(_prose(said["author"])),
        tags=tuple(dict.fromkeys(filter(None, (one_line(_prose(tag)) for tag in tags)))),
        published=_moment(said["published"]),
    )


def _prose(value: Any, depth: int = 0) -> str:
    """A value as text: lists as bullets, objects as `name: value`, a line each."""
    if value is None or isinstance(value, bool) or depth > _DEEP:
        return ""
    if isinstance(value, list):
        return "\n".join(f"- {line}" for part in value if (line := one_line(_prose(part, depth + 1))))
    if isinstance(value, dict):
        named = ((name, one_line(_prose(part, depth + 1))) for name, part in value.items())
        return "\n".join(f"- {one_line(name)}: {line}" for name, line in named if line)
    return clean(value).strip()


def _moment(value: Any) -> Moment | None:
    """A date as text, or seconds or milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return rfc3339(value) if value else None
    return sensible(value / 1000 if abs(value) > 10**11 else value)
