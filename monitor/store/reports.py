"""Listings for people and programs: alerts, deliveries, one update explained, the ledger, and counts.

Long listings are pages: newest first, `before` takes the number of the last row seen.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Text, and_, case, cast, func, select

from monitor.deliver.headline import alert_headline
from monitor.deliver.payload import alert_from_json
from monitor.deliver.waits import OPEN_DELIVERY_STATES
from monitor.model import Alert, Finding, Match, Moment, PriorClaim, Reason, Update
from monitor.store import index, notices, schema
from monitor.store.codec import finding_from_row, match_from_row, update_from_row
from monitor.store.families import alerts_with_other_sources
from monitor.store.ledger import SELECT_SAYINGS_SINCE
from monitor.store.outbox import is_ahead_of, is_open
from monitor.store.refusal import load_rules_refusal
from monitor.store.schema import (
    channels,
    claims,
    entries,
    findings,
    matches,
    messages,
    sources,
    stories,
    updates,
)
from monitor.text.key import hash64

DAY = 86400.0
MAX_COUNTED_ALERTS = 20_000  # alerts: a page is not to wait for the count of a storm
MAX_MATCHING_CLAIMS = 500  # claims that hold all terms, of which a page is shown

_message_ahead, _delivery_ahead = messages.alias("ahead"), schema.deliveries.alias("owed_ahead")
BLOCKING_DELIVERY_ID = (
    select(func.min(_delivery_ahead.c.id))
    .join(_message_ahead, _message_ahead.c.id == _delivery_ahead.c.message_id)
    .where(is_ahead_of(_message_ahead))
    .correlate(messages)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in the order of committing, and the update that caused it."""

    number: int
    alert: Alert
    update_id: int | None


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How many alerts a rule gave of a story and a source."""

    rule: str
    story: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One alert owed to one channel: pending, sent, retrying or dead. `headline` is its news, `detail` the receipt of
    what was sent. Of one that is still owed: `waits` says why it was not due at once, `behind` is the delivery of its
    story that goes before it on this channel, `held_until` is when a channel that was out of reach is tried again,
    and `leased_until` until when somebody sends it."""

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


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match with what became of it."""

    match: Match
    reason: Reason
    detail: str
    alert_id: str | None
    throttled_until: Moment | None
    at: Moment


@dataclass(frozen=True, slots=True)
class UpdateExplanation:
    """One update with all that it brought."""

    number: int
    update: Update
    story: str
    findings: tuple[Finding, ...]
    matches: tuple[MatchRow, ...]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim of the ledger by its earliest saying, and how many entries have said it."""

    number: int
    earliest: PriorClaim
    saying_count: int
    last_at: Moment


@dataclass(frozen=True, slots=True)
class Status:
    """Counts: sources and messages by state, rows kept, and the moments that tell whether all goes on.

    `decided_today` counts the matches of the last 24 hours by what became of them. `rules_refused` says what is wrong
    with rules on disk that the daemon would not take up; `notices` counts those that stand, by kind.
    """

    sources: dict[str, int]
    messages: dict[str, int]
    entries: int
    updates: int
    claims: int
    stories: int
    alerts: int
    alerts_today: int
    pending_matches: int
    last_poll: Moment | None
    next_poll: Moment | None
    oldest_owed: Moment | None
    decided_today: dict[str, int]
    rules_refused_at: Moment | None = None
    rules_refused: tuple[str, ...] = ()
    notices: dict[str, int] = field(default_factory=dict)


def load_alert_page(
    conn: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    rule: str | None = None,
    story: str | None = None,
    since: Moment | None = None,
) -> list[AlertRow]:
    """A page of alerts, newest first."""
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).order_by(table.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.number < before)
    if rule is not None:
        query = query.where(table.c.rule == rule)
    if story is not None:
        query = query.where(table.c.story == story)
    if since is not None:
        query = query.where(table.c.at >= since)
    return load_alert_rows(conn, query)


def recent_alert_counts(conn: Connection, since: Moment, limit: int = MAX_COUNTED_ALERTS) -> list[AlertCount]:
    """How many alerts since a moment, `most` and the newest of them, each rule gave of each story and source."""
    alert_table = schema.alerts
    newest = select(alert_table.c.rule, alert_table.c.story, alert_table.c.update_id).where(alert_table.c.at >= since)
    recent = newest.order_by(alert_table.c.number.desc()).limit(limit).subquery()
    group_columns = (recent.c.rule, recent.c.story, entries.c.source)
    from_sources = recent.join(updates, updates.c.id == recent.c.update_id).join(
        entries, entries.c.id == updates.c.entry_id
    )
    rows = conn.execute(select(*group_columns, func.count()).select_from(from_sources).group_by(*group_columns))
    return [AlertCount(*row) for row in rows]


def find_alert(conn: Connection, alert_id: str) -> AlertRow | None:
    """One alert by its id."""
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).where(table.c.id == alert_id)
    return next(iter(load_alert_rows(conn, query)), None)


def load_alert_rows(conn: Connection, query: Select[Any]) -> list[AlertRow]:
    """The alerts of a query for their numbers, bodies and updates, with who else says so by now."""
    rows = conn.execute(query).all()
    refreshed = alerts_with_other_sources(conn, [alert_from_json(row.body) for row in rows])
    return [AlertRow(row.number, alert, row.update_id) for row, alert in zip(rows, refreshed, strict=True)]


