"""Commits what an update brought, all in the caller's transaction: findings, decisions, alerts and what is owed.

What the ledger learns of it is in `learn`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.alerts.decide import told_by
from monitor.deliver.payload import alert_data
from monitor.model import Alert, Decision, Message, Moment, Reason, Release, Update
from monitor.store import gists, schema
from monitor.store.codec import finding_row, match_json
from monitor.store.learn import learn
from monitor.store.ledger import text_hash
from monitor.store.schema import awaited, deliveries, entries, findings, matches, messages, stories, updates
from monitor.store.types import execute_many

if TYPE_CHECKING:
    from monitor.assess import Assessment

_ENTRY = insert(entries)
ENTRY = _ENTRY.on_conflict_do_update(
    index_elements=[entries.c.source, entries.c.key],
    set_={name: _ENTRY.excluded[name] for name in ("title", "url", "published", "content_hash", "last_seen")},
).returning(entries.c.id)
UPDATE = insert(updates).returning(updates.c.id)
_STORY = insert(stories)
STORY = _STORY.on_conflict_do_update(index_elements=[stories.c.id], set_={"last_at": _STORY.excluded.last_at})
FINDING = insert(findings)
MATCH = insert(matches).returning(matches.c.id)
AWAIT = insert(awaited).on_conflict_do_nothing()
ALERT = insert(schema.alerts).on_conflict_do_nothing()
TOLD = insert(schema.told).on_conflict_do_nothing()
MESSAGE = insert(messages).on_conflict_do_nothing()
DELIVERY = insert(deliveries).on_conflict_do_nothing()
SETTLE = (
    update(matches)
    .where(matches.c.id.in_(bindparam("_matches", expanding=True)))
    .values(
        reason=bindparam("_reason"),
        detail=bindparam("_detail"),
        alert_id=bindparam("_alert"),
        waiting=None,
        opens=None,
    )
)
UNAWAIT = delete(awaited).where(awaited.c.match_id.in_(bindparam("_matches", expanding=True)))


def record(conn: Connection, assessment: Assessment, *, content_hash: str, now: Moment) -> None:
    """Keeps an update with all that it brought. `content_hash` tells its entry's next version from this one."""
    entry_id = keep_entry(conn, assessment.update, content_hash, now)
    update_id = keep_update(conn, assessment.update, assessment.story, entry_id, content_hash, now)
    keep_stories(conn, assessment, now)
    gists.keep(conn, assessment.gist, assessment.story, entry_id, assessment.update.at)
    claim_ids = learn(conn, assessment, entry_id)
    if assessment.findings:
        conn.execute(FINDING, [finding_row(f, update_id, i) for i, f in enumerate(assessment.findings)])
    for decision in assessment.decisions:
        keep_decision(conn, decision, update_id, claim_ids, now)
    record_releases(conn, assessment.released, assessment.messages, now)


def record_releases(conn: Connection, released: Sequence[Release], messages: Sequence[Message], now: Moment) -> None:
    """Keeps the alerts of matches that were let go of, and the messages owed."""
    for release in released:
        settle(conn, release, now)
    for message in messages:
        owe(conn, message)


def keep_entry(conn: Connection, update: Update, content_hash: str, now: Moment) -> int:
    """The entry's row, made or brought up to date."""
    values = {
        "source": update.source,
        "key": update.entry,
        "title": update.title,
        "url": update.url,
        "published": update.published,
        "content_hash": content_hash,
        "first_seen": now,
        "last_seen": now,
    }
    return int(conn.execute(ENTRY, values).scalar_one())


def keep_update(conn: Connection, update: Update, story: str, entry_id: int, content_hash: str, now: Moment) -> int:
    """The new row of this version."""
    values = {
        "entry_id": entry_id,
        "at": update.at,
        "recorded_at": now,
        "title": update.title,
        "url": update.url,
        "author": update.author,
        "tags": list(update.tags),
        "published": update.published,
        "text": update.text,
        "story": story,
        "content_hash": content_hash,
    }
    return int(conn.execute(UPDATE, values).scalar_one())


def keep_stories(conn: Connection, assessment: Assessment, now: Moment) -> None:
    """The stories that the update opens or goes on with; a story is led by the claim that opened it."""
    leads = {assessment.story: assessment.update.title}
    for finding in assessment.findings:
        leads.setdefault(finding.story, finding.claim.text)
    conn.execute(STORY, [{"id": id, "lead": lead, "opened_at": now, "last_at": now} for id, lead in leads.items()])


def keep_decision(
    conn: Connection, decision: Decision, update_id: int, claim_ids: dict[int, int], now: Moment
) -> None:
    """A match with what became of it, and its alert if people are told."""
    if decision.alert:
        keep_alert(conn, decision.alert, update_id)
    values = {
        **match_json(decision.match),
        "update_id": update_id,
        "reason": decision.reason.value,
        "detail": decision.detail,
        "alert_id": decision.alert and decision.alert.id,
        "waiting": decision.waiting and alert_data(decision.waiting),
        "opens": decision.opens,
        "at": now,
    }
    match_id = conn.execute(MATCH, values).scalar_one()
    if decision.reason is Reason.CORROBORATION and decision.waiting:
        hashes = hashes_of(decision.waiting)
        rows = [{"claim_id": claim_ids[key], "match_id": match_id} for key in hashes if key in claim_ids]
        execute_many(conn, AWAIT, rows)


def keep_alert(conn: Connection, alert: Alert, update_id: int | None) -> None:
    """The alert, and which claims its rule has told of by it."""
    values = {
        "id": alert.id,
        "rule": alert.rule,
        "story": alert.story,
        "severity": alert.severity.value,
        "title": alert.title,
        "at": alert.at,
        "update_id": update_id,
        "body": alert_data(alert),
    }
    conn.execute(ALERT, values)
    keys = {(story, text_hash(text)) for story, text in told_by(alert)}
    told = [{"rule": alert.rule, "story": story, "text_hash": key} for story, key in keys]
    execute_many(conn, TOLD, told)


def hashes_of(alert: Alert) -> list[int]:
    """The hashes of the claims that an alert tells of."""
    return list({text_hash(finding.claim) for finding in alert.findings})


def settle(conn: Connection, release: Release, now: Moment) -> None:
    """Held matches become an alert."""
    first = select(matches.c.update_id).where(matches.c.id == min(release.matches))
    keep_alert(conn, release.alert, conn.scalar(first))
    held = list(release.matches)
    told = {"_reason": release.reason.value, "_detail": release.detail, "_alert": release.alert.id}
    conn.execute(SETTLE, {"_matches": held, **told})
    conn.execute(UNAWAIT, {"_matches": held})


def owe(conn: Connection, message: Message) -> None:
    """A message with a delivery for each alert it carries; one of that id that gathers gets the deliveries."""
    values = {
        "id": message.id,
        "channel": message.channel,
        "thread": message.thread,
        "created": message.created,
        "state": "pending",
        "attempts": 0,
        "due": message.created if message.due is None else message.due,
        "gathers": message.gathers and message.gathers.value,
    }
    conn.execute(MESSAGE, values)
    owed = [{"alert_id": a.id, "channel": message.channel, "message_id": message.id} for a in message.alerts]
    execute_many(conn, DELIVERY, owed)


def tell(conn: Connection, messages: Sequence[Message]) -> None:
    """Owes messages whose alerts come from no update; one that was owed before is not owed again."""
    for message in messages:
        for alert in message.alerts:
            keep_alert(conn, alert, None)
        owe(conn, message)
