"""Why a delivery waits, in one sentence, for each thing it can wait for."""

from __future__ import annotations

import pytest

from monitor.deliver.delivery_status import BATCH_WAIT_TEXTS, WaitReason, wait_reason
from monitor.model import Reason
from monitor.store.reports.deliveries import DeliveryRow

NOW = 1000.0


def owed(state: str = "pending", due: float = NOW, **other: object) -> DeliveryRow:
    given = {"attempts": 0, "error": None, "detail": None, "sent_at": None} | other
    return DeliveryRow(7, "al-1", "Bridges", "desk", "m1", state, due=due, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "wait"),
    [
        (owed("sent"), None),
        (owed("dead", blocked_by=3), None),
        (owed(), WaitReason("waits its turn: the channel sends one message after the other")),
        (owed("retrying", NOW + 30), WaitReason("waits for its next try", NOW + 30)),
        (owed("retrying", NOW - 1), WaitReason("waits its turn: the channel sends one message after the other")),
        (owed(due=NOW + 60, batch_reason="digest"), WaitReason("waits for the digest", NOW + 60)),
        (
            owed(due=NOW + 60, batch_reason="quiet hours"),
            WaitReason("waits for the end of the quiet hours", NOW + 60),
        ),
        (owed(due=NOW + 60, batch_reason="flood"), WaitReason(BATCH_WAIT_TEXTS[Reason.FLOOD], NOW + 60)),
        (owed(blocked_by=3), WaitReason("waits behind delivery 3 of its story")),
        (owed("retrying", NOW + 30, blocked_by=3), WaitReason("waits behind delivery 3 of its story")),
        (owed(held_until=NOW + 90), WaitReason("waits for its channel, which was out of reach", NOW + 90)),
        (
            owed(due=NOW + 99, held_until=NOW + 90),
            WaitReason("waits for its channel, which was out of reach", NOW + 99),
        ),
        (owed(held_until=NOW - 1), WaitReason("waits its turn: the channel sends one message after the other")),
        (owed(leased_until=NOW + 5), WaitReason("is being sent")),
        (owed("retrying", NOW + 30, leased_until=NOW - 5), WaitReason("waits for its next try", NOW + 30)),
    ],
)
def test_a_delivery_says_what_it_waits_for_and_until_when(row: DeliveryRow, wait: WaitReason | None) -> None:
    assert wait_reason(row, NOW) == wait


def test_all_that_gathers_can_be_said() -> None:
    assert set(BATCH_WAIT_TEXTS) == {Reason.DIGEST, Reason.QUIET_HOURS, Reason.FLOOD}
