"""The words of alerts, for full-text search (`reports.alert_search`).

`alert_texts` has the folded words of each alert: title, counted, claims, headings, entry titles and source names.
SQLite indexes them in the FTS5 table `alert_words`, which triggers keep, PostgreSQL in a GIN index on the expression
WORDS_VECTOR. Both see words that are folded here, so that they find the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.ruleset.query.normalize import folded_words
from monitor.store.schema import alert_texts

MAX_INDEXED_CHARS = 40_000  # of an alert, before folding: a batch of hundreds of claims has more
MAX_WORD_CHARS = 64  # PostgreSQL refuses words of 2 KB
FINDING_KEYS = ("claim", "source", "entry_title", "heading")
WORDS_VECTOR = "to_tsvector('simple', words)"  # the expression of the index on PostgreSQL
_INSERT_TEXT = insert(alert_texts)
UPSERT_TEXT = _INSERT_TEXT.on_conflict_do_update(
    index_elements=[alert_texts.c.number],
    set_={name: _INSERT_TEXT.excluded[name] for name in ("source", "words")},
)


def save_alert_words(conn: Connection, number: int, body: Mapping[str, Any]) -> None:
    """Insert or replace the words of an alert. `body` is what `alert_to_json` returned."""
    conn.execute(UPSERT_TEXT, alert_text_row(number, body))


def alert_text_row(number: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of `alert_texts`."""
    findings = body.get("findings") or ()
    source = findings[0].get("source", "") if findings else ""
    return {"number": number, "source": source, "words": " ".join(search_words(" ".join(_searched_texts(body))))}


def _searched_texts(body: Mapping[str, Any]) -> Iterator[str]:
    yield body.get("title") or body.get("rule") or ""
    yield body.get("counted") or ""
    if not body.get("findings"):
        yield body.get("reason") or ""
    for finding in body.get("findings") or ():
        yield from (finding.get(key) or "" for key in FINDING_KEYS)


def search_words(text: str) -> list[str]:
    """Return the folded words of a text, as the index has them."""
    return [word[:MAX_WORD_CHARS] for word in folded_words(text[:MAX_INDEXED_CHARS])]
