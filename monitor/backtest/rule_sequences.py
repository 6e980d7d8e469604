"""Run the tests of a rule that are a sequence of texts, through the daemon's own pipeline with an in-memory store.

So throttles, corroboration, edits and comparison work as in the daemon. A kind of rule that also fires as time passes
belongs into `alerts_as_time_passes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.alerts.release import release_throttled
from monitor.assess import Assessment, Policy
from monitor.backtest.replay import DEFAULT_MEMORY_S
from monitor.backtest.rule_tests import FIXED_NOW, SourceTags, matched_words, tags_of_test
from monitor.errors import Problem
from monitor.model import Alert, Moment, Novelty, Update
from monitor.polling.ingest import ingest_update
from monitor.ruleset.explain import explain_rule
from monitor.ruleset.rule import Rule, RuleSet, RuleTest, SequenceItem
from monitor.store import alerts, sources
from monitor.store.commit import commit_releases
from monitor.store.connect import open_store
from monitor.text.analysis import Synonyms

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOTHING_DUE = "nothing was due"


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """Whether an item made the rule alert at once, why or why not, and the novelty of its claim (None: no text)."""

    fires: bool
    why: str
    novelty: Novelty | None = None


@dataclass(slots=True)
class SequenceRun:
    """A run of one test. `release_times` are when the windows of throttled matches end."""

    conn: Connection
    policy: Policy
    rule: Rule
    release_times: set[Moment] = field(default_factory=set)

    def play(self, test: RuleTest) -> Iterator[ItemOutcome]:
        """Yield the outcome of each item, in order."""
        start = FIXED_NOW if test.at is None else test.at
        now = start
        for number, item in enumerate(test.sequence, 1):
            now = now if item.at is None else start + item.at
            due = list(self.alerts_as_time_passes(now))
            if item.text is None:
                yield ItemOutcome(bool(due), due[-1].reason if due else NOTHING_DUE)
            else:
                yield self.arrive(item, number, now)

    def alerts_as_time_passes(self, now: Moment) -> Iterator[Alert]:
        """Yield the alerts that are due until now without a text: the follow-ups of throttles, each at its time."""
        while due_times := [at for at in self.release_times if at <= now]:
            at = min(due_times)
            self.release_times.discard(at)
            releases = release_throttled(alerts.due_throttled_matches(self.conn, at), now=at)
            commit_releases(self.conn, releases, (), now=at)
            yield from (release.alert for release in releases)

    def arrive(self, item: SequenceItem, number: int, now: Moment) -> ItemOutcome:
        """Ingest the text of an item."""
        update = Update(
            source=item.source or "test",
            entry=item.entry or f"item {number}",
            at=now,
            title=item.title,
            url=item.url,
            text=item.text or "",
            author=item.author,
            tags=item.tags,
        )
        sources.add_replayed_sources(self.conn, {update.source}, now)
        tags = tags_of_test(item, self.policy.source_tags)
        policy = replace(self.policy, source_tags={**self.policy.source_tags, update.source: tags})
        assessment = ingest_update(self.conn, update, policy, digest=str(number), memory=DEFAULT_MEMORY_S, now=now)
        self.release_times |= {d.throttled_until for d in assessment.decisions if d.throttled_until is not None}
        return self.outcome(assessment, tags)

    def outcome(self, assessment: Assessment, tags: tuple[str, ...]) -> ItemOutcome:
        """Return what an assessed item caused, with the decision or the condition that kept it from alerting."""
        decisions = assessment.decisions
        fired = [assessment.findings[index] for d in decisions for index in d.match.finding_indexes]
        novelty = next((f.novelty for f in (*fired, *assessment.findings)), Novelty.REPEATED)
        if sent := [decision for decision in decisions if decision.alert]:
            return ItemOutcome(True, matched_words(sent[0].match), novelty)
        if assessment.released:
            return ItemOutcome(True, assessment.released[0].detail, novelty)
        if decisions:
            return ItemOutcome(False, f"{decisions[0].reason}: {decisions[0].detail}", novelty)
        explanation = explain_rule(self.rule, assessment.update, assessment.findings, assessment.claims, tags)
        return ItemOutcome(False, explanation.why, novelty)


def run_sequence_tests(rule: Rule, ruleset: RuleSet, source_tags: SourceTags) -> tuple[Problem, ...]:
    """Return a problem for each expectation of the rule's sequences that fails."""
    return tuple(
        Problem(rule.path, line, column, f"test of {rule.name}: {message}")
        for test in rule.tests
        if test.sequence
        for line, column, message in unmet_expectations(test, play_sequence(test, rule, ruleset, source_tags))
    )


def play_sequence(test: RuleTest, rule: Rule, ruleset: RuleSet, source_tags: SourceTags) -> list[ItemOutcome]:
    """Run a sequence against an empty store. The rule's sources count if an item names a source."""
    if not any(item.source for item in test.sequence):
        rule = replace(rule, sources=None)
    synonyms = Synonyms.from_mapping(ruleset.synonyms)
    rules = RuleSet((rule,), ruleset.synonyms, aliases=ruleset.aliases)
    policy = Policy(rules=rules, synonyms=synonyms, source_tags=source_tags)
    store = open_store("sqlite:///:memory:")
    try:
        with store.write() as conn:
            return list(SequenceRun(conn, policy, rule).play(test))
    finally:
        store.close()


def unmet_expectations(test: RuleTest, outcomes: list[ItemOutcome]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and message for each expectation that the outcomes do not meet."""
    last = len(outcomes)
    for number, (item, outcome) in enumerate(zip(test.sequence, outcomes, strict=True), 1):
        if item.fires is not None and item.fires is not outcome.fires:
            yield item.line, item.column, unmet_text(item, number, outcome)
        elif number == last and test.fires is not None and test.fires is not outcome.fires:
            yield test.line, test.column, unmet_text(item, number, outcome)
    if test.novelty and outcomes[-1].novelty is not test.novelty:
        found = outcomes[-1].novelty or "no text"
        yield (
            test.line,
            test.column,
            f"item {last}: expected {test.novelty}, found {found}{quoted(test.sequence[-1])}",
        )


def unmet_text(item: SequenceItem, number: int, outcome: ItemOutcome) -> str:
    expected, found = ("not to fire", "does") if outcome.fires else ("to fire at once", "does not")
    return f"item {number}: expected {expected}, but {found}{quoted(item)}; {outcome.why}"


def quoted(item: SequenceItem) -> str:
    return f": “{item.text}”" if item.text else ""
