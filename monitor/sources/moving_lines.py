"""Finds lines that move at every poll: the same words with other figures, dates or times, such as countdowns, expiry
dates and visitor counts. Pure.

They are reported to the operator and never silenced: a price or a death toll may move as often.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from monitor.alerts.source_notices import HealthIssue
from monitor.model import Finding, Moment, Novelty
from monitor.sources.flapping import MAX_LABEL_CHARS, EntryVersion, quoted_label
from monitor.text.noise_words import CALENDAR_WORDS

MIN_MOVES = 4  # in a row, this poll's included
MAX_GAP_RATIO, MAX_GAP_S = 3.0, 60.0  # of the time between two moves, compared with that since the last poll
MAX_LINES = 200  # of one revision; a page on which more moves is not described by its lines
MAX_NAMED_LINES = 3
MIN_SHARED_WORDS = 0.75
STEM_CHARS = 3  # "1 day" and "2 days" are the same words
_WORD = re.compile(r"[^\W\d_]+")
_FIXED_PART = re.compile(r"[^\W\d_][^\d\[\](){}|\\.*+?^$]*[^\W\d_]")


def follow_each_poll(versions: Sequence[EntryVersion], now: Moment, last_good: Moment) -> bool:
    """Return whether an entry has changed at this poll and at the MIN_MOVES - 1 before it. `versions` are the stored
    ones, newest first; `last_good` is the previous successful poll."""
    if len(versions) < MIN_MOVES or versions[0].recorded_at < last_good:
        return False
    longest = MAX_GAP_RATIO * (now - versions[0].recorded_at) + MAX_GAP_S
    moves = versions[: MIN_MOVES - 1]
    return all(newer.recorded_at - older.recorded_at <= longest for newer, older in pairwise(moves))


def find_moving_lines(findings: Sequence[Finding], previous: Sequence[Sequence[Finding]]) -> tuple[str, ...]:
    """Return the lines of a revision that moved in each of the `previous` revisions too and may cause alerts."""
    earlier = [[_words(text) for text in _figure_lines(revision)] for revision in previous]
    return tuple(
        line
        for line in _figure_lines(findings)
        if all(any(_are_alike(_words(line), words) for words in revision) for revision in earlier)
    )


def moving_issue(lines: Sequence[str]) -> HealthIssue:
    """The issue to report for lines that move at every poll."""
    quoted = [quoted_label(line) for line in lines[:MAX_NAMED_LINES]]
    named = ", ".join(quoted) + (f" and {len(lines) - MAX_NAMED_LINES} more" if len(lines) > MAX_NAMED_LINES else "")
    patterns = ", ".join(f'"{part}"' for line in lines[:MAX_NAMED_LINES] if (part := _fixed_part(line)))
    verb = "A line changes" if len(lines) == 1 else f"{len(lines)} lines change"
    hint = f"`ignore = [{patterns}]`" if patterns else "an `ignore` pattern"
    sentence = f"{verb} at every poll, only in figures, dates or times: {named}. Alerts are sent each time. "
    return HealthIssue("moving", f"{sentence}To suppress them, add {hint} to the source.")


def _figure_lines(findings: Sequence[Finding]) -> list[str]:
    """The texts of claims that may cause alerts and have a figure, a date or a time."""
    texts = [
        finding.claim.text
        for finding in findings
        if finding.claim.noise is None and finding.novelty in (Novelty.NEW, Novelty.CHANGED)
    ]
    return [text for text in texts if any(map(str.isdigit, text)) or _has_calendar_word(text)][:MAX_LINES]


def _has_calendar_word(text: str) -> bool:
    return not CALENDAR_WORDS.isdisjoint(_WORD.findall(text.casefold()))


def _words(text: str) -> frozenset[str]:
    """The stems of the words of a line, without those of dates."""
    return frozenset(word[:STEM_CHARS] for word in _WORD.findall(text.casefold()) if word not in CALENDAR_WORDS)


def _are_alike(words: frozenset[str], others: frozenset[str]) -> bool:
    return len(words & others) >= MIN_SHARED_WORDS * len(words | others)


def _fixed_part(line: str) -> str:
    """The longest part of a line without figures and special characters, to be used as a pattern; or ""."""
    parts = [part for part in _FIXED_PART.findall(line[:MAX_LABEL_CHARS]) if '"' not in part]
    return max(parts, key=len, default="")
