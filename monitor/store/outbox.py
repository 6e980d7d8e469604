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
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.deliver.payload import alert_from
from monitor.deliver.together import rule_by_rule
from monitor.deliver.waits import OPEN
from monitor.errors import Unreadable
from monitor.model import Alert, Message, Moment, Reason
from monitor.store.families import heard_of
from monitor.store.schema import alerts, channels, deliveries, messages

HEARD_OF = 200  # alerts of a message for which it is looked up who else says so, the most severe

_earlier = messages.alias("earlier")


def is_open(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Is the message neither sent nor dead?"""
    return column.in_(OPEN)


def goes_before(earlier: FromClause) -> ColumnElement[bool]:
    """Is it a message that must be sent or dead before another one of `messages`?"""
    return and_(
        earlier.c.channel == messages.c.channel,
        earlier.c.thread == messages.c.thread,
        earlier.c.number < messages.c.number,
        is_open(earlier.c.state),
        earlier.c.left_to.is_(None),
    )


HEAD = and_(is_open(messages.c.state), ~exists().where(goes_before(_earlier)))
READY = and_(
    HEAD,
    messages.c.due <= bindparam("now"),
    ~exists().where(channels.c.name == messages.c.channel, channels.c.held_until > bindparam("now")),
    or_(messages.c.leased_until.is_(None), messages.c.leased_until <= bindparam("now")),
)
NEXT = (
    select(messages)
    .where(READY, messages.c.channel == bindparam("channel"))
    .order_by(messages.c.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
FIRST = (
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
CARRIED = (
    select(alerts.c.body)
    .join(deliveries, deliveries.c.alert_id == alerts.c.id)
    .where(deliveries.c.message_id == bindparam("message"))
    .order_by(deliveries.c.id)
)
CHANNELS = select(messages.c.channel).distinct().where(READY).order_by(messages.c.channel)
_HOLD = insert(channels)
HOLD = _HOLD.on_conflict_do_update(
    index_elements=[channels.c.name],
    set_={"held_until": _HOLD.excluded.held_until, "settings": _HOLD.excluded.settings},
)


def lease(conn: Connection, channel: str, now: Moment, *, lease: float) -> Message | None:
    """Takes the channel's oldest message that may be tried now, for `lease` seconds; None if there is none.

    Unreadable if what it tells cannot be read.
    """
    row = conn.execute(NEXT, {"channel": channel, "now": now}).first()
    if row is None:
        return None
    attempt = row.attempts + 1
    change(conn, row.id, attempts=attempt, leased_until=now + lease)
    first = conn.execute(FIRST, {"channel": channel, "thread": row.thread}).first()
    return replace(message_of(conn, row), attempt=attempt, first=None if first is None else thread_of(conn, first))


def thread_of(conn: Connection, row: Row[Any]) -> Message | None:
    """The message that a story's thread began with, if it can still be read."""
    try:
        return message_of(conn, row)
    except Unreadable:
        return None


def message_of(conn: Connection, row: Row[Any]) -> Message:
    """A message with its alerts."""
    return Message(
        row.id,
        row.channel,
        row.thread,
        row.created,
        carried(conn, row.id),
        handle=row.handle or "",
        gathers=Reason(row.gathers) if row.gathers else None,
        left_to=None if row.left_to is None else tuple(row.left_to),
    )


def carried(conn: Connection, message_id: str) -> tuple[Alert, ...]:
    """The alerts of a message, rule by rule, the most severe first, with who else says so by now.

    Unreadable if it has none.
    """
    try:
        alerts = rule_by_rule([alert_from(body) for body in conn.scalars(CARRIED, {"message": message_id})])
    except (KeyError, TypeError, ValueError):
        alerts = ()
    if not alerts:
        raise Unreadable(message_id)
    return (*heard_of(conn, alerts[:HEARD_OF]), *alerts[HEARD_OF:])


def release(conn: Connection) -> None:
    """Gives every lease back. Only for the one daemon, as it starts: whoever held them is dead."""
    conn.execute(update(messages).where(is_open(messages.c.state)).values(leased_until=None))


def channels_due(conn: Connection, now: Moment) -> list[str]:
    """The channels that have a message to try now."""
    return list(conn.scalars(CHANNELS, {"now": now}))


def sent(conn: Connection, message_id: str, now: Moment, detail: str, handle: str = "") -> None:
    """The channel took the message; `detail` is its receipt, `handle` its name there if it opened a thread."""
    kept = {"detail": detail, "handle": handle or None}
    change(conn, message_id, state="sent", sent_at=now, error=None, leased_until=None, **kept)


def retrying(conn: Connection, message_id: str, due: Moment, error: str) -> None:
    """The channel did not take the message, which is tried again when due."""
    change(conn, message_id, state="retrying", due=due, error=error, leased_until=None)


def partly(conn: Connection, message_id: str, due: Moment, error: str, left_to: Sequence[str]) -> None:
    """The channel took the message for some recipients; the others are tried again when due."""
    change(conn, message_id, state="retrying", due=due, error=error, leased_until=None, left_to=list(left_to))


def hold(conn: Connection, channel: str, until: Moment, mark: str = "") -> None:
    """Nothing more is tried on the channel before `until`, while its settings bear this mark."""
    conn.execute(HOLD, {"name": channel, "held_until": until, "settings": mark})


def forgive(conn: Connection, marks: Mapping[str, str], now: Moment) -> None:
    """Channels whose settings bear another mark than when they failed are tried at once."""
    for name, mark in conn.execute(select(channels.c.name, channels.c.settings)).all():
        if name in marks and marks[name] != mark:
            let_go(conn, name)
            waiting = update(messages).where(messages.c.channel == name, messages.c.state == "retrying")
            conn.execute(waiting.values(due=now))


def let_go(conn: Connection, channel: str) -> None:
    """The channel is in reach again."""
    conn.execute(delete(channels).where(channels.c.name == channel))


def dead(conn: Connection, message_id: str, error: str, now: Moment) -> None:
    """The message is given up."""
    change(conn, message_id, state="dead", due=now, error=error, leased_until=None)


def requeue(conn: Connection, delivery_id: int, now: Moment) -> bool:
    """Lets the message of a delivery be tried afresh and at once, under its old id; False unless it is dead or waits
    to be tried again.

    It counts as made now: how long it is tried is measured from there. Its channel is tried at once.
    """
    of_delivery = select(deliveries.c.message_id).where(deliveries.c.id == delivery_id)
    let_go(conn, conn.scalar(select(deliveries.c.channel).where(deliveries.c.id == delivery_id)) or "")
    dead = update(messages).where(messages.c.id.in_(of_delivery), messages.c.state.in_(("dead", "retrying")))
    return conn.execute(dead.values(state="pending", attempts=0, created=now, due=now, error=None)).rowcount > 0


def change(conn: Connection, message_id: str, **values: object) -> None:
    """Sets columns of one message."""
    conn.execute(update(messages).where(messages.c.id == message_id).values(**values))
