"""Try rules out on stored history: the alerts they would have raised, and those an edit gains and loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

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


GoesOn: TypeAlias = Callable[[int, int], bool]  # from the number of updates that were read, and of all


@dataclass(frozen=True, slots=True)
class Reference:
    """What rules are compared with: other rules or, without any, the alerts that the rules themselves have raised."""

    name: str
    rules: RuleSet | None = None


PAST_ALERTS = Reference("the alerts raised")


@dataclass(frozen=True, slots=True)
class Tryout:
    """Rules to try out on the updates stored from `since` until `now`, and what they are compared with, if anything.

    `in_full` adds to alerts what only their JSON shows.
    """

    rules: RuleSet
    reference: Reference | None
    since: Moment
    now: Moment
    in_full: bool = True

    @property
    def rule_sets(self) -> list[RuleSet]:
        """The rules, then those that they are compared with."""
        return [self.rules, *([self.reference.rules] if self.reference and self.reference.rules else [])]


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
    """How many of `total` updates were read; if `goes_on` stopped it early, the time of the last one."""

    goes_on: GoesOn
    total: int
    updates: int = 0
    reached: Moment | None = None

    def note_page(self, count: int, recorded_at: Moment) -> bool:
        self.updates += count
        if not self.goes_on(self.updates, self.total) and self.updates < self.total:
            self.reached = recorded_at
        return self.reached is None


def load_rule_file(config: Config, file: Path) -> tuple[RuleSet, Sequence[Problem]]:
    """Load the rules of one file with the aliases of the rules folder; also return its problems."""
    return load_files(
        [file],
        aliases=alias_file(config.monitor.rules, builtin_path("rules") / ALIASES_FILE),
        names=known_names(config),
        surroundings=Surroundings(config.monitor.timezone),
    )


def running_rules(config: Config, rules: RuleSet) -> Reference | None:
    """Return the running rules that have an id or a name of one of `rules`; None if there are none."""
    names = {name for rule in rules.rules for name in (rule.id, rule.name)}
    current = [rule for rule in load_policy(config).rules.rules if names & {rule.id, rule.name}]
    return Reference("the running rules", RuleSet(tuple(current))) if current else None


def run_tryout(
    conn: Connection, config: Config, tryout: Tryout, goes_on: GoesOn = lambda read, total: True
) -> BacktestResult:
    """Run the rules and what they are compared with. `goes_on` is asked after every few hundred updates."""
    reading = Reading(goes_on, count_updates(conn, tryout.since))
    alerts_now, *others = _run_rule_sets(conn, config, tryout, reading)
    alerts_before = others[0] if others else None
    if tryout.reference and not tryout.reference.rules:
        alerts_before = _past_alerts(conn, tryout.rules, tryout.since)
    ids_by_name = {rule.name: rule.id for rule_set in tryout.rule_sets for rule in rule_set.rules}
    lost = gained_alerts(alerts_before or (), alerts_now, ids_by_name)
    if tryout.in_full:
        alerts_now, lost = _with_other_sources(conn, alerts_now), _with_other_sources(conn, lost)
    gained = [] if alerts_before is None else gained_alerts(alerts_now, alerts_before, ids_by_name)
    return BacktestResult(
        tryout.since,
        reading.total,
        tuple(alerts_now),
        tryout.reference.name if tryout.reference else None,
        tuple(gained),
        tuple(lost),
        tuple(dict.fromkeys(rule_name for rule_set in tryout.rule_sets for rule_name in rule_set.disabled)),
        reading.updates,
        reading.reached,
    )


def _run_rule_sets(
    conn: Connection, config: Config, tryout: Tryout, reading: Reading
) -> list[list[HypotheticalAlert]]:
    """Return the alerts of each rule set, up to the last update that was read."""
    versions = [split_by_scope(rule_set) for rule_set in tryout.rule_sets]
    first_update = first_update_time(conn)
    start = None if first_update is None else max(tryout.since, first_update)
    with gc_disabled():  # millions of objects, hardly a cycle: looking for cycles takes a sixth of the time
        updates = load_stored_updates(conn, config, tryout.since, versions, reading.note_page)
        runs = run_backtest(versions, updates, config.source_tags, tryout.now, start, in_full=tryout.in_full)
    reached = reading.reached
    if reached is None:
        return runs
    # What only time brought after that depends on updates that were not read.
    return [[hypothetical for hypothetical in run if hypothetical.alert.at <= reached] for run in runs]


def _with_other_sources(conn: Connection, hypotheticals: Sequence[HypotheticalAlert]) -> list[HypotheticalAlert]:
    """Add the other sources that report each finding by now."""
    alerts = alerts_with_other_sources(conn, [hypothetical.alert for hypothetical in hypotheticals])
    return [replace(hypothetical, alert=alert) for hypothetical, alert in zip(hypotheticals, alerts, strict=True)]


def _past_alerts(conn: Connection, rules: RuleSet, since: Moment) -> list[HypotheticalAlert]:
    """Return the alerts that these rules have raised, oldest first."""
    rows = alerts_of_rules(conn, [rule.name for rule in rules.rules], since)
    return [HypotheticalAlert(row.update_id or 0, row.alert) for row in rows]
