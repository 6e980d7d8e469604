"""Run the tests of a rule that are a sequence of texts, through the daemon's own pipeline with an in-memory store.

So throttles, corroboration, counts, absences, edits and comparison work as in the daemon. All sources are read at all
times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.alerts.absence import due_moment
from monitor.alerts.spoken_time import duration_text
from monitor.assess import Assessment, Policy, alerts_to_send
from monitor.backtest.replay import DEFAULT_MEMORY_S
from monitor.backtest.rule_tests import FIXED_NOW, SourceTags, matched_words, rule_at, tags_of_test
from monitor.errors import Problem
from monitor.model import Alert, Moment, Novelty, Update
from monitor.polling.absence import commit_due_absences
from monitor.polling.followups import commit_due_followups
from monitor.polling.ingest import ingest_update
from monitor.ruleset.explain import explain_rule
from monitor.ruleset.match import rule_covers_source
from monitor.ruleset.rule import Rule, RuleSet, RuleTest, SequenceItem
from monitor.store import absences, alerts, sources
from monitor.store.connect import open_store
from monitor.text.analysis import Synonyms

if TYPE_CHECKING:
    from sqlalchemy import Connection

DEFAULT_SOURCE = "test"
NOTHING_DUE = "nothing was due"


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The alerts that an item causes at once, why or why not, and the novelty of its claim (None: no text).

    `due_before` are the alerts that were due between the item before and its text.
    """

    alerts: tuple[Alert, ...]
    why: str
    novelty: Novelty | None = None
    due_before: tuple[Alert, ...] = ()

    @property
    def fires(self) -> bool:
        return bool(self.alerts)


@dataclass(slots=True)
class SequenceRun:
    """A run of one test. `config_tags` are the tags of the sources without those of the items."""

    conn: Connection
    policy: Policy
    rule: Rule
    config_tags: SourceTags

    def play(self, test: RuleTest) -> Iterator[ItemOutcome]:
        """Yield the outcome of each item, in order."""
        start = FIXED_NOW if test.at is None else test.at
        now = start
        self.begin(test, start)
        for number, item in enumerate(test.sequence, 1):
            now = now if item.at is None else start + item.at
            due = tuple(self.alerts_as_time_passes(now))
            if item.text is None:
                yield ItemOutcome(due, due[-1].reason if due else self.why_nothing_is_due(start))
            else:
                yield replace(self.arrive(item, number, now), due_before=due)

    def begin(self, test: RuleTest, start: Moment) -> None:
        """Add the sources of the items, and let a rule with `absent` wait for all sources that it covers."""
        tags: dict[str, tuple[str, ...]] = {}
        for item in test.sequence:
            name = item.source or DEFAULT_SOURCE
            tags[name] = (*tags.get(name, ()), *tags_of_test(item, self.config_tags))
        if self.rule.absent is not None:
            named = {name: () for name in self.rule.sources or () if not name.startswith("tag:")}
            everything = {**named, **self.config_tags, **tags}
            tags |= {name: own for name, own in everything.items() if rule_covers_source(self.rule, name, own)}
        self.policy = replace(self.policy, source_tags={**self.config_tags, **tags})
        sources.add_replayed_sources(self.conn, tags, start)
        commit_due_absences(self.conn, self.policy, start)

    def alerts_as_time_passes(self, now: Moment) -> Iterator[Alert]:
        """Yield the alerts that are due until now without a text, each at its time: absences, and the follow-ups of
        throttles."""
        for moment in self.due_moments(now):
            absences.mark_sources_read(self.conn, moment)
            yield from commit_due_absences(self.conn, self.policy, moment)
            yield from (release.alert for release in commit_due_followups(self.conn, self.policy, moment))

    def due_moments(self, now: Moment) -> list[Moment]:
        ends = (due_moment(self.rule, wait, now) for wait in absences.load_absences(self.conn).values())
        return sorted({*alerts.throttle_ends(self.conn, now), *(end for end in ends if end is not None)})

    def why_nothing_is_due(self, start: Moment) -> str:
        """Return why time passing causes no alert; for a rule with `absent`, what it waits for."""
        wait = absences.load_absences(self.conn).get(self.rule.name)
        if wait is None or self.rule.absent is None:
            return NOTHING_DUE
        if wait.alerted_at is not None:
            return "the rule has alerted on this absence"
        due = self.rule.first_active(wait.since + self.rule.absent)
        return NOTHING_DUE if due is None else f"the absence is over {duration_text(due - start)} after the start"

    def arrive(self, item: SequenceItem, number: int, now: Moment) -> ItemOutcome:
        """Ingest the text of an item."""
        update = Update(
            source=item.source or DEFAULT_SOURCE,
            entry=item.entry or f"item {number}",
            at=now,
            title=item.title,
            url=item.url,
            text=item.text or "",
            author=item.author,
            tags=item.tags,
        )
        tags = tags_of_test(item, self.config_tags)
        policy = replace(self.policy, source_tags={**self.policy.source_tags, update.source: tags})
        assessment = ingest_update(self.conn, update, policy, digest=str(number), memory=DEFAULT_MEMORY_S, now=now)
        return self.outcome(assessment, tags)

    def outcome(self, assessment: Assessment, tags: tuple[str, ...]) -> ItemOutcome:
        """Return what an assessed item caused, with the decision or the condition that kept it from alerting."""
        decisions = assessment.decisions
        fired = [assessment.findings[index] for d in decisions for index in d.match.finding_indexes]
        novelty = next((f.novelty for f in (*fired, *assessment.findings)), Novelty.REPEATED)
        sent = tuple(alerts_to_send(decisions, assessment.released))
        if alerting := [decision for decision in decisions if decision.alert]:
            return ItemOutcome(
                sent, alerting[0].detail if self.rule.count else matched_words(alerting[0].match), novelty
            )
        if assessment.released:
            return ItemOutcome(sent, assessment.released[0].detail, novelty)
        if decisions:
            return ItemOutcome((), f"{decisions[0].reason}: {decisions[0].detail}", novelty)
        explanation = explain_rule(self.rule, assessment.update, assessment.findings, assessment.claims, tags)
        return ItemOutcome((), explanation.why, novelty)


