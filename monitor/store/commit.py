"""Commits an assessed update in the caller's transaction: findings, decisions, alerts and messages.

The ledger's part is in `ledger_write`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.alerts.absence import name_match
from monitor.alerts.dedup import dedup_keys
from monitor.alerts.held import ReleasedMatches
from monitor.model import Alert, Decision, Message, Moment, Reason
from monitor.serialize import alert_to_json
from monitor.store import absences, alert_words, counts, schema, story_vectors
from monitor.store.alert_updates import save_changed_alert, withdraw_untried
from monitor.store.ledger import text_hash
from monitor.store.ledger_write import update_ledger
from monitor.store.rows import FINDING_KEYS, finding_row, match_columns
from monitor.store.schema import awaited, deliveries, entries, findings, matches, messages, stories, updates
from monitor.store.sql import execute_many, insert_rows, storable_text
from monitor.store.story_vectors import NewEntryVector

if TYPE_CHECKING:
    from monitor.assess import Assessment

_INSERT_ENTRY = insert(entries)
UPSERT_ENTRY = _INSERT_ENTRY.on_conflict_do_update(
    index_elements=[entries.c.source, entries.c.key],
    set_={name: _INSERT_ENTRY.excluded[name] for name in ("title", "url", "published", "content_hash", "last_seen")},
).returning(entries.c.source, entries.c.key, entries.c.id)
INSERT_UPDATE = insert(updates).returning(updates.c.entry_id, updates.c.id)
_INSERT_STORY = insert(stories)
UPSERT_STORY = _INSERT_STORY.on_conflict_do_update(
    index_elements=[stories.c.id], set_={"last_at": _INSERT_STORY.excluded.last_at}
)
INSERT_FINDING = insert(findings)
INSERT_MATCH = insert(matches).returning(matches.c.id)
INSERT_AWAITED = insert(awaited).on_conflict_do_nothing()
INSERT_ALERT = insert(schema.alerts).on_conflict_do_nothing().returning(schema.alerts.c.number)
INSERT_ALERTED_CLAIM = insert(schema.told).on_conflict_do_nothing()
INSERT_MESSAGE = insert(messages).on_conflict_do_nothing()
INSERT_DELIVERY = insert(deliveries).on_conflict_do_nothing()
UPDATE_RESOLVED_MATCHES = (
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
DELETE_AWAITED = delete(awaited).where(awaited.c.match_id.in_(bindparam("_matches", expanding=True)))


class AssessedEntry(NamedTuple):
    """An assessment at a moment. The entry's next version is detected by a `content_hash` other than this one."""

    assessment: Assessment
    content_hash: str
    now: Moment


def commit_assessment(conn: Connection, assessment: Assessment, *, content_hash: str, now: Moment) -> None:
    """Store the assessment of one entry."""
    commit_assessments(conn, [AssessedEntry(assessment, content_hash, now)])


def commit_assessments(conn: Connection, batch: Sequence[AssessedEntry]) -> None:
    """Store assessments of different entries. None may depend on another one of them."""
    assessments = [assessment for assessment, *_ in batch]
    entry_ids = upsert_entries(conn, batch)
    update_ids = insert_updates(conn, batch, entry_ids)
    upsert_stories(conn, batch)
    recorded = list(zip(assessments, entry_ids, strict=True))
    story_vectors.save_story_vectors(
        conn, [NewEntryVector(a.story_vector, a.story, entry_id, a.update.at) for a, entry_id in recorded]
    )
    claim_ids = update_ledger(conn, recorded)
    insert_findings(conn, assessments, update_ids)
    for (assessment, _, now), update_id in zip(batch, update_ids, strict=True):
        for decision in assessment.decisions:
            insert_decision(conn, decision, update_id, claim_ids, now)
            if decision.reason is Reason.PRESENT:
                claim = assessment.findings[decision.match.finding_indexes[0]].claim.text
                absences.mark_present(conn, decision.match.rule, name_match(claim, assessment.update.source), now)
        for change in assessment.changed_alerts:
            save_changed_alert(conn, change.alert)
        commit_releases(conn, assessment.released, assessment.messages, now)


