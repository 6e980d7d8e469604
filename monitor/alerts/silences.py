"""Silences: what people asked not to be told of for a while, and why.

A silence covers a finding when all that it names (rule, source, story, query) fits. A mute lets through what says
something else than the claims it was made for; what somebody called not news covers the like of it. What is covered
is decided with that reason and kept; what was held before waits until the silence has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from monitor.alerts.alike import alike, told_anew
from monitor.model import Alert, Claim, Finding, Moment, Novelty, Reason, Role, Update, Waiting
from monitor.ruleset.match import hold
from monitor.ruleset.parse import compile_query
from monitor.ruleset.rule import NO_ALIASES, Rule, Vocabulary


class Mode(StrEnum):
    """What a silence lets through of what it fits."""

    ALL = "all"  # nothing
    FACTS = "until the facts change"  # a fact that moved
    LIKE = "not news"  # all that is not like its claims


REASONS = {Mode.ALL: Reason.SILENCED, Mode.FACTS: Reason.MUTED, Mode.LIKE: Reason.NOT_NEWS}


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence, alive until `until`. What is None is not asked about; `match` is a query. `claims` are those that
    a mute was made for."""

    id: int
    reason: str
    made: Moment
    until: Moment
    rule: str | None = None
    source: str | None = None
    story: str | None = None
    match: str | None = None
    by: str = ""
    mode: Mode = Mode.ALL
    claims: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What a decision says of it."""
        return f"silence {self.id}: {self.reason}"

    @property
    def what(self) -> str:
        """What it names, in a few words."""
        scope = {"rule": self.rule, "source": self.source, "story": self.story, "match": self.match}
        named = ", ".join(f"{name} {value}" for name, value in scope.items() if value)
        if self.mode is Mode.ALL:
            return named
        return f"{named}, {self.mode}" + (f": {self.claims[0]}" if self.claims else "")


def silence_over(
    silences: Sequence[Silence], rule: str, update: Update, finding: Finding, aliases: Vocabulary
) -> Silence | None:
    """The first silence that covers this finding of a rule, if one does."""
    return next((silence for silence in silences if covers(silence, rule, update, finding, aliases)), None)


def covers(silence: Silence, rule: str, update: Update, finding: Finding, aliases: Vocabulary) -> bool:
    """Does all that the silence names fit, and does it not let the finding through?"""
    return fits(silence, rule, update, finding, aliases) and not lets_through(silence, finding)


def fits(silence: Silence, rule: str, update: Update, finding: Finding, aliases: Vocabulary) -> bool:
    """Does all that the silence names fit?"""
    return (
        silence.rule in (None, rule)
        and silence.source in (None, update.source)
        and silence.story in (None, finding.story)
        and (silence.match is None or meets(silence.match, update, finding, aliases))
    )


def lets_through(silence: Silence, finding: Finding) -> bool:
    """Is the finding what the silence makes an exception for?"""
    if silence.mode is Mode.FACTS:
        return told_anew(finding, silence.claims)
    return silence.mode is Mode.LIKE and not alike(finding, silence.claims)


def meets(query: str, update: Update, finding: Finding, aliases: Vocabulary) -> bool:
    """Does the query hold for the finding?"""
    rule = listener(query, aliases)
    return rule is not None and hold(rule, update, [finding]) is not None


@lru_cache(maxsize=256)
def listener(query: str, aliases: Vocabulary) -> Rule | None:
    """The query as a rule that takes any finding; None for one that is not understood any more."""
    compiled, _ = compile_query(query, aliases.nodes)
    return Rule("silence", "", compiled, on=frozenset(Novelty)) if compiled else None


def audible(
    waiting: Sequence[Waiting], silences: Sequence[Silence], aliases: Vocabulary = NO_ALIASES
) -> list[Waiting]:
    """The held matches that no silence covers whole."""
    return [held for held in waiting if not silent(held, silences, aliases)]


def silent(held: Waiting, silences: Sequence[Silence], aliases: Vocabulary) -> bool:
    """Is every finding of the alert that waits covered?"""
    alert = held.alert
    return bool(silences and alert.findings) and all(
        silence_over(silences, alert.rule, update, finding, aliases) for update, finding in as_found(alert)
    )


def about(alert: Alert, silences: Sequence[Silence]) -> list[Silence]:
    """The silences that name what an alert tells, whatever they let through of it; of what is not news those that
    cover it. Queries that name an alias are left out."""
    found = list(as_found(alert))
    meant = {Mode.LIKE: covers}
    return [s for s in silences if any(meant.get(s.mode, fits)(s, alert.rule, *pair, NO_ALIASES) for pair in found)]


def as_found(alert: Alert) -> Iterator[tuple[Update, Finding]]:
    """The findings of an alert as they were decided, each with what is known of its update."""
    for told in alert.findings:
        claim, story = Claim(told.claim, Role.SENTENCE), told.story or alert.story
        finding = Finding(claim, told.novelty, told.similarity, told.changes, told.nearest, story)
        yield Update(told.source, told.entry, alert.at, "", told.entry_url, told.claim), finding
