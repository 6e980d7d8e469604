"""Why a delivery has not been sent yet, and until when it waits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from monitor.model import OPEN_DELIVERY_STATES, Moment, Reason

BATCH_WAIT_TEXTS = {
    Reason.DIGEST: "waits for the digest",
    Reason.QUIET_HOURS: "waits for the end of quiet hours",
    Reason.FLOOD: "waits to be combined with other alerts of a burst",
}


class DeliveryStatus(Protocol):
    """The state of a delivery.

    `blocked_by` is the number of the earlier delivery of its story that this channel must send first. `held_until`
    is when an unreachable channel is tried again. `leased_until` is when the lease of the worker that sends it ends.
    """

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
    """Why a delivery waits, and until when; `until` is None if that depends on something other than time."""

    text: str
    until: Moment | None = None


def wait_reason(delivery: DeliveryStatus, now: Moment) -> WaitReason | None:
    """Return why the delivery has not been sent yet, or None if it is sent or dead."""
    if delivery.state not in OPEN_DELIVERY_STATES:
        return None
    if delivery.leased_until is not None and delivery.leased_until > now:
        return WaitReason("is being sent")
    if delivery.blocked_by is not None:
        return WaitReason(f"waits behind delivery {delivery.blocked_by} of its story")
    if delivery.held_until is not None and delivery.held_until > now:
        return WaitReason("waits for its channel, which was unreachable", max(delivery.held_until, delivery.due))
    if delivery.due <= now:
        return WaitReason("waits its turn: the channel sends one message at a time")
    if delivery.batch_reason is not None:
        return WaitReason(BATCH_WAIT_TEXTS[Reason(delivery.batch_reason)], delivery.due)
    text = "waits for its next try" if delivery.state == "retrying" else "waits for its scheduled time"
    return WaitReason(text, delivery.due)
