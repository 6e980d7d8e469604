"""`monitor rules`: each rule's alerts, the answers to them, and which rules never matched."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, is_store_missing, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, show_json, show_table, terminal_safe

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.rule_report import RuleRow

MAX_CONDITION_CHARS = 40
HEADERS = ("rule", "severity", "alerts", "acknowledged", "not news", "noise", "last alert", "note")


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
    rows = _load_rows(load_config(path), time.time() - lookback_s)
    if as_json:
        from monitor.listings import rule_json

        show_json([rule_json(row) for row in rows])
    else:
        show_table(HEADERS, [_cells(row) for row in rows], "there are no rules")


def _load_rows(config: Config, since: float) -> list[RuleRow]:
    from monitor.policy import load_policy
    from monitor.rule_report import rule_rows

    rules = load_policy(config).rules
    if is_store_missing(config):
        return rule_rows(rules, None, since)
    with open_existing_store(config) as store, store.read() as conn:
        return rule_rows(rules, conn, since)


def _severity_text(row: RuleRow) -> str:
    """Return `medium or CRITICAL when deaths > 100`."""
    others = (f"{severity.upper()} when {_shortened(query)}" for severity, query in row.conditions)
    return " or ".join((row.severity, *others))


def _note(row: RuleRow) -> str:
    """Say that a rule is disabled, or since when it has not matched anything."""
    if not row.severity:
        return "disabled"
    if row.activity.last_match is not None or row.watched_since is None:
        return ""
    return f"never matched since {iso_utc(row.watched_since)}"


def _shortened(query: str) -> str:
    words = " ".join(query.split())
    return words if len(words) <= MAX_CONDITION_CHARS else f"{words[: MAX_CONDITION_CHARS - 1].rstrip()}…"


def _cells(row: RuleRow) -> tuple[object, ...]:
    activity = row.activity
    noise = "" if activity.noise is None else f"{activity.noise:.0%}"
    counts = (activity.alerts, activity.acknowledged, activity.not_news)
    return (row.name, _severity_text(row), *counts, noise, iso_utc(activity.last_alert) or "", _note(row))
