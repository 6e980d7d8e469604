"""Listings for people and programs: alerts, deliveries, one update explained, the ledger, and counts.

Long listings are pages: newest first, `before` takes the number of the last row seen.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Text, and_, case, cast, func, select

from monitor.deliver.headline import news_of
from monitor.deliver.payload import alert_from
from monitor.deliver.waits import OPEN
from monitor.model import Alert, Finding, Match, Moment, Reason, Said, Update
from monitor.store import index, notices, schema
from monitor.store.codec import finding_from, match_from, update_from
from monitor.store.families import heard_of
from monitor.store.ledger import SAID
from monitor.store.outbox import goes_before, is_open
from monitor.store.refusal import refusal
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
MOST_COUNTED = 20_000  # alerts: a page is not to wait for the count of a storm
MOST = 500  # claims that hold all terms, of which a page is shown

_ahead, _owed_ahead = messages.alias("ahead"), schema.deliveries.alias("owed_ahead")
BEHIND = (
    select(func.min(_owed_ahead.c.id))
    .join(_ahead, _ahead.c.id == _owed_ahead.c.message_id)
    .where(goes_before(_ahead))
    .correlate(messages)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in the order of committing, and the update that caused it."""

    number: int
    alert: Alert
    update: int | None


@dataclass(frozen=True, slots=True)
class Lately:
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
    alert: str
    title: str
    channel: str
    message: str
    state: str
    attempts: int
    due: Moment
    error: str | None
    detail: str | None
    sent_at: Moment | None
    waits: str | None = None
    headline: str = ""
    behind: int | None = None
    held_until: Moment | None = None
    leased_until: Moment | None = None


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match with what became of it."""

    match: Match
    reason: Reason
    detail: str
    alert: str | None
    opens: Moment | None
    at: Moment


@dataclass(frozen=True, slots=True)
class Explained:
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
    said: Said
    sayings: int
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
    held: int
    last_poll: Moment | None
    next_poll: Moment | None
    oldest_owed: Moment | None
    decided_today: dict[str, int]
    rules_refused_at: Moment | None = None
    rules_refused: tuple[str, ...] = ()
    notices: dict[str, int] = field(default_factory=dict)


def alerts(
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
    return alert_rows(conn, query)


def lately(conn: Connection, since: Moment, most: int = MOST_COUNTED) -> list[Lately]:
    """How many alerts since a moment, `most` and the newest of them, each rule gave of each story and source."""
    told = schema.alerts
    newest = select(told.c.rule, told.c.story, told.c.update_id).where(told.c.at >= since)
    recent = newest.order_by(told.c.number.desc()).limit(most).subquery()
    named = (recent.c.rule, recent.c.story, entries.c.source)
    came = recent.join(updates, updates.c.id == recent.c.update_id).join(entries, entries.c.id == updates.c.entry_id)
    rows = conn.execute(select(*named, func.count()).select_from(came).group_by(*named))
    return [Lately(*row) for row in rows]


def alert(conn: Connection, alert_id: str) -> AlertRow | None:
    """One alert by its id."""
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).where(table.c.id == alert_id)
    return next(iter(alert_rows(conn, query)), None)


def alert_rows(conn: Connection, query: Select[Any]) -> list[AlertRow]:
    """The alerts of a query for their numbers, bodies and updates, with who else says so by now."""
    rows = conn.execute(query).all()
    told = heard_of(conn, [alert_from(row.body) for row in rows])
    return [AlertRow(row.number, alert, row.update_id) for row, alert in zip(rows, told, strict=True)]


def deliveries(
    conn: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    states: Collection[str] | None = None,
    channel: str | None = None,
    alert: str | None = None,
) -> list[DeliveryRow]:
    """A page of deliveries, newest first."""
    owed = schema.deliveries
    query = (
        select(
            owed.c.id,
            owed.c.alert_id.label("alert"),
            schema.alerts.c.title,
            owed.c.channel,
            owed.c.message_id.label("message"),
            *(messages.c[name] for name in ("state", "attempts", "due", "error", "detail", "sent_at")),
            case((messages.c.state == "pending", messages.c.gathers)).label("waits"),
            cast(schema.alerts.c.body, Text).label("body"),
            case((is_open(messages.c.state), BEHIND)).label("behind"),
            channels.c.held_until,
            messages.c.leased_until,
        )
        .join(messages, messages.c.id == owed.c.message_id)
        .join(schema.alerts, schema.alerts.c.id == owed.c.alert_id)
        .outerjoin(channels, and_(channels.c.name == messages.c.channel, is_open(messages.c.state)))
        .order_by(owed.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(owed.c.id < before)
    if states is not None:
        query = query.where(messages.c.state.in_(list(states)))
    if channel is not None:
        query = query.where(owed.c.channel == channel)
    if alert is not None:
        query = query.where(owed.c.alert_id == alert)
    return [delivery_of(row) for row in conn.execute(query).mappings()]


def delivery_of(row: RowMapping) -> DeliveryRow:
    """A row of that query as a delivery."""
    return DeliveryRow(
        id=row["id"],
        alert=row["alert"],
        title=row["title"],
        channel=row["channel"],
        message=row["message"],
        state=row["state"],
        attempts=row["attempts"],
        due=row["due"],
        error=row["error"],
        detail=row["detail"],
        sent_at=row["sent_at"],
        waits=row["waits"],
        headline=news(row["body"], row["title"]),
        behind=row["behind"],
        held_until=row["held_until"],
        leased_until=row["leased_until"],
    )


def news(body: str, title: str) -> str:
    """The headline of a stored alert; its title if that cannot be read any more."""
    try:
        return news_of(alert_from(json.loads(body)))
    except (KeyError, TypeError, ValueError):
        return title


def explain(conn: Connection, number: int) -> Explained | None:
    """One update by its number, with its findings and every decision."""
    query = (
        select(updates, entries.c.source, entries.c.key)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(updates.c.id == number)
    )
    row = conn.execute(query).first()
    if row is None:
        return None
    found = conn.execute(select(findings).where(findings.c.update_id == number).order_by(findings.c.position))
    decided = conn.execute(select(matches).where(matches.c.update_id == number).order_by(matches.c.id))
    return Explained(
        number,
        update_from(row),
        row.story,
        tuple(finding_from(finding) for finding in found),
        tuple(
            MatchRow(match_from(match), Reason(match.reason), match.detail, match.alert_id, match.opens, match.at)
            for match in decided
        ),
    )


def ledger(
    conn: Connection, *, terms: Sequence[str] = (), limit: int = 50, before: int | None = None
) -> list[ClaimRow]:
    """A page of claims, newest first; with `terms` (as the index has them) only those that hold all of them."""
    query = select(claims.c.id, claims.c.sayings, claims.c.last_at).order_by(claims.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(claims.c.id < before)
    if terms:
        query = query.where(claims.c.id.in_(holding_all(conn, {hash64(term) for term in terms}, before)[:MOST]))
    found = {row.id: row for row in conn.execute(query)}
    said = conn.execute(SAID, {"claims": list(found), "since": float("-inf")}) if found else ()
    first: dict[int, Said] = {}
    for id, *saying in said:
        first.setdefault(id, Said(*saying))
    return [ClaimRow(id, first[id], row.sayings, row.last_at) for id, row in found.items() if id in first]


def holding_all(conn: Connection, terms: Collection[int], before: int | None) -> list[int]:
    """The claims that hold every one of these hashed terms, newest first, of those numbered below `before`."""
    counts = index.holders(conn, index.CLAIMS, terms)
    held = index.holding(conn, index.CLAIMS, counts, max(counts.values(), default=0))
    common = set.intersection(*map(set, held.values())) if held.keys() == set(terms) else set()
    return sorted((id for id in common if before is None or id < before), reverse=True)


def status(conn: Connection, now: Moment) -> Status:
    """How things stand at `now`."""
    refused_at, refused = refusal(conn)
    return Status(
        sources=by_state(conn, sources.c.state, sources.c.configured),
        notices=notices.counted(conn),
        messages=by_state(conn, messages.c.state, messages.c.state.is_not(None)),
        entries=count(conn, entries.c.id),
        updates=count(conn, updates.c.id),
        claims=count(conn, claims.c.id),
        stories=count(conn, stories.c.id),
        alerts=count(conn, schema.alerts.c.number),
        alerts_today=count(conn, schema.alerts.c.number, schema.alerts.c.at >= now - DAY),
        held=count(conn, matches.c.id, matches.c.waiting.is_not(None)),
        last_poll=conn.scalar(select(func.max(sources.c.last_poll)).where(sources.c.configured)),
        next_poll=conn.scalar(select(func.min(sources.c.next_poll)).where(sources.c.configured)),
        oldest_owed=conn.scalar(
            select(func.min(messages.c.created)).where(messages.c.state.in_(OPEN), messages.c.created <= now)
        ),
        decided_today=by_state(conn, matches.c.reason, matches.c.at >= now - DAY),
        rules_refused_at=refused_at,
        rules_refused=refused,
    )


def by_state(conn: Connection, state: ColumnElement[str], wanted: ColumnElement[bool]) -> dict[str, int]:
    """How many rows are in each state."""
    rows = conn.execute(select(state, func.count()).where(wanted).group_by(state))
    return dict(rows.all())


def count(conn: Connection, column: ColumnElement[int], *wanted: ColumnElement[bool]) -> int:
    """How many rows there are."""
    return int(conn.execute(select(func.count(column)).where(*wanted)).scalar_one())
