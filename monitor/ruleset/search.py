"""Finds the texts that match a query, each text alone: the query language of rules, for search."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.errors import MonitorError
from monitor.ruleset.query.compile import AliasNodes, compile_query
from monitor.ruleset.query.lint import distinct_terms, term_scopes
from monitor.ruleset.query.nodes import MatchWindow, Query
from monitor.ruleset.query.segments import SEGMENT_SHIFT, SegmentIndex
from monitor.ruleset.query.terms import ANY_TEXT


class InvalidQuery(MonitorError):
    """A search query has a fault: `fault` says what, `offset` where, in characters from 0."""

    def __init__(self, fault: str, offset: int) -> None:
        self.fault, self.offset = fault, offset
        super().__init__(f"query, character {offset + 1}: {fault}")


def parse_search(text: str, aliases: AliasNodes) -> Query:
    """Compile a search query. Raises InvalidQuery with its first fault."""
    query, faults = compile_query(text, aliases)
    if query is None:
        fault = next(fault for fault in faults if not fault.warning)
        raise InvalidQuery(fault.message, fault.offset)
    if unsupported_scopes := term_scopes(query.root) - {"", "text", "title"}:
        scope = sorted(unsupported_scopes)[0]
        sentence = f"search covers claims and the titles of their updates; `{scope}:` is not supported"
        raise InvalidQuery(sentence, max(0, text.find(f"{scope}:")))
    return query


def find_matches(query: Query, texts: Sequence[str], titles: Sequence[str] = ()) -> dict[int, tuple[str, ...]]:
    """Return the indexes of the texts that match, each with its matched words.

    `titles` has the title of each text, for terms with `title:`; if empty, no text has a title.
    """
    index = SegmentIndex([*texts, *titles])
    hit_segments = {
        span[0] >> SEGMENT_SHIFT for term in distinct_terms(query.root) for span in term.cached_spans(index)
    }
    candidates = sorted({number % len(texts) for number in hit_segments}) if texts else []
    words_by_text = {}
    for number in candidates:
        text_segments = frozenset((number,))
        title_segments = frozenset((len(texts) + number,)) if titles else frozenset[int]()
        spans = query.root.evaluate(
            MatchWindow(index, text_segments, {"text": text_segments, "title": title_segments})
        )
        if spans is not None:
            locations = [
                index.locate(first, last)
                for first, last, term in spans
                if first >> SEGMENT_SHIFT == number and term != ANY_TEXT
            ]
            words_by_text[number] = tuple(dict.fromkeys(texts[number][start:end] for _, start, end in locations))
    return words_by_text
