"""Alerts that later news changes: which were sent, their new state, and those that a confirmed alert replaces."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, exists, select, update

from monitor.model import Alert
from monitor.serialize import alert_from_json, alert_to_json
from monitor.store.alert_words import save_alert_words
from monitor.store.outbox import IS_UNTRIED
from monitor.store.schema import alerts, deliveries, messages

MAX_ALERTS_CHANGED = 20  # latest alerts of the stories of an update that it may change


def sent_alert(conn: Connection, alert_ids: Sequence[str], channel: str) -> str | None:
    """Return the first of these alerts that the channel was sent, or will be: a send of it has been tried."""
    query = (
        select(deliveries.c.alert_id)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .where(deliveries.c.alert_id.in_(alert_ids), deliveries.c.channel == channel)
        .where(messages.c.revised.is_(None), messages.c.state != "dead", ~IS_UNTRIED)
    )
    sent = set(conn.scalars(query))
    return next((id for id in alert_ids if id in sent), None)


def alerts_of_stories(conn: Connection, rules: Collection[str], stories: Collection[str]) -> list[Alert]:
    """Return the latest alerts of these rules on these stories, newest first."""
    is_about = (alerts.c.rule.in_(rules), alerts.c.story.in_(stories))
    query = select(alerts.c.body).where(*is_about).order_by(alerts.c.number.desc()).limit(MAX_ALERTS_CHANGED)
    return [alert_from_json(body) for body in conn.scalars(query)]


def save_changed_alert(conn: Connection, alert: Alert) -> None:
    """Store the new state of an alert."""
    body = alert_to_json(alert)
    change = update(alerts).where(alerts.c.id == alert.id).values(body=body).returning(alerts.c.number)
    number = conn.scalar(change)
    if number is not None:
        save_alert_words(conn, number, body)


def withdraw_untried(conn: Connection, alert_ids: Collection[str], channel: str) -> None:
    """Remove deliveries of these alerts that were never tried, and the messages that have no other alerts."""
    carriers = select(deliveries.c.message_id).where(
        deliveries.c.alert_id.in_(alert_ids), deliveries.c.channel == channel
    )
    untried = conn.scalars(select(messages.c.id).where(messages.c.id.in_(carriers), IS_UNTRIED)).all()
    conn.execute(delete(deliveries).where(deliveries.c.message_id.in_(untried), deliveries.c.alert_id.in_(alert_ids)))
    is_empty = ~exists().where(deliveries.c.message_id == messages.c.id)
    conn.execute(delete(messages).where(messages.c.id.in_(untried), messages.c.revised.is_(None), is_empty))
