"""Notices about channels that fail, and who gets them."""

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
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Alert, Message

GONE = "webhook (hook.example) answered 410 Gone"


def dead_notice(error: str = GONE, now: float = NOON, channel: str = "desk") -> Alert:
    notice = dead_message_notice(make_message(channel=channel), error, now)
    assert notice is not None
    return notice


def notified_channels(fallback: str | None, *default_channels: str) -> list[str]:
    """The channels that get the notice about a failure of `desk`."""
    messages = notice_messages(dead_notice(), "desk", {"desk": fallback}, default_channels, NOON)
    return [message.channel for message in messages]


def test_the_notice_of_a_dead_message_names_the_missed_alert_and_the_error() -> None:
    notice = dead_notice()
    assert is_notice(notice)
    assert notice.title == "Channel desk has missed an alert"
    assert "“North Korean troops deployed for Russia” did not reach the channel: webhook" in notice.reason


def test_a_notice_goes_to_the_fallback_else_to_the_other_default_channels() -> None:
    assert notified_channels("chat", "desk", "siem") == ["chat"]
    assert notified_channels(None, "desk", "chat", "siem") == ["chat", "siem"]
    assert notified_channels(None, "desk") == []


def test_a_dead_notice_causes_no_further_notice() -> None:
    (message, *_) = notice_messages(dead_notice(), "desk", {"desk": "chat"}, (), NOON)
    assert dead_message_notice(message, GONE, NOON) is None
    assert outage_notice(message, GONE, NOON + DAY) is None


def test_notices_have_one_id_for_each_channel_cause_and_day() -> None:
    assert dead_notice().id == dead_notice("webhook (hook.example) answered 410 Gone: id 77", NOON + 60).id
    notices = (dead_notice(), dead_notice("no connection"), dead_notice(now=NOON + DAY), dead_notice(channel="siem"))
    assert len({notice.id for notice in notices}) == 4


def test_an_outage_is_announced_after_an_hour() -> None:
    assert outage_notice(make_message(), "no connection", NOON + OUTAGE_NOTICE_AFTER_S - 1) is None
    notice = outage_notice(make_message(), "no connection", NOON + OUTAGE_NOTICE_AFTER_S)
    assert notice is not None
    assert "for over an hour: no connection" in notice.reason


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "webhook", "other"])
def test_every_channel_type_renders_a_notice_with_its_title_and_error(channel_type: str) -> None:
    (message,) = notice_messages(replace(dead_notice(), id="al-n"), "desk", {"desk": "chat"}, (), NOON)
    rendered = render_message(
        message, channel_type, builtin_templates(), RenderSettings(ZoneInfo("UTC"), "https://claims.example")
    )
    parts = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    parts = parts or [rendered.body.decode()]
    assert all("410 Gone" in part and "Channel desk has missed an alert" in part for part in parts)
    assert all("Why you received this" not in part for part in parts)
    assert rendered.subject in ("", "[HIGH] Channel desk has missed an alert")
    assert rendered.note is None


def test_the_notice_of_a_dead_message_counts_its_alerts() -> None:
    message = Message("m", "desk", "st", NOON, (make_alert(), make_alert(id="a2"), make_alert(id="a3")))
    notice = dead_message_notice(message, GONE, NOON)
    assert notice is not None
    assert "and 2 more did not reach" in notice.reason
