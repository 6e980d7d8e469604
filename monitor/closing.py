"""Commits what a poll came to, and in the same transaction owes the operator what it gives cause to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitor.alerts.address import addressed
from monitor.alerts.upkeep import alerts_of, carried_on
from monitor.assess import Listening
from monitor.model import Alert
from monitor.store import notices
from monitor.store.known import Known
from monitor.store.record import tell
from monitor.store.sources import PollOutcome, record_poll, record_polls

if TYPE_CHECKING:
    from sqlalchemy import Connection


def close_poll(conn: Connection, source: str, outcome: PollOutcome, listening: Listening) -> list[Alert]:
    """Keeps the source's next state and its notices; the alerts of those that are told now."""
    record_poll(conn, source, outcome)
    before = notices.of_source(conn, source)
    found = carried_on(before, outcome.causes, failures=outcome.failures, now=outcome.at)
    notices.keep(conn, source, found)
    told = alerts_of(source, found, outcome.at)
    known = Known(conn, since=outcome.at)
    tell(conn, addressed(told, listening.notify, listening.wishes, known, outcome.at))
    return told


def close_still(conn: Connection, outcomes: Mapping[str, PollOutcome], listening: Listening) -> None:
    """Keeps what many polls came to, by source, that found nothing changed and give no cause to tell anything."""
    record_polls(conn, outcomes)
    for source in notices.standing_of(conn, outcomes):
        close_poll(conn, source, outcomes[source], listening)
