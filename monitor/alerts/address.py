"""Puts alerts into messages: to which channels each goes, at once or gathered with others, and why.

A channel is told at once unless it asked for a digest, is in its quiet hours, or gets more than it can bear in a
burst. What waits is gathered into one message that is sent when its time has come. Every alert and match is kept as
if it had been told alone; only the messages are fewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.ids import made_id, message
from monitor.alerts.wishes import Wish
from monitor.model import Alert, Decision, Message, Moment, Reason, Release

MOST = 8  # messages that a channel gets in a burst one by one
BURST = 5.0  # seconds
WINDOW = 60.0  # seconds that the message which carries the rest gathers for
ANY = Wish()

Notify = Mapping[str, Sequence[str]]
Wishes = Mapping[str, Wish]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The last message of a channel that gathered alerts for a reason, and for when; `open` if it still gathers."""

    id: str
    due: Moment
    open: bool


class Outbox(Protocol):
    """What addressing looks up of the messages owed before."""

    def lately(self, channel: str, since: Moment) -> int:
        """How many messages the channel was owed since a moment; it need not count beyond MOST."""

    def gathered(self, channel: str, reason: Reason) -> Gathered | None:
        """The channel's last message that gathered for this reason."""


def addressed(
    alerts: Sequence[Alert], notify: Notify, wishes: Wishes, outbox: Outbox, now: Moment
) -> tuple[Message, ...]:
    """One message a channel for what it is told at once, and one for what waits. `notify` gives each rule's channels.

    A message that joins one which gathers has that one's id.
    """
    owed: dict[str, list[Alert]] = {}
    for alert in alerts:
        for channel in notify.get(alert.rule, ()):
            if wishes.get(channel, ANY).takes(alert):
                owed.setdefault(channel, []).append(alert)
    return tuple(
        sent
        for channel, those in owed.items()
        for sent in parted(channel, those, wishes.get(channel, ANY), outbox, now)
    )


def parted(channel: str, alerts: Sequence[Alert], wish: Wish, outbox: Outbox, now: Moment) -> Iterator[Message]:
    """What goes at once, then what waits."""
    reason = wish.waits_for(now)
    later = [alert for alert in alerts if reason and not wish.hurries(alert)]
    waits = gathering(message(channel, later, now), reason, wish, outbox, now) if reason and later else None
    if waits is not None:
        yield waits
    if prompt := [alert for alert in alerts if waits is None or alert not in later]:
        yield few(message(channel, prompt, now), outbox, now)


def gathering(message: Message, reason: Reason, wish: Wish, outbox: Outbox, now: Moment) -> Message | None:
    """The message as part of the one that gathers; None if the time that it would wait for has come.

    A poll may take longer than its slot is away: what was sent meanwhile is never opened again.
    """
    last = outbox.gathered(message.channel, reason)
    if last is not None and last.open:
        return replace(message, id=last.id, due=last.due, gathers=reason)
    due = wish.opens(now if last is None else max(now, last.due))
    if due is None:
        return None
    # A slot has a second message if the first was let go before its time.
    id = made_id("roll", message.channel, reason, str(due), *([last.id] if last else []))
    return replace(message, id=id, thread=id, created=due, due=due, gathers=reason)


def few(message: Message, outbox: Outbox, now: Moment) -> Message:
    """The message as it is, or in a burst as part of one that gathers for a minute."""
    last = outbox.gathered(message.channel, Reason.FLOOD)
    if last is not None and last.open:
        return replace(message, id=last.id, due=last.due, gathers=Reason.FLOOD)
    if outbox.lately(message.channel, now - BURST) < MOST:
        return message
    return replace(message, id=made_id("roll", message.id), due=now + WINDOW, gathers=Reason.FLOOD)


def decisions_named(
    decisions: Sequence[Decision], messages: Sequence[Message], notify: Notify, wishes: Wishes
) -> tuple[Decision, ...]:
    """The decisions with what became of their alerts on each channel. One that still waits keeps its reason."""
    told = ((d, fate(d.alert, messages, notify, wishes)) if d.alert else (d, None) for d in decisions)
    return tuple(
        replace(d, reason=d.reason if d.waiting else f[0], detail="; ".join((d.detail, *f[1]))) if f else d
        for d, f in told
    )


def releases_named(
    released: Sequence[Release], messages: Sequence[Message], notify: Notify, wishes: Wishes
) -> tuple[Release, ...]:
    """The same for what was held before."""
    told = ((r, fate(r.alert, messages, notify, wishes)) for r in released)
    return tuple(replace(r, reason=f[0], detail="; ".join((r.detail, *f[1]))) for r, f in told)


def fate(alert: Alert, messages: Sequence[Message], notify: Notify, wishes: Wishes) -> tuple[Reason, list[str]]:
    """`sent` if a channel is told at once, else why none is; with a sentence for each channel that is not."""
    carrying = {m.channel: m for m in messages if any(one.id == alert.id for one in m.alerts)}
    reasons, said = [], []
    for channel in notify.get(alert.rule, ()):
        reason, why = waiting(carrying.get(channel), wishes.get(channel, ANY))
        reasons.append(reason)
        if why:
            said.append(f"{channel}: {why}")
    return (Reason.SENT if Reason.SENT in reasons or not reasons else reasons[0]), said


def waiting(message: Message | None, wish: Wish) -> tuple[Reason, str]:
    """Why a channel is not told at once; "" if it is."""
    if message is None:
        return Reason.SEVERITY, f"it takes what is {wish.severity} or more severe"
    if message.gathers is Reason.FLOOD:
        return Reason.FLOOD, f"more than {MOST} messages in {BURST:g} s, told together with others"
    if message.gathers is not None and message.due is not None:
        return message.gathers, f"{message.gathers}, told on {wish.clock(message.due)}"
    return Reason.SENT, ""
