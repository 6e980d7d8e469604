"""Reads the watches of changedetection.io: `url-watches.json`, or the zip file of a backup that contains it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.sources.imports.imported import (
    ImportedSource,
    filled_lines,
    looks_like_feed,
    text_pattern,
    text_term,
    without_scheme,
)

SECONDS_PER_PART = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
MAX_JSON_BYTES = 200_000_000  # of one file in a backup
JSON_FILTERS = ("json:", "jq:", "jqraw:", "jsonpath:")
LEFT_OUT_KEYS = {
    "subtractive_selectors": "parts of a page cannot be dropped by selector; write their text as `ignore` patterns",
    "text_should_not_be_present": "write a rule with `on: [withdrawn]`",
    "extract_text": "claims are compared instead of extracts; write a rule",
    "notification_urls": "they are secrets; set up [channels] and [alerts]",
    "notification_title": "messages have templates of their own",
    "notification_body": "messages have templates of their own",
    "browser_steps": "a page is loaded, but nothing is clicked",
    "webdriver_js_execute_code": "a page is loaded, but no code of yours is run",
    "proxy": "it is a name there; add its address as `proxy`",
    "price_change_min": "write a number term in a rule, such as `price < 50`",
    "price_change_max": "write a number term in a rule, such as `price > 50`",
    "conditions": "write a rule",
}


def read_changedetection(body: bytes) -> list[ImportedSource]:
    """Return the watches of a file. Raises ParseError with code `malformed`."""
    settings: dict[str, Any] = {}
    watches: list[Any] = []
    for document in load_documents(body):
        watching = document.get("watching")
        if isinstance(watching, dict):
            watches += watching.values()
        elif "url" in document:
            watches.append(document)
        if isinstance(document.get("settings"), dict):
            settings = document["settings"]
    if not watches and not settings:
        raise ParseError("malformed", "expected url-watches.json or a backup of changedetection.io")
    tag_titles = tag_titles_by_id(settings)
    return [read_watch(watch, settings, tag_titles) for watch in watches if isinstance(watch, dict)]


def load_documents(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON documents of a file, or of the zip file that a backup is."""
    try:
        if not zipfile.is_zipfile(io.BytesIO(body)):
            yield from as_table(json.loads(body))
            return
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for member in archive.infolist():
                name = member.filename.rsplit("/", 1)[-1]
                known = name in ("url-watches.json", "changedetection.json", "watch.json")
                if known and member.file_size <= MAX_JSON_BYTES:
                    yield from as_table(json.loads(archive.read(member)))
    except (ValueError, RecursionError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise ParseError("malformed", "invalid JSON; expected url-watches.json of changedetection.io") from None


def as_table(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value


def tag_titles_by_id(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of tags, which watches name by id."""
    application = settings.get("application")
    tags = application.get("tags") if isinstance(application, dict) else None
    tables = tags.items() if isinstance(tags, dict) else ()
    return {str(id): str(tag.get("title", id)) for id, tag in tables if isinstance(tag, dict)}


def read_watch(
    watch: Mapping[str, Any], settings: Mapping[str, Any], tag_titles: Mapping[str, str]
) -> ImportedSource:
    url = str(watch.get("url") or "")
    source = ImportedSource(str(watch.get("title") or without_scheme(url)), url)
    if watch.get("paused"):
        source.skipped = "it is paused there"
        return source
    old_tags = str(watch.get("tag") or "").split(",")
    names = [tag_titles.get(name, name) for name in (*filled_lines(watch.get("tags")), *filled_lines(old_tags))]
    source.tags = tuple(dict.fromkeys(name.strip() for name in names))
    if interval := interval_seconds(watch, settings):
        source.options["every"] = f"{interval}s"
    if str(watch.get("fetch_backend") or "").startswith(("html_webdriver", "extra_browser")):
        source.options["render"] = True
    read_request_of_watch(source, watch)
    read_filters(source, watch)
    if looks_like_feed(url) and "select" not in source.options:
        source.kind = "feed"
        source.options.pop("render", None)
    for key, reason in LEFT_OUT_KEYS.items():
        if watch.get(key):
            source.leave_out(key, reason)
    if watch.get("processor") == "restock_diff":
        source.leave_out("processor restock_diff", "write a rule, such as `in stock`")
    return source


def read_request_of_watch(source: ImportedSource, watch: Mapping[str, Any]) -> None:
    if isinstance(watch.get("headers"), dict):
        source.add_headers(watch["headers"])
    method = str(watch.get("method") or "GET").upper()
    if method not in ("GET", "POST"):
        source.leave_out("method", "only GET and POST are sent")
    elif method == "POST":
        source.options |= {"method": method, **({"body": str(watch["body"])} if watch.get("body") else {})}


def read_filters(source: ImportedSource, watch: Mapping[str, Any]) -> None:
    """Take over selectors as `select`, texts to ignore as `ignore`, and texts that trigger as a rule."""
    selectors = list(filled_lines(watch.get("include_filters") or watch.get("css_filter")))
    json_filters = [selector for selector in selectors if selector.startswith(JSON_FILTERS)]
    if json_filters:
        source.kind = "json"
        source.leave_out(f"include_filters {json_filters[0]}", "write it as `entries` and `fields`, in JMESPath")
    else:
        source.add_selectors("include_filters", selectors)
    if ignored := list(filled_lines(watch.get("ignore_text"))):
        source.add_ignored(map(text_pattern, ignored))
    source.keep += map(text_term, filled_lines(watch.get("trigger_text")))


def interval_seconds(watch: Mapping[str, Any], settings: Mapping[str, Any]) -> int:
    """Return how often a watch is checked, 0 if that is not stated."""
    table = watch.get("time_between_check")
    if watch.get("time_between_check_use_default", not table):
        requests = settings.get("requests")
        table = requests.get("time_between_check") if isinstance(requests, dict) else None
    parts = table if isinstance(table, dict) else {}
    amounts = ((parts.get(name), seconds) for name, seconds in SECONDS_PER_PART.items())
    return sum(
        int(amount) * seconds for amount, seconds in amounts if isinstance(amount, (int, float)) and amount > 0
    )