def commit_releases(
    conn: Connection, releases: Sequence[ReleasedMatches], messages: Sequence[Message], now: Moment
) -> None:
    """Store the alerts of released matches, and enqueue messages.

    An unconfirmed alert that waits in a message is replaced by the one that confirms it.
    """
    for release in releases:
        resolve_pending(conn, release, now)
    for message in messages:
        enqueue(conn, message)
    for release in releases:
        for message in messages:
            if release.alert.confirms and release.alert.id in {alert.id for alert in message.alerts}:
                withdraw_untried(conn, release.alert.confirms, message.channel)


def upsert_entries(conn: Connection, batch: Sequence[AssessedEntry]) -> list[int]:
    """Insert or update the entries; return their row ids."""
    rows = [
        {
            "source": assessment.update.source,
            "key": assessment.update.entry,
            "title": assessment.update.title,
            "url": assessment.update.url,
            "published": assessment.update.published,
            "content_hash": content_hash,
            "first_seen": now,
            "last_seen": now,
        }
        for assessment, content_hash, now in batch
    ]
    ids = {(source, key): id for source, key, id in conn.execute(UPSERT_ENTRY, rows)}
    return [ids[storable_text(a.update.source), storable_text(a.update.entry)] for a, *_ in batch]


def insert_updates(conn: Connection, batch: Sequence[AssessedEntry], entry_ids: Sequence[int]) -> list[int]:
    """Insert the updates of different entries; return their row ids."""
    rows = [
        {
            "entry_id": entry_id,
            "at": assessment.update.at,
            "recorded_at": now,
            "title": assessment.update.title,
            "url": assessment.update.url,
            "author": assessment.update.author,
            "tags": list(assessment.update.tags),
            "published": assessment.update.published,
            "text": assessment.update.text,
            "story": assessment.story,
            "content_hash": content_hash,
        }
        for (assessment, content_hash, now), entry_id in zip(batch, entry_ids, strict=True)
    ]
    id_by_entry: dict[int, int] = dict(conn.execute(INSERT_UPDATE, rows).all())
    return [id_by_entry[entry_id] for entry_id in entry_ids]


def insert_findings(conn: Connection, assessments: Sequence[Assessment], update_ids: Sequence[int]) -> None:
    rows = [
        finding_row(finding, update_id, position)
        for assessment, update_id in zip(assessments, update_ids, strict=True)
        for position, finding in enumerate(assessment.findings)
    ]
    insert_rows(conn, INSERT_FINDING, FINDING_KEYS, rows)


def upsert_stories(conn: Connection, batch: Sequence[AssessedEntry]) -> None:
    """Insert the stories that updates open and extend the others; a story keeps the lead claim that opened it."""
    leads: dict[str, tuple[str, Moment]] = {}
    for assessment, _, now in batch:
        leads.setdefault(assessment.story, (assessment.update.title, now))
        for finding in assessment.findings:
            leads.setdefault(finding.story, (finding.claim.text, now))
    conn.execute(
        UPSERT_STORY,
        [{"id": id, "lead": lead, "opened_at": now, "last_at": now} for id, (lead, now) in leads.items()],
    )


def insert_decision(
    conn: Connection, decision: Decision, update_id: int, claim_ids: dict[int, int], now: Moment
) -> None:
    """Insert a match with its decision, and the alert if there is one."""
    if decision.alert:
        insert_alert(conn, decision.alert, update_id)
    values = {
        **match_columns(decision.match),
        "update_id": update_id,
        "reason": decision.reason.value,
        "detail": decision.detail,
        "alert_id": decision.alert and decision.alert.id,
        "waiting": decision.pending_alert and alert_to_json(decision.pending_alert),
        "opens": decision.throttled_until,
        "counts_for": decision.count_key if decision.reason is Reason.COUNTED else None,
        "at": now,
    }
    if decision.counted_since is not None and (counted_alert := decision.alert or decision.pending_alert):
        upsert_alert_story(conn, counted_alert, now)
        counts.use_up_count(conn, decision)
    match_id = conn.execute(INSERT_MATCH, values).scalar_one()
    if decision.reason is Reason.COUNTED and decision.pending_alert:
        mark_claims_alerted(conn, decision.pending_alert)
    if decision.reason is Reason.AWAITING_CORROBORATION and decision.pending_alert:
        hashes = alert_claim_hashes(decision.pending_alert)
        rows = [{"claim_id": claim_ids[key], "match_id": match_id} for key in hashes if key in claim_ids]
        execute_many(conn, INSERT_AWAITED, rows)


