"""Silences: what people asked not to be told of for a while, and why.

A silence covers a finding when all that it names (rule, source, story, query) fits. What it covers is decided as
`silenced` and kept; what was held before waits until the silence has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.model import Claim, Finding, Moment, Novelty, Role, Update, Waiting
from monitor.ruleset.match import hold
from monitor.ruleset.parse import compile_query
from monitor.ruleset.rule import Rule


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence, alive until `until`. What is None is not asked about; `match` is a query without @aliases."""

    id: int
    reason: str
    made: Moment
    until: Moment
    rule: str | None = None
    source: str | None = None
    story: str | None = None
    match: str | None = None
    by: str = ""

    @property
    def why(self) -> str:
        """What a decision says of it."""
        return f"silence {self.id}: {self.reason}"


def silence_over(silences: Sequence[Silence], rule: str, update: Update, finding: Finding) -> Silence | None:
    """The first silence that covers this finding of a rule, if one does."""
    return next((silence for silence in silences if covers(silence, rule, update, finding)), None)


def covers(silence: Silence, rule: str, update: Update, finding: Finding) -> bool:
    """Does all that the silence names fit?"""
    return (
        silence.rule in (None, rule)
        and silence.source in (None, update.source)
        and silence.story in (None, finding.story)
        and (silence.match is None or meets(silence.match, update, finding))
    )


def meets(query: str, update: Update, finding: Finding) -> bool:
    """Does the query hold for the finding?"""
    rule = listener(query)
    return rule is not None and hold(rule, update, [finding]) is not None


@lru_cache(maxsize=256)
def listener(query: str) -> Rule | None:
    """The query as a rule that takes any finding; None for what an older version took and this one does not."""
    compiled, _ = compile_query(query, {})
    return Rule("silence", "", compiled, on=frozenset(Novelty)) if compiled else None


def audible(waiting: Sequence[Waiting], silences: Sequence[Silence]) -> list[Waiting]:
    """The held matches that no silence covers whole."""
    return [held for held in waiting if not silent(held, silences)]


def silent(held: Waiting, silences: Sequence[Silence]) -> bool:
    """Is every finding of the alert that waits covered?"""
    alert = held.alert
    return bool(silences and alert.findings) and all(
        silence_over(
            silences,
            alert.rule,
            Update(told.source, told.entry, alert.at, "", told.entry_url, told.claim),
            Finding(Claim(told.claim, Role.SENTENCE), told.novelty, told.similarity, (), None, alert.story),
        )
        for told in alert.findings
    )
