"""A database with many alerts and generated 21-word claims, and a config with its sources and rules."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ledger import claims as generated_claims
from sqlalchemy import Connection, insert, select

from monitor.config.models import Config, SourceConfig
from monitor.config_file.load import read_config
from monitor.model import Alert, AlertFinding, Change, ChangeKind, FigurePoint, Novelty, PriorClaim, Severity
from monitor.serialize import alert_to_json
from monitor.store import schema, sources
from monitor.store.alert_words import alert_text_row
from monitor.store.base import Store
from monitor.store.ledger import text_hash

NOW, DAY = 1_797_000_000.0, 86400.0
SPAN_S = 120 * DAY  # in which the alerts were raised
SOURCES, RULES, CLAIMS_PER_ENTRY = 400, 60, 25
ROWS_AT_ONCE = 20_000
STORY_FINDINGS = 5_000  # of the longest story
TABLES = ("stories", "updates", "findings", "alerts", "alert_texts", "matches", "messages", "deliveries", "answers")
LONG_STORY = "al-st-long"
SEVERITIES = (*[Severity.LOW] * 12, *[Severity.MEDIUM] * 6, *[Severity.HIGH] * 2, Severity.CRITICAL)


def fill(store: Store, alert_count: int, claim_count: int) -> None:
    """Insert everything in large batches."""
    with store.write() as conn:
        names = [f"source-{n}" for n in range(SOURCES)]
        configured = [SourceConfig(name=name, url=f"https://{name}.example/feed") for name in names]
        sources.sync_sources(conn, configured, NOW - SPAN_S)
        rows = {"state": "ok", "last_poll": NOW - 60, "last_good": NOW - 60, "last_read": NOW - 60}
        conn.execute(schema.sources.update().values(**rows, next_poll=NOW + 600, baselined=True))
        failing = schema.sources.c.name.in_(names[::9])
        conn.execute(schema.sources.update().where(failing).values(state="failing", error="no answer", failures=7))
    texts = generated_claims(claim_count)
    for first in range(1, claim_count + 1, ROWS_AT_ONCE):
        with store.write() as conn:
            insert_claims(conn, first, list(islice(texts, ROWS_AT_ONCE)), claim_count)
        progress("claims", first, claim_count)
    texts = generated_claims(alert_count)
    for first in range(1, alert_count + 1, ROWS_AT_ONCE):
        with store.write() as conn:
            insert_alerts(conn, first, list(islice(texts, ROWS_AT_ONCE)), alert_count, claim_count)
        progress("alerts", first, alert_count)
    with store.write() as conn:
        insert_long_story(conn, alert_count)
        conn.exec_driver_sql("ANALYZE")


def progress(what: str, first: int, total: int) -> None:
    print(f"\r{what} {min(total, first + ROWS_AT_ONCE):,} of {total:,}", end="", file=sys.stderr, flush=True)


def insert_claims(conn: Connection, first: int, texts: list[str], claim_count: int) -> None:
    entries, claims, sayings, last_entry = [], [], [], 0
    for id, text in enumerate(texts, first):
        entry, at = id // CLAIMS_PER_ENTRY + 1, NOW - SPAN_S * (1 - id / claim_count)
        if entry != last_entry and (entry - 1) * CLAIMS_PER_ENTRY >= first - 1:
            entries.append(entry_row(entry, at))
        last_entry = entry
        claims.append(
            {"id": id, "text": text, "text_hash": text_hash(text), "story": f"st-{entry}", "root": id, "sayings": 1}
            | {"indexed": True, "first_at": at, "last_at": at}
        )
        sayings.append({"claim_id": id, "nth": 0, "entry_id": entry, "heading": "", "first_at": at})
    if first == 1:
        entries.insert(0, entry_row(1, NOW - SPAN_S))
    entries = list({row["id"]: row for row in entries}.values())
    known = set(conn.scalars(select(schema.entries.c.id).where(schema.entries.c.id.in_([r["id"] for r in entries]))))
    insert_rows(conn, schema.entries, [row for row in entries if row["id"] not in known])
    insert_rows(conn, schema.claims, claims)
    insert_rows(conn, schema.sayings, sayings)


def entry_row(id: int, at: float) -> dict[str, Any]:
    source, url = f"source-{id % SOURCES}", f"https://source-{id % SOURCES}.example/{id}"
    return {"id": id, "source": source, "key": f"e{id}", "title": f"Report {id}", "url": url, "published": at} | {
        "content_hash": f"{id:x}",
        "first_seen": at,
        "last_seen": at,
    }


def insert_rows(conn: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), rows)


def insert_alerts(conn: Connection, first: int, texts: list[str], alert_count: int, claim_count: int) -> None:
    """Insert alerts with their updates, findings, stories, matches, messages, deliveries, words and some answers."""
    rng = random.Random(first)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    entry_count = claim_count // CLAIMS_PER_ENTRY
    for number, text in enumerate(texts, first):
        at = NOW - SPAN_S * (1 - number / alert_count)
        entry = number * entry_count // alert_count + 1
        story = LONG_STORY if number > alert_count - 200 else f"al-st-{number // 3}"
        for name, row in alert_rows(number, text, at, entry, story, rng):
            rows[name].append(row)
    for name, batch in rows.items():
        insert_rows(conn, schema.metadata.tables[name], batch)


def alert_rows(
    number: int, text: str, at: float, entry: int, story: str, rng: random.Random
) -> Iterator[tuple[str, dict[str, Any]]]:
    rule = f"rule-{int(RULES * rng.random() ** 2)}"
    alert = generated_alert(number, text, at, entry, rule, story, rng.choice(SEVERITIES))
    if number % 3 == 0 and story != LONG_STORY:
        yield "stories", {"id": story, "lead": text, "opened_at": at, "last_at": at}
    url = f"https://source-{entry % SOURCES}.example/{entry}"
    yield (
        "updates",
        {"id": number, "entry_id": entry, "at": at, "recorded_at": at, "title": f"Report {entry}", "url": url}
        | {"author": "", "tags": [], "published": at, "text": text, "story": story},
    )
    yield "findings", finding_row(number, text, story)
    body = alert_to_json(alert)
    yield (
        "alerts",
        {"number": number, "id": alert.id, "rule": rule, "story": story, "severity": alert.severity.value}
        | {"title": alert.title, "at": at, "update_id": number, "body": body},
    )
    yield "alert_texts", alert_text_row(number, body)
    yield (
        "matches",
        {"update_id": number, "rule": rule, "findings": [0], "because": [], "reason": "sent", "detail": ""}
        | {"alert_id": alert.id, "at": at},
    )
    yield (
        "messages",
        {"number": number, "id": f"m{number}", "channel": "desk", "thread": story, "created": at, "state": "sent"}
        | {"attempts": 1, "due": at, "sent_at": at + 1, "detail": "ok"},
    )
    yield "deliveries", {"id": number, "alert_id": alert.id, "channel": "desk", "message_id": f"m{number}"}
    if number % 40 == 0:
        answer = "not news" if number % 120 == 0 else "ack"
        yield (
            "answers",
            {"alert_id": alert.id, "answer": answer, "note": "", "by": "web", "at": at + 600, "pairs": []},
        )


def generated_alert(
    number: int, text: str, at: float, entry: int, rule: str, story: str, severity: Severity
) -> Alert:
    source = f"source-{entry % SOURCES}"
    prior = PriorClaim(f"Around 300 {text}", source, f"e{entry}", at - DAY, story)
    finding = AlertFinding(
        f"Up to {number} {text}.",
        Novelty.CHANGED,
        88.0,
        tuple(text.split()[:2]),
        source,
        f"e{entry}",
        f"https://{source}.example/{entry}",
        at,
        prior,
        (Change(ChangeKind.NUMBER, "Around 300", f"Up to {number}"),),
        history=tuple(FigurePoint(at - DAY * (5 - n), 100.0 * n, f"{100 * n}", source) for n in range(6)),
        story=story,
        entry_title=f"Report {entry}",
    )
    reason = f"“{finding.matched[0]}” matched rule {rule} in a changed claim"
    return Alert(f"al-{number}", rule, f"Title of {rule}", severity, story, reason, finding.entry_url, at, (finding,))


def finding_row(update: int, text: str, story: str, position: int = 0) -> dict[str, Any]:
    return {"update_id": update, "position": position, "claim": text, "role": "sentence", "heading": ""} | {
        "novelty": "new",
        "similarity": 0.0,
        "changes": [],
        "story": story,
        "echo": False,
    }


def insert_long_story(conn: Connection, alert_count: int) -> None:
    """Insert a story with thousands of findings of all sources, to which the newest alerts belong."""
    insert_rows(
        conn, schema.stories, [{"id": LONG_STORY, "lead": "Long story", "opened_at": NOW - DAY, "last_at": NOW}]
    )
    texts = list(generated_claims(STORY_FINDINGS))
    step = max(1, alert_count // STORY_FINDINGS)
    rows = [
        finding_row(n * step + 1, text, LONG_STORY, 1) for n, text in enumerate(texts) if n * step + 1 <= alert_count
    ]
    insert_rows(conn, schema.findings, rows)


def write_config(folder: Path, database: Path) -> Config:
    """Write rules with two tests each, and a config that has them and the sources."""
    (folder / "rules").mkdir()
    words = generated_claims(RULES)
    for n, text in enumerate(words):
        word, other = text.split()[:2]
        rule = f"name: rule-{n}\ntitle: Title of rule-{n}\nmatch: {word} AND {other}*\nseverity: high\ntests:\n"
        tests = f"  - {{text: {text}, fires: true}}\n  - {{text: Something else., fires: false}}\n"
        (folder / f"rules/rule-{n}.yaml").write_text(rule + tests)
    table = '[[sources]]\nname = "source-{n}"\nurl = "https://source-{n}.example/feed"\n'
    sources_text = "".join(table.format(n=n) for n in range(SOURCES))
    (folder / "config.toml").write_text(f'[monitor]\ndatabase = "sqlite:///{database.resolve()}"\n{sources_text}')
    return read_config(folder / "config.toml", env={})
