"""Split a message that does not fit into one post: the alerts that are left over go into messages that continue it.

A part has an id, tries and a state of its own. It is sent after the message that it continues, in the order of its
number, and before every later message of the thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, Row, bindparam, func, insert, select, tuple_, update

from monitor.alerts.ids import stable_id
from monitor.model import Alert
from monitor.store.schema import deliveries, messages

SplitAlerts: TypeAlias = Callable[[Sequence[Alert]], Sequence[Sequence[Alert]]]  # one group for each post

MOVE_DELIVERIES = (
    update(deliveries)
    .where(
        deliveries.c.message_id == bindparam("_message"),
        deliveries.c.alert_id.in_(bindparam("_alerts", expanding=True)),
    )
    .values(message_id=bindparam("_part"))
)
COUNT_FOLLOWING_ALERTS = (
    select(func.count())
    .select_from(deliveries.join(messages, messages.c.id == deliveries.c.message_id))
    .where(messages.c.continues == bindparam("first"), messages.c.number > bindparam("number"))
)


def queue_position(message: FromClause) -> ColumnElement[Any]:
    """Return the expression by which messages are ordered: by number, and the parts behind what they continue."""
    return tuple_(func.coalesce(message.c.continues, message.c.number), message.c.number)


def split_message(conn: Connection, row: Row[Any], alerts: Sequence[Alert], split: SplitAlerts) -> bool:
    """Move the alerts beyond the first group to messages that continue this one; return whether there are any."""
    _, *rest = split(alerts)
    for group in rest:
        _insert_part(conn, row, [alert.id for alert in group])
    return bool(rest)


def _insert_part(conn: Connection, row: Row[Any], alert_ids: Sequence[str]) -> None:
    part = {
        "id": stable_id("part", row.id, *alert_ids),
        "channel": row.channel,
        "thread": row.thread,
        "created": row.created,
        "state": "pending",
        "attempts": 0,
        "due": row.due,
        "gathers": row.gathers,
        "continues": first_number(row),
    }
    conn.execute(insert(messages).values(part))
    conn.execute(MOVE_DELIVERIES, {"_message": row.id, "_part": part["id"], "_alerts": list(alert_ids)})


def first_number(row: Row[Any]) -> int:
    """Return the number of the message that this one continues, or its own."""
    return int(row.number if row.continues is None else row.continues)


def following_alert_count(conn: Connection, row: Row[Any]) -> int:
    """Return the number of alerts in the parts that come after this message."""
    return conn.scalar(COUNT_FOLLOWING_ALERTS, {"first": first_number(row), "number": row.number}) or 0
