"""The outbox: messages are leased, tried, and end as sent or dead; channels are paused; batches are flushed.

The messages of one channel and story (thread) are sent in order: a message waits until the earlier ones are sent or
dead, or have been accepted for some of their recipients. While a channel is paused all of its messages wait, and the
oldest is tried first afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.alerts.ids import group_by_rule
from monitor.alerts.routing import BURST_LIMIT, MessageBatch
from monitor.errors import UnreadableMessage
from monitor.model import OPEN_DELIVERY_STATES, Alert, Message, Moment, Reason
from monitor.serialize import alert_from_json
from monitor.store.corroboration import alerts_with_other_sources
from monitor.store.message_parts import SplitAlerts, following_alert_count, queue_position, split_message
from monitor.store.schema import alerts, channels, deliveries, messages

MAX_ALERTS_WITH_SOURCES = 200  # most severe alerts of a message for which other sources are looked up
_earlier_message = messages.alias("earlier")


def is_open(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a message is neither sent nor dead."""
    return column.in_(OPEN_DELIVERY_STATES)


def is_ahead_of(earlier: FromClause) -> ColumnElement[bool]:
    """Return the condition that a message must be sent or dead before another one of `messages` is tried."""
    return and_(
        earlier.c.channel == messages.c.channel,
        earlier.c.thread == messages.c.thread,
        queue_position(earlier) < queue_position(messages),
        is_open(earlier.c.state),
        earlier.c.left_to.is_(None),
    )


IS_HEAD = and_(is_open(messages.c.state), ~exists().where(is_ahead_of(_earlier_message)))
IS_READY = and_(
    IS_HEAD,
    messages.c.due <= bindparam("now"),
    ~exists().where(channels.c.name == messages.c.channel, channels.c.held_until > bindparam("now")),
    or_(messages.c.leased_until.is_(None), messages.c.leased_until <= bindparam("now")),
)
IS_UNTRIED = and_(messages.c.state == "pending", messages.c.attempts == 0)
SELECT_NEXT_MESSAGE = (
    select(messages)
    .where(IS_READY, messages.c.channel == bindparam("channel"))
    .order_by(*queue_position(messages))
    .limit(1)
    .with_for_update(skip_locked=True)
)
SELECT_DUE_CHANNELS = select(messages.c.channel).distinct().where(IS_READY).order_by(messages.c.channel)
SELECT_OLDEST_READY = (
    select(messages.c.channel, func.min(messages.c.due), func.max(messages.c.leased_until))
    .where(IS_READY)
    .group_by(messages.c.channel)
)
SELECT_THREAD_PARENT = (
    select(messages)
    .where(
        messages.c.state == "sent",
        messages.c.channel == bindparam("channel"),
        messages.c.thread == bindparam("thread"),
        messages.c.handle.is_not(None),
    )
    .order_by(messages.c.number.desc())
    .limit(1)
)
SELECT_ALERT_BODIES = (
    select(alerts.c.body)
    .join(deliveries, deliveries.c.alert_id == alerts.c.id)
    .where(deliveries.c.message_id == bindparam("message"))
    .order_by(deliveries.c.id)
)
_INSERT_CHANNEL_PAUSE = insert(channels)
UPSERT_CHANNEL_PAUSE = _INSERT_CHANNEL_PAUSE.on_conflict_do_update(
    index_elements=[channels.c.name],
    set_={name: _INSERT_CHANNEL_PAUSE.excluded[name] for name in ("held_until", "settings")},
)
SELECT_RECENT_MESSAGES = (
    select(messages.c.created)
    .where(messages.c.channel == bindparam("channel"), messages.c.gathers.is_(None), messages.c.continues.is_(None))
    .order_by(messages.c.number.desc())
    .limit(BURST_LIMIT)
)
SELECT_LAST_BATCH = (
    select(messages.c.id, messages.c.created, messages.c.due, messages.c.state, messages.c.attempts)
    .where(
        messages.c.channel == bindparam("channel"),
        messages.c.gathers == bindparam("reason"),
        messages.c.continues.is_(None),
    )
    .order_by(messages.c.number.desc())
    .limit(1)
)

