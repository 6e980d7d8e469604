"""What the monitor says of channels that do not work, and to whom."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import NOON, builtin_templates, make_alert, make_message

from monitor.alerts.channel_notices import (
    DAY,
    OUTAGE_NOTICE_AFTER_S,
    dead_message_notice,
    is_notice,
    notice_messages,
    outage_notice,
)
from monitor.deliver.render import render_message
from monitor.model import Alert, Message

GONE = "webhook (hook.example) answered 410 Gone"


def dead(error: str = GONE, now: float = NOON, channel: str = "desk") -> Alert:
    found = dead_message_notice(make_message(channel=channel), error, now)
    assert found is not None
    return found


def hearers(fallback: str | None, *notify: str) -> list[str]:
    return [owed.channel for owed in notice_messages(dead(), "desk", {"desk": fallback}, notify, NOON)]


def test_a_dead_message_is_told_of_with_what_was_missed_and_why() -> None:
    told = dead()
    assert is_notice(told)
    assert told.title == "Channel desk has missed an alert"
    assert "“North Korean troops deployed for Russia” did not reach the channel: webhook" in told.reason


def test_the_fallback_hears_of_it_else_the_others_that_are_notified() -> None:
    assert hearers("chat", "desk", "siem") == ["chat"]
    assert hearers(None, "desk", "chat", "siem") == ["chat", "siem"]
    assert hearers(None, "desk") == []


def test_a_dead_notice_makes_no_further_notice() -> None:
    (owed, *_) = notice_messages(dead(), "desk", {"desk": "chat"}, (), NOON)
    assert dead_message_notice(owed, GONE, NOON) is None
    assert outage_notice(owed, GONE, NOON + DAY) is None


def test_one_cause_is_told_once_a_day_for_each_channel() -> None:
    assert dead().id == dead("webhook (hook.example) answered 410 Gone: id 77", NOON + 60).id
    others = {dead().id, dead("no connection").id, dead(now=NOON + DAY).id, dead(channel="siem").id}
    assert len(others) == 4


def test_a_channel_out_of_reach_is_told_of_after_an_hour() -> None:
    assert outage_notice(make_message(), "no connection", NOON + OUTAGE_NOTICE_AFTER_S - 1) is None
    told = outage_notice(make_message(), "no connection", NOON + OUTAGE_NOTICE_AFTER_S)
    assert told is not None
    assert "for over an hour: no connection" in told.reason


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "webhook", "other"])
def test_a_notice_reads_well_on_every_channel(channel_type: str) -> None:
    (owed,) = notice_messages(replace(dead(), id="al-n"), "desk", {"desk": "chat"}, (), NOON)
    rendered = render_message(owed, channel_type, builtin_templates(), ZoneInfo("UTC"), "https://claims.example")
    shown = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    shown = shown or [rendered.body.decode()]
    assert all("410 Gone" in part and "Channel desk has missed an alert" in part for part in shown)
    assert all("Why you get this" not in part for part in shown)
    assert rendered.subject in ("", "[HIGH] Channel desk has missed an alert")
    assert rendered.note is None


def test_a_message_of_several_alerts_says_how_many_were_missed() -> None:
    lost = Message("m", "desk", "st", NOON, (make_alert(), make_alert(id="a2"), make_alert(id="a3")))
    told = dead_message_notice(lost, GONE, NOON)
    assert told is not None
    assert "and 2 more did not reach" in told.reason
