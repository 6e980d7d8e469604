"""Full-text search over alerts: words, "phrases" and prefixes*, each of which must be found.

Case and accents do not matter. Any text is a valid search: what is no word is ignored, also operators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, column, false, text

from monitor.store.alert_words import WORDS_VECTOR, search_words
from monitor.store.schema import alerts

MAX_TERMS = 16  # further ones are ignored
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
FOUND_ON_SQLITE = text("SELECT rowid FROM alert_words WHERE alert_words MATCH :query")
FOUND_ON_POSTGRES = text(
    "SELECT number FROM alert_texts"  # noqa: S608  no text from outside
    f" WHERE {WORDS_VECTOR} @@ to_tsquery('simple', :query) OFFSET 0"
)


class SearchTerm(NamedTuple):
    """Words that follow each other; of the last one only the beginning, if `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool


def numbers_matching(conn: Connection, text: str) -> ColumnElement[bool]:
    """Return the condition that an alert has all terms of `text`; false if there are none."""
    terms = search_terms(text)
    if not terms:
        return false()
    is_postgres = conn.dialect.name == "postgresql"
    found = FOUND_ON_POSTGRES if is_postgres else FOUND_ON_SQLITE
    query = postgres_query(terms) if is_postgres else sqlite_query(terms)
    return alerts.c.number.in_(found.bindparams(query=query).columns(column("number")))


def search_terms(text: str) -> list[SearchTerm]:
    """Return the terms of a search; none if it has no word."""
    return list(_terms(text))[:MAX_TERMS]


def _terms(text: str) -> Iterator[SearchTerm]:
    for match in _TERM.finditer(text):
        written = match[1] if match[1] is not None else match[2]
        if words := search_words(written):
            yield SearchTerm(tuple(words), written.rstrip().endswith("*"))


def sqlite_query(terms: Sequence[SearchTerm]) -> str:
    """Return the query for FTS5. Words consist of letters, digits and marks, so that none ends its quotes."""
    return " AND ".join(f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}' for term in terms)


def postgres_query(terms: Sequence[SearchTerm]) -> str:
    """Return the query for `to_tsquery`."""
    quoted = ([f"'{word}'" for word in term.words] for term in terms)
    phrases = [" <-> ".join(words) for words in quoted]
    return " & ".join(
        f"({phrase}{':*' if term.is_prefix else ''})" for phrase, term in zip(phrases, terms, strict=True)
    )