def insert_alert(conn: Connection, alert: Alert, update_id: int | None) -> None:
    """Insert an alert, make it searchable, and mark its claims as alerted by its rule."""
    values: dict[str, Any] = {
        "id": alert.id,
        "rule": alert.rule,
        "story": alert.story,
        "severity": alert.severity.value,
        "title": alert.title,
        "at": alert.at,
        "update_id": update_id,
        "body": alert_to_json(alert),
    }
    number = conn.scalar(INSERT_ALERT, values)
    if number is not None:
        alert_words.save_alert_words(conn, number, values["body"])
    mark_claims_alerted(conn, alert)


def mark_claims_alerted(conn: Connection, alert: Alert) -> None:
    """Mark the claims of an alert as alerted by its rule."""
    story_hashes = {(story, text_hash(text)) for story, text in dedup_keys(alert)}
    rows = [{"rule": alert.rule, "story": story, "text_hash": key} for story, key in story_hashes]
    execute_many(conn, INSERT_ALERTED_CLAIM, rows)


def alert_claim_hashes(alert: Alert) -> list[int]:
    """Return the distinct text hashes of the alert's findings."""
    return list({text_hash(finding.claim) for finding in alert.findings})


def resolve_pending(conn: Connection, release: ReleasedMatches, now: Moment) -> None:
    """Replace held matches by the alert that releases them."""
    update_id_query = select(matches.c.update_id).where(matches.c.id == min(release.match_ids))
    insert_alert(conn, release.alert, conn.scalar(update_id_query))
    match_ids = list(release.match_ids)
    resolution = {"_reason": release.reason.value, "_detail": release.detail, "_alert": release.alert.id}
    conn.execute(UPDATE_RESOLVED_MATCHES, {"_matches": match_ids, **resolution})
    conn.execute(DELETE_AWAITED, {"_matches": match_ids})


def enqueue(conn: Connection, message: Message) -> None:
    """Insert a message with a delivery for each alert; an existing batch message of that id gets the deliveries."""
    values = {
        "id": message.id,
        "channel": message.channel,
        "thread": message.thread,
        "created": message.created,
        "state": "pending",
        "attempts": 0,
        "due": message.created if message.not_before is None else message.not_before,
        "gathers": message.batch_reason and message.batch_reason.value,
        "revised": message.update and alert_to_json(message.update),
    }
    conn.execute(INSERT_MESSAGE, values)
    delivery_rows = [
        {"alert_id": alert.id, "channel": message.channel, "message_id": message.id} for alert in message.alerts
    ]
    execute_many(conn, INSERT_DELIVERY, delivery_rows)


def commit_absence_alerts(
    conn: Connection, absence_alerts: Sequence[Alert], messages: Sequence[Message], now: Moment
) -> None:
    """Store alerts about the absence of matches with their stories, and enqueue their messages."""
    for alert in absence_alerts:
        insert_alert(conn, alert, None)
        upsert_alert_story(conn, alert, now)
    absences.mark_absence_alerted(conn, [alert.rule for alert in absence_alerts], now)
    commit_releases(conn, (), messages, now)


def upsert_alert_story(conn: Connection, alert: Alert, now: Moment) -> None:
    """Store the story that a rule's alerts have of their own."""
    conn.execute(UPSERT_STORY, {"id": alert.story, "lead": alert.title, "opened_at": now, "last_at": now})


def enqueue_notices(conn: Connection, messages: Sequence[Message]) -> None:
    """Enqueue messages whose alerts come from no update; messages that were enqueued before are skipped."""
    for message in messages:
        for alert in message.alerts:
            insert_alert(conn, alert, None)
        enqueue(conn, message)