# Leasing and loading messages


def channels_due(conn: Connection, now: Moment) -> list[str]:
    """Return the channels that have a message to try now."""
    return list(conn.scalars(SELECT_DUE_CHANNELS, {"now": now}))


def oldest_ready(conn: Connection, now: Moment) -> dict[str, tuple[Moment, bool]]:
    """Return since when each channel has a message to try, and whether the lease of one has expired."""
    rows = conn.execute(SELECT_OLDEST_READY, {"now": now})
    return {channel: (due, expired is not None) for channel, due, expired in rows}


def lease_message(
    conn: Connection,
    channel: str,
    now: Moment,
    *,
    lease_seconds: float,
    split: SplitAlerts | None = None,
    worker: str = "",
) -> Message | None:
    """Lease the channel's oldest message that may be tried now; None if there is none.

    If `split` divides its alerts into several groups, the message keeps the first one, and the others are queued
    behind it. Raises UnreadableMessage if the stored message cannot be read.
    """
    row = conn.execute(SELECT_NEXT_MESSAGE, {"channel": channel, "now": now}).first()
    if row is None:
        return None
    attempt = row.attempts + 1
    update_message(conn, row.id, attempts=attempt, leased_until=now + lease_seconds, leased_by=worker)
    message = load_message(conn, row)
    if split is not None:
        if split_message(conn, row, message.alerts, split):
            message = load_message(conn, row)
        message = replace(message, following_alerts=following_alert_count(conn, row))
    parent_row = conn.execute(SELECT_THREAD_PARENT, {"channel": channel, "thread": row.thread}).first()
    return replace(
        message,
        attempt=attempt,
        reply_to=None if parent_row is None else load_thread_parent(conn, parent_row),
    )


def load_thread_parent(conn: Connection, row: Row[Any]) -> Message | None:
    """Return the message that opened the thread; None if it cannot be read any more."""
    try:
        return load_message(conn, row)
    except UnreadableMessage:
        return None


def load_message(conn: Connection, row: Row[Any]) -> Message:
    """Return a message with its alerts. Raises UnreadableMessage."""
    alerts = load_alerts(conn, row.id, [row.revised] if row.revised else None)
    return Message(
        row.id,
        row.channel,
        row.thread,
        row.created,
        alerts,
        thread_ref=row.handle or "",
        batch_reason=Reason(row.gathers) if row.gathers else None,
        remaining_recipients=None if row.left_to is None else tuple(row.left_to),
        update=alerts[0] if row.revised else None,
    )


def load_alerts(
    conn: Connection, message_id: str, bodies: Sequence[dict[str, Any]] | None = None
) -> tuple[Alert, ...]:
    """Return the alerts of a message by rule, the most severe first, with the other sources that confirm them by now.

    `bodies` are those of an update, None for the alerts that are delivered. Raises UnreadableMessage if there are
    none or they cannot be read.
    """
    try:
        alerts = group_by_rule(
            [alert_from_json(body) for body in bodies or conn.scalars(SELECT_ALERT_BODIES, {"message": message_id})]
        )
    except (KeyError, TypeError, ValueError):
        alerts = ()
    if not alerts:
        raise UnreadableMessage(message_id)
    return (*alerts_with_other_sources(conn, alerts[:MAX_ALERTS_WITH_SOURCES]), *alerts[MAX_ALERTS_WITH_SOURCES:])


# Results of an attempt


def mark_sent(conn: Connection, message_id: str, now: Moment, detail: str, handle: str = "") -> None:
    """Mark a message as sent. `detail` is the receipt, `handle` the service's id for it if it opened a thread."""
    receipt = {"detail": detail, "handle": handle or None}
    update_message(conn, message_id, state="sent", sent_at=now, error=None, leased_until=None, **receipt)


def mark_partial(
    conn: Connection, message_id: str, due: Moment, error: str, remaining_recipients: Sequence[str]
) -> None:
    """Schedule a retry of a message for the recipients that have not received it."""
    left_to = list(remaining_recipients)
    update_message(conn, message_id, state="retrying", due=due, error=error, leased_until=None, left_to=left_to)


