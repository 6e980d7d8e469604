"""When a rule that matched stays quiet (hours, expiry, `inhibits`), and how severe its alert is.

Tested through `replay`, which runs the daemon's pipeline.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alerts.test_decide import news

from monitor.alerts.decide import Situation, decide
from monitor.alerts.inhibition import Inhibition
from monitor.alerts.rule_match import RuleMatch
from monitor.alerts.same_event import UpdateEchoes
from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.model import Claim, Decision, Finding, Match, Novelty, Reason, Role, Severity, Update
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import Rule, RuleSet
from monitor.ruleset.rule_reader import Surroundings

KYIV = ZoneInfo("Europe/Kyiv")
SATURDAY_NOON, MONDAY_NOON = 1772884800.0, 1773057600.0  # 7 and 9 March 2026, 12:00 UTC


def rules_from(folder: Path, text: str) -> RuleSet:
    (folder / "rules.yaml").write_text(text, "utf-8")
    rules, problems = load_rules(folder, builtin_aliases=None, surroundings=Surroundings(KYIV))
    assert problems == ()
    return rules


def alerts(folder: Path, text: str, *stream: str) -> list[tuple[str, str]]:
    """The rule and the severity of each alert."""
    lines = replay_stream(stream, Policy(rules_from(folder, text)))
    return [(line["rule"], line["severity"]) for line in lines if line["type"] == "alert"]


class NoAlerts:
    """A history with some alerts: the times by rule."""

    def __init__(self, times: dict[str, list[float]]) -> None:
        self.times = times

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        return set()

    def alert_times(self, rule: str, story: str, since: float) -> list[float]:
        return [at for at in self.times.get(rule, []) if at >= since]

    def last_alert(self, rule: str, story: str) -> None:
        return None

    def silences(self, now: float) -> tuple[()]:
        return ()


def decisions(rules: Sequence[Rule], now: float, past: dict[str, list[float]] | None = None) -> dict[str, Decision]:
    """The decisions about a claim that all rules match, by rule."""
    finding = Finding(Claim("A ferry sank", Role.SENTENCE), Novelty.NEW, 0.0, (), None, "story")
    matches = [RuleMatch(rule, (finding,), Match(rule.name, (0,), ())) for rule in rules]
    update = Update("wire", "e", now, "A ferry sank", "", "")
    history = NoAlerts(past or {})
    echoes = UpdateEchoes(update, [finding], history, is_needed=False)  # type: ignore[arg-type]
    inhibition = Inhibition(RuleSet(tuple(rules)).inhibitors)
    made = decide(Situation(echoes, history, inhibition, now), matches)  # type: ignore[arg-type]
    return {decision.match.rule: decision for decision in made}


def test_a_rule_alerts_only_in_its_hours_in_the_time_zone_of_the_config(tmp_path: Path) -> None:
    rules = rules_from(tmp_path, "name: a\nmatch: ferr*\nactive: mon-fri 08:00-18:00\n").rules

    assert decisions(rules, MONDAY_NOON)["a"].reason is Reason.SENT
    weekend = decisions(rules, SATURDAY_NOON)["a"]
    assert (weekend.reason, weekend.detail) == (Reason.INACTIVE, "active only mon-fri 08:00-18:00")
    assert decisions(rules, MONDAY_NOON + 3.9 * 3600)["a"].reason is Reason.SENT  # 17:54 in Kyiv
    assert decisions(rules, MONDAY_NOON + 4.1 * 3600)["a"].reason is Reason.INACTIVE


def test_the_hours_of_a_rule_begin_again_over_a_change_of_the_clocks(tmp_path: Path) -> None:
    (rule,) = rules_from(tmp_path, "name: a\nmatch: ferr*\nactive: [mon-fri 08:00-18:00, sun 23:30-23:59]\n").rules
    local = partial(datetime, tzinfo=KYIV)

    def first_active(*start: int) -> datetime:
        moment = rule.first_active(local(*start).timestamp())
        assert moment is not None
        return datetime.fromtimestamp(moment, KYIV)

    assert first_active(2026, 3, 9, 12, 0, 30) == local(2026, 3, 9, 12, 0, 30)
    assert first_active(2026, 3, 9, 18, 0, 30) == local(2026, 3, 10, 8)
    assert first_active(2026, 3, 27, 20) == local(2026, 3, 29, 23, 30)  # an hour is left out on the 29th
    assert first_active(2026, 10, 23, 20) == local(2026, 10, 25, 23, 30)  # and repeated on this Sunday


def test_a_rule_ends_when_the_day_of_its_expiry_begins(tmp_path: Path) -> None:
    rules = rules_from(tmp_path, "name: a\nmatch: ferr*\nexpires: 2026-03-09\n").rules
    midnight = MONDAY_NOON - 14 * 3600  # in Kyiv

    assert decisions(rules, midnight - 1)["a"].reason is Reason.SENT
    ended = decisions(rules, midnight)["a"]
    assert (ended.reason, ended.detail) == (Reason.INACTIVE, "expired on 2026-03-09")


CHAIN = """
rules:
  - {name: any-ferry, match: ferr*}
  - {name: sinking, match: ferry, inhibits: [any-ferry, passengers]}
  - {name: passengers, match: ferry, inhibits: harbour}
  - {name: harbour, match: ferry}
