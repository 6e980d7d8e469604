"""The news in a few words, for a subject line: `up to 12,000 personnel (was around 3,000)`.

Where a figure moved, the figure and what it counts is the news; where a date, name or place moved, the claim with
what it was before; otherwise the claim. What a figure counts ends at a matched word or at a word such as "are";
those are known in English, elsewhere length decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.short import TOLD, in_short
from monitor.deliver.safe import shorten, tame
from monitor.model import Alert, AlertFinding, Change, Kind, Novelty

LIMIT = 110
BEFORE_LIMIT = 40

_STOP = frozenset(
    """
    a an the and or but nor of to from for in on at by with as into near since until who which that than is
    are was were be been being has have had will would may might can could should do does did not per out when
    where while because if under over after before during against between they it he she we this these those
    there
    """.split()
)
_LONGEST_PHRASE = 4


@dataclass(frozen=True, slots=True)
class Headline:
    """What is new, and what it was before, "" where that is not to be told in a few words."""

    now: str
    was: str = ""

    def __str__(self) -> str:
        return f"{self.now} (was {self.was})" if self.was else self.now


def news_of(alert: Alert) -> str:
    """The news of an alert: its first finding's, else its title."""
    return str(headline(alert.findings[0])) if alert.findings else shorten(tame(alert.title), LIMIT)


def headline(finding: AlertFinding) -> Headline:
    """What is new in at most LIMIT characters; "" for a claim that nothing can be read of."""
    claim = tame(finding.claim).removesuffix(".").rstrip()
    if not claim:
        return Headline("")
    if finding.novelty is Novelty.WITHDRAWN:
        return Headline(shorten(f"withdrawn: {claim}", LIMIT))
    change = _telling(finding.changes)
    if change is None:
        return Headline(shorten(claim, LIMIT))
    return _moved(finding, claim, change)


def _telling(changes: Sequence[Change]) -> Change | None:
    told = [change for change in in_short(changes) if tame(change.after)]
    return min(told, key=lambda change: TOLD.index(change.kind), default=None)


def _moved(finding: AlertFinding, claim: str, change: Change) -> Headline:
    before, after = tame(change.before), tame(change.after)
    phrase = claim
    if change.kind is Kind.NUMBER:
        phrase = _phrase(claim, after, finding.matched)
        before = _within_sentence(before)
    was = before if len(before) <= BEFORE_LIMIT else ""
    return Headline(shorten(phrase, LIMIT - len(was) - len(" (was )")), was)


def _phrase(claim: str, figure: str, matched: Sequence[str]) -> str:
    """The figure as it stands in the claim, with what it counts; the claim if the figure does not stand there."""
    found = re.search(rf"(?<!\w){re.escape(figure)}(?!\w)", claim, re.IGNORECASE)
    if found is None:
        return claim
    return claim[found.start() : found.end() + _counted(claim[found.end() :], matched)].strip(" .,;:")


def _within_sentence(figure: str) -> str:
    """ "Around 3,000" began its sentence; after "was" it does not."""
    first, _, rest = figure.partition(" ")
    return f"{first.lower()} {rest}".strip() if first.istitle() else figure


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
