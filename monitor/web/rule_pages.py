"""The pages of the rules: all of them with what they alerted on and how noisy they are, and one with its text."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from monitor.backtest.rule_check import FailedTests
from monitor.errors import Problem
from monitor.model import Moment
from monitor.rule_report import RuleRow, rows_of_rules
from monitor.store.reports.alerts import load_alert_page, with_feedback
from monitor.store.reports.rules import RuleActivity, first_recorded, rule_activity
from monitor.units import DAY
from monitor.web.api_context import config_in_use
from monitor.web.count_cache import cached
from monitor.web.endpoint import Site
from monitor.web.page_context import PageContext, alert_summary_context
from monitor.web.params import read_params
from monitor.web.rule_context import (
    file_problem_context,
    reference_links,
    row_context,
    rule_facts,
    rule_page_path,
    shown_path,
    source_lines,
    test_contexts,
)
from monitor.web.rule_files import LoadedRules, find_rule
from monitor.web.views import render_page

COUNTED_S = 30 * DAY
LAST_ALERTS = 10
MAX_PROBLEMS = 200


def list_rules(site: Site, request: Request) -> Response:
    """List the rules, noisiest first, with the problems of their files."""
    read_params(request, ())
    config, now = config_in_use(site), site.clock()
    loaded = site.rule_files.load(config)
    failures = loaded.failed_tests()
    rules = {rule.name: rule for rule in loaded.rules.rules}
    problems = [file_problem_context(problem, config) for problem in loaded.problems[:MAX_PROBLEMS]]
    context: PageContext = {
        "current_page": "rules",
        "rules": [
            row_context(row, rules.get(row.name), failures_of(row.name, failures), config, site.timezone, now)
            for row in rule_rows_of(site, loaded, now)
        ],
        "problems": sorted(problems, key=lambda problem: problem["is_warning"]),
        "hidden_problems": max(0, len(loaded.problems) - MAX_PROBLEMS),
        "is_rejected": any(not problem.warning for problem in loaded.problems),
        "tests": sum(len(rule.tests) for rule in rules.values()),
        "failed": None if failures is None else sum(map(len, failures.values())),
        "tests_state": loaded.tests_state(),
        "folder": shown_path(config.monitor.rules, config),
    }
    return render_page(site, "rules.html", context)


def show_rule(site: Site, request: Request) -> Response:
    """Show a rule: its counts, tests, text and last alerts."""
    read_params(request, ())
    config, now, name = config_in_use(site), site.clock(), request.path_params["name"]
    loaded = site.rule_files.load(config)
    in_folder = find_rule(loaded, config, name)
    rule = in_folder.rule
    row = next((row for row in rule_rows_of(site, loaded, now) if row.name == name), None)
    failures = failures_of(name, loaded.failed_tests())
    with site.store.read() as conn:
        last_alerts = with_feedback(conn, load_alert_page(conn, limit=LAST_ALERTS, rule=name))
    own_problems = [problem for problem in loaded.problems if problem.path == in_folder.file]
    context: PageContext = {
        "current_page": "rules",
        "name": name,
        "row": row and row_context(row, rule, failures, config, site.timezone, now),
        "facts": rule_facts(rule) if rule else [],
        "references": reference_links(rule) if rule else [],
        "tests": test_contexts(rule, failures) if rule else [],
        "problems": [file_problem_context(problem, config) for problem in own_problems],
        "file": shown_path(in_folder.file, config),
        "first_line": in_folder.text.first_line,
        "lines": source_lines(in_folder.text),
        "try_path": f"{rule_page_path(name)}/try",
        "alerts": [alert_summary_context(alert, answer, site.timezone) for alert, answer in last_alerts],
    }
    return render_page(site, "rule.html", context)


def failures_of(name: str, failures: FailedTests | None) -> Sequence[Problem] | None:
    """Return the failing tests of one rule; None while the tests are running."""
    return None if failures is None else failures.get(name, ())


def rule_rows_of(site: Site, loaded: LoadedRules, now: Moment) -> list[RuleRow]:
    """Return the rules with their activity, which is at most a minute old."""

    def load() -> tuple[dict[str, RuleActivity], Moment | None]:
        with site.store.read() as conn:
            activity = rule_activity(conn, now - COUNTED_S, silent_among=[rule.name for rule in loaded.rules.rules])
            return activity, first_recorded(conn)

    return rows_of_rules(loaded.rules, *cached(site.store, "rules", load))


GET_ROUTES = {"/rules": list_rules, "/rules/{name}": show_rule}
