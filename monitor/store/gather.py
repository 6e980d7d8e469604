"""The messages that gather alerts until their time has come: a digest, quiet hours, a flood."""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, func, select, update

from monitor.alerts.address import BURST_LIMIT, MessageBatch
from monitor.model import Moment, Reason
from monitor.store.schema import deliveries, messages

SELECT_RECENT_MESSAGES = (
    select(messages.c.created)
    .where(messages.c.channel == bindparam("channel"), messages.c.gathers.is_(None))
    .order_by(messages.c.number.desc())
    .limit(BURST_LIMIT)
)
SELECT_LAST_BATCH = (
    select(messages.c.id, messages.c.created, messages.c.due, messages.c.state, messages.c.attempts)
    .where(messages.c.channel == bindparam("channel"), messages.c.gathers == bindparam("reason"))
    .order_by(messages.c.number.desc())
    .limit(1)
)
IS_UNTRIED = and_(messages.c.state == "pending", messages.c.attempts == 0)


def recent_message_count(conn: Connection, channel: str, since: Moment) -> int:
    """How many of the channel's last MOST messages that went alone came to be since a moment."""
    return sum(created >= since for created in conn.scalars(SELECT_RECENT_MESSAGES, {"channel": channel}))


def last_batch(conn: Connection, channel: str, reason: Reason) -> MessageBatch | None:
    """The channel's last message that gathered for this reason; it is open until it was tried."""
    row = conn.execute(SELECT_LAST_BATCH, {"channel": channel, "reason": reason.value}).first()
    if row is None:
        return None
    is_untried = row.state == "pending" and row.attempts == 0
    return MessageBatch(row.id, row.due if is_untried else row.created, is_untried)


def flush_channel_batches(conn: Connection, channel: str, now: Moment) -> int:
    """Makes what a channel gathers due now, as if its time had come; how many alerts that are."""
    is_not_due = and_(
        IS_UNTRIED, messages.c.channel == channel, messages.c.gathers.is_not(None), messages.c.due > now
    )
    count_query = select(func.count()).select_from(
        deliveries.join(messages, messages.c.id == deliveries.c.message_id)
    )
    delivery_count = conn.scalar(count_query.where(is_not_due)) or 0
    conn.execute(update(messages).where(is_not_due).values(due=now, created=now))
    return delivery_count


def flush_flood_batches(conn: Connection, now: Moment) -> None:
    """What a flood gathered is due now."""
    is_flood_batch = and_(IS_UNTRIED, messages.c.gathers == Reason.FLOOD.value, messages.c.due > now)
    conn.execute(update(messages).where(is_flood_batch).values(due=now))
