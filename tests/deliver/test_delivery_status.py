"""The reason why a delivery waits, for each possible reason."""

from __future__ import annotations

import pytest

from monitor.deliver.delivery_status import BATCH_WAIT_TEXTS, WaitReason, wait_reason
from monitor.model import Reason
from monitor.store.reports.deliveries import DeliveryRow

NOW = 1000.0


def delivery(state: str = "pending", due: float = NOW, **overrides: object) -> DeliveryRow:
    fields = {"attempts": 0, "error": None, "detail": None, "sent_at": None} | overrides
    return DeliveryRow(7, "al-1", "Bridges", "desk", "m1", state, due=due, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "wait"),
    [
        (delivery("sent"), None),
        (delivery("dead", blocked_by=3), None),
        (delivery(), WaitReason("waits its turn: the channel sends one message at a time")),
        (delivery("retrying", NOW + 30), WaitReason("waits for its next try", NOW + 30)),
        (delivery("retrying", NOW - 1), WaitReason("waits its turn: the channel sends one message at a time")),
        (delivery(due=NOW + 60, batch_reason="digest"), WaitReason("waits for the digest", NOW + 60)),
        (
            delivery(due=NOW + 60, batch_reason="quiet hours"),
            WaitReason("waits for the end of quiet hours", NOW + 60),
        ),
        (delivery(due=NOW + 60, batch_reason="flood"), WaitReason(BATCH_WAIT_TEXTS[Reason.FLOOD], NOW + 60)),
        (delivery(blocked_by=3), WaitReason("waits behind delivery 3 of its story")),
        (delivery("retrying", NOW + 30, blocked_by=3), WaitReason("waits behind delivery 3 of its story")),
        (delivery(held_until=NOW + 90), WaitReason("waits for its channel, which was unreachable", NOW + 90)),
        (
            delivery(due=NOW + 99, held_until=NOW + 90),
            WaitReason("waits for its channel, which was unreachable", NOW + 99),
        ),
        (delivery(held_until=NOW - 1), WaitReason("waits its turn: the channel sends one message at a time")),
        (delivery(leased_until=NOW + 5), WaitReason("is being sent")),
        (delivery("retrying", NOW + 30, leased_until=NOW - 5), WaitReason("waits for its next try", NOW + 30)),
    ],
)
def test_wait_reason_says_why_a_delivery_waits_and_until_when(row: DeliveryRow, wait: WaitReason | None) -> None:
    assert wait_reason(row, NOW) == wait


def test_every_batch_reason_has_a_text() -> None:
    assert set(BATCH_WAIT_TEXTS) == {Reason.DIGEST, Reason.QUIET_HOURS, Reason.FLOOD}
