"""Parses the values of rule keys as people write them: `3/6h`, `3 per day`, `HIGH`, `7 days`, `mon-fri 08:00-18:00`.

Each parser has the pattern of its values beside it, for the JSON Schema.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import PydanticCustomError

from monitor.config.quiet_hours import span_minutes
from monitor.model import Severity
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.limits import CURRENCY_SIGNS, Amount, parse_amount
from monitor.ruleset.rule import MatchCount, Throttle
from monitor.ruleset.schema_base import kind_text
from monitor.units import parse_duration

UNIT_PATTERN = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
DURATION_PATTERN = rf"^\s*[0-9]{{1,9}}(\.[0-9]{{1,9}})?\s*{UNIT_PATTERN}\s*$"
THROTTLE_PATTERN = rf"^\s*[0-9]{{1,6}}\s*(per|/)\s*([0-9]{{1,9}}(\.[0-9]{{1,9}})?\s*)?{UNIT_PATTERN}\s*$"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"
COUNT_KEY_PATTERN = r"^\s*(source|entry|@\S+)\s*$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
HOURS_PATTERN = r"^\s*([A-Za-z,-]+ +)?[0-2]?[0-9]:[0-5][0-9] ?[-–] ?[0-2]?[0-9]:[0-5][0-9]\s*$"
CURRENCY_PATTERN = rf"([A-Z]{{0,3}}[{CURRENCY_SIGNS}]|[A-Z]{{3}})\s*"
FIGURE_LIMIT_PATTERN = (
    rf"^\s*(above|below)\s+({CURRENCY_PATTERN})?"
    r"([0-9]{1,3}( [0-9]{3})+|[0-9]+([,_][0-9]{3})*(\.[0-9]+)?)\s*([^\s0-9,._].*)?$"
)
EXPECTED_DURATION = "expected a duration such as 90s, 15m, 6h or 7d"
TRUE_WORDS = ("true", "yes", "on")


@dataclass(frozen=True, slots=True)
class SeverityLevels:
    """Severities by condition: the query of each, in the order written, and the severity if none matches."""

    conditions: tuple[tuple[Severity, str], ...]
    default: Severity


def lower_case(value: Any) -> Any:
    """Return text in lower case, also inside a list."""
    if isinstance(value, list):
        return [lower_case(item) for item in value]
    return value.strip().lower() if isinstance(value, str) else value


def parse_throttle(value: Any) -> Throttle:
    """Parse `3 per 6h`, `3/6h` or `3 per day`."""
    match = re.fullmatch(r"(\d{1,6})\s*(?:per\b|/)\s*(\S.*)", value.strip()) if isinstance(value, str) else None
    if not match or not int(match[1]):
        raise ValueError(f"expected a number and a duration such as `3 per 6h`, found {kind_text(value)}")
    period = match[2] if match[2][0].isdigit() else f"1 {match[2]}"
    try:
        return Throttle(int(match[1]), parse_duration(period), value.strip())
    except ValueError:
        raise ValueError(f"{EXPECTED_DURATION} after `per`, found `{match[2]}`") from None


def parse_count(value: Any) -> MatchCount:
    """Parse `5 per 1h`, spelt like a throttle."""
    throttle = parse_throttle(value)
    if throttle.count < 2:
        raise ValueError("expected 2 or more; a rule without `count` fires for each match")
    return MatchCount(throttle.count, throttle.seconds, throttle.text)


def parse_count_key(value: Any) -> Any:
    """Parse `source`, `entry` or the name of a list, `@vendors`."""
    if not isinstance(value, str):
        return value
    key = value.strip()
    if not re.fullmatch(r"@[\w-]+", key) and (key := key.lower()) not in ("source", "entry"):
        expected = 'expected source, entry or the name of a list such as "@vendors"'
        raise ValueError(f"{expected}, found {kind_text(value)}")
    return key


def parse_rule_duration(value: Any) -> Any:
    """Parse `7d` or `7 days` as seconds."""
    try:
        return parse_duration(value)
    except ValueError:
        raise ValueError(f"{EXPECTED_DURATION}, found {kind_text(value)}") from None


def parse_figure_limit(value: Any) -> tuple[str, Amount]:
    """Parse `above 10000`, `above 4.4%` or `below $3m`."""
    match = re.fullmatch(r"(above|below)\s+(.+)", value.strip()) if isinstance(value, str) else None
    if not match:
        expected = "expected `above` or `below` and a number, as in `above 10000`"
        raise ValueError(f"{expected}, found {kind_text(value)}")
    try:
        return match[1], parse_amount(match[2], f"`{match[1]}`", f"{match[1]} 10000")
    except SyntaxFault as fault:
        raise ValueError(fault.message) from None


def parse_expiry(value: Any) -> date:
    """Parse `2027-01-01`."""
    try:
        return date.fromisoformat(value if re.fullmatch(DATE_PATTERN, str(value)) else "")
    except ValueError:
        raise ValueError(f"expected a date such as 2027-01-01, found {kind_text(value)}") from None


def parse_hours(value: Any) -> tuple[str, ...]:
    """Check one or more spans such as `mon-fri 08:00-18:00`."""
    spans = value if isinstance(value, list) else [value]
    for span in spans:
        try:
            span_minutes(span if isinstance(span, str) else "")
        except ValueError:
            message = f"expected hours such as `mon-fri 08:00-18:00` or `22:00-07:00`, found {kind_text(span)}"
            raise ValueError(message) from None
    return tuple(spans)


def parse_severity(value: Any) -> Severity | SeverityLevels:
    """Parse `high`, or `{critical: "deaths > 100", high: true}`."""
    if isinstance(value, dict):
        return parse_severity_levels(value)
    return severity_named(value)


def parse_severity_levels(levels: dict[Any, Any]) -> SeverityLevels:
    for name in levels:
        check_severity_name(name)
    named = {severity_named(name): str(condition).strip() for name, condition in levels.items()}
    defaults = [severity for severity, condition in named.items() if condition.lower() in TRUE_WORDS]
    conditions = {severity: text for severity, text in named.items() if severity not in defaults}
    if len(defaults) > 1:
        raise ValueError(f"only one severity can be `true`, found {' and '.join(defaults)}")
    if not all(conditions.values()):
        raise ValueError(
            'expected a query or `true` for each severity, as in `{critical: "deaths > 100", high: true}`'
        )
    return SeverityLevels(tuple(conditions.items()), defaults[0] if defaults else Severity.MEDIUM)


def check_severity_name(name: Any) -> None:
    """Raise an error with the key that is no severity."""
    try:
        severity_named(name)
    except ValueError as error:
        raise PydanticCustomError("invalid_key", "invalid key", {"key": str(name), "message": str(error)}) from None


def severity_named(name: Any) -> Severity:
    try:
        return Severity(str(name).strip().lower())
    except ValueError:
        *others, last = Severity
        raise ValueError(f"expected {', '.join(others)} or {last}, found {kind_text(name)}") from None
