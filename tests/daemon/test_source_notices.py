"""Notices about sources that fail or misbehave, from their server to the operator's channels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.config import email_table, loopback_config, notify_table, source_table, webhook_table
from kit.daemon_harness import deliver, poll, prepared_runtime
from kit.databases import database_url, write_config_file
from kit.servers import Bulletin, FeedServer, MailServer, PostSink

from monitor.daemon.scheduler import Daemon
from monitor.store.connect import open_store
from monitor.store.reports.status import load_status
from monitor.store.sources import load_sources

RULE = "name: ferries\ntitle: Ferries\nmatch: ferr* OR lighthouse\n"
HOUR = 3600.0


@dataclass
class MonitoredSource:
    """One source, polled whenever it is due, and the messages its operator received."""

    folder: Path
    feed: FeedServer
    hook: PostSink
    mail: MailServer
    now: float = 1_800_000_000.0
    states: list[str] = field(default_factory=list)

    async def poll(self, *, is_delivered: bool = True) -> None:
        """Start a daemon, poll, deliver, and stop it."""
        async with prepared_runtime(self.folder, lambda: self.now) as runtime:
            daemon = Daemon(runtime)
            await poll(daemon)
            if is_delivered:
                await deliver(daemon)
            with runtime.store.read() as conn:
                (source_state,) = load_sources(conn)
        self.states.append(source_state.state)
        self.now = max(source_state.next_poll, self.now + 1)

    async def poll_for(self, hours: float) -> None:
        end = self.now + hours * HOUR
        while self.now < end:
            await self.poll()

    @property
    def received_titles(self) -> list[str]:
        """Return the titles of the alerts received by webhook, after checking that the mails have the same."""
        titles = [post.json["data"]["title"] for post in self.hook.posts]
        subjects = [str(mail["subject"]) for mail in self.mail.mails]
        assert len(subjects) == len(titles)
        assert all(title in subject for title, subject in zip(titles, subjects, strict=True) if "port" in title)
        return titles

    def run_command(self, *arguments: str) -> str:
        """Return the output of a command."""
        command = [sys.executable, "-m", "monitor", *arguments, "-c", str(self.folder / "config.toml")]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def listed_notices(self) -> list[dict[str, str]]:
        """Return the notices that `monitor sources` lists."""
        notices: list[dict[str, str]] = json.loads(self.run_command("sources", "--json"))[0]["notices"]
        return notices


@pytest.fixture
def monitored_source(tmp_path: Path) -> Iterator[MonitoredSource]:
    feed = FeedServer(*ferries(20))
    with feed, PostSink() as hook, MailServer() as mail:
        config = loopback_config(
            source_table("port", feed.url, every="15m"),
            webhook_table("desk", hook.url),
            email_table("mail", mail.port),
            notify_table("desk", "mail"),
        )
        write_config_file(tmp_path, config, RULE)
        yield MonitoredSource(tmp_path, feed, hook, mail)


def ferries(count: int, prefix: str = "id") -> list[Bulletin]:
    return [
        Bulletin(f"{prefix}-{n}", f"Ferry {n} leaves Halvik", f"It carries {n * 10 + 3} passengers and {n + 2} cars.")
        for n in range(count)
    ]


async def test_a_source_that_fails_for_a_day_causes_one_notice_and_another_when_it_is_back(
    monitored_source: MonitoredSource,
) -> None:
    await monitored_source.poll()
    monitored_source.feed.status = 503
    await monitored_source.poll_for(20)
    assert monitored_source.received_titles == []
    await monitored_source.poll_for(12)
    assert monitored_source.received_titles == ["Source port is failing"]
    assert "returned a server error (HTTP 503)" in monitored_source.hook.posts[0].json["data"]["reason"]
    assert [notice["kind"] for notice in monitored_source.listed_notices()] == ["failing"]
    monitored_source.feed.status = 200
    await monitored_source.poll_for(2)
    assert monitored_source.received_titles == ["Source port is failing", "Source port is back"]
    assert monitored_source.listed_notices() == []


async def test_a_source_that_is_gone_is_paused_with_a_notice(monitored_source: MonitoredSource) -> None:
    await monitored_source.poll()
    monitored_source.feed.status = 410
    await monitored_source.poll_for(24 * 9)
    assert monitored_source.states[-1] == "paused"
    assert monitored_source.received_titles == ["Source port is paused"]


async def test_a_source_that_denies_access_is_blocked_with_a_notice(monitored_source: MonitoredSource) -> None:
    await monitored_source.poll()
    monitored_source.feed.status = 403
    await monitored_source.poll_for(24)
    assert set(monitored_source.states[1:]) == {"blocked"}
    assert monitored_source.received_titles == ["Source port is blocked"]


async def test_a_feed_that_changes_all_its_ids_causes_one_notice_and_its_next_news_alerts(
    monitored_source: MonitoredSource,
) -> None:
    await monitored_source.poll()
    monitored_source.feed.bulletins = ferries(20, "other")
    await monitored_source.poll()
    assert monitored_source.received_titles == ["Source port has changed its ids"]
    (notice,) = monitored_source.listed_notices()
    assert (notice["kind"], notice["said"]) == (
        "renumbered",
        "20 of its entries have new ids and unchanged content. No alerts were sent for them.",
    )
    monitored_source.feed.bulletins.insert(0, Bulletin("fire", "The lighthouse of Ostra burns"))
    await monitored_source.poll()
    assert monitored_source.received_titles[1:] == ["Ferries"]


async def test_a_page_that_embeds_the_time_causes_one_notice(monitored_source: MonitoredSource) -> None:
    monitored_source.feed.validators = False
    for _ in range(6):
        at = datetime.fromtimestamp(monitored_source.now, UTC)
        monitored_source.feed.bulletins = [
            Bulletin(
                "report", "Ferries today", f"<p>All ferries run.</p><p>Page generated at {at:%Y-%m-%d %H:%M:%S}</p>"
            )
        ]
        await monitored_source.poll()
    assert monitored_source.received_titles == ["Source port embeds the time"]


async def test_a_notice_is_delivered_after_a_restart_if_the_daemon_stopped_before_sending_it(
    monitored_source: MonitoredSource,
) -> None:
    await monitored_source.poll()
    monitored_source.feed.bulletins = ferries(20, "other")
    await monitored_source.poll(is_delivered=False)
    assert monitored_source.received_titles == []
    await monitored_source.poll()
    await monitored_source.poll()
    assert monitored_source.received_titles == ["Source port has changed its ids"]


async def test_status_and_source_list_show_the_notices(monitored_source: MonitoredSource) -> None:
    await monitored_source.poll()
    monitored_source.feed.bulletins = ferries(20, "other")
    await monitored_source.poll()
    store = open_store(database_url(monitored_source.folder), create=False)
    with store.read() as conn:
        assert load_status(conn, monitored_source.now).notices == {"renumbered": 1}
    store.close()
    listing = monitored_source.run_command("sources")
    assert "port: renumbered since" in listing
    assert "have new ids" in listing
