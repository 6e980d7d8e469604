"""Each rule of the files with its alerts, the answers to them, and whether it ever matched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model import Moment
from monitor.ruleset.rule import RuleSet
from monitor.store.reports.rules import RuleActivity, first_recorded, rule_activity

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the files; `severity` is "" for a disabled one. `watched_since`: when the oldest update arrived.

    `conditions` are the other severities, each with its query.
    """

    name: str
    severity: str
    activity: RuleActivity
    watched_since: Moment | None
    conditions: tuple[tuple[str, str], ...] = ()


def rule_rows(rules: RuleSet, conn: Connection | None, since: Moment) -> list[RuleRow]:
    """Return the rules, noisiest first, with what happened since a moment; without `conn` nothing did."""
    return rows_of_rules(rules, rule_activity(conn, since) if conn else {}, first_recorded(conn) if conn else None)


def rows_of_rules(
    rules: RuleSet, activity: Mapping[str, RuleActivity], watched_since: Moment | None
) -> list[RuleRow]:
    """Return the rules, noisiest first, with their activity by name."""
    severities = {rule.name: str(rule.severity) for rule in rules.rules} | dict.fromkeys(rules.disabled, "")
    conditions = {
        rule.name: tuple((str(severity), query.text) for severity, query in rule.severity_conditions)
        for rule in rules.rules
    }
    rows = [
        RuleRow(name, severity, activity.get(name, RuleActivity()), watched_since, conditions.get(name, ()))
        for name, severity in severities.items()
    ]
    return sorted(rows, key=lambda row: (-row.activity.not_news, -row.activity.alerts, row.name))
