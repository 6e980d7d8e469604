"""From the JSON of an API to entries, by JMESPath expressions of the config. Runs in a worker process: what an
expression makes of a hostile document is anybody's guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.identity import entry_key, with_unique_keys
from monitor.sources.parse.jsonfeed import load_json
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.sanitize import (
    absolute_url,
    clean_line,
    clean_text,
    html_to_line,
    parse_rfc3339,
    plausible_moment,
)

# What most APIs call these things; a config that says otherwise replaces its own line alone.
COMMON_EXPRESSIONS = {
    "key": "id || guid || uuid || key",
    "title": "title || name || headline || subject",
    "url": "url || html_url || link || href || permalink",
    "text": "text || content || body || description || summary || message",
    "published": "published || published_at || date || created_at || created || timestamp",
    "author": "author || author_name || by",
    "tags": "tags || labels || categories",
}
_MAX_TEXT_NESTING = 8  # objects within objects of a text; what lies deeper is not prose


def parse_json(body: bytes, content_type: str, url: str, options: ParseOptions) -> Feed:
    """Reads the answer of an API. ParseError `empty_body`, `malformed`, or `not_the_page` where the expressions of
    the config find nothing that can be read."""
    import jmespath

    if not body.strip():
        raise ParseError("empty_body", "the answer is empty")
    expressions = {name: jmespath.compile(text) for name, text in (COMMON_EXPRESSIONS | options.fields).items()}
    entries = [_build_entry(item, expressions, url) for item in _entry_objects(load_json(body), options.entries)]
    if entries and not any(entry.title or entry.body for entry in entries):
        raise ParseError("not_the_page", 'the entries have no title and no text where "fields" looks for them')
    return Feed("", with_unique_keys(entries), None, ())


def _entry_objects(document: Any, expression: str) -> list[Any]:
    """The objects that are entries: what the expression finds, else the document's list, else its first list of
    objects, else the document as one."""
    if expression:
        selected = _evaluate(expression, document)
        if selected is None or isinstance(selected, (str, int, float)):
            raise ParseError("not_the_page", 'the JSON has no list where "entries" looks for it')
        return _objects(selected if isinstance(selected, list) else [selected])
    if isinstance(document, list):
        return _objects(document)
    if not isinstance(document, dict):
        raise ParseError("not_the_page", "the JSON is neither a list nor an object")
    lists = (value for value in document.values() if isinstance(value, list))
    return next((selected for selected in map(_objects, lists) if selected), None) or _single_entry(document)


def _single_entry(document: dict[str, Any]) -> list[Any]:
    """An object without a list of entries is one entry, but `{"results": []}` is none."""
    return [] if any(value == [] for value in document.values()) or not document else [document]


def _objects(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict)]


def _evaluate(expression: Any, value: Any) -> Any:
    """What an expression finds; where it does not fit what is there, nothing."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(expression, value) if isinstance(expression, str) else expression.search(value)
    except (JMESPathError, RecursionError, ArithmeticError, TypeError, ValueError):
        return None


def _build_entry(item: dict[str, Any], expressions: Mapping[str, Any], url: str) -> Entry:
    values = {name: _evaluate(expression, item) for name, expression in expressions.items()}
    title, body, link = (
        html_to_line(_as_text(values["title"])),
        _as_text(values["text"]),
        absolute_url(_as_text(values["url"]), url),
    )
    tags = values["tags"] if isinstance(values["tags"], list) else [values["tags"]]
    return Entry(
        key=entry_key(clean_line(_as_text(values["key"])), link, title, body),
        title=title,
        url=link,
        body=body,
        author=clean_line(_as_text(values["author"])),
        tags=tuple(dict.fromkeys(filter(None, (clean_line(_as_text(tag)) for tag in tags)))),
        published=_parse_moment(values["published"]),
    )


def _as_text(value: Any, depth: int = 0) -> str:
    """A value as text: lists as bullets, objects as `name: value`, a line each."""
    if value is None or isinstance(value, bool) or depth > _MAX_TEXT_NESTING:
        return ""
    if isinstance(value, list):
        return "\n".join(f"- {line}" for part in value if (line := clean_line(_as_text(part, depth + 1))))
    if isinstance(value, dict):
        labeled = ((name, clean_line(_as_text(part, depth + 1))) for name, part in value.items())
        return "\n".join(f"- {clean_line(name)}: {line}" for name, line in labeled if line)
    return clean_text(value).strip()


def _parse_moment(value: Any) -> Moment | None:
    """A date as text, or seconds or milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return parse_rfc3339(value) if value else None
    return plausible_moment(value / 1000 if abs(value) > 10**11 else value)
