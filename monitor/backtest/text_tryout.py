"""Try the text of a rule file out on the stored history, within a limited time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from monitor.backtest.rule_check import failed_tests
from monitor.backtest.tryout import BacktestResult, Tryout, load_rule_file, run_tryout, running_rules
from monitor.config.models import Config
from monitor.errors import ConfigError, Problem
from monitor.model import Moment
from monitor.ruleset.rule import RuleSet
from monitor.store.connect import open_store

TEXT_FILE = "rules.yaml"  # in the problems of a text


@dataclass(frozen=True, slots=True)
class TryoutRequest:
    """The text of a rule file to try out on the updates stored from `since` until `now`.

    Reading stops after `seconds`. Of each list of alerts, the latest `max_alerts` are returned. With
    `needs_reference`, nothing is tried if the rules on disk are invalid.
    """

    text: str
    since: Moment
    now: Moment
    seconds: float
    max_alerts: int
    needs_reference: bool = False


@dataclass(frozen=True, slots=True)
class TextTryout:
    """What the rules of a text would have done. With an error among `problems`, they were not tried: no `result`.

    `result` has the latest alerts of each list, the counts are of all. `tests` is the number of the rules'
    tests, `failed_tests` has those that fail. With `is_disk_invalid`, nothing could be compared.
    """

    problems: tuple[Problem, ...]
    result: BacktestResult | None = None
    alert_count: int = 0
    gained_count: int = 0
    lost_count: int = 0
    rules: tuple[str, ...] = ()
    tests: int = 0
    failed_tests: tuple[Problem, ...] = ()
    is_disk_invalid: bool = False


def load_rule_text(config: Config, text: str) -> tuple[RuleSet, Sequence[Problem]]:
    """Load the rules of a text as if it were a file."""
    with tempfile.TemporaryDirectory(prefix="claimwatch-") as folder:
        file = Path(folder) / TEXT_FILE
        file.write_text(text, encoding="utf-8", errors="replace")
        return load_rule_file(config, file)


def try_text(config: Config, request: TryoutRequest) -> TextTryout:
    """Try the rules of a text out against the running ones of the same names.

    Opens the store of the config itself, so that it can run in a process of its own. Raises StoreError.
    """
    deadline = time.monotonic() + request.seconds
    rules, problems = load_rule_text(config, request.text)
    if any(not problem.warning for problem in problems):
        return TextTryout(tuple(problems))
    try:
        reference, is_disk_invalid = running_rules(config, rules), False
    except ConfigError:
        if request.needs_reference:
            return TextTryout(tuple(problems), is_disk_invalid=True)
        reference, is_disk_invalid = None, True
    tryout = Tryout(rules, reference, request.since, request.now, in_full=False)
    with closing(open_store(config.monitor.database, create=False)) as store, store.read() as conn:
        result = run_tryout(conn, config, tryout, lambda read, total: time.monotonic() < deadline)
    return TextTryout(
        tuple(problems),
        with_latest_alerts(result, request.max_alerts),
        len(result.alerts),
        len(result.gained),
        len(result.lost),
        tuple(rule.name for rule in rules.rules),
        sum(len(rule.tests) for rule in rules.rules),
        tuple(chain(*failed_tests(rules, config.source_tags).values())),
        is_disk_invalid,
    )


def with_latest_alerts(result: BacktestResult, count: int) -> BacktestResult:
    alerts, gained, lost = (alerts[-count:] for alerts in (result.alerts, result.gained, result.lost))
    return replace(result, alerts=alerts, gained=gained, lost=lost)
