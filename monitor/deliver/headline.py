"""Headlines of alerts and findings, for a subject line: `up to 12,000 personnel (was around 3,000)`.

If a figure changed, the headline is the figure with the thing counted; if a date, name or place changed, it is the
claim with the value before; otherwise the claim alone. The thing counted ends at a matched word or before a word such
as "are". These words are known for English only; in other languages the number of words decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.change_summary import SHORT_KINDS, short_changes
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Novelty

MAX_HEADLINE_CHARS = 110
MAX_PREVIOUS_CHARS = 40

_MAX_PHRASE_WORDS = 4
_PHRASE_END_WORDS = frozenset(
    """
    a an the and or but nor of to from for in on at by with as into near since until who which that than is
    are was were be been being has have had will would may might can could should do does did not per out when
    where while because if under over after before during against between they it he she we this these those
    there
    """.split()
)


@dataclass(frozen=True, slots=True)
class Headline:
    """What is new, and the value before; `previous` is "" if there is none or it is too long."""

    current: str
    previous: str = ""

    def __str__(self) -> str:
        return f"{self.current} (was {self.previous})" if self.previous else self.current


def alert_headline(alert: Alert) -> str:
    """Return the headline of the alert's first finding, or the alert's title if it has no findings."""
    if alert.findings:
        return str(finding_headline(alert.findings[0]))
    return shorten(sanitize(alert.title), MAX_HEADLINE_CHARS)


def finding_headline(finding: AlertFinding) -> Headline:
    """Return what is new, in at most MAX_HEADLINE_CHARS characters; empty for a claim without printable text."""
    claim = sanitize(finding.claim).removesuffix(".").rstrip()
    if not claim:
        return Headline("")
    if finding.novelty is Novelty.WITHDRAWN:
        return Headline(shorten(f"withdrawn: {claim}", MAX_HEADLINE_CHARS))
    change = _headline_change(finding.changes)
    if change is None:
        return Headline(shorten(claim, MAX_HEADLINE_CHARS))
    return _change_headline(finding, claim, change)


def _headline_change(changes: Sequence[Change]) -> Change | None:
    candidates = [change for change in short_changes(changes) if sanitize(change.after)]
    return min(candidates, key=lambda change: SHORT_KINDS.index(change.kind), default=None)


def _change_headline(finding: AlertFinding, claim: str, change: Change) -> Headline:
    before, after = sanitize(change.before), sanitize(change.after)
    phrase = claim
    if change.kind is ChangeKind.NUMBER:
        phrase = _figure_phrase(claim, after, finding.matched)
        before = _lowercase_first_word(before)
    previous = before if len(before) <= MAX_PREVIOUS_CHARS else ""
    return Headline(shorten(phrase, MAX_HEADLINE_CHARS - len(previous) - len(" (was )")), previous)


def _figure_phrase(claim: str, figure: str, matched: Sequence[str]) -> str:
    """Return the figure as written in the claim, with the thing counted; the claim if it lacks the figure."""
    match = re.search(rf"(?<!\w){re.escape(figure)}(?!\w)", claim, re.IGNORECASE)
    if match is None:
        return claim
    return claim[match.start() : match.end() + _counted_length(claim[match.end() :], matched)].strip(" .,;:")


def _lowercase_first_word(figure: str) -> str:
    # "Around 3,000" began its sentence; after "was" it does not.
    first, _, rest = figure.partition(" ")
    return f"{first.lower()} {rest}".strip() if first.istitle() else figure


def _counted_length(rest: str, matched: Sequence[str]) -> int:
    """Return how many characters of `rest`, the text after the figure, name the thing counted."""
    matched_words = {word.casefold() for phrase in matched for word in phrase.split()}
    end = matched_end = 0
    for index, word in enumerate(re.finditer(r"\s*([^\s]+)", rest)):
        bare_word = word[1].strip(".,;:!?()\"'«»“”").casefold()
        if index == _MAX_PHRASE_WORDS or bare_word in _PHRASE_END_WORDS:
            break
        end = word.end()
        matched_end = end if bare_word in matched_words else matched_end
        if bare_word != word[1].casefold():  # punctuation ends the phrase
            break
    return matched_end or end
