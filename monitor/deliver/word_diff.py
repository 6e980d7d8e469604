"""Split a claim into spans for display: the words that matched the rule, and a word diff against the prior claim.

Spans contain the original text, so a template can decorate it but not change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import LCSseq

# A figure with digit groups, such as "12 000", is one word.
_WORD_OR_FIGURE = re.compile(r"\d{1,3}(?:\s\d{3})+(?!\d)\S*|\S+")

DiffState = Literal["same", "old", "new"]
MAX_MATCHED_PHRASES = 50
MAX_HIGHLIGHTS = 20  # in one claim; with more, nothing stands out
MAX_DIFF_WORDS = 400
MAX_DIFF_SPANS = 40
MIN_COMMON_SHARE = 0.4  # of the words; with less, the two sentences read better than a diff


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: `matched` if it matched the rule, `state` if it is part of a diff.

    The spans of `highlight` are joined without spaces, those of `word_diff` with a space between.
    """

    text: str
    matched: bool = False
    state: DiffState = "same"


def highlight(text: str, matched: Sequence[str]) -> tuple[Span, ...]:
    """Split the text into spans, and mark those that are `matched` phrases, as whole words only."""
    words = sorted({words for words in matched if words}, key=len, reverse=True)[:MAX_MATCHED_PHRASES]
    if not words:
        return (Span(text),)
    alternatives = "|".join(re.escape(word) for word in words)
    parts = re.split(rf"(?<!\w)({alternatives})(?!\w)", text, maxsplit=MAX_HIGHLIGHTS)
    return tuple(Span(part, matched=index % 2 == 1) for index, part in enumerate(parts) if part)


def word_diff(before: str, after: str) -> tuple[Span, ...] | None:
    """Return the text before and after as spans in reading order, or None if a diff would not be readable."""
    old_words, new_words = _WORD_OR_FIGURE.findall(before), _WORD_OR_FIGURE.findall(after)
    if not old_words or not new_words or max(len(old_words), len(new_words)) > MAX_DIFF_WORDS:
        return None
    runs = list(_diff_runs(old_words, new_words))
    common_words = sum(len(_WORD_OR_FIGURE.findall(text)) for state, text in runs if state == "same")
    if common_words < MIN_COMMON_SHARE * max(len(old_words), len(new_words)):
        return None
    spans = tuple(Span(text, state=state) for state, text in _group_changes(runs))
    return spans if len(spans) <= MAX_DIFF_SPANS else None


def _diff_runs(old_words: list[str], new_words: list[str]) -> Iterator[tuple[DiffState, str]]:
    # Words are compared without case and outer punctuation, so that "Kursk." equals "Kursk".
    old_keys = [_normalized_word(word) for word in old_words]
    new_keys = [_normalized_word(word) for word in new_words]
    for code in LCSseq.opcodes(old_keys, new_keys):
        removed = " ".join(old_words[code.src_start : code.src_end])
        added = " ".join(new_words[code.dest_start : code.dest_end])
        if code.tag == "equal":
            yield "same", added
            continue
        if removed:
            yield "old", removed
        if added:
            yield "new", added


def _normalized_word(word: str) -> str:
    return word.strip(".,;:!?\"'()[]«»“”„’").casefold() or word


def _group_changes(runs: list[tuple[DiffState, str]]) -> Iterator[tuple[DiffState, str]]:
    """Reorder the runs so that between two unchanged ones, all removed text precedes all added text."""
    old: list[str] = []
    new: list[str] = []
    for index, (state, text) in enumerate(runs):
        if state == "same" and not _is_short_common_run(runs, index):
            yield from _flush(old, new)
            yield "same", text
        else:
            old += [text] if state != "new" else []
            new += [text] if state != "old" else []
    yield from _flush(old, new)


def _is_short_common_run(runs: list[tuple[DiffState, str]], index: int) -> bool:
    """Is the run one or two words of up to three letters between changes? "of" or "in the" would split a change."""
    words = runs[index][1].split()
    return 0 < index < len(runs) - 1 and len(words) <= 2 and all(len(word) <= 3 for word in words)


def _flush(old: list[str], new: list[str]) -> Iterator[tuple[DiffState, str]]:
    if old:
        yield "old", " ".join(old)
    if new:
        yield "new", " ".join(new)
    old.clear()
    new.clear()
