"""Finds the texts that a query holds for, each text by itself: rules' own language, for searching."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.errors import MonitorError
from monitor.ruleset.lint import leaves, scopes_of
from monitor.ruleset.parse import Aliases, compile_query
from monitor.ruleset.query import Document, Query
from monitor.ruleset.reading import SHIFT, Reading


def sought(text: str, aliases: Aliases) -> Query:
    """The query that somebody searches with. Raises MonitorError with the first fault and where it stands."""
    query, faults = compile_query(text, aliases)
    if query is None:
        fault = next(fault for fault in faults if not fault.warning)
        raise MonitorError(f"query, character {fault.offset + 1}: {fault.message}")
    if beyond := scopes_of(query.root) - {"", "text", "title"}:
        scope = sorted(beyond)[0]
        raise MonitorError(f"a search sees claims and the titles they stood under: `{scope}:` cannot be searched for")
    return query


def holding(query: Query, texts: Sequence[str], titles: Sequence[str] = ()) -> dict[int, tuple[str, ...]]:
    """The indexes of the texts that it holds for, each with the words it met in the text.

    `titles` stands beside `texts`, for terms with `title:`; without it no text has one.
    """
    reading = Reading([*texts, *titles])
    met = {span[0] >> SHIFT for term in leaves(query.root) for span in term.reading_spans(reading)}
    near = sorted({at % len(texts) for at in met}) if texts else []
    found = {}
    for at in near:
        own = frozenset((at,))
        title = frozenset((len(texts) + at,)) if titles else frozenset[int]()
        spans = query.root.meet(Document(reading, own, {"text": own, "title": title}))
        if spans is not None:
            here = [reading.place(first, last) for first, last, _ in spans if first >> SHIFT == at]
            found[at] = tuple(dict.fromkeys(texts[at][start:end] for _, start, end in here))
    return found