def run_sequence_tests(rule: Rule, ruleset: RuleSet, source_tags: SourceTags) -> tuple[Problem, ...]:
    """Return a problem for each expectation of the rule's sequences that fails."""
    return tuple(
        Problem(rule.path, line, column, f"test of {rule.name}: {message}")
        for test in rule.tests
        if test.sequence
        for line, column, message in unmet_expectations(test, play_sequence(test, rule, ruleset, source_tags))
    )


def play_sequence(test: RuleTest, rule: Rule, ruleset: RuleSet, source_tags: SourceTags) -> list[ItemOutcome]:
    """Run a sequence against an empty store.

    The rule's sources count if an item names a source; its hours and its expiry, if the test has `at`.
    """
    if not any(item.source for item in test.sequence):
        rule = replace(rule, sources=None)
    rule = rule_at(test, rule)
    synonyms = Synonyms.from_mapping(ruleset.synonyms)
    rules = RuleSet((rule,), ruleset.synonyms, aliases=ruleset.aliases)
    policy = Policy(rules=rules, synonyms=synonyms, source_tags=source_tags)
    store = open_store("sqlite:///:memory:")
    try:
        with store.write() as conn:
            return list(SequenceRun(conn, policy, rule, source_tags).play(test))
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
    severity = outcomes[-1].alerts[-1].severity if outcomes[-1].alerts else None
    if test.severity and severity and severity is not test.severity:
        message = f"item {last}: expected severity {test.severity}, found {severity}{quoted(test.sequence[-1])}"
        yield test.line, test.column, message
    if test.novelty and outcomes[-1].novelty is not test.novelty:
        found = outcomes[-1].novelty or "no text"
        yield (
            test.line,
            test.column,
            f"item {last}: expected {test.novelty}, found {found}{quoted(test.sequence[-1])}",
        )


def unmet_text(item: SequenceItem, number: int, outcome: ItemOutcome) -> str:
    expected, found = ("not to fire", "does") if outcome.fires else ("to fire at once", "does not")
    hint = "; it fires before that, as time passes" if outcome.due_before and not outcome.fires else ""
    return f"item {number}: expected {expected}, but {found}{quoted(item)}; {outcome.why}{hint}"


def quoted(item: SequenceItem) -> str:
    return f": “{item.text}”" if item.text else ""
