"""A replay and daemons find the same news and send the same alerts, on both stores and with any number of workers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from kit.config import loopback_config, notify_table, source_table, terminal_table, write_folder, write_rules
from kit.feed_archive import NEWS, RULES, SOURCES, START, Step, feed_states, random_news, replay_lines, rss
from kit.servers import LoopbackServer
from sqlalchemy import select

from monitor.assess import Policy
from monitor.backtest.replay import finding_data, replay_stream
from monitor.config_file.load import read_config
from monitor.daemon.membership import join_store
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.polling import compared
from monitor.ruleset.load import load_rules
from monitor.runtime import Worker, open_runtime
from monitor.serialize import format_iso
from monitor.sources.parse.pool import ParserPool
from monitor.store import schema, sources
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.rows import finding_from_row
from monitor.store.sources import load_sources

RANDOM_ARCHIVES = int(os.environ.get("MONITOR_TEST_ARCHIVES", "1"))
ARCHIVES = {"news": NEWS, **{f"random {seed}": random_news(seed) for seed in range(RANDOM_ARCHIVES)}}
NOTICE_RULE = "monitor"
PARSE_DEADLINE_S = 60.0  # on a busy machine a feed may take long, and is not to be missed


class ArchiveSite(LoopbackServer):
    """Serves `feeds[NAME]` at `/NAME`."""

    def __init__(self) -> None:
        super().__init__()
        self.feeds = {source: rss(()) for source in SOURCES}

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        self.reply(to, 200, self.feeds[to.path.strip("/")], content_type="application/rss+xml")


class Workers:
    """Daemons on one store, which take turns only where they would with the system's clock."""

    def __init__(self) -> None:
        self.now = START
        self.daemons: list[Daemon] = []

    @asynccontextmanager
    async def started(self, folder: Path, count: int) -> AsyncIterator[None]:
        config = read_config(folder / "config.toml", env={})
        async with AsyncExitStack() as stack:
            for number in range(1, count + 1):
                worker = Worker(f"worker {number}", number, is_supervised=count > 1)
                runtime = await stack.enter_async_context(open_runtime(config, lambda: self.now, worker))
                await runtime.run_in_store_thread(prepare_store if number == 1 else join_store, runtime)
                await asyncio.to_thread(runtime.parser.close)
                runtime.parser = ParserPool(deadline=PARSE_DEADLINE_S)
                self.daemons.append(Daemon(runtime))
            for daemon in self.daemons:
                await daemon.membership.beat()
            yield

    async def poll_all(self) -> None:
        """Let all sources be polled now, each by the worker that it belongs to."""
        store = self.daemons[0].runtime.store
        with store.write() as conn:
            sources.make_due(conn, SOURCES, self.now)
        await asyncio.gather(*(daemon.poll_due() for daemon in self.daemons))
        await asyncio.gather(*(daemon.finish_tasks() for daemon in self.daemons))
        with store.read() as conn:
            assert [state.error for state in load_sources(conn) if state.failures] == []

    async def release_all(self) -> None:
        await asyncio.gather(*(daemon.release_due() for daemon in self.daemons))


async def live_through(folder: Path, news: Sequence[Step], database: str, workers: int) -> dict[str, Any]:
    """Let daemons poll the archive, step by step, and return their answers."""
    daemons = Workers()
    with ArchiveSite() as site:
        tables = [source_table(source, f"{site.url}{source}") for source in SOURCES]
        config = loopback_config(*tables, terminal_table("screen"), notify_table("screen"), database=database)
        write_folder(folder, config, *RULES.values())
        async with daemons.started(folder, workers):
            await daemons.poll_all()
            for daemons.now, source, feed in feed_states(news):
                await daemons.poll_all()
                await daemons.release_all()
                site.feeds[source] = feed
                await daemons.poll_all()
            shares = [daemon.membership.shards for daemon in daemons.daemons]
    assert len(shares) == workers
    assert all(shares) == (workers > 1)
    with closing(open_store(database, create=False)) as store:
        return stored_answers(store)


