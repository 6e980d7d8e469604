"""Reads the feeds of Miniflux: its OPML export, or the JSON list of `/v1/feeds`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.sources.imports.imported import ImportedSource, regex_term, without_scheme
from monitor.sources.opml import read_opml

ENTRY_RULE = re.compile(r"\s*(\w+)\s*=\s*(.+)")  # EntryTitle=(?i)strike
SCOPE_BY_FIELD = {
    "EntryTitle": "title:",
    "EntryURL": "url:",
    "EntryContent": "text:",
    "EntryAuthor": "author:",
    "EntryTag": "tag:",
}
LEFT_OUT_KEYS = {
    "scraper_rules": "the article is found without selectors (`full_text`)",
    "rewrite_rules": "the text is read as it is",
    "urlrewrite_rules": "addresses are kept as they are",
    "cookie": "it is a secret; add it as `cookies`",
    "username": 'it is a login; add it as `auth = { username = "…", password = "${VARIABLE}" }`',
    "proxy_url": "it may contain a login; add it as `proxy`",
    "allow_self_signed_certificates": "certificates are always checked; name your own authority in `ca_file`",
}


def read_miniflux(body: bytes) -> list[ImportedSource]:
    """Return the feeds of an export. Raises ParseError with code `malformed` or `not_opml`."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return [
            ImportedSource(subscription.title, subscription.url, "feed", subscription.tags)
            for subscription in read_opml(body)
        ]
    try:
        feeds = json.loads(body)
    except (ValueError, RecursionError):
        raise ParseError("malformed", "expected the OPML export of Miniflux or the JSON of /v1/feeds") from None
    if isinstance(feeds, dict):
        feeds = feeds.get("feeds", [feeds])
    if not isinstance(feeds, list):
        raise ParseError("malformed", "expected a list of feeds, as /v1/feeds returns it")
    return [read_exported_feed(feed) for feed in feeds if isinstance(feed, dict)]


def read_exported_feed(feed: Mapping[str, Any]) -> ImportedSource:
    url = str(feed.get("feed_url") or "")
    source = ImportedSource(str(feed.get("title") or without_scheme(url)), url, "feed")
    if feed.get("disabled"):
        source.skipped = "it is disabled there"
        return source
    category = feed.get("category")
    if isinstance(category, dict) and category.get("title"):
        source.tags = (str(category["title"]),)
    if feed.get("user_agent"):
        source.options["headers"] = {"User-Agent": str(feed["user_agent"])}
    if feed.get("crawler"):
        source.options["full_text"] = True
    source.keep += filter_terms(feed, "keeplist_rules", "keep_filter_entry_rules")
    blocked = list(filter_terms(feed, "blocklist_rules", "block_filter_entry_rules"))
    if source.keep:
        source.drop += blocked
    elif blocked:
        source.leave_out("blocklist_rules", f"add `AND NOT {' AND NOT '.join(blocked)}` to the rules of this source")
    for key, reason in LEFT_OUT_KEYS.items():
        if feed.get(key):
            source.leave_out(key, reason)
    return source


def filter_terms(feed: Mapping[str, Any], pattern_key: str, rules_key: str) -> Iterator[str]:
    """Yield the terms of a query for a pattern of titles, and for rules such as `EntryTitle=…`, one a line."""
    if pattern := str(feed.get(pattern_key) or "").strip():
        yield regex_term(pattern, "title:")
    for line in str(feed.get(rules_key) or "").splitlines():
        if (match := ENTRY_RULE.fullmatch(line)) and match[1] in SCOPE_BY_FIELD:
            yield regex_term(match[2].strip(), SCOPE_BY_FIELD[match[1]])
