"""Measures how long the server takes for each page of the web UI with many alerts and claims.

    python benchmarks/pages.py [--alerts 200000] [--claims 1000000] [--database FILE] [--browser]

Fills a SQLite database with generated 21-word claims, or uses the one that FILE holds already, and requests each page
five times in this process. Prints the first and the median time of each in milliseconds and the median CPU time, and
exits with 1 if a median is above 300 ms. FILE is kept; without it, a temporary one is used. With --browser, Chromium
then opens each page in light, in dark and on a phone, and axe-core looks for what is not accessible.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Literal
from zoneinfo import ZoneInfo

import httpx
from ledger import claims as generated_claims
from sqlalchemy import Connection, func, insert, select

from monitor.config.models import Config, SourceConfig
from monitor.config_file.load import read_config
from monitor.model import Alert, AlertFinding, Change, ChangeKind, FigurePoint, Novelty, PriorClaim, Severity
from monitor.serialize import alert_to_json
from monitor.store import schema, sources
from monitor.store.alert_words import alert_text_row
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.ledger import text_hash
from monitor.web.app import create_app
from monitor.web.endpoint import Site
from monitor.web.server import running_server

NOW, DAY = 1_797_000_000.0, 86400.0
MODES: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "light": (1200, "light"),
    "dark": (1200, "dark"),
    "phone": (390, "light"),
}
SPAN_S = 120 * DAY  # in which the alerts were raised
SOURCES, RULES, CLAIMS_PER_ENTRY = 400, 60, 25
ROWS_AT_ONCE = 20_000
STORY_FINDINGS = 5_000  # of the longest story
TABLES = ("stories", "updates", "findings", "alerts", "alert_texts", "matches", "messages", "deliveries", "answers")
LONG_STORY = "al-st-long"
REQUESTS, LIMIT_MS = 5, 300.0
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


def page_paths(alert_count: int) -> dict[str, str]:
    """Return the pages, also with filters that find nothing among all alerts."""
    word, rare = next(generated_claims(alert_count)).split()[0], "zzzz"
    return {
        "overview": "/",
        "alerts": "/alerts",
        "alerts, older": f"/alerts?before={alert_count // 2}",
        "alerts, newer": f"/alerts?after={alert_count // 2}",
        "alerts of a rule": "/alerts?rule=rule-7",
        "alerts of a rule, critical": "/alerts?rule=rule-7&severity=critical",
        "alerts, critical": "/alerts?severity=critical",
        "alerts, no such severity": "/alerts?severity=info",
        "alerts of a source": "/alerts?source=source-8",
        "alerts of a source, critical": "/alerts?source=source-8&severity=critical",
        "alerts, not answered": "/alerts?answered=no",
        "alerts, not news": "/alerts?answered=not-news",
        "alerts, not news of a source": "/alerts?answered=not-news&source=source-8",
        "alerts until a day": "/alerts?until=2026-09-20",
        "alerts since a day": "/alerts?since=2026-09-20",
        "alerts with a frequent word": f"/alerts?q={word}",
        "alerts with a word of all": "/alerts?q=title",
        "alerts with a beginning": "/alerts?q=ba*",
        "alerts with a rare number": f"/alerts?q={alert_count // 3}",
        "alerts with a phrase": f"/alerts?q=%22up+to+{alert_count // 3}%22",
        "alerts without a match": f"/alerts?q={rare}",
        "alerts, a word and a rule": "/alerts?q=title&rule=rule-7&severity=critical",
        "alert": f"/alerts/al-{alert_count // 2}",
        "alert of a long story": f"/alerts/al-{alert_count}",
        "story": f"/stories/al-st-{alert_count // 6}",
        "long story": "/stories/al-st-long",
        "search, frequent": f"/search?q={word}",
        "search, nothing": f"/search?q={rare}",
        "search, a source": f"/search?q={word}&source=source-8",
        "coverage": "/coverage",
        "sources": "/sources",
        "sources, failing": "/sources?state=failing&q=source-1",
        "source": "/sources/source-8",
        "add a source": "/add-source",
        "deliveries": "/deliveries",
        "deliveries, older": f"/deliveries?before={alert_count // 2}",
        "deliveries of a channel": "/deliveries?channel=desk",
        "deliveries, no such channel": "/deliveries?channel=nobody",
        "deliveries, sent": "/deliveries?state=sent",
        "deliveries, sent to a channel": "/deliveries?state=sent&channel=desk",
        "dead letters": "/deliveries?state=dead",
        "silences": "/silences",
        "new silence": "/silences/new",
        "silence of a rule": "/silences/new?rule=rule-7",
        "silence of a source": "/silences/new?source=source-8",
        "silence of a frequent word": f"/silences/new?match={word}",
        "silence of a rare word": f"/silences/new?match={rare}",
        "silence of an alert": f"/alerts/al-{alert_count}/silence",
        "status, API": "/api/v1/status",
        "rules": "/rules",
        "rule": "/rules/rule-0",
        "rule of few alerts": f"/rules/rule-{RULES - 1}",
        "edit of a rule": "/rules/rule-0/try",
        "new rule": "/rules/try",
    }


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


async def measure(store: Store, config: Config, alert_count: int) -> bool:
    """Print the times of every page; return whether all are fast enough."""
    app = create_app(Site(store, timezone=ZoneInfo("UTC"), clock=lambda: NOW, config=lambda: config))
    too_slow = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        await client.get("/silences")  # loads modules and templates
        for name, path in page_paths(alert_count).items():
            times, cpu_times = list[float](), list[float]()
            for _ in range(REQUESTS):
                began, cpu_began = time.perf_counter(), time.process_time()
                answer = await client.get(path)
                times.append((time.perf_counter() - began) * 1000)
                cpu_times.append((time.process_time() - cpu_began) * 1000)
                assert answer.status_code == 200, (path, answer.text)
            size = len(answer.content) / 1024
            middle = f"median {median(times):6.0f} ms, CPU {median(cpu_times):4.0f} ms"
            print(f"{name:<32} first {times[0]:6.0f} ms, {middle}, {size:5.0f} KB", flush=True)
            if median(times) > LIMIT_MS:
                too_slow.append(name)
    print(f"slower than {LIMIT_MS:.0f} ms: {', '.join(too_slow) or 'none'}")
    return not too_slow


async def walk_in_browser(store: Store, config: Config, alert_count: int) -> bool:
    """Print what axe-core finds on the pages in each mode; return whether that is nothing."""
    import axe_playwright_python
    from playwright.async_api import async_playwright

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    app = create_app(Site(store, timezone=ZoneInfo("UTC"), clock=lambda: NOW, config=lambda: config))
    count = 0
    async with running_server("127.0.0.1:0", app) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for mode, (width, scheme) in MODES.items():
            page = await browser.new_page(
                viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
            )
            for name, path in page_paths(alert_count).items():
                if path.startswith("/api/"):
                    continue
                answer = await page.goto(base + path)
                assert answer and answer.status == 200, path
                await page.evaluate(axe)
                for violation in (await page.evaluate("axe.run()"))["violations"]:
                    count += 1
                    print(f"{name}, {mode}: {violation['id']}: {violation['help']}")
        await browser.close()
    print(f"{len(page_paths(alert_count))} pages in {len(MODES)} modes: {count} violations")
    return count == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--alerts", type=int, default=200_000)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--browser", action="store_true", help="look for what is not accessible, in Chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = options.database or Path(folder) / "pages.db"
        store = open_store(f"sqlite:///{database}")
        with store.read() as conn:
            stored = conn.scalar(select(func.max(schema.alerts.c.number)))
        if not stored:
            fill(store, options.alerts, options.claims)
            print(file=sys.stderr)
        config = write_config(Path(folder), database)
        is_good = asyncio.run(measure(store, config, stored or options.alerts))
        if options.browser:
            is_good = asyncio.run(walk_in_browser(store, config, stored or options.alerts)) and is_good
        store.close()
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
