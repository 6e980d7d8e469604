"""What the monitor tells of itself: an alert of the rule `monitor`, without findings, over a channel that works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.alerts.ids import made_id, message
from monitor.model import Alert, Message, Moment, Severity

MONITOR = "monitor"
DAY = 86400.0
CAUSE = 5  # words of an error that tell its cause; what follows are details such as queue ids
TELL_AFTER = 3600.0  # seconds that a channel may be out of reach before somebody is told


def is_notice(alert: Alert) -> bool:
    """Does the monitor speak of itself here?"""
    return alert.rule == MONITOR and not alert.findings


def of_dead(dead: Message, error: str, now: Moment) -> Alert | None:
    """The notice that a message was given up; none for a notice, or notices would breed."""
    if all(is_notice(alert) for alert in dead.alerts):
        return None
    lost = len(dead.alerts)
    what = f"“{dead.alerts[0].title}”" + (f" and {lost - 1} more" if lost > 1 else "")
    said = f"{what} did not reach the channel: {error}. `monitor deliveries` lists what it missed and can retry it."
    return notice(dead.channel, f"Channel {dead.channel} has missed an alert", said, error, now)


def of_refused(message: Message, whom: str, why: str, now: Moment) -> Alert | None:
    """The notice that one recipient of a channel did not get what others got, the same one all day; none for a
    notice."""
    if all(is_notice(alert) for alert in message.alerts):
        return None
    title = f"Channel {message.channel} does not reach {whom}"
    said = f"“{message.alerts[0].title}” reached the channel's other recipients, but not {whom}: {why}."
    return notice(message.channel, title, said, "", now)


def of_unreached(waiting: Message, error: str, now: Moment) -> Alert | None:
    """The notice that a channel has been out of reach for long; None before that."""
    if now - waiting.created < TELL_AFTER or all(is_notice(alert) for alert in waiting.alerts):
        return None
    said = f"Nothing has reached the channel for over an hour: {error}. What is owed to it is kept and tried again."
    return notice(waiting.channel, f"Channel {waiting.channel} is out of reach", said, error, now)


def notice(channel: str, title: str, said: str, error: str, now: Moment) -> Alert:
    """An alert about a channel, the same one for the same cause on the same day."""
    cause = " ".join(word.strip(":,;.") for word in error.split()[:CAUSE])
    id = made_id("al", MONITOR, title, cause, str(int(now // DAY)))
    return Alert(id, MONITOR, title, Severity.HIGH, f"channel-{channel}", said, "", now, ())


def notices(
    alert: Alert | None,
    broken: str,
    fallback: Mapping[str, str | None],
    notify: Sequence[str],
    now: Moment,
    *,
    partly: bool = False,
) -> tuple[Message, ...]:
    """The notice for each channel that is to hear of it: the fallback of the broken one, else the others notified;
    where there is none, the channel itself if it is only `partly` broken."""
    if alert is None:
        return ()
    named = fallback.get(broken)
    hearers = [named] if named else [channel for channel in notify if channel != broken]
    return tuple(message(channel, [alert], now) for channel in hearers or ([broken] if partly else []))
