"""When a rule fires over a sequence of texts: for tests of `throttle`, `corroboration`, `count` and `absent`.

The texts go through the daemon's own assessment, with an empty store in memory and the times of the sequence. All
sources are read at every moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from monitor.alerts.release import release_throttled
from monitor.assess import Policy
from monitor.model import Alert, Moment, Update
from monitor.polling.absence import commit_due_absences
from monitor.polling.ingest import ingest_update
from monitor.ruleset.rule import Rule, RuleSet
from monitor.store import absences, alerts, sources
from monitor.store.base import Store
from monitor.store.commit import commit_releases
from monitor.store.connect import open_store
from monitor.units import DAY

SEQUENCE_START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
SEQUENCE_MEMORY_S = 90 * DAY
NO_POLICY = Policy(rules=RuleSet(()))


@dataclass(frozen=True, slots=True)
class TimedText:
    """A text that is seen `at` seconds after the start; None: nothing is seen, time only passes.

    Without `entry` each text is an entry of its own; with it, the next text of the same entry is an edit.
    """

    at: float
    text: str | None = None
    title: str = ""
    source: str = "test"
    entry: str = ""
    url: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()


def firing_times(rule: Rule, steps: Sequence[TimedText], policy: Policy = NO_POLICY) -> list[float]:
    """Return the seconds after the start at which the rule sends an alert, oldest first, until the last step.

    `policy` has the synonyms, the aliases and the tags of the sources; its rules do not matter.
    """
    return [alert.at - SEQUENCE_START for sent in alerts_by_step(rule, steps, policy) for alert in sent]


def fires_at_end(rule: Rule, steps: Sequence[TimedText], policy: Policy = NO_POLICY) -> bool:
    """Return whether the last step makes the rule fire, be it by its text or by the time since the step before."""
    return any(alerts_by_step(rule, steps, policy)[-1:])


def alerts_by_step(rule: Rule, steps: Sequence[TimedText], policy: Policy = NO_POLICY) -> list[list[Alert]]:
    """Return the alerts that the rule sends since the step before, for each step in the order of their times."""
    ordered = sorted(steps, key=lambda step: step.at)
    tags = dict.fromkeys((step.source for step in ordered), ()) | dict(policy.source_tags)
    rules = RuleSet((rule,), synonyms=policy.rules.synonyms, aliases=policy.rules.aliases)
    store = open_store("sqlite:///:memory:")
    try:
        return run_steps(store, replace(policy, rules=rules, source_tags=tags), rule, ordered)
    finally:
        store.close()


def run_steps(store: Store, policy: Policy, rule: Rule, steps: Sequence[TimedText]) -> list[list[Alert]]:
    """Let the steps happen in an empty store."""
    sent_by_step = []
    with store.write() as conn:
        sources.add_replayed_sources(conn, policy.source_tags, SEQUENCE_START)
        let_time_pass(conn, policy, rule, SEQUENCE_START)
        for number, step in enumerate(steps, 1):
            sent = let_time_pass(conn, policy, rule, SEQUENCE_START + step.at)
            sent_by_step.append([*sent, *see_text(conn, policy, step, number)])
    return sent_by_step


def see_text(conn: Connection, policy: Policy, step: TimedText, number: int) -> list[Alert]:
    """Ingest the text of a step, if it has one, and return the alerts."""
    if step.text is None:
        return []
    now, entry = SEQUENCE_START + step.at, step.entry or f"entry {number}"
    update = Update(step.source, entry, now, step.title, step.url, step.text, step.author, step.tags)
    assessment = ingest_update(conn, update, policy, digest=str(number), memory=SEQUENCE_MEMORY_S, now=now)
    decided = [decision.alert for decision in assessment.decisions if decision.alert]
    return decided + [release.alert for release in assessment.released]


def let_time_pass(conn: Connection, policy: Policy, rule: Rule, now: Moment) -> list[Alert]:
    """Send what only time brings until now, each at the moment at which it is due."""
    sent: list[Alert] = []
    for moment in due_moments(conn, rule, now):
        absences.mark_sources_read(conn, moment)
        sent += commit_due_absences(conn, policy, moment)
        releases = release_throttled(alerts.due_throttled_matches(conn, moment), now=moment)
        commit_releases(conn, releases, (), now=moment)
        sent += [release.alert for release in releases]
    return sent


def due_moments(conn: Connection, rule: Rule, now: Moment) -> list[Moment]:
    """Return the moments until now at which something is due, and now itself."""
    waits = absences.load_absences(conn).values() if rule.absent is not None else ()
    ends = [wait.since + (rule.absent or 0.0) for wait in waits if wait.alerted_at is None]
    return sorted({*alerts.throttle_ends(conn, now), *(end for end in ends if end <= now), now})
