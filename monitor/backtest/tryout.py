"""Try rules out on stored history: the alerts they would have raised, and those an edit gains and loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.backtest.archive import load_stored_updates
from monitor.backtest.gained import gained_alerts
from monitor.backtest.run import HypotheticalAlert, run_backtest, split_by_scope
from monitor.config.models import Config
from monitor.errors import Problem
from monitor.model import Moment
from monitor.policy import known_names, load_policy
from monitor.resources import builtin_path
from monitor.ruleset.load import ALIASES_FILE, alias_file, gc_disabled, load_files
from monitor.ruleset.rule import RuleSet
from monitor.ruleset.rule_reader import Surroundings
from monitor.store.corroboration import alerts_with_other_sources
from monitor.store.history import count_updates, first_update_time
from monitor.store.reports.alerts import alerts_of_rules

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """The result of a back-test from `since` on. `against` names what `gained` and `lost` refer to, or is None.

    If it was stopped early, `reached` is when the last of the `read_updates` was recorded.
    """

    since: Moment
    updates: int
    alerts: tuple[HypotheticalAlert, ...]
    against: str | None
    gained: tuple[HypotheticalAlert, ...]
    lost: tuple[HypotheticalAlert, ...]
    disabled_rules: tuple[str, ...] = ()
    read_updates: int = 0
    reached: Moment | None = None


@dataclass(slots=True)
class Reading:
    """How many updates were read while `goes_on` returned true, and the time of the last one before it did not."""

    goes_on: Callable[[], bool]
    updates: int = 0
    reached: Moment | None = None

    def note_page(self, count: int, recorded_at: Moment) -> bool:
        self.updates += count
        self.reached = None if self.goes_on() else recorded_at
        return self.reached is None


def load_rule_file(config: Config, file: Path) -> tuple[RuleSet, Sequence[Problem]]:
    """Load the rules of one file with the aliases of the rules folder; also return its problems."""
    return load_files(
        [file],
        aliases=alias_file(config.monitor.rules, builtin_path("rules") / ALIASES_FILE),
        names=known_names(config),
        surroundings=Surroundings(config.monitor.timezone),
    )


def running_rules(config: Config, rules: RuleSet) -> RuleSet | None:
    """Return the running rules that have an id or a name of one of `rules`; None if there are none."""
    names = {name for rule in rules.rules for name in (rule.id, rule.name)}
    current = [rule for rule in load_policy(config).rules.rules if names & {rule.id, rule.name}]
    return RuleSet(tuple(current)) if current else None


def run_tryout(
    conn: Connection,
    config: Config,
    rules: RuleSet,
    old_rules: RuleSet | None,
    against: str | None,
    since: Moment,
    now: Moment,
    *,
    with_past_alerts: bool = False,
    in_full: bool = True,
    note_read: Callable[[], None] = lambda: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> BacktestResult:
    """Run the rules and what they are compared with, which `against` names.

    That is `old_rules` or, `with_past_alerts`, what these rules have alerted. `in_full` adds to alerts what only
    their JSON shows. `note_read` is called for each update that was read. Once `goes_on` returns false, no more
    updates are read.
    """
    rule_sets = [rules, *([old_rules] if old_rules else [])]
    tags = {source.name: source.tags for source in config.sources}
    scoped_rules = [split_by_scope(rule_set) for rule_set in rule_sets]
    update_count, first_update = count_updates(conn, since), first_update_time(conn)
    start = None if first_update is None else max(since, first_update)
    reading = Reading(goes_on)
    with gc_disabled():  # millions of objects, hardly a cycle: looking for cycles takes a sixth of the time
        updates = load_stored_updates(conn, config, since, scoped_rules, tags, note_read, reading.note_page)
        runs = run_backtest(scoped_rules, updates, tags, now, start, in_full=in_full)
    reached = reading.reached if reading.updates < update_count else None
    if reached is not None:  # what only time brought after that depends on updates that were not read
        runs = [[hypothetical for hypothetical in run if hypothetical.alert.at <= reached] for run in runs]
    alerts_now, alerts_before = runs[0], runs[1] if old_rules else None
    if with_past_alerts:
        alerts_before = _past_alerts(conn, rules, since)
    ids_by_name = {rule.name: rule.id for rule_set in rule_sets for rule in rule_set.rules}
    lost = gained_alerts(alerts_before or (), alerts_now, ids_by_name)
    if in_full:
        alerts_now, lost = _with_other_sources(conn, alerts_now), _with_other_sources(conn, lost)
    gained = [] if alerts_before is None else gained_alerts(alerts_now, alerts_before, ids_by_name)
    disabled_rules = tuple(dict.fromkeys(rule_name for rule_set in rule_sets for rule_name in rule_set.disabled))
    compared_with = None if alerts_before is None else against
    return BacktestResult(
        since,
        update_count,
        tuple(alerts_now),
        compared_with,
        tuple(gained),
        tuple(lost),
        disabled_rules,
        reading.updates,
        reached,
    )


def _with_other_sources(conn: Connection, hypotheticals: Sequence[HypotheticalAlert]) -> list[HypotheticalAlert]:
    """Add the other sources that report each finding by now."""
    alerts = alerts_with_other_sources(conn, [hypothetical.alert for hypothetical in hypotheticals])
    return [replace(hypothetical, alert=alert) for hypothetical, alert in zip(hypotheticals, alerts, strict=True)]


def _past_alerts(conn: Connection, rules: RuleSet, since: Moment) -> list[HypotheticalAlert]:
    """Return the alerts that these rules have raised, oldest first."""
    rows = alerts_of_rules(conn, [rule.name for rule in rules.rules], since)
    return [HypotheticalAlert(row.update_id or 0, row.alert) for row in rows]