def load_delivery_page(
    conn: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    states: Collection[str] | None = None,
    channel: str | None = None,
    alert_id: str | None = None,
) -> list[DeliveryRow]:
    """A page of deliveries, newest first."""
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
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(table.c.id < before)
    if states is not None:
        query = query.where(messages.c.state.in_(list(states)))
    if channel is not None:
        query = query.where(table.c.channel == channel)
    if alert_id is not None:
        query = query.where(table.c.alert_id == alert_id)
    return [delivery_from_row(row) for row in conn.execute(query).mappings()]


def delivery_from_row(row: RowMapping) -> DeliveryRow:
    """A row of that query as a delivery."""
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
    """The headline of a stored alert; its title if that cannot be read any more."""
    try:
        return alert_headline(alert_from_json(json.loads(body)))
    except (KeyError, TypeError, ValueError):
        return title


def explain_update(conn: Connection, number: int) -> UpdateExplanation | None:
    """One update by its number, with its findings and every decision."""
    query = (
        select(updates, entries.c.source, entries.c.key)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(updates.c.id == number)
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    finding_rows = conn.execute(select(findings).where(findings.c.update_id == number).order_by(findings.c.position))
    match_rows = conn.execute(select(matches).where(matches.c.update_id == number).order_by(matches.c.id))
    return UpdateExplanation(
        number,
        update_from_row(row),
        row.story,
        tuple(finding_from_row(finding) for finding in finding_rows),
        tuple(
            MatchRow(match_from_row(match), Reason(match.reason), match.detail, match.alert_id, match.opens, match.at)
            for match in match_rows
        ),
    )


def load_claim_page(
    conn: Connection, *, terms: Sequence[str] = (), limit: int = 50, before: int | None = None
) -> list[ClaimRow]:
    """A page of claims, newest first; with `terms` (as the index has them) only those that hold all of them."""
    query = select(claims.c.id, claims.c.sayings, claims.c.last_at).order_by(claims.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(claims.c.id < before)
    if terms:
        query = query.where(
            claims.c.id.in_(
                claims_with_all_terms(conn, {hash64(term) for term in terms}, before)[:MAX_MATCHING_CLAIMS]
            )
        )
    rows_by_claim = {row.id: row for row in conn.execute(query)}
    saying_rows = (
        conn.execute(SELECT_SAYINGS_SINCE, {"claims": list(rows_by_claim), "since": float("-inf")})
        if rows_by_claim
        else ()
    )
    earliest_by_claim: dict[int, PriorClaim] = {}
    for id, *columns in saying_rows:
        earliest_by_claim.setdefault(id, PriorClaim(*columns))
    return [
        ClaimRow(id, earliest_by_claim[id], row.sayings, row.last_at)
        for id, row in rows_by_claim.items()
        if id in earliest_by_claim
    ]


def claims_with_all_terms(conn: Connection, terms: Collection[int], before: int | None) -> list[int]:
    """The claims that hold every one of these hashed terms, newest first, of those numbered below `before`."""
    frequencies = index.document_frequencies(conn, index.CLAIM_INDEX, terms)
    rows_by_term = index.find_postings(conn, index.CLAIM_INDEX, frequencies, max(frequencies.values(), default=0))
    common = set.intersection(*map(set, rows_by_term.values())) if rows_by_term.keys() == set(terms) else set()
    return sorted((id for id in common if before is None or id < before), reverse=True)


def load_status(conn: Connection, now: Moment) -> Status:
    """How things stand at `now`."""
    refused_at, refusal_problems = load_rules_refusal(conn)
    return Status(
        sources=count_by_state(conn, sources.c.state, sources.c.configured),
        notices=notices.visible_notice_counts(conn),
        messages=count_by_state(conn, messages.c.state, messages.c.state.is_not(None)),
        entries=count_rows(conn, entries.c.id),
        updates=count_rows(conn, updates.c.id),
        claims=count_rows(conn, claims.c.id),
        stories=count_rows(conn, stories.c.id),
        alerts=count_rows(conn, schema.alerts.c.number),
        alerts_today=count_rows(conn, schema.alerts.c.number, schema.alerts.c.at >= now - DAY),
        pending_matches=count_rows(conn, matches.c.id, matches.c.waiting.is_not(None)),
        last_poll=conn.scalar(select(func.max(sources.c.last_poll)).where(sources.c.configured)),
        next_poll=conn.scalar(select(func.min(sources.c.next_poll)).where(sources.c.configured)),
        oldest_owed=conn.scalar(
            select(func.min(messages.c.created)).where(
                messages.c.state.in_(OPEN_DELIVERY_STATES), messages.c.created <= now
            )
        ),
        decided_today=count_by_state(conn, matches.c.reason, matches.c.at >= now - DAY),
        rules_refused_at=refused_at,
        rules_refused=refusal_problems,
    )


def count_by_state(conn: Connection, state: ColumnElement[str], condition: ColumnElement[bool]) -> dict[str, int]:
    """How many rows are in each state."""
    rows = conn.execute(select(state, func.count()).where(condition).group_by(state))
    return dict(rows.all())


def count_rows(conn: Connection, column: ColumnElement[int], *conditions: ColumnElement[bool]) -> int:
    """How many rows there are."""
    return int(conn.execute(select(func.count(column)).where(*conditions)).scalar_one())
