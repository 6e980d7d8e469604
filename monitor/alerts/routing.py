"""Route alerts into messages: to which channels, at once or in a batch, and why.

A message is sent at once unless the channel has a digest, is in its quiet hours, or has had a burst of messages.
Otherwise its alerts join a batch: one message that collects alerts until it is due. Batching only reduces the number
of messages; alerts and matches are stored as if each had been sent alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.held import ReleasedMatches
from monitor.alerts.ids import build_message, stable_id
from monitor.alerts.preferences import ChannelPreferences
from monitor.model import Alert, Decision, Message, Moment, Reason

BURST_LIMIT = 8  # messages to one channel within BURST_SECONDS; the rest go into a batch
BURST_SECONDS = 5.0
FLOOD_BATCH_SECONDS = 60.0  # how long that batch collects alerts
DEFAULT_PREFERENCES = ChannelPreferences()

ChannelsByRule = Mapping[str, Sequence[str]]
PreferencesByChannel = Mapping[str, ChannelPreferences]


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """A channel's last batch for a reason. `is_open` while alerts can join it, which is until its first attempt."""

    id: str
    not_before: Moment
    is_open: bool


class Outbox(Protocol):
    """What routing looks up about earlier messages."""

    def recent_message_count(self, channel: str, begin: Moment, end: Moment) -> int:
        """Count those of the channel's last BURST_LIMIT messages that were created in a time."""

    def sent_alert(self, alert_ids: Sequence[str], channel: str) -> str | None:
        """Return the first of these alerts that the channel was sent, or that is being sent."""

    def last_batch(self, channel: str, reason: Reason) -> MessageBatch | None:
        """Return the channel's last batch for this reason."""


@dataclass(frozen=True, slots=True)
class Router:
    """Routes alerts at the moment `now`, by the channels of each rule and what each channel wants."""

    channels_by_rule: ChannelsByRule
    preferences: PreferencesByChannel
    outbox: Outbox
    now: Moment

    def route(self, alerts: Sequence[Alert]) -> tuple[Message, ...]:
        """Return at most two messages for each channel, one to send at once, one for a batch, and the updates of
        alerts that a channel was sent as unconfirmed.

        A message that joins an open batch has the id of the batch.
        """
        alerts_by_channel: dict[str, list[Alert]] = {}
        messages: list[Message] = []
        for alert in alerts:
            for channel in self.channels_by_rule.get(alert.rule, ()):
                preferences = self.preferences_of(channel)
                if not preferences.accepts(alert):
                    continue
                early_id = self.outbox.sent_alert(alert.confirms, channel) if preferences.updates else None
                if early_id:
                    messages.append(confirmation_message(channel, alert, early_id, self.now))
                else:
                    alerts_by_channel.setdefault(channel, []).append(alert)
        for channel, channel_alerts in alerts_by_channel.items():
            preferences = self.preferences_of(channel)
            messages += split_prompt_and_batched(channel, channel_alerts, preferences, self.outbox, self.now)
        return tuple(messages)

    def preferences_of(self, channel: str) -> ChannelPreferences:
        return self.preferences.get(channel, DEFAULT_PREFERENCES)

    def explain_decisions(self, decisions: Sequence[Decision], messages: Sequence[Message]) -> tuple[Decision, ...]:
        """Add the outcome of routing to each decision that alerts. A match that is still held keeps its reason."""

        def explain(decision: Decision) -> Decision:
            if decision.alert is None:
                return decision
            reason, notes = self.outcome(decision.alert, messages)
            if decision.pending_alert:
                reason = decision.reason
            return replace(decision, reason=reason, detail="; ".join((decision.detail, *notes)))

        return tuple(map(explain, decisions))

    def explain_releases(
        self, released: Sequence[ReleasedMatches], messages: Sequence[Message]
    ) -> tuple[ReleasedMatches, ...]:
        """Add the outcome of routing to each release."""

        def explain(release: ReleasedMatches) -> ReleasedMatches:
            reason, notes = self.outcome(release.alert, messages)
            return replace(release, reason=reason, detail="; ".join((release.detail, *notes)))

        return tuple(map(explain, released))

    def outcome(self, alert: Alert, messages: Sequence[Message]) -> tuple[Reason, list[str]]:
        """Return `sent` if any channel gets the alert at once, else why not; and a note on each channel that does
        not."""
        message_by_channel = {
            message.channel: message
            for message in messages
            if any(carried.id == alert.id for carried in message.alerts)
        }
        reasons, notes = [], []
        for channel in self.channels_by_rule.get(alert.rule, ()):
            reason, note = channel_reason(message_by_channel.get(channel), self.preferences_of(channel))
            reasons.append(reason)
            if note:
                notes.append(f"{channel}: {note}")
        return (Reason.SENT if Reason.SENT in reasons or not reasons else reasons[0]), notes


