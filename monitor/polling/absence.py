"""Alerts for rules with `absent`, in one transaction with the state that keeps them from being sent again."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from monitor.alerts.absence import Absence, absence_alert, due_moment, is_absence_silenced
from monitor.assess import Policy
from monitor.model import Alert, Moment
from monitor.ruleset.match import rule_covers_source
from monitor.ruleset.rule import Rule
from monitor.store import absences, silences
from monitor.store.base import Store
from monitor.store.commit import commit_absence_alerts
from monitor.store.past import StoredHistory


def waiting_rules(policy: Policy) -> dict[str, Rule]:
    """Return the rules with `absent`, by name."""
    return {rule.name: rule for rule in policy.rules.rules if rule.absent is not None}


def alert_absences(store: Store, policy: Policy, now: Moment) -> list[Alert]:
    """Commit and return the alerts about absences that are due. Writes only if there is something to write."""
    rules = waiting_rules(policy)
    with store.read() as conn:
        states = absences.load_absences(conn)
        if states.keys() == rules.keys() and not due_absences(conn, policy, rules, states, now):
            return []
    with store.write() as conn:
        return commit_due_absences(conn, policy, now)


def commit_due_absences(conn: Connection, policy: Policy, now: Moment) -> list[Alert]:
    """The same in the open transaction."""
    rules = waiting_rules(policy)
    absences.sync_absences(conn, rules, now)
    alerts = due_absences(conn, policy, rules, absences.load_absences(conn), now)
    messages = policy.router(StoredHistory(conn, since=now), now).route(alerts)
    commit_absence_alerts(conn, alerts, messages, now)
    return alerts


def due_absences(
    conn: Connection, policy: Policy, rules: Mapping[str, Rule], states: Mapping[str, Absence], now: Moment
) -> list[Alert]:
    """Return the alerts about absences that are due, without those that are silenced."""
    over = [
        rules[name]
        for name, state in states.items()
        if name in rules and not rules[name].why_inactive(now) and due_moment(rules[name], state, now) is not None
    ]
    if not over:
        return []
    active_silences, readings = silences.load_active_silences(conn, now), absences.load_source_readings(conn)
    alerts = []
    for rule in over:
        of_rule = [
            reading
            for reading in readings
            if rule_covers_source(rule, reading.name, policy.source_tags.get(reading.name, ()))
        ]
        alert = absence_alert(rule, states[rule.name], of_rule, now, policy.timezone)
        if alert and not is_absence_silenced(rule, active_silences):
            alerts.append(alert)
    return alerts
