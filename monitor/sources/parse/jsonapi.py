"""Parses the JSON of an API into entries, with JMESPath expressions of the config. Runs in a worker process, because
an expression may need any time and memory on a hostile document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.dates import entry_dates
from monitor.sources.parse.feed import Feed, is_html_page
from monitor.sources.parse.identity import entry_key, with_unique_keys
from monitor.sources.parse.interstitial import describe_page, plain_interstitial_error
from monitor.sources.parse.jsonfeed import load_json
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text, html_to_line

# The usual field names of APIs; the `fields` of the config override them one by one.
COMMON_EXPRESSIONS = {
    "key": "id || guid || uuid || key",
    "title": "title || name || headline || subject",
    "url": "url || html_url || link || href || permalink",
    "text": "text || content || body || description || summary || message",
    "published": "published || published_at || date || created_at || created || timestamp",
    "author": "author || author_name || by",
    "tags": "tags || labels || categories",
}
_MAX_MESSAGE_FIELDS = 4
_MAX_TEXT_NESTING = 8  # objects nested deeper are not prose


def parse_json(body: bytes, content_type: str, url: str, options: ParseOptions) -> Feed:
    """Parse the response of an API. Raises ParseError with code `empty_body`, `malformed`, or `not_the_page` if the
    expressions find no entries or no text, or if an error message was served instead."""
    import jmespath

    if not body.strip():
        raise ParseError("empty_body", "the response is empty")
    if is_html_page(body):
        raise ParseError("malformed", f"expected JSON: {describe_page(decode_body(body, content_type))}")
    expressions = {name: jmespath.compile(text) for name, text in (COMMON_EXPRESSIONS | options.fields).items()}
    document = load_json(decode_body(body, content_type))
    values = [
        {name: _evaluate(expression, item) for name, expression in expressions.items()}
        for item in _entry_objects(document, options.entries)
    ]
    dates = entry_dates([[item["published"]] for item in values]).published
    entries = [_build_entry(item, published, url) for item, published in zip(values, dates, strict=True)]
    if len(entries) == 1 and isinstance(document, dict):
        _reject_message(document)
    if entries and not any(entry.title or entry.body for entry in entries):
        raise ParseError("not_the_page", 'the expressions of "fields" find neither title nor text in any entry')
    return Feed("", with_unique_keys(entries), None, ())


def _reject_message(document: dict[str, Any]) -> None:
    """Raise ParseError for an object that is only a message: `{"error": "Too many requests"}`."""
    texts = [text for value in document.values() if isinstance(value, str) and (text := clean_line(value))]
    if len(document) <= _MAX_MESSAGE_FIELDS and (error := plain_interstitial_error("\n\n".join(texts))):
        raise error


def _entry_objects(document: Any, expression: str) -> list[Any]:
    """The objects that are entries: the result of the expression if there is one, else the document if it is a list,
    else its first list of objects, else the document itself."""
    if expression:
        selected = _evaluate(expression, document)
        if selected is None or isinstance(selected, (str, int, float)):
            raise ParseError("not_the_page", 'the expression of "entries" finds no list')
        return _objects(selected if isinstance(selected, list) else [selected])
    if isinstance(document, list):
        return _objects(document)
    if not isinstance(document, dict):
        raise ParseError("not_the_page", "expected a JSON list or object, found a single value")
    lists = (value for value in document.values() if isinstance(value, list))
    return next((selected for selected in map(_objects, lists) if selected), None) or _single_entry(document)


def _single_entry(document: dict[str, Any]) -> list[Any]:
    """An object without a list of objects is one entry, but `{"results": []}` has none."""
    return [] if any(value == [] for value in document.values()) or not document else [document]


def _objects(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict)]


def _evaluate(expression: Any, value: Any) -> Any:
    """Return the result of an expression, or None if it does not fit the value."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(expression, value) if isinstance(expression, str) else expression.search(value)
    except (JMESPathError, RecursionError, ArithmeticError, TypeError, ValueError):
        return None


def _build_entry(values: Mapping[str, Any], published: Moment | None, url: str) -> Entry:
    title, body = html_to_line(_as_text(values["title"])), _as_text(values["text"])
    link = absolute_url(_as_text(values["url"]), url)
    tags = values["tags"] if isinstance(values["tags"], list) else [values["tags"]]
    return Entry(
        key=entry_key(clean_line(_as_text(values["key"])), link, title, body),
        title=title,
        url=link,
        body=body,
        author=clean_line(_as_text(values["author"])),
        tags=tuple(dict.fromkeys(filter(None, (clean_line(_as_text(tag)) for tag in tags)))),
        published=published,
    )


def _as_text(value: Any, depth: int = 0) -> str:
    """A value as text: a bullet per item of a list, and a bullet `name: value` per field of an object."""
    if value is None or isinstance(value, bool) or depth > _MAX_TEXT_NESTING:
        return ""
    if isinstance(value, list):
        return "\n".join(f"- {line}" for part in value if (line := clean_line(_as_text(part, depth + 1))))
    if isinstance(value, dict):
        labeled = ((name, clean_line(_as_text(part, depth + 1))) for name, part in value.items())
        return "\n".join(f"- {clean_line(name)}: {line}" for name, line in labeled if line)
    return clean_text(value).strip()