def confirmation_message(channel: str, alert: Alert, early_id: str, now: Moment) -> Message:
    """Return the message that updates an unconfirmed alert to the one that confirms it."""
    message = build_message(channel, [alert], now)
    return replace(message, update=replace(alert, id=early_id))


def split_prompt_and_batched(
    channel: str, alerts: Sequence[Alert], channel_preferences: ChannelPreferences, outbox: Outbox, now: Moment
) -> Iterator[Message]:
    """Yield the message for a batch, then the one to send at once; either may be missing."""
    reason = channel_preferences.hold_reason(now)
    held_alerts = [alert for alert in alerts if reason and not channel_preferences.is_urgent(alert)]
    batched_message = None
    if reason and held_alerts:
        message = build_message(channel, held_alerts, now)
        batched_message = join_batch(message, reason, channel_preferences, outbox, now)
    if batched_message is not None:
        yield batched_message
    if prompt_alerts := [alert for alert in alerts if batched_message is None or alert not in held_alerts]:
        yield limit_burst(build_message(channel, prompt_alerts, now), outbox, now)


def join_batch(
    message: Message, reason: Reason, channel_preferences: ChannelPreferences, outbox: Outbox, now: Moment
) -> Message | None:
    """Return the message as part of the open batch, else as a new batch; None if there is nothing to wait for.

    `now` is when the poll began, so a batch may have been sent since. A sent batch is never opened again.
    """
    batch = outbox.last_batch(message.channel, reason)
    if batch is not None and batch.is_open:
        return replace(message, id=batch.id, not_before=batch.not_before, batch_reason=reason)
    not_before = channel_preferences.next_send_time(now if batch is None else max(now, batch.not_before))
    if not_before is None:
        return None
    # The last batch is part of the id: if it was flushed early, there is a second one for the same time.
    id = stable_id("roll", message.channel, reason, str(not_before), *([batch.id] if batch else []))
    return replace(message, id=id, thread=id, created=not_before, not_before=not_before, batch_reason=reason)


def limit_burst(message: Message, outbox: Outbox, now: Moment) -> Message:
    """Return the message unchanged, or during a burst as part of a batch.

    `now` is when the poll began. What other polls sent during a long one is no burst.
    """
    batch = outbox.last_batch(message.channel, Reason.FLOOD)
    if batch is not None and batch.is_open:
        return replace(message, id=batch.id, not_before=batch.not_before, batch_reason=Reason.FLOOD)
    if outbox.recent_message_count(message.channel, now - BURST_SECONDS, now + BURST_SECONDS) < BURST_LIMIT:
        return message
    id, not_before = stable_id("roll", message.id), now + FLOOD_BATCH_SECONDS
    return replace(message, id=id, thread=id, not_before=not_before, batch_reason=Reason.FLOOD)


def channel_reason(message: Message | None, channel_preferences: ChannelPreferences) -> tuple[Reason, str]:
    """Return `sent` and "" if the channel gets the alert at once, else why not, as a reason and a note."""
    if message is None:
        return Reason.BELOW_SEVERITY, f"accepts {channel_preferences.min_severity} and above"
    if message.batch_reason is Reason.FLOOD:
        return Reason.FLOOD, f"more than {BURST_LIMIT} messages in {BURST_SECONDS:g} s, sent together with others"
    if message.batch_reason is not None and message.not_before is not None:
        due = channel_preferences.format_time(message.not_before)
        return message.batch_reason, f"{message.batch_reason}, due on {due}"
    return Reason.SENT, ""
