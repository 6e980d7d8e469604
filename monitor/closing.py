"""Commits what a poll came to, and in the same transaction owes the operator what it gives cause to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitor.alerts.address import route
from monitor.alerts.upkeep import notice_alerts, update_notices
from monitor.assess import Policy
from monitor.model import Alert
from monitor.store import notices
from monitor.store.known import StoredHistory
from monitor.store.record import enqueue_notices
from monitor.store.sources import PollResult, record_poll, record_polls

if TYPE_CHECKING:
    from sqlalchemy import Connection


def commit_poll(conn: Connection, source: str, outcome: PollResult, policy: Policy) -> list[Alert]:
    """Keeps the source's next state and its notices; the alerts of those that are told now."""
    record_poll(conn, source, outcome)
    previous = notices.load_notices(conn, source)
    updated = update_notices(previous, outcome.issues, failures=outcome.failures, now=outcome.polled_at)
    notices.save_notices(conn, source, updated)
    alerts = notice_alerts(source, updated, outcome.polled_at)
    stored_history = StoredHistory(conn, since=outcome.polled_at)
    enqueue_notices(
        conn, route(alerts, policy.channels_by_rule, policy.preferences, stored_history, outcome.polled_at)
    )
    return alerts


def commit_unchanged_polls(conn: Connection, outcomes: Mapping[str, PollResult], policy: Policy) -> None:
    """Keeps what many polls came to, by source, that found nothing changed and give no cause to tell anything."""
    record_polls(conn, outcomes)
    for source in notices.sources_with_notices(conn, outcomes):
        commit_poll(conn, source, outcomes[source], policy)