"""


def test_inhibition_does_not_depend_on_the_order_of_the_rules(tmp_path: Path) -> None:
    rules = rules_from(tmp_path, CHAIN).rules

    for order in itertools.permutations(rules):
        made = decisions(order, MONDAY_NOON)
        assert {name: decision.reason for name, decision in made.items()} == {
            "sinking": Reason.SENT,
            "any-ferry": Reason.INHIBITED,
            "passengers": Reason.INHIBITED,
            "harbour": Reason.SENT,  # an inhibited rule does not inhibit
        }
        assert list(made) == [rule.name for rule in order]
    assert made["any-ferry"].detail == "sinking has alerted on this story"


def test_an_earlier_alert_inhibits_while_the_throttle_of_its_rule_lasts(tmp_path: Path) -> None:
    text = "rules:\n  - {name: a, match: ferr*}\n  - {name: b, match: ship*, inhibits: a, throttle: 3/6h}\n"
    rules = rules_from(tmp_path, text)

    def reason(seconds_ago: float) -> Reason:
        history = NoAlerts({"b": [MONDAY_NOON - seconds_ago]})
        inhibition = Inhibition(rules.inhibitors)
        return Reason.INHIBITED if inhibition.inhibitor_of("a", "story", history, MONDAY_NOON) else Reason.SENT

    assert (reason(5 * 3600), reason(7 * 3600)) == (Reason.INHIBITED, Reason.SENT)


def test_an_inhibited_match_is_not_counted(tmp_path: Path) -> None:
    text = """
rules:
  - {name: many, match: ferr*, count: 2 per 1h}
  - {name: sinking, match: sank, inhibits: many}
"""
    claims = SANK, "Brunholm builds a terminal for its ferries", "A yard in Ostmark has two ferries to paint"
    stream = [news(number, claim, entry=str(number)) for number, claim in enumerate(claims)]

    assert alerts(tmp_path, text, *stream[:2]) == [("sinking", "medium")]
    assert alerts(tmp_path, text, *stream) == [("sinking", "medium"), ("many", "medium")]
    assert ("many", "medium") in alerts(tmp_path, text.replace(", inhibits: many", ""), *stream[:2])


def test_a_story_is_inhibited_and_other_stories_are_not(tmp_path: Path) -> None:
    text = "rules:\n  - {name: sea, match: ferr* OR shipyard*}\n  - {name: sinking, match: sank, inhibits: [sea]}\n"

    assert alerts(
        tmp_path,
        text,
        news(0, "A ferry sank off Halvik", entry="a"),
        news(9, "A ferry sank off Halvik with 30 ferry passengers", entry="a"),
        news(20, "Shipyards of Velden lose their largest order", entry="b"),
    ) == [("sinking", "medium"), ("sinking", "medium"), ("sea", "medium")]


HELD = """
rules:
  - {name: any-ferry, match: ferr*, corroboration: 2}
  - {name: sinking, match: passengers, inhibits: any-ferry}
"""
SANK, CONFIRMED = "The ferry Aurora sank off Halvik", "The ferry Aurora sank off Halvik with 30 passengers"


def test_a_held_match_is_released_unless_the_rule_is_inhibited(tmp_path: Path) -> None:
    stream = (news(0, SANK, source="wire", entry="a"), news(9, CONFIRMED, source="desk", entry="b"))

    assert sorted(alerts(tmp_path, HELD.replace(", inhibits: any-ferry", ""), *stream)) == [
        ("any-ferry", "medium"),
        ("sinking", "medium"),
    ]
    assert alerts(tmp_path, HELD, *stream) == [("sinking", "medium")]
    earlier = (news(0, CONFIRMED, source="wire", entry="a"), news(9, SANK, source="desk", entry="b"))
    assert alerts(tmp_path, HELD, *earlier) == [("sinking", "medium")]


def test_a_released_alert_inhibits_rules_that_match_the_same_update(tmp_path: Path) -> None:
    text = """
rules:
  - {name: passengers, match: passengers}
  - {name: any-ferry, match: ferr*, corroboration: 2, inhibits: passengers}
"""
    stream = (news(0, SANK, source="wire", entry="a"), news(9, CONFIRMED, source="desk", entry="b"))

    assert sorted(alerts(tmp_path, text.replace(", inhibits: passengers", ""), *stream)) == [
        ("any-ferry", "medium"),
        ("passengers", "medium"),
    ]
    assert alerts(tmp_path, text, *stream) == [("any-ferry", "medium")]


def test_an_expired_rule_releases_nothing(tmp_path: Path) -> None:
    text = "name: a\nmatch: ferr*\ncorroboration: 2\nexpires: EXPIRES\n"
    stream = (news(0, SANK, source="wire", entry="a"), news(9, SANK, source="desk", entry="b"))

    assert alerts(tmp_path, text.replace("EXPIRES", "9999-01-01"), *stream) == [("a", "medium")]
    assert alerts(tmp_path, text.replace("EXPIRES", "1970-01-01"), *stream) == []


SEVERITY = """
name: wreck
match: ferr*
severity:
  Critical: "deaths > 100 OR title:capsized"
  high: deaths
  low: true
"""


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Ferry sinks with 120 deaths", "critical"),
        ("Ferry capsized", "critical"),
        ("Ferry sinks with 12 deaths", "high"),
        ("Ferry runs aground", "low"),
    ],
)
def test_the_first_condition_that_matches_gives_the_severity(tmp_path: Path, text: str, severity: str) -> None:
    assert alerts(tmp_path, SEVERITY, news(0, text)) == [("wreck", severity)]


def test_without_a_default_the_severity_is_medium(tmp_path: Path) -> None:
    rule = rules_from(tmp_path, "name: a\nmatch: ferr*\nseverity: {high: deaths}\n").rules[0]

    assert (rule.severity, rule.highest_severity) == (Severity.MEDIUM, Severity.HIGH)
