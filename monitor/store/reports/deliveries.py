"""Pages of deliveries, for commands and the web UI."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Text, and_, case, cast, func, select

from monitor.deliver.headline import alert_headline
from monitor.model import Moment
from monitor.serialize import alert_from_json
from monitor.store import schema
from monitor.store.outbox import is_ahead_of, is_open
from monitor.store.schema import channels, messages
from monitor.store.sql import distinct_names

_message_ahead, _delivery_ahead = messages.alias("ahead"), schema.deliveries.alias("owed_ahead")
BLOCKING_DELIVERY_ID = (
    select(func.min(_delivery_ahead.c.id))
    .join(_message_ahead, _message_ahead.c.id == _delivery_ahead.c.message_id)
    .where(is_ahead_of(_message_ahead))
    .correlate(messages)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One alert for one channel; `state` is pending, sent, retrying or dead.

    `detail` is the receipt of a sent message. For a delivery that is not yet sent or dead: `batch_reason` is why it
    waits for other alerts, `blocked_by` the delivery of its story that this channel sends first, `held_until` when an
    unreachable channel is tried again, and `leased_until` when the lease of the worker that sends it expires.
    """

    id: int
    alert_id: str
    title: str
    channel: str
    message_id: str
    state: str
    attempts: int
    due: Moment
    error: str | None
    detail: str | None
    sent_at: Moment | None
    batch_reason: str | None = None
    headline: str = ""
    blocked_by: int | None = None
    held_until: Moment | None = None
    leased_until: Moment | None = None


def load_delivery_page(
    conn: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    states: Collection[str] | None = None,
    channel: str | None = None,
    alert_id: str | None = None,
) -> list[DeliveryRow]:
    """Return a page of deliveries, newest first."""
    numbers = page_numbers(conn, limit=limit, before=before, states=states, channel=channel, alert_id=alert_id)
    table = schema.deliveries
    query = (
        select(
            table.c.id,
            table.c.alert_id.label("alert"),
            schema.alerts.c.title,
            table.c.channel,
            table.c.message_id.label("message"),
            *(messages.c[name] for name in ("state", "attempts", "due", "error", "detail", "sent_at")),
            case((messages.c.state == "pending", messages.c.gathers)).label("waits"),
            cast(schema.alerts.c.body, Text).label("body"),
            case((is_open(messages.c.state), BLOCKING_DELIVERY_ID)).label("behind"),
            channels.c.held_until,
            messages.c.leased_until,
        )
        .join(messages, messages.c.id == table.c.message_id)
        .join(schema.alerts, schema.alerts.c.id == table.c.alert_id)
        .outerjoin(channels, and_(channels.c.name == messages.c.channel, is_open(messages.c.state)))
        .where(table.c.id.in_(numbers))
        .order_by(table.c.id.desc())
    )
    return [delivery_from_row(row) for row in conn.execute(query).mappings()]


def page_numbers(
    conn: Connection,
    *,
    limit: int,
    before: int | None,
    states: Collection[str] | None,
    channel: str | None,
    alert_id: str | None,
) -> list[int]:
    """Return the numbers of a page of deliveries, newest first."""
    table = schema.deliveries
    query = select(table.c.id).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    if channel is not None:
        query = query.where(table.c.channel == channel)
    if alert_id is not None:
        query = query.where(table.c.alert_id == alert_id)
    if states is not None:
        query = query.join(messages, messages.c.id == table.c.message_id).where(messages.c.state.in_(list(states)))
    if states is None or "sent" in states:
        return list(conn.scalars(query.order_by(table.c.id.desc())))
    # Few messages are unsent. A sum is in no index, so the database finds them first and reads no other deliveries.
    return list(conn.scalars(query.order_by((table.c.id + 0).desc())))


def channel_names(conn: Connection) -> list[str]:
    """Return the channels that messages were made for, in order."""
    return distinct_names(conn, messages.c.channel)


def delivery_from_row(row: RowMapping) -> DeliveryRow:
    return DeliveryRow(
        id=row["id"],
        alert_id=row["alert"],
        title=row["title"],
        channel=row["channel"],
        message_id=row["message"],
        state=row["state"],
        attempts=row["attempts"],
        due=row["due"],
        error=row["error"],
        detail=row["detail"],
        sent_at=row["sent_at"],
        batch_reason=row["waits"],
        headline=stored_headline(row["body"], row["title"]),
        blocked_by=row["behind"],
        held_until=row["held_until"],
        leased_until=row["leased_until"],
    )


def stored_headline(body: str, title: str) -> str:
    """Return the headline of a stored alert; its title if the body cannot be read."""
    try:
        return alert_headline(alert_from_json(json.loads(body)))
    except (KeyError, TypeError, ValueError):
        return title
