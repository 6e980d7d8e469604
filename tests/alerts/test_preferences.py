"""Preferences of channels: quiet hours in the channel's time zone, digests, severities."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts.preferences import ChannelPreferences
from monitor.config.quiet_hours import DAY_MINUTES, WEEK_MINUTES, minutes_of_week
from monitor.config_file.load import read_config
from monitor.cron import next_fire_time, parse_crontab
from monitor.model import Moment, Reason
from monitor.policy import undeliverable_rules
from monitor.ruleset.load import load_rules

KYIV = ZoneInfo("Europe/Kyiv")


def at(text: str, fold: int = 0) -> Moment:
    """The moment of a local time in Kyiv."""
    return datetime.fromisoformat(text).replace(tzinfo=KYIV, fold=fold).timestamp()


def quiet(*spans: str) -> ChannelPreferences:
    return ChannelPreferences(quiet_minutes=minutes_of_week(spans), timezone=KYIV)


def test_quiet_hours_over_midnight_end_the_next_morning() -> None:
    nights = quiet("22:00-07:00")
    assert nights.quiet_until(at("2026-03-10T23:15:30")) == at("2026-03-11T07:00")
    assert nights.quiet_until(at("2026-03-11T06:59:59")) == at("2026-03-11T07:00")
    assert nights.quiet_until(at("2026-03-11T07:00")) is None
    assert nights.quiet_until(at("2026-03-11T21:59:59")) is None
    assert nights.hold_reason(at("2026-03-10T22:00")) is Reason.QUIET_HOURS


def test_adjacent_quiet_hours_are_joined() -> None:
    weekends = quiet("22:00-07:00", "sat,sun 00:00-24:00")
    friday_night = at("2026-03-13T22:00")
    assert weekends.quiet_until(friday_night) == at("2026-03-16T07:00")


def test_quiet_hours_may_span_the_end_of_the_week() -> None:
    assert minutes_of_week(["sat-mon 10:00-11:00"]) == minutes_of_week(["sat,sun,mon 10:00-11:00"])
    assert minutes_of_week(["sun 23:00-01:00"]) == {*range(WEEK_MINUTES - 60, WEEK_MINUTES), *range(60)}
    assert len(minutes_of_week(["mon 00:00-24:00"])) == DAY_MINUTES


@pytest.mark.parametrize(
    ("night", "hours"),
    [("2026-03-28T22:00", 8), ("2026-10-24T22:00", 10)],  # the clocks are set forward, then back
)
def test_quiet_hours_follow_the_local_clock_over_daylight_saving_changes(night: str, hours: int) -> None:
    end = quiet("22:00-07:00").quiet_until(at(night))
    assert end is not None
    assert end - at(night) == hours * 3600


def test_quiet_hours_in_a_repeated_hour_end_in_the_future() -> None:
    second_time = at("2026-10-25T03:10", fold=1)
    end = quiet("02:00-03:30").quiet_until(second_time)
    assert end == second_time + 20 * 60


@pytest.mark.parametrize(
    ("span", "error"),
    [
        ("22:00", "expected hours such as"),
        ("22:00-25:00", "expected hours such as"),
        ("24:00-07:00", "expected hours such as"),
        ("someday 10:00-11:00", "expected hours such as"),
        ("22:00-22:00", "starts and ends at the same time"),
        ("00:00-24:00", "cover the whole week"),
    ],
)
def test_invalid_quiet_hours_are_rejected(span: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        minutes_of_week([span])


def test_a_digest_waits_for_the_end_of_quiet_hours() -> None:
    hourly = ChannelPreferences(
        quiet_minutes=minutes_of_week(["22:00-07:30"]),
        next_digest_slot=partial(next_fire_time, parse_crontab("0 * * * *", KYIV)),
        timezone=KYIV,
    )
    assert hourly.next_send_time(at("2026-03-10T12:10")) == at("2026-03-10T13:00")
    assert hourly.next_send_time(at("2026-03-10T21:10")) == at("2026-03-11T07:30")
    assert hourly.hold_reason(at("2026-03-10T12:10")) is Reason.DIGEST


def test_a_rule_that_no_channel_accepts_causes_a_warning(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[channels.desk]\ntype = "terminal"\nseverity = "high"\n[channels.chat]\ntype = "terminal"\n'
        '[alerts]\nnotify = ["desk"]\n'
    )
    (tmp_path / "rules").mkdir()
    for name, line in {"light": "", "severe": "severity: high", "accepted": "notify: [desk, chat]"}.items():
        (tmp_path / f"rules/{name}.yaml").write_text(f"name: {name}\ntitle: x\nmatch: ferr*\n{line}\n")
    rules, _ = load_rules(tmp_path / "rules", builtin_aliases=None)
    (problem,) = undeliverable_rules(read_config(tmp_path / "config.toml", env={}), rules.rules)
    assert problem.warning
    assert problem.path.name == "light.yaml"
    sentence = "no channel accepts the alerts of rule light: it is medium, and desk accepts high and above"
    assert problem.message == sentence


def test_rules_without_a_channel_cause_one_warning(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    (tmp_path / "rules").mkdir()
    for name, line in {"a": "notify: [desk]", "b": "", "c": ""}.items():
        (tmp_path / f"rules/{name}.yaml").write_text(f"name: {name}\nmatch: ferr*\n{line}\n")
    rules, _ = load_rules(tmp_path / "rules", builtin_aliases=None)
    channel = '[channels.desk]\ntype = "terminal"\n'

    def warnings(text: str) -> list[str]:
        config.write_text(text)
        found = undeliverable_rules(read_config(config, env={}), rules.rules)
        return [f"{problem.path.name}:{problem.line}: {problem.message}" for problem in found if problem.warning]

    assert warnings(channel) == [
        "b.yaml:1: alerts of b and 1 more are not sent: name channels under `notify`, "
        "or for all rules under `[alerts]` in the config"
    ]
    assert warnings(f'{channel}[alerts]\nnotify = ["desk"]\n') == []
    assert warnings("") == []  # without channels, alerts are only stored
