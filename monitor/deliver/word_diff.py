"""Split claims into pieces for display: the words that matched the rule, and those that differ between two claims.

Pieces contain the original text, so a template can decorate it but not change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Literal, TypeAlias

from rapidfuzz.distance import LCSseq, Opcodes

# A figure with digit groups, such as "12 000", is one word.
_WORD_OR_FIGURE = re.compile(r"\d{1,3}(?:\s\d{3})+(?!\d)\S*|\S+")

DiffState = Literal["same", "old", "new"]
Range: TypeAlias = tuple[int, int]  # [start, end) in a text
MAX_MATCHED_PHRASES = 50
MAX_HIGHLIGHTS = 20  # in one claim; with more, nothing stands out
MAX_DIFF_WORDS = 400
MAX_DIFF_SPANS = 40
MIN_COMMON_SHARE = 0.4  # of the words; with less, the two sentences read better than a diff


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a diff; spans are joined with a space between."""

    text: str
    state: DiffState = "same"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a claim: `matched` if it matched the rule, `changed` if the other claim lacks it.

    Pieces are joined without spaces.
    """

    text: str
    matched: bool = False
    changed: bool = False


def split_pieces(text: str, matched: Sequence[Range], changed: Sequence[Range]) -> tuple[Piece, ...]:
    """Split the text where any of the ranges begins or ends."""
    edges = sorted({0, len(text), *(edge for bounds in (*matched, *changed) for edge in bounds)})
    return tuple(
        Piece(text[start:end], _is_within(start, matched), _is_within(start, changed))
        for start, end in pairwise(edges)
    )


def matched_ranges(text: str, matched: Iterable[str]) -> list[Range]:
    """Return where the `matched` phrases are, as whole words only."""
    words = sorted({words for words in matched if words}, key=len, reverse=True)[:MAX_MATCHED_PHRASES]
    alternatives = "|".join(re.escape(word) for word in words)
    matches = re.finditer(rf"(?<!\w)(?:{alternatives})(?!\w)", text) if words else ()
    return [match.span() for match in islice(matches, MAX_HIGHLIGHTS)]


def changed_ranges(before: str, after: str) -> tuple[list[Range], list[Range]] | None:
    """Return where each text has words that the other lacks, or None if such marks would not be readable."""
    if word_diff(before, after) is None:
        return None
    old, new = list(_WORD_OR_FIGURE.finditer(before)), list(_WORD_OR_FIGURE.finditer(after))
    edits = [edit for edit in _opcodes([word[0] for word in old], [word[0] for word in new]) if edit.tag != "equal"]
    removed = [(old[e.src_start].start(), old[e.src_end - 1].end()) for e in edits if e.src_start < e.src_end]
    added = [(new[e.dest_start].start(), new[e.dest_end - 1].end()) for e in edits if e.dest_start < e.dest_end]
    return _joined(removed, before), _joined(added, after)


def _without_punctuation(bounds: Range, text: str) -> Range:
    """Return the range without a comma or full stop at its end, unless nothing else is in it."""
    start, end = bounds
    bare_end = start + len(text[start:end].rstrip(".,;:!?"))
    return (start, bare_end) if bare_end > start else bounds


def _joined(ranges: Sequence[Range], text: str) -> list[Range]:
    """Join the ranges between which are only spaces and short words: "of" would split a change."""
    joined: list[Range] = []
    for start, end in ranges:
        if joined and _is_short(text[joined[-1][1] : start].split()):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return [_without_punctuation(bounds, text) for bounds in joined]


def _is_within(place: int, ranges: Sequence[Range]) -> bool:
    return any(start <= place < end for start, end in ranges)


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
    for code in _opcodes(old_words, new_words):
        removed = " ".join(old_words[code.src_start : code.src_end])
        added = " ".join(new_words[code.dest_start : code.dest_end])
        if code.tag == "equal":
            yield "same", added
            continue
        if removed:
            yield "old", removed
        if added:
            yield "new", added


def _opcodes(old_words: Sequence[str], new_words: Sequence[str]) -> Opcodes:
    # Words are compared without case and outer punctuation, so that "Kursk." equals "Kursk".
    return LCSseq.opcodes(*([_normalized_word(word) for word in words] for words in (old_words, new_words)))


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
    return 0 < index < len(runs) - 1 and _is_short(runs[index][1].split())


def _is_short(words: Sequence[str]) -> bool:
    return len(words) <= 2 and all(len(word) <= 3 for word in words)


def _flush(old: list[str], new: list[str]) -> Iterator[tuple[DiffState, str]]:
    if old:
        yield "old", " ".join(old)
    if new:
        yield "new", " ".join(new)
    old.clear()
    new.clear()