def stored_answers(store: Store) -> dict[str, Any]:
    """Return the findings of each update, the alerts, and the titles of the notices about sources."""
    updates, findings = schema.updates, schema.findings
    query = (
        select(schema.entries.c.source, schema.entries.c.key, updates.c.at, updates.c.story.label("group"), findings)
        .join_from(updates, schema.entries)
        .join(findings, findings.c.update_id == updates.c.id)
        .order_by(updates.c.id, findings.c.position)
    )
    with store.read() as conn:
        found = [
            {
                "source": row.source,
                "entry": row.key,
                "at": format_iso(row.at),
                "group": row.group,
                **comparable_finding(finding_data(finding_from_row(row))),
            }
            for row in conn.execute(query)
        ]
        bodies = conn.scalars(select(schema.alerts.c.body).order_by(schema.alerts.c.number)).all()
    notices = [body["title"] for body in bodies if body["rule"] == NOTICE_RULE]
    alerts = sorted(comparable_alert(body) for body in bodies if body["rule"] != NOTICE_RULE)
    return {"findings": found, "alerts": alerts, "notices": notices}


def replayed_answers(folder: Path, news: Sequence[Step]) -> dict[str, Any]:
    """Return what `monitor replay` says about the archive."""
    rules, problems = load_rules(write_rules(folder, *RULES.values()), builtin_aliases=None)
    assert problems == ()
    findings, alerts, group = [], [], ""
    for record in replay_stream(replay_lines(news), Policy(rules)):
        kind = record.pop("type")
        if kind == "update":
            group = record["story"]
        elif kind == "finding":
            del record["rules"]
            findings.append({**comparable_finding(record), "group": group})
        else:
            alerts.append(comparable_alert(record))
    return {"findings": findings, "alerts": sorted(alerts)}


def comparable_finding(data: dict[str, Any]) -> dict[str, Any]:
    """Return a finding without the text that comes closest to a claim which nothing said resembles.

    Entries of one poll are compared at once, and again only if they have several terms in common. So a text of the
    same poll that is no nearer than others is named in a replay only.
    """
    evidence = data["evidence"] and {key: value for key, value in data["evidence"].items() if key != "closest"}
    return {**data, "evidence": evidence}


def comparable_alert(body: dict[str, Any]) -> str:
    """Return an alert as text, without what is looked up when it is shown."""
    looked_up = {"headline", "web_url", "also_said_by", "also_on"}
    findings = [
        {key: value for key, value in comparable_finding(finding).items() if key not in looked_up}
        for finding in body["findings"]
    ]
    kept = {key: value for key, value in body.items() if key not in looked_up}
    return json.dumps({**kept, "findings": findings}, sort_keys=True, ensure_ascii=False)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("archive", ARCHIVES)
async def test_daemons_answer_as_a_replay_does(
    tmp_path: Path, database: str, archive: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compared, "CHUNK_CPU_S", 1000.0)
    monkeypatch.setattr(compared, "CHUNK_S", 1000.0)  # a poll is one chunk, however busy the machine is
    news = ARCHIVES[archive]
    expected = replayed_answers(tmp_path / "replay", news)
    answers = await live_through(tmp_path, news, database, workers)

    assert answers["findings"] == expected["findings"]
    assert answers["alerts"] == expected["alerts"]
    assert archive != "news" or answers["notices"] == ["Source agency has fallen silent"]


def test_the_archive_has_findings_of_every_kind_and_alerts_of_every_rule(tmp_path: Path) -> None:
    answers = replayed_answers(tmp_path, NEWS)

    assert {finding["novelty"] for finding in answers["findings"]} == {"new", "changed", "repeated", "withdrawn"}
    assert {json.loads(alert)["rule"] for alert in answers["alerts"]} == set(RULES)
    assert len({finding["story"] for finding in answers["findings"]}) > 5