def schedule_retry(conn: Connection, message_id: str, due: Moment, error: str) -> None:
    """Schedule a retry of a message that was not accepted."""
    update_message(conn, message_id, state="retrying", due=due, error=error, leased_until=None)


def mark_dead(conn: Connection, message_id: str, error: str, now: Moment) -> None:
    """Mark a message as dead: it is not retried automatically."""
    update_message(conn, message_id, state="dead", due=now, error=error, leased_until=None)


def requeue(conn: Connection, delivery_id: int, now: Moment) -> bool:
    """Make the message of a delivery pending and due now, under its old id; False unless it is dead or retrying.

    Its creation time becomes `now`, from which the retry period counts, and its channel is resumed.
    """
    message_id_query = select(deliveries.c.message_id).where(deliveries.c.id == delivery_id)
    resume_channel(conn, conn.scalar(select(deliveries.c.channel).where(deliveries.c.id == delivery_id)) or "")
    requeued = update(messages).where(messages.c.id.in_(message_id_query), messages.c.state.in_(("dead", "retrying")))
    return conn.execute(requeued.values(state="pending", attempts=0, created=now, due=now, error=None)).rowcount > 0


def update_message(conn: Connection, message_id: str, **values: object) -> None:
    conn.execute(update(messages).where(messages.c.id == message_id).values(**values))


# Paused channels


def pause_channel(conn: Connection, channel: str, until: Moment, fingerprint: str = "") -> None:
    """Send nothing to the channel before `until`. `fingerprint` is the hash of its settings now."""
    conn.execute(UPSERT_CHANNEL_PAUSE, {"name": channel, "held_until": until, "settings": fingerprint})


def resume_channel(conn: Connection, channel: str) -> None:
    """End the pause of a channel, if any."""
    conn.execute(delete(channels).where(channels.c.name == channel))


def resume_changed_channels(conn: Connection, fingerprints: Mapping[str, str], now: Moment) -> None:
    """Resume the paused channels whose settings have changed since, and make their retries due now."""
    for name, fingerprint in conn.execute(select(channels.c.name, channels.c.settings)).all():
        if name in fingerprints and fingerprints[name] != fingerprint:
            resume_channel(conn, name)
            retries = update(messages).where(messages.c.channel == name, messages.c.state == "retrying")
            conn.execute(retries.values(due=now))


# Bursts and batches


def recent_message_count(conn: Connection, channel: str, begin: Moment, end: Moment) -> int:
    """Count those of the channel's last BURST_LIMIT messages that were created in a time, without batches."""
    return sum(begin <= created <= end for created in conn.scalars(SELECT_RECENT_MESSAGES, {"channel": channel}))


def last_batch(conn: Connection, channel: str, reason: Reason) -> MessageBatch | None:
    """Return the channel's last batch message for this reason; it is open until it was tried."""
    row = conn.execute(SELECT_LAST_BATCH, {"channel": channel, "reason": reason.value}).first()
    if row is None:
        return None
    is_untried = row.state == "pending" and row.attempts == 0
    return MessageBatch(row.id, row.due if is_untried else row.created, is_untried)


def flush_channel_batches(conn: Connection, channel: str, now: Moment) -> int:
    """Make the untried batches of a channel due now; return how many alerts they have."""
    is_not_due = and_(
        IS_UNTRIED, messages.c.channel == channel, messages.c.gathers.is_not(None), messages.c.due > now
    )
    message_of_delivery = deliveries.join(messages, messages.c.id == deliveries.c.message_id)
    count_query = select(func.count()).select_from(message_of_delivery).where(is_not_due)
    delivery_count = conn.scalar(count_query) or 0
    conn.execute(update(messages).where(is_not_due).values(due=now, created=now))
    return delivery_count


def flush_flood_batches(conn: Connection, now: Moment) -> None:
    """Make the untried flood batches of all channels due now."""
    is_flood_batch = and_(IS_UNTRIED, messages.c.gathers == Reason.FLOOD.value, messages.c.due > now)
    conn.execute(update(messages).where(is_flood_batch).values(due=now))
