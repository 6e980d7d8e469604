"""Why something that is owed has not been sent yet, and when it may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from monitor.model import OPEN_DELIVERY_STATES, Moment, Reason

BATCH_WAIT_TEXTS = {
    Reason.DIGEST: "waits for the digest",
    Reason.QUIET_HOURS: "waits for the end of the quiet hours",
    Reason.FLOOD: "waits for what else comes in this burst: too much came at once",
}


class DeliveryStatus(Protocol):
    """What is known of a delivery: `behind` is the delivery of its story that must go first on this channel,
    `held_until` until when the channel rests because it was out of reach, `leased_until` how long its sender has."""

    @property
    def state(self) -> str: ...
    @property
    def due(self) -> Moment: ...
    @property
    def batch_reason(self) -> str | None: ...
    @property
    def blocked_by(self) -> int | None: ...
    @property
    def held_until(self) -> Moment | None: ...
    @property
    def leased_until(self) -> Moment | None: ...


@dataclass(frozen=True, slots=True)
class WaitReason:
    """Why a delivery waits; `until` is when it goes on, None where that hangs on something else than time."""

    text: str
    until: Moment | None = None


def wait_reason(delivery: DeliveryStatus, now: Moment) -> WaitReason | None:
    """Why it has not been sent yet; None once it was sent or given up."""
    if delivery.state not in OPEN_DELIVERY_STATES:
        return None
    if delivery.leased_until is not None and delivery.leased_until > now:
        return WaitReason("is being sent")
    if delivery.blocked_by is not None:
        return WaitReason(f"waits behind delivery {delivery.blocked_by} of its story")
    if delivery.held_until is not None and delivery.held_until > now:
        return WaitReason("waits for its channel, which was out of reach", max(delivery.held_until, delivery.due))
    if delivery.due <= now:
        return WaitReason("waits its turn: the channel sends one message after the other")
    if delivery.batch_reason is not None:
        return WaitReason(BATCH_WAIT_TEXTS[Reason(delivery.batch_reason)], delivery.due)
    return WaitReason(
        "waits for its next try" if delivery.state == "retrying" else "waits for its time", delivery.due
    )
