"""The variables of the pages about rules. Text from rule files is sanitized here; templates escape it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from monitor.alerts.spoken_time import duration_text
from monitor.config.models import Config
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS, MAX_TITLE_CHARS
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.errors import Problem
from monitor.log import escape_invisible
from monitor.model import Moment
from monitor.rule_report import RuleRow
from monitor.ruleset.rule import Rule, RuleTest
from monitor.ruleset.rule_text import RuleText
from monitor.web.page_context import PageContext, past_time_context, rule_alerts_path

MAX_PROBLEM_CHARS = 1_000
MAX_LINE_CHARS = 500
MAX_TEXT_LINES = 2_000


def rule_page_path(name: str) -> str:
    return f"/rules/{quote(name, safe='')}"


def row_context(
    row: RuleRow,
    rule: Rule | None,
    failures: Sequence[Problem] | None,
    config: Config,
    timezone: ZoneInfo,
    now: Moment,
) -> PageContext:
    """A rule with what happened in the period. `rule` is None for a disabled one, `failures` while its tests run."""
    activity = row.activity
    return {
        "name": row.name,
        "title": shorten(sanitize(rule.title), MAX_TITLE_CHARS) if rule else row.name,
        "path": rule_page_path(row.name),
        "alerts_path": rule_alerts_path(row.name),
        "severity": row.severity,
        "conditions": [
            {"severity": severity, "query": shorten(sanitize(query), MAX_NAME_CHARS)}
            for severity, query in row.conditions
        ],
        "channels": [sanitize(name) for name in (rule.notify or config.alerts.notify)] if rule else [],
        "alerts": activity.alerts,
        "acknowledged": activity.acknowledged,
        "not_news": activity.not_news,
        "noise": None if activity.noise is None else round(100 * activity.noise),
        "last_alert": past_time_context(activity.last_alert, timezone, now),
        "tests": len(rule.tests) if rule else 0,
        "failures": None if failures is None else [test_failure(problem) for problem in failures],
        "note": row_note(row, timezone, now),
    }


def row_note(row: RuleRow, timezone: ZoneInfo, now: Moment) -> str:
    """Say that a rule is disabled, or that it has not matched anything since the first stored update."""
    watched = past_time_context(row.watched_since, timezone, now)
    if not row.severity:
        return "Disabled by enabled: false."
    if row.activity.last_match is not None or row.activity.last_alert is not None or watched is None:
        return ""
    return f"Never matched since {watched['when']}."


def test_failure(problem: Problem) -> str:
    """Return why a test fails, without the name of its rule."""
    message = shorten(sanitize(problem.message), MAX_PROBLEM_CHARS)
    return message.partition(": ")[2] if message.startswith("test of ") else message


def file_problem_context(problem: Problem, config: Config) -> PageContext:
    """A problem of a file, with its position."""
    return {
        "place": f"{shown_path(problem.path, config)}:{problem.line}:{problem.column}",
        "message": shorten(sanitize(problem.message), MAX_PROBLEM_CHARS),
        "is_warning": problem.warning,
    }


def shown_path(path: Path, config: Config) -> str:
    """Return a path relative to the folder of the config, if it is below that."""
    shown = path.relative_to(config.folder) if path.is_relative_to(config.folder) else path
    return escape_invisible(str(shown))


def rule_facts(rule: Rule) -> list[tuple[str, str]]:
    """Return the settings of a rule that differ from the defaults, and what it alerts on."""
    facts = {
        "alerts to": ", ".join(sorted(str(novelty) for novelty in rule.on)),
        "within": str(rule.within),
        "sources": ", ".join(rule.sources) if rule.sources is not None else "all",
        "throttle": str(rule.throttle) if rule.throttle else "",
        "count": (rule.count.text + (f" by {rule.count.by}" if rule.count.by else "")) if rule.count else "",
        "absent": duration_text(rule.absent) if rule.absent is not None else "",
        "sources needed": str(rule.corroboration) if rule.corroboration > 1 else "",
        "figures": ", ".join(figure.name for figure in rule.figures),
        "active": rule.active.text if rule.active else "",
        "expires": str(rule.expires.day) if rule.expires else "",
        "inhibits": ", ".join(rule.inhibits),
        "template": rule.template or "",
        "owner": rule.owner,
        "tags": ", ".join(rule.tags),
    }
    return [(name, shorten(sanitize(value), MAX_SHOWN_REASON_CHARS)) for name, value in facts.items() if value]


def reference_links(rule: Rule) -> list[PageContext]:
    return [{"text": shorten(sanitize(text), MAX_NAME_CHARS), "url": safe_web_link(text)} for text in rule.references]


def test_contexts(rule: Rule, failures: Sequence[Problem] | None) -> list[PageContext]:
    """The tests of a rule with their outcomes: `passes`, `fails` or `not run`."""
    return [test_context(test, failures) for test in rule.tests]


def test_context(test: RuleTest, failures: Sequence[Problem] | None) -> PageContext:
    positions = {(test.line, test.column), *((item.line, item.column) for item in test.sequence)}
    wrong = [problem for problem in failures or () if (problem.line, problem.column) in positions]
    return {
        "line": test.line,
        "text": test_text(test),
        "before": shorten(sanitize(test.before or ""), MAX_TITLE_CHARS),
        "expected": expectation(test),
        "outcome": "not run" if failures is None else "fails" if wrong else "passes",
        "failures": [test_failure(problem) for problem in wrong],
    }


def test_text(test: RuleTest) -> str:
    texts = [item.text or "(time passes)" for item in test.sequence] or [test.text or test.title]
    return shorten(sanitize(" · ".join(texts)), MAX_SHOWN_REASON_CHARS)


def expectation(test: RuleTest) -> str:
    """Return `fires, changed, high` or `does not fire`."""
    fires = {True: "fires", False: "does not fire", None: "as its items say"}[test.fires]
    return ", ".join(str(part) for part in (fires, test.novelty, test.severity) if part)


def source_lines(text: RuleText) -> list[str]:
    """Return the lines of a rule for display: control and direction characters are visible, long lines cut."""
    lines = text.text.rstrip("\n").split("\n")[:MAX_TEXT_LINES]
    return [shown_line(line) for line in lines]


def shown_line(line: str) -> str:
    cut = line.rstrip("\r")[:MAX_LINE_CHARS]
    return escape_invisible(cut, "\t") + ("…" if len(line) > MAX_LINE_CHARS else "")


def text_problem_contexts(problems: Iterable[Problem], text: str) -> list[PageContext]:
    """Problems of a text that is being edited: each with its line, split where the problem is."""
    lines = text.split("\n")
    return [text_problem_context(problem, lines) for problem in problems]


def text_problem_context(problem: Problem, lines: Sequence[str]) -> PageContext:
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    column = min(problem.column - 1, len(line))
    start = max(0, column - MAX_LINE_CHARS)
    parts = (line[start:column], line[column : column + 1], line[column + 1 : column + 1 + MAX_LINE_CHARS])
    before, at, after = (escape_invisible(part, "\t") for part in parts)
    return {
        "line": problem.line,
        "column": problem.column,
        "message": shorten(sanitize(problem.message), MAX_PROBLEM_CHARS),
        "is_warning": problem.warning,
        "before": before,
        "at": at,
        "after": after,
    }
