"""Puts alerts into messages: to which channels each goes, at once or gathered with others, and why.

A channel is told at once unless it asked for a digest, is in its quiet hours, or gets more than it can bear in a
burst. What waits is gathered into one message that is sent when its time has come. Every alert and match is kept as
if it had been told alone; only the messages are fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.ids import build_message, stable_id
from monitor.alerts.preferences import ChannelPreferences
from monitor.model import Alert, Decision, Message, Moment, Reason, ReleasedMatches

BURST_LIMIT = 8  # messages that a channel gets in a burst one by one
BURST_SECONDS = 5.0  # seconds
FLOOD_BATCH_SECONDS = 60.0  # seconds that the message which carries the rest gathers for
DEFAULT_PREFERENCES = ChannelPreferences()

ChannelsByRule = Mapping[str, Sequence[str]]
PreferencesByChannel = Mapping[str, ChannelPreferences]


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """The last message of a channel that gathered alerts for a reason, and for when; `open` if it still gathers."""

    id: str
    not_before: Moment
    is_open: bool


class Outbox(Protocol):
    """What addressing looks up of the messages owed before."""

    def recent_message_count(self, channel: str, since: Moment) -> int:
        """How many messages the channel was owed since a moment; it need not count beyond MOST."""

    def last_batch(self, channel: str, reason: Reason) -> MessageBatch | None:
        """The channel's last message that gathered for this reason."""


def route(
    alerts: Sequence[Alert],
    channels_by_rule: ChannelsByRule,
    preferences: PreferencesByChannel,
    outbox: Outbox,
    now: Moment,
) -> tuple[Message, ...]:
    """One message a channel for what it is told at once, and one for what waits. `notify` gives each rule's channels.

    A message that joins one which gathers has that one's id.
    """
    alerts_by_channel: dict[str, list[Alert]] = {}
    for alert in alerts:
        for channel in channels_by_rule.get(alert.rule, ()):
            if preferences.get(channel, DEFAULT_PREFERENCES).accepts(alert):
                alerts_by_channel.setdefault(channel, []).append(alert)
    return tuple(
        message
        for channel, channel_alerts in alerts_by_channel.items()
        for message in split_prompt_and_batched(
            channel, channel_alerts, preferences.get(channel, DEFAULT_PREFERENCES), outbox, now
        )
    )


def split_prompt_and_batched(
    channel: str, alerts: Sequence[Alert], channel_preferences: ChannelPreferences, outbox: Outbox, now: Moment
) -> Iterator[Message]:
    """What goes at once, then what waits."""
    reason = channel_preferences.hold_reason(now)
    held_alerts = [alert for alert in alerts if reason and not channel_preferences.is_urgent(alert)]
    batched_message = (
        join_batch(build_message(channel, held_alerts, now), reason, channel_preferences, outbox, now)
        if reason and held_alerts
        else None
    )
    if batched_message is not None:
        yield batched_message
    if prompt_alerts := [alert for alert in alerts if batched_message is None or alert not in held_alerts]:
        yield limit_burst(build_message(channel, prompt_alerts, now), outbox, now)


def join_batch(
    message: Message, reason: Reason, channel_preferences: ChannelPreferences, outbox: Outbox, now: Moment
) -> Message | None:
    """The message as part of the one that gathers; None if the time that it would wait for has come.

    A poll may take longer than its slot is away: what was sent meanwhile is never opened again.
    """
    batch = outbox.last_batch(message.channel, reason)
    if batch is not None and batch.is_open:
        return replace(message, id=batch.id, not_before=batch.not_before, batch_reason=reason)
    not_before = channel_preferences.next_send_time(now if batch is None else max(now, batch.not_before))
    if not_before is None:
        return None
    # A slot has a second message if the first was let go before its time.
    id = stable_id("roll", message.channel, reason, str(not_before), *([batch.id] if batch else []))
    return replace(message, id=id, thread=id, created=not_before, not_before=not_before, batch_reason=reason)


def limit_burst(message: Message, outbox: Outbox, now: Moment) -> Message:
    """The message as it is, or in a burst as part of one that gathers for a minute."""
    batch = outbox.last_batch(message.channel, Reason.FLOOD)
    if batch is not None and batch.is_open:
        return replace(message, id=batch.id, not_before=batch.not_before, batch_reason=Reason.FLOOD)
    if outbox.recent_message_count(message.channel, now - BURST_SECONDS) < BURST_LIMIT:
        return message
    return replace(
        message, id=stable_id("roll", message.id), not_before=now + FLOOD_BATCH_SECONDS, batch_reason=Reason.FLOOD
    )


def decisions_with_routing_reasons(
    decisions: Sequence[Decision],
    messages: Sequence[Message],
    channels_by_rule: ChannelsByRule,
    preferences: PreferencesByChannel,
) -> tuple[Decision, ...]:
    """The decisions with what became of their alerts on each channel. One that still waits keeps its reason."""
    routed = (
        (decision, routing_reason(decision.alert, messages, channels_by_rule, preferences))
        if decision.alert
        else (decision, None)
        for decision in decisions
    )
    return tuple(
        replace(
            decision,
            reason=decision.reason if decision.pending_alert else routing[0],
            detail="; ".join((decision.detail, *routing[1])),
        )
        if routing
        else decision
        for decision, routing in routed
    )


def releases_with_routing_reasons(
    released: Sequence[ReleasedMatches],
    messages: Sequence[Message],
    channels_by_rule: ChannelsByRule,
    preferences: PreferencesByChannel,
) -> tuple[ReleasedMatches, ...]:
    """The same for what was held before."""
    routed = (
        (release, routing_reason(release.alert, messages, channels_by_rule, preferences)) for release in released
    )
    return tuple(
        replace(release, reason=routing[0], detail="; ".join((release.detail, *routing[1])))
        for release, routing in routed
    )


def routing_reason(
    alert: Alert, messages: Sequence[Message], channels_by_rule: ChannelsByRule, preferences: PreferencesByChannel
) -> tuple[Reason, list[str]]:
    """`sent` if a channel is told at once, else why none is; with a sentence for each channel that is not."""
    message_by_channel = {
        message.channel: message for message in messages if any(carried.id == alert.id for carried in message.alerts)
    }
    reasons, notes = [], []
    for channel in channels_by_rule.get(alert.rule, ()):
        reason, note = channel_reason(message_by_channel.get(channel), preferences.get(channel, DEFAULT_PREFERENCES))
        reasons.append(reason)
        if note:
            notes.append(f"{channel}: {note}")
    return (Reason.SENT if Reason.SENT in reasons or not reasons else reasons[0]), notes


def channel_reason(message: Message | None, channel_preferences: ChannelPreferences) -> tuple[Reason, str]:
    """Why a channel is not told at once; "" if it is."""
    if message is None:
        return Reason.BELOW_SEVERITY, f"it takes what is {channel_preferences.min_severity} or more severe"
    if message.batch_reason is Reason.FLOOD:
        return Reason.FLOOD, f"more than {BURST_LIMIT} messages in {BURST_SECONDS:g} s, told together with others"
    if message.batch_reason is not None and message.not_before is not None:
        return (
            message.batch_reason,
            f"{message.batch_reason}, told on {channel_preferences.format_time(message.not_before)}",
        )
    return Reason.SENT, ""
