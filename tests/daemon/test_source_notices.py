"""A source that fails, falls silent or misbehaves, from its server to the operator's channels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.servers import Bulletin, FeedServer, MailServer, PostSink

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import open_runtime
from monitor.store.connect import open_store
from monitor.store.reports.status import load_status
from monitor.store.sources import load_sources

CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "port"
url = "{feed}"
every = "15m"
[channels.desk]
type = "webhook"
url = "{hook}"
secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[channels.mail]
type = "email"
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "monitor@example.org"
to = ["operator@example.org"]
[alerts]
notify = ["desk", "mail"]
"""
RULE = "name: ferries\ntitle: Ferries\nmatch: ferr* OR lighthouse\n"
HOUR = 3600.0


@dataclass
class Watched:
    """One source, polled whenever it is due, and what its operator received."""

    folder: Path
    feed: FeedServer
    hook: PostSink
    mail: MailServer
    now: float = 1_800_000_000.0
    states: list[str] = field(default_factory=list)

    async def polled(self, *, deliver: bool = True) -> None:
        """Polls once, by a daemon that was just started, and delivers."""
        config = read_config(self.folder / "config.toml", env={})
        async with open_runtime(config, clock=lambda: self.now) as engine:
            await engine.run_in_store_thread(prepare_store, engine)
            daemon = Daemon(engine)
            await daemon.poll_due()
            await daemon.finish_tasks()
            if deliver:
                await daemon.deliver_due()
                await daemon.finish_tasks()
            with engine.store.read() as conn:
                (row,) = load_sources(conn)
        self.states.append(row.state)
        self.now = max(row.next_poll, self.now + 1)

    async def polled_for(self, hours: float) -> None:
        end = self.now + hours * HOUR
        while self.now < end:
            await self.polled()

    @property
    def told(self) -> list[str]:
        """The titles of what came, by the hook; the mail must say the same."""
        titles = [post.json["data"]["title"] for post in self.hook.posts]
        subjects = [str(mail["subject"]) for mail in self.mail.mails]
        assert len(subjects) == len(titles)
        assert all(title in subject for title, subject in zip(titles, subjects, strict=True) if "port" in title)
        return titles

    def monitor(self, *words: str) -> str:
        """What a command prints."""
        run = [sys.executable, "-m", "monitor", *words, "-c", str(self.folder / "config.toml")]
        return subprocess.run(run, check=True, capture_output=True, text=True, timeout=60).stdout

    def listed(self) -> list[dict[str, str]]:
        """The notices that `monitor sources` shows."""
        found: list[dict[str, str]] = json.loads(self.monitor("sources", "--json"))[0]["notices"]
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    feed = FeedServer(*ferries(20))
    with feed, PostSink() as hook, MailServer() as mail:
        config = CONFIG.format(feed=feed.url, hook=hook.url, smtp=mail.port)
        (tmp_path / "config.toml").write_text(config)
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules/ferries.yaml").write_text(RULE)
        yield Watched(tmp_path, feed, hook, mail)


def ferries(count: int, prefix: str = "id") -> list[Bulletin]:
    return [
        Bulletin(f"{prefix}-{n}", f"Ferry {n} leaves Halvik", f"It carries {n * 10 + 3} passengers and {n + 2} cars.")
        for n in range(count)
    ]


async def test_a_source_that_fails_for_long_is_told_of_once_and_when_it_is_back(watched: Watched) -> None:
    await watched.polled()
    watched.feed.status = 503
    await watched.polled_for(20)
    assert watched.told == []
    await watched.polled_for(12)
    assert watched.told == ["Source port is failing"]
    assert "has an error of its own (HTTP 503)" in watched.hook.posts[0].json["data"]["reason"]
    assert [notice["kind"] for notice in watched.listed()] == ["failing"]
    watched.feed.status = 200
    await watched.polled_for(2)
    assert watched.told == ["Source port is failing", "Source port is back"]
    assert watched.listed() == []


async def test_a_source_that_is_gone_is_paused_with_a_notice(watched: Watched) -> None:
    await watched.polled()
    watched.feed.status = 410
    await watched.polled_for(24 * 9)
    assert watched.states[-1] == "paused"
    assert watched.told == ["Source port is paused"]


async def test_a_source_that_refuses_us_is_blocked_with_a_notice(watched: Watched) -> None:
    await watched.polled()
    watched.feed.status = 403
    await watched.polled_for(24)
    assert set(watched.states[1:]) == {"blocked"}
    assert watched.told == ["Source port is blocked"]


async def test_a_feed_that_changes_all_its_ids_is_one_notice_and_its_news_is_told(watched: Watched) -> None:
    await watched.polled()
    watched.feed.bulletins = ferries(20, "other")
    await watched.polled()
    assert watched.told == ["Source port has changed its ids"]
    (notice,) = watched.listed()
    assert (notice["kind"], notice["said"]) == (
        "renumbered",
        "20 of its entries came under new ids and say what they said before. Nobody was alerted of them.",
    )
    watched.feed.bulletins.insert(0, Bulletin("fire", "The lighthouse of Ostra burns"))
    await watched.polled()
    assert watched.told[1:] == ["Ferries"]


async def test_a_page_that_tells_the_time_is_one_notice(watched: Watched) -> None:
    watched.feed.validators = False
    for _ in range(6):
        at = datetime.fromtimestamp(watched.now, UTC)
        watched.feed.bulletins = [
            Bulletin(
                "report", "Ferries today", f"<p>All ferries run.</p><p>Page generated at {at:%Y-%m-%d %H:%M:%S}</p>"
            )
        ]
        await watched.polled()
    assert watched.told == ["Source port embeds the time"]


async def test_what_was_told_in_the_log_of_a_poll_is_owed_though_the_daemon_ends_there(watched: Watched) -> None:
    await watched.polled()
    watched.feed.bulletins = ferries(20, "other")
    await watched.polled(deliver=False)
    assert watched.told == []
    await watched.polled()
    await watched.polled()
    assert watched.told == ["Source port has changed its ids"]


async def test_the_pages_and_the_status_show_the_notices(watched: Watched) -> None:
    await watched.polled()
    watched.feed.bulletins = ferries(20, "other")
    await watched.polled()
    store = open_store(f"sqlite:///{watched.folder}/monitor.db", create=False)
    with store.read() as conn:
        assert load_status(conn, watched.now).notices == {"renumbered": 1}
    store.close()
    listing = watched.monitor("sources")
    assert "port: renumbered since" in listing
    assert "came under new ids" in listing
