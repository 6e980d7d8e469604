"""`monitor rules`: each rule's alerts, the answers to them, and which rules never matched."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, is_store_missing, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, show_json, show_table, terminal_safe

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.store.reports.rules import RuleActivity

MAX_CONDITION_CHARS = 40
HEADERS = ("rule", "severity", "alerts", "acknowledged", "not news", "noise", "last alert", "note")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the files; `severity` is "" for a disabled one. `watched_since`: when the oldest update arrived.

    `conditions` are the other severities, each with its query.
    """

    name: str
    severity: str
    activity: RuleActivity
    watched_since: float | None
    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def severity_text(self) -> str:
        """Return `medium or CRITICAL when deaths > 100`."""
        others = (f"{severity.upper()} when {_shortened(query)}" for severity, query in self.conditions)
        return " or ".join((self.severity, *others))

    @property
    def note(self) -> str:
        """Say that a rule is disabled, or since when it has not matched anything."""
        if not self.severity:
            return "disabled"
        if self.activity.last_match is not None or self.watched_since is None:
            return ""
        return f"never matched since {iso_utc(self.watched_since)}"


@click.command("rules")
@click.option("--since", default="30d", show_default=True, metavar="TIME", help="How far back to count alerts.")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, since: str, path: Path, as_json: bool) -> None:
    """List the rules, noisiest first: their alerts, the answers to them, and those that never matched."""
    from monitor.units import parse_duration

    try:
        lookback_s = parse_duration(since)
    except ValueError as error:
        raise click.BadParameter(f"{error}, found {terminal_safe(since)}", ctx, param_hint="--since") from None
    rows = sorted(_load_rows(load_config(path), time.time() - lookback_s), key=_sort_key)
    if as_json:
        show_json([_row_json(row) for row in rows])
    else:
        show_table(HEADERS, [_cells(row) for row in rows], "there are no rules")


def _sort_key(row: RuleRow) -> tuple[float, int, str]:
    return -row.activity.not_news, -row.activity.alerts, row.name


def _load_rows(config: Config, since: float) -> list[RuleRow]:
    from monitor.policy import load_policy
    from monitor.store.reports.rules import RuleActivity, first_recorded, rule_activity

    rules = load_policy(config).rules
    activity, watched_since = dict[str, RuleActivity](), None
    if not is_store_missing(config):
        with open_existing_store(config) as store, store.read() as conn:
            activity, watched_since = rule_activity(conn, since), first_recorded(conn)
    severities = {rule.name: str(rule.severity) for rule in rules.rules} | dict.fromkeys(rules.disabled, "")
    conditions = {
        rule.name: tuple((str(severity), query.text) for severity, query in rule.severity_conditions)
        for rule in rules.rules
    }
    nothing = RuleActivity()
    return [
        RuleRow(name, severity, activity.get(name, nothing), watched_since, conditions.get(name, ()))
        for name, severity in severities.items()
    ]


def _shortened(query: str) -> str:
    words = " ".join(query.split())
    return words if len(words) <= MAX_CONDITION_CHARS else f"{words[: MAX_CONDITION_CHARS - 1].rstrip()}…"


def _cells(row: RuleRow) -> tuple[object, ...]:
    activity = row.activity
    noise = "" if activity.noise is None else f"{activity.noise:.0%}"
    counts = (activity.alerts, activity.acknowledged, activity.not_news)
    return (row.name, row.severity_text, *counts, noise, iso_utc(activity.last_alert) or "", row.note)


def _row_json(row: RuleRow) -> dict[str, Any]:
    activity = row.activity
    never_matched = row.watched_since if activity.last_match is None else None
    return {
        "rule": row.name,
        "enabled": bool(row.severity),
        "severity": row.severity or None,
        "alerts": activity.alerts,
        "acknowledged": activity.acknowledged,
        "not_news": activity.not_news,
        "noise": activity.noise,
        "last_alert": iso_utc(activity.last_alert),
        "last_match": iso_utc(activity.last_match),
        "never_matched_since": iso_utc(never_matched),
    }
