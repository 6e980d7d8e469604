"""Keeps an alert storm to one good message: what is more than a channel can bear in a burst is told together.

Every alert and match is kept as if it had been told alone; only the messages are fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.decide import made_id
from monitor.model import Decision, Message, Moment, Reason

MOST = 8  # messages that a channel gets in a burst one by one
BURST = 5.0  # seconds
WINDOW = 60.0  # seconds that the message which carries the rest gathers for


@dataclass(frozen=True, slots=True)
class Owed:
    """What a channel was owed of late: how many messages, and the id of one that still gathers alerts."""

    messages: int
    gathering: str | None = None


class Outbox(Protocol):
    """What guarding looks up of the messages owed before."""

    def owed(self, channel: str, since: Moment) -> Owed:
        """What the channel was owed since a moment; it need not count beyond MOST."""


def guarded(messages: Iterable[Message], outbox: Outbox, now: Moment) -> tuple[Message, ...]:
    """The messages, those beyond what their channel can bear as part of one that gathers for a minute."""
    return tuple(gathered(message, outbox.owed(message.channel, now - BURST), now) for message in messages)


def gathered(message: Message, owed: Owed, now: Moment) -> Message:
    """The message as it is, or under the id of the one it is gathered into."""
    if owed.gathering is not None:
        return replace(message, id=owed.gathering)
    if owed.messages < MOST:
        return message
    return replace(message, id=made_id("roll", message.id), due=now + WINDOW)


def named(
    decisions: Sequence[Decision], alone: Sequence[Message], messages: Sequence[Message]
) -> tuple[Decision, ...]:
    """The decisions, with `flood` for the reason where an alert does not go alone to every channel."""
    flooded: dict[str, list[str]] = {}
    for before, after in zip(alone, messages, strict=True):
        for alert in after.alerts if before.id != after.id else ():
            flooded.setdefault(alert.id, []).append(after.channel)
    return tuple(because(d, flooded[d.alert.id]) if d.alert and d.alert.id in flooded else d for d in decisions)


def because(decision: Decision, channels: Sequence[str]) -> Decision:
    """The decision with the flood for its reason."""
    detail = f"more than {MOST} messages in {BURST:g} s to {', '.join(channels)}: told together with others"
    return replace(decision, reason=Reason.FLOOD, detail=f"{detail}; {decision.detail}")
