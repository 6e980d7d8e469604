"""What is owed to the channels: messages are leased, tried, and end as sent or dead.

Within a channel the messages of one story keep their order: one waits until those before it are sent or dead, but not
for recipients who could not be reached while others were. While
a channel is out of reach all of its messages wait, and the oldest is tried first.
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
from monitor.store.schema import alerts, channels, deliveries, messages

MAX_ALERTS_WITH_SOURCES = 200  # alerts of a message for which it is looked up who else says so, the most severe
_earlier_message = messages.alias("earlier")


def is_open(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Is the message neither sent nor dead?"""
    return column.in_(OPEN_DELIVERY_STATES)


def is_ahead_of(earlier: FromClause) -> ColumnElement[bool]:
    """Is it a message that must be sent or dead before another one of `messages`?"""
    return and_(
        earlier.c.channel == messages.c.channel,
        earlier.c.thread == messages.c.thread,
        earlier.c.number < messages.c.number,
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
SELECT_NEXT_MESSAGE = (
    select(messages)
    .where(IS_READY, messages.c.channel == bindparam("channel"))
    .order_by(messages.c.number)
    .limit(1)
    .with_for_update(skip_locked=True)
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
SELECT_DUE_CHANNELS = select(messages.c.channel).distinct().where(IS_READY).order_by(messages.c.channel)
_INSERT_CHANNEL_PAUSE = insert(channels)
UPSERT_CHANNEL_PAUSE = _INSERT_CHANNEL_PAUSE.on_conflict_do_update(
    index_elements=[channels.c.name],
    set_={
        "held_until": _INSERT_CHANNEL_PAUSE.excluded.held_until,
        "settings": _INSERT_CHANNEL_PAUSE.excluded.settings,
    },
)


def lease_message(conn: Connection, channel: str, now: Moment, *, lease_seconds: float) -> Message | None:
    """Takes the channel's oldest message that may be tried now, for `lease` seconds; None if there is none.

    Unreadable if what it tells cannot be read.
    """
    row = conn.execute(SELECT_NEXT_MESSAGE, {"channel": channel, "now": now}).first()
    if row is None:
        return None
    attempt = row.attempts + 1
    update_message(conn, row.id, attempts=attempt, leased_until=now + lease_seconds)
    parent_row = conn.execute(SELECT_THREAD_PARENT, {"channel": channel, "thread": row.thread}).first()
    return replace(
        load_message(conn, row),
        attempt=attempt,
        reply_to=None if parent_row is None else load_thread_parent(conn, parent_row),
    )


def load_thread_parent(conn: Connection, row: Row[Any]) -> Message | None:
    """The message that a story's thread began with, if it can still be read."""
    try:
        return load_message(conn, row)
    except UnreadableMessage:
        return None


def load_message(conn: Connection, row: Row[Any]) -> Message:
    """A message with its alerts."""
    return Message(
        row.id,
        row.channel,
        row.thread,
        row.created,
        load_alerts(conn, row.id),
        thread_ref=row.handle or "",
        batch_reason=Reason(row.gathers) if row.gathers else None,
        remaining_recipients=None if row.left_to is None else tuple(row.left_to),
    )


def load_alerts(conn: Connection, message_id: str) -> tuple[Alert, ...]:
    """The alerts of a message, rule by rule, the most severe first, with who else says so by now.

    Unreadable if it has none.
    """
    try:
        alerts = group_by_rule(
            [alert_from_json(body) for body in conn.scalars(SELECT_ALERT_BODIES, {"message": message_id})]
        )
    except (KeyError, TypeError, ValueError):
        alerts = ()
    if not alerts:
        raise UnreadableMessage(message_id)
    return (*alerts_with_other_sources(conn, alerts[:MAX_ALERTS_WITH_SOURCES]), *alerts[MAX_ALERTS_WITH_SOURCES:])


def release_message_leases(conn: Connection) -> None:
    """Gives every lease back. Only for the one daemon, as it starts: whoever held them is dead."""
    conn.execute(update(messages).where(is_open(messages.c.state)).values(leased_until=None))


def channels_due(conn: Connection, now: Moment) -> list[str]:
    """The channels that have a message to try now."""
    return list(conn.scalars(SELECT_DUE_CHANNELS, {"now": now}))


def mark_sent(conn: Connection, message_id: str, now: Moment, detail: str, handle: str = "") -> None:
    """The channel took the message; `detail` is its receipt, `handle` its name there if it opened a thread."""
    receipt = {"detail": detail, "handle": handle or None}
    update_message(conn, message_id, state="sent", sent_at=now, error=None, leased_until=None, **receipt)


def schedule_retry(conn: Connection, message_id: str, due: Moment, error: str) -> None:
    """The channel did not take the message, which is tried again when due."""
    update_message(conn, message_id, state="retrying", due=due, error=error, leased_until=None)


def mark_partial(
    conn: Connection, message_id: str, due: Moment, error: str, remaining_recipients: Sequence[str]
) -> None:
    """The channel took the message for some recipients; the others are tried again when due."""
    update_message(
        conn,
        message_id,
        state="retrying",
        due=due,
        error=error,
        leased_until=None,
        left_to=list(remaining_recipients),
    )


def pause_channel(conn: Connection, channel: str, until: Moment, fingerprint: str = "") -> None:
    """Nothing more is tried on the channel before `until`, while its settings bear this mark."""
    conn.execute(UPSERT_CHANNEL_PAUSE, {"name": channel, "held_until": until, "settings": fingerprint})


def resume_changed_channels(conn: Connection, fingerprints: Mapping[str, str], now: Moment) -> None:
    """Channels whose settings bear another mark than when they failed are tried at once."""
    for name, fingerprint in conn.execute(select(channels.c.name, channels.c.settings)).all():
        if name in fingerprints and fingerprints[name] != fingerprint:
            resume_channel(conn, name)
            retries = update(messages).where(messages.c.channel == name, messages.c.state == "retrying")
            conn.execute(retries.values(due=now))


def resume_channel(conn: Connection, channel: str) -> None:
    """The channel is in reach again."""
    conn.execute(delete(channels).where(channels.c.name == channel))


def mark_dead(conn: Connection, message_id: str, error: str, now: Moment) -> None:
    """The message is given up."""
    update_message(conn, message_id, state="dead", due=now, error=error, leased_until=None)


def requeue(conn: Connection, delivery_id: int, now: Moment) -> bool:
    """Lets the message of a delivery be tried afresh and at once, under its old id; False unless it is dead or waits
    to be tried again.

    It counts as made now: how long it is tried is measured from there. Its channel is tried at once.
    """
    message_id_query = select(deliveries.c.message_id).where(deliveries.c.id == delivery_id)
    resume_channel(conn, conn.scalar(select(deliveries.c.channel).where(deliveries.c.id == delivery_id)) or "")
    requeued = update(messages).where(messages.c.id.in_(message_id_query), messages.c.state.in_(("dead", "retrying")))
    return conn.execute(requeued.values(state="pending", attempts=0, created=now, due=now, error=None)).rowcount > 0


def update_message(conn: Connection, message_id: str, **values: object) -> None:
    """Sets columns of one message."""
    conn.execute(update(messages).where(messages.c.id == message_id).values(**values))


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
