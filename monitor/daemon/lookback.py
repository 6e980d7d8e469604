"""Look back once for each rule with `since: 7d`: send the alerts that the rule would have sent in that time.

The stored updates are back-tested beside the daemon's other work. The late alerts are committed in one transaction
with a record that the rule has looked back. Updates of a source's first poll are skipped, and so are updates that
already had a match of the rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

import structlog

from monitor import metrics
from monitor.alerts.decide import Situation, decide
from monitor.alerts.inhibition import Inhibition
from monitor.alerts.rule_match import RuleMatch
from monitor.alerts.same_event import UpdateEchoes
from monitor.assess import Policy
from monitor.backtest.archive import load_stored_updates
from monitor.backtest.run import match_stored_update, split_by_scope
from monitor.backtest.stored_update import StoredUpdate
from monitor.config.models import Config
from monitor.model import Decision, Moment, Reason
from monitor.polling.compared import count_alerts
from monitor.ruleset.rule import Rule, RuleSet
from monitor.runtime import Runtime
from monitor.store.base import Store
from monitor.store.commit import commit_releases
from monitor.store.past import StoredHistory
from monitor.store.rule_state import (
    already_matched,
    insert_late_decision,
    last_update_id,
    load_lookback_seconds,
    save_lookback_seconds,
    set_match_reason,
)
from monitor.units import DAY

log = structlog.get_logger()


async def look_back(runtime: Runtime) -> None:
    """Commit late alerts for the rules that have not looked back yet, or not as far as their `since`."""
    policy, now = runtime.policy, runtime.clock()
    candidates = [rule for rule in policy.rules.rules if rule.since is not None]
    if not candidates:
        return
    # The store's thread runs this after every ingest that was queued with earlier rules.
    rules, last_number = await runtime.run_in_store_thread(rules_to_look_back, runtime.store, candidates)
    if not rules:
        return
    matches = await asyncio.to_thread(backtest_rules, runtime.store, runtime.config, policy, rules, last_number, now)
    memory = runtime.config.monitor.memory
    alert_count = await runtime.run_in_store_thread(
        commit_late_alerts, runtime.store, policy, rules, matches, memory, now
    )
    log.info("looked back", stage="rules", rules=[rule.name for rule in rules], alerts=alert_count)
    if alert_count:
        runtime.delivery_wanted.set()


def rules_to_look_back(store: Store, candidates: Sequence[Rule]) -> tuple[list[Rule], int]:
    """Return the rules that have yet to look back, and the number of the last update to look at."""
    with store.read() as conn:
        reach_by_rule = load_lookback_seconds(conn)
        rules = [rule for rule in candidates if (rule.since or 0.0) > reach_by_rule.get(rule.id, 0.0)]
        return rules, last_update_id(conn)


def backtest_rules(
    store: Store, config: Config, policy: Policy, rules: Sequence[Rule], last_number: int, now: Moment
) -> list[tuple[StoredUpdate, RuleMatch]]:
    """Return the matches of the rules in the stored updates up to `last_number`, oldest first.

    The hours in which a rule is active are those of the updates, not those of the looking back.
    """
    scoped_rules = split_by_scope(RuleSet(tuple(rules)))
    since_by_rule = {rule.name: now - (rule.since or 0.0) for rule in rules}
    earliest = min(since_by_rule.values())
    with store.read() as conn:
        return [
            (stored_update, replace(match, rule=replace(match.rule, active=None)))
            for stored_update in load_stored_updates(conn, config, earliest, [scoped_rules])
            if stored_update.number <= last_number and not stored_update.is_baseline
            for match in match_stored_update(scoped_rules, stored_update, policy.source_tags)
            if stored_update.recorded_at >= since_by_rule[match.rule.name]
            and not match.rule.why_inactive(stored_update.recorded_at)
        ]


def commit_late_alerts(
    store: Store,
    policy: Policy,
    rules: Sequence[Rule],
    matches: Sequence[tuple[StoredUpdate, RuleMatch]],
    memory: float,
    now: Moment,
) -> int:
    """Commit the late alerts as one message per channel and mark the rules as done. Return how many alerts."""
    with store.write() as conn:
        already_judged = already_matched(conn, [rule.name for rule in rules])
        stored_history = StoredHistory(conn, since=now - memory)
        late_decisions: list[Decision] = []
        inhibition = Inhibition(policy.rules.inhibitors)
        for stored_update, several in groupby(matches, key=itemgetter(0)):
            number, update = stored_update.number, stored_update.update
            unjudged = [match for _, match in several if (number, match.rule.name) not in already_judged]
            rule_by_name = {match.rule.name: match.rule for match in unjudged}
            needs_sources = any(rule.corroboration > 1 for rule in rule_by_name.values())
            findings = stored_update.findings
            echoes = UpdateEchoes(update, findings, stored_history, policy.synonyms, is_needed=needs_sources)
            situation = Situation(echoes, stored_history, inhibition, now, policy.rules.aliases)
            for decision in decide(situation, unjudged):
                late_decision = mark_late(decision, rule_by_name[decision.match.rule])
                insert_late_decision(conn, late_decision, number, now)
                late_decisions += [late_decision] if late_decision.alert else []
        late_alerts = [decision.alert for decision in late_decisions if decision.alert]
        router = policy.router(stored_history, now)
        messages = router.route(late_alerts)
        commit_releases(conn, (), messages, now)
        for decision in router.explain_decisions(late_decisions, messages):
            if decision.alert and decision.reason is not Reason.SENT:
                set_match_reason(conn, decision.alert.id, decision.reason, decision.detail)
        save_lookback_seconds(conn, {rule.id: rule.since or 0.0 for rule in rules})
    metrics.count_all(count_alerts(late_alerts))
    return len(late_decisions)


def mark_late(decision: Decision, rule: Rule) -> Decision:
    """Add to a decision's reasons that the rule looked back, and how far."""
    note = f"looked back {(rule.since or 0.0) / DAY:g}d"
    alert = decision.alert and replace(decision.alert, reason=f"{decision.alert.reason}; {note}")
    pending_alert = decision.pending_alert and replace(
        decision.pending_alert, reason=f"{decision.pending_alert.reason}; {note}"
    )
    detail = "; ".join(filter(None, (decision.detail, note)))
    return replace(decision, detail=detail, alert=alert, pending_alert=pending_alert)
