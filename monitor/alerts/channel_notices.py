"""Notices about channels that fail, sent over a channel that works.

A notice is an alert of the rule `monitor` without findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.alerts.ids import build_message, stable_id
from monitor.model import Alert, Message, Moment, Severity
from monitor.units import DAY, HOUR

MONITOR_RULE = "monitor"
CAUSE_WORDS = 5  # leading words of an error that identify its cause; the rest are details such as queue ids
OUTAGE_NOTICE_AFTER_S = HOUR  # a shorter outage is normal: a restart, a network fault


def is_notice(alert: Alert) -> bool:
    """Return whether the alert is about the monitor's own operation rather than a match."""
    return alert.rule == MONITOR_RULE and not alert.findings


def dead_message_notice(message: Message, error: str, now: Moment) -> Alert | None:
    """Return the notice that a message is dead; None if it carried only notices, which would multiply."""
    if all(is_notice(alert) for alert in message.alerts):
        return None
    alert_count = len(message.alerts)
    subject = f"“{message.alerts[0].title}”" + (f" and {alert_count - 1} more" if alert_count > 1 else "")
    text = (
        f"{subject} did not reach the channel: {error}. `monitor deliveries` lists what it missed and can retry it."
    )
    return channel_notice(message.channel, f"Channel {message.channel} has missed an alert", text, error, now)


def refused_recipient_notice(message: Message, recipient: str, reason: str, now: Moment) -> Alert | None:
    """Return the notice that one recipient of a channel missed a message, the same one all day.

    None if the message carried only notices.
    """
    if all(is_notice(alert) for alert in message.alerts):
        return None
    title = f"Channel {message.channel} does not reach {recipient}"
    text = f"“{message.alerts[0].title}” reached the channel's other recipients, but not {recipient}: {reason}."
    return channel_notice(message.channel, title, text, "", now)


def outage_notice(message: Message, error: str, now: Moment) -> Alert | None:
    """Return the notice that a channel is out of reach; None if it has not been for long."""
    if now - message.created < OUTAGE_NOTICE_AFTER_S or all(is_notice(alert) for alert in message.alerts):
        return None
    text = f"Nothing has reached the channel for over an hour: {error}. Its pending messages are kept and retried."
    return channel_notice(message.channel, f"Channel {message.channel} is out of reach", text, error, now)


def channel_notice(channel: str, title: str, text: str, error: str, now: Moment) -> Alert:
    """Return an alert about a channel. Its id is the same for the same cause on the same day."""
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
    """Return the messages that carry a notice: to the fallback of the broken channel, else to the other default ones.

    If there are none, the notice goes to the channel itself, provided that only some of its recipients fail
    (`is_partial`).
    """
    if alert is None:
        return ()
    fallback_channel = fallback_channels.get(broken_channel)
    if fallback_channel:
        targets = [fallback_channel]
    else:
        targets = [channel for channel in default_channels if channel != broken_channel]
    if not targets and is_partial:
        targets = [broken_channel]
    return tuple(build_message(channel, [alert], now) for channel in targets)
