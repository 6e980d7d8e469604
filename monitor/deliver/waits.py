"""Why something that is owed has not been sent yet, and when it may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from monitor.model import Moment, Reason

OPEN = ("pending", "retrying")
GATHERS = {
    Reason.DIGEST: "waits for the digest",
    Reason.QUIET_HOURS: "waits for the end of the quiet hours",
    Reason.FLOOD: "waits for what else comes in this burst: too much came at once",
}


class Owed(Protocol):
    """What is known of a delivery: `behind` is the delivery of its story that must go first on this channel,
    `held_until` until when the channel rests because it was out of reach, `leased_until` how long its sender has."""

    @property
    def state(self) -> str: ...
    @property
    def due(self) -> Moment: ...
    @property
    def waits(self) -> str | None: ...
    @property
    def behind(self) -> int | None: ...
    @property
    def held_until(self) -> Moment | None: ...
    @property
    def leased_until(self) -> Moment | None: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a delivery waits; `until` is when it goes on, None where that hangs on something else than time."""

    why: str
    until: Moment | None = None


def wait_of(owed: Owed, now: Moment) -> Wait | None:
    """Why it has not been sent yet; None once it was sent or given up."""
    if owed.state not in OPEN:
        return None
    if owed.leased_until is not None and owed.leased_until > now:
        return Wait("is being sent")
    if owed.behind is not None:
        return Wait(f"waits behind delivery {owed.behind} of its story")
    if owed.held_until is not None and owed.held_until > now:
        return Wait("waits for its channel, which was out of reach", max(owed.held_until, owed.due))
    if owed.due <= now:
        return Wait("waits its turn: the channel sends one message after the other")
    if owed.waits is not None:
        return Wait(GATHERS[Reason(owed.waits)], owed.due)
    return Wait("waits for its next try" if owed.state == "retrying" else "waits for its time", owed.due)
