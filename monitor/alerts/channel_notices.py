"""What the monitor tells of itself: an alert of the rule `monitor`, without findings, over a channel that works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.alerts.ids import build_message, stable_id
from monitor.model import Alert, Message, Moment, Severity
from monitor.units import DAY

MONITOR_RULE = "monitor"
CAUSE_WORDS = 5  # words of an error that tell its cause; what follows are details such as queue ids
OUTAGE_NOTICE_AFTER_S = 3600.0  # seconds that a channel may be out of reach before somebody is told


def is_notice(alert: Alert) -> bool:
    """Does the monitor speak of itself here?"""
    return alert.rule == MONITOR_RULE and not alert.findings


def dead_message_notice(message: Message, error: str, now: Moment) -> Alert | None:
    """The notice that a message was given up; none for a notice, or notices would breed."""
    if all(is_notice(alert) for alert in message.alerts):
        return None
    alert_count = len(message.alerts)
    subject = f"“{message.alerts[0].title}”" + (f" and {alert_count - 1} more" if alert_count > 1 else "")
    text = (
        f"{subject} did not reach the channel: {error}. `monitor deliveries` lists what it missed and can retry it."
    )
    return channel_notice(message.channel, f"Channel {message.channel} has missed an alert", text, error, now)


def refused_recipient_notice(message: Message, recipient: str, reason: str, now: Moment) -> Alert | None:
    """The notice that one recipient of a channel did not get what others got, the same one all day; none for a
    notice."""
    if all(is_notice(alert) for alert in message.alerts):
        return None
    title = f"Channel {message.channel} does not reach {recipient}"
    text = f"“{message.alerts[0].title}” reached the channel's other recipients, but not {recipient}: {reason}."
    return channel_notice(message.channel, title, text, "", now)


def outage_notice(message: Message, error: str, now: Moment) -> Alert | None:
    """The notice that a channel has been out of reach for long; None before that."""
    if now - message.created < OUTAGE_NOTICE_AFTER_S or all(is_notice(alert) for alert in message.alerts):
        return None
    text = f"Nothing has reached the channel for over an hour: {error}. What is owed to it is kept and tried again."
    return channel_notice(message.channel, f"Channel {message.channel} is out of reach", text, error, now)


def channel_notice(channel: str, title: str, text: str, error: str, now: Moment) -> Alert:
    """An alert about a channel, the same one for the same cause on the same day."""
    cause = " ".join(word.strip(":,;.") for word in error.split()[:CAUSE_WORDS])
    id = stable_id("al", MONITOR_RULE, title, cause, str(int(now // DAY)))
    return Alert(id, MONITOR_RULE, title, Severity.HIGH, f"channel-{channel}", text, "", now, ())


def notice_messages(
    alert: Alert | None,
    broken_channel: str,
    fallback_channels: Mapping[str, str | None],
    default_channels: Sequence[str],
    now: Moment,
    *,
    is_partial: bool = False,
) -> tuple[Message, ...]:
    """The notice for each channel that is to hear of it: the fallback of the broken one, else the others notified;
    where there is none, the channel itself if it is only `partly` broken."""
    if alert is None:
        return ()
    fallback_channel = fallback_channels.get(broken_channel)
    targets = (
        [fallback_channel]
        if fallback_channel
        else [channel for channel in default_channels if channel != broken_channel]
    )
    return tuple(
        build_message(channel, [alert], now) for channel in targets or ([broken_channel] if is_partial else [])
    )
