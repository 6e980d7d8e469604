"""The news in a few words, for a subject line: `up to 12,000 personnel (was around 3,000)`.

Where a figure moved, the figure is the news; where something else moved, the claim with what it was before;
otherwise the claim. English words are known for "around" and "are"; elsewhere the phrase is cut by length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.deliver.safe import shorten, tame
from monitor.model import AlertFinding, Change, Kind, Novelty

LIMIT = 110
BEFORE_LIMIT = 40
FIGURES = (Kind.NUMBER, Kind.DATE)
UNTOLD = (Kind.WORDING, Kind.ADDED, Kind.REMOVED)  # too long or too vague to stand in brackets

_QUALIFIER = re.compile(
    r"(?:\b(?:up to|as many as|as few as|at least|at most|more than|less than|fewer than|no more than|"
    r"no fewer than|over|under|above|below|about|around|almost|nearly|roughly|approximately|some|only|"
    r"an estimated|estimated|another)\s+)+$",
    re.IGNORECASE,
)
_STOP = frozenset(
    """a an the and or but nor of to from for in on at by with as into near since until who which that than
    is are was were be been being has have had will would may might can could should do does did not
    per out under over after before during against between they it he she we this these those there""".split()
)
_LONGEST_PHRASE = 4


@dataclass(frozen=True, slots=True)
class Headline:
    """What is new, and what it was before, "" where that is not to be told in a few words."""

    now: str
    was: str = ""

    def __str__(self) -> str:
        return f"{self.now} (was {self.was})" if self.was else self.now


def headline(finding: AlertFinding) -> Headline:
    """What is new in at most LIMIT characters."""
    claim = tame(finding.claim)
    if finding.novelty is Novelty.WITHDRAWN:
        return Headline(shorten(f"withdrawn: {claim}", LIMIT))
    change = _telling(finding.changes)
    if change is None:
        return Headline(shorten(claim, LIMIT))
    return _moved(finding, claim, change)


def _telling(changes: Sequence[Change]) -> Change | None:
    """The change that says most: a number, then a date, then any other that can be told in brackets."""
    told = [change for change in changes if change.kind not in UNTOLD and tame(change.after)]
    rank = {Kind.NUMBER: 0, Kind.DATE: 1}
    return min(told, key=lambda change: rank.get(change.kind, 2), default=None)


def _moved(finding: AlertFinding, claim: str, change: Change) -> Headline:
    before, after = tame(change.before), tame(change.after)
    if finding.nearest and change.kind is Kind.NUMBER:
        before = _with_qualifier(tame(finding.nearest.text), before)
    phrase = _phrase(claim, after, finding.matched) if change.kind is Kind.NUMBER else claim
    was = before if len(before) <= BEFORE_LIMIT else ""
    return Headline(shorten(phrase, LIMIT - len(was) - len(" (was )")), was)


def _phrase(claim: str, figure: str, matched: Sequence[str]) -> str:
    """The figure as it stands in the claim, with what qualifies it and what it counts."""
    found = _find(claim, figure)
    if found is None:
        return claim
    start, end = found
    qualifier = _QUALIFIER.search(claim[:start])
    start = qualifier.start() if qualifier else start
    return claim[start : end + _counted(claim[end:], matched)].strip(" .,;:")


def _counted(rest: str, matched: Sequence[str]) -> int:
    """How far the thing counted reaches into what follows the figure, in characters."""
    thing = {word.casefold() for phrase in matched for word in phrase.split()}
    reach = met = 0
    for number, word in enumerate(re.finditer(r"\s*([^\s]+)", rest)):
        bare = word[1].strip(".,;:!?()\"'«»“”").casefold()
        if number == _LONGEST_PHRASE or bare in _STOP:
            break
        reach = word.end()
        met = reach if bare in thing else met
        if bare != word[1].casefold():  # punctuation ends the phrase
            break
    return met or reach


def _with_qualifier(text: str, figure: str) -> str:
    found = _find(text, figure)
    if found is None:
        return figure
    qualifier = _QUALIFIER.search(text[: found[0]])
    return (qualifier[0] if qualifier else "").lower() + figure


def _find(text: str, figure: str) -> tuple[int, int] | None:
    found = re.search(rf"(?<!\w){re.escape(figure)}(?!\w)", text, re.IGNORECASE) if figure else None
    return found.span() if found else None
