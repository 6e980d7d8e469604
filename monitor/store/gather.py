"""The messages that gather alerts until their time has come: a digest, quiet hours, a flood."""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, func, select, update

from monitor.alerts.address import MOST, Gathered
from monitor.model import Moment, Reason
from monitor.store.schema import deliveries, messages

LATELY = (
    select(messages.c.created)
    .where(messages.c.channel == bindparam("channel"), messages.c.gathers.is_(None))
    .order_by(messages.c.number.desc())
    .limit(MOST)
)
LAST = (
    select(messages.c.id, messages.c.created, messages.c.due, messages.c.state, messages.c.attempts)
    .where(messages.c.channel == bindparam("channel"), messages.c.gathers == bindparam("reason"))
    .order_by(messages.c.number.desc())
    .limit(1)
)
UNTRIED = and_(messages.c.state == "pending", messages.c.attempts == 0)


def lately(conn: Connection, channel: str, since: Moment) -> int:
    """How many of the channel's last MOST messages that went alone came to be since a moment."""
    return sum(created >= since for created in conn.scalars(LATELY, {"channel": channel}))


def gathered(conn: Connection, channel: str, reason: Reason) -> Gathered | None:
    """The channel's last message that gathered for this reason; it is open until it was tried."""
    row = conn.execute(LAST, {"channel": channel, "reason": reason.value}).first()
    if row is None:
        return None
    untried = row.state == "pending" and row.attempts == 0
    return Gathered(row.id, row.due if untried else row.created, untried)


def let_out(conn: Connection, channel: str, now: Moment) -> int:
    """Makes what a channel gathers due now, as if its time had come; how many alerts that are."""
    early = and_(UNTRIED, messages.c.channel == channel, messages.c.gathers.is_not(None), messages.c.due > now)
    count = select(func.count()).select_from(deliveries.join(messages, messages.c.id == deliveries.c.message_id))
    found = conn.scalar(count.where(early)) or 0
    conn.execute(update(messages).where(early).values(due=now, created=now))
    return found


def gather_no_more(conn: Connection, now: Moment) -> None:
    """What a flood gathered is due now."""
    flood = and_(UNTRIED, messages.c.gathers == Reason.FLOOD.value, messages.c.due > now)
    conn.execute(update(messages).where(flood).values(due=now))
