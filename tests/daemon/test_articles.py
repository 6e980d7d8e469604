"""Pages, JSON and feeds followed through the daemon: what is withdrawn, what is not believed, what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit.servers import LoopbackServer
from sqlalchemy import text

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import open_runtime
from monitor.sources.state import SourceState
from monitor.store.connect import open_store
from monitor.store.sources import load_sources

CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "notices"
url = "{url}"
every = "10m"
{how}
"""
LINES = [f"Line {number} of the ferries leaves the pier of Halvik at {number} o'clock." for number in range(4, 16)]
LOGIN = "<html><title>Log in</title><body><form><input type=password></form><p>Enter your name.</p></body></html>"


class Site(LoopbackServer):
    """Serves one body at every address."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.status, self.kind = "", 200, "text/html"

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        self.reply(to, self.status, self.body.encode(), content_type=self.kind)


@dataclass
class Followed:
    """One source at the site, polled whenever it is due."""

    folder: Path
    site: Site
    now: float = 1_800_000_000.0

    def configure(self, how: str) -> None:
        (self.folder / "config.toml").write_text(CONFIG.format(url=self.site.url, how=how))
        (self.folder / "rules").mkdir(exist_ok=True)

    async def polled(self, body: str | None = None, *, status: int = 200) -> SourceState:
        """The source's state after its next poll that is due, with what is served then."""
        self.site.body, self.site.status = body if body is not None else self.site.body, status
        config = read_config(self.folder / "config.toml", env={})
        async with open_runtime(config, clock=lambda: self.now) as engine:
            await engine.run_in_store_thread(prepare_store, engine)
            daemon = Daemon(engine)
            await daemon.poll_due()
            await daemon.finish_tasks()
            with engine.store.read() as conn:
                (row,) = load_sources(conn)
        self.now = row.next_poll
        return row

    def findings(self, novelty: str) -> list[str]:
        store = open_store(f"sqlite:///{self.folder}/monitor.db", create=False)
        with store.read() as conn:
            found = conn.execute(
                text("select claim from findings where novelty = :n order by update_id, position"), {"n": novelty}
            )
            said = [str(row[0]) for row in found]
        store.close()
        return said


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Followed]:
    with Site() as site:
        yield Followed(tmp_path, site)


def page(*lines: str) -> str:
    said = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><title>Ferries</title><body><main>{said}</main></body></html>"


async def test_a_page_is_followed_claim_by_claim(followed: Followed) -> None:
    followed.configure('kind = "page"')
    gone = "Storm warnings are in force for the northern coast."
    await followed.polled(page(gone, *LINES))
    row = await followed.polled(page(*LINES, "The harbour master of Halvik has resigned."))
    assert (row.state, row.entries) == ("ok", 1)
    assert followed.findings("withdrawn") == [gone]
    assert "The harbour master of Halvik has resigned." in followed.findings("new")


async def test_a_login_page_withdraws_nothing_however_long_it_stands_there(followed: Followed) -> None:
    followed.configure('kind = "page"')
    await followed.polled(page(*LINES))
    for _ in range(5):
        row = await followed.polled(LOGIN)
        assert (row.state, row.error_code) == ("failing", "not_the_page")
    assert (await followed.polled(page(*LINES))).state == "ok"
    assert followed.findings("withdrawn") == []


async def test_a_sudden_shrink_is_believed_when_it_stays(followed: Followed) -> None:
    followed.configure('kind = "page"')
    await followed.polled(page(*LINES))
    for _ in range(3):
        row = await followed.polled(page(LINES[0]))
        assert (row.state, row.error_code) == ("failing", "suspicious_shrink")
        assert followed.findings("withdrawn") == []
    assert (await followed.polled()).state == "ok"
    assert followed.findings("withdrawn") == LINES[1:]


async def test_a_shrink_that_passes_leaves_no_trace(followed: Followed) -> None:
    followed.configure('kind = "page"')
    await followed.polled(page(*LINES))
    await followed.polled(page(LINES[0]))
    before = followed.findings("new")
    row = await followed.polled(page(*LINES))
    assert (row.state, row.failures) == ("ok", 0)
    assert (followed.findings("new"), followed.findings("withdrawn")) == (before, [])


async def test_a_list_that_is_empty_at_once_is_believed_when_it_stays(followed: Followed) -> None:
    followed.configure('kind = "json"\nentries = "open"\nfields = { text = "said" }')
    full = json.dumps({"open": [{"id": number, "said": line} for number, line in enumerate(LINES)]})
    assert (await followed.polled(full)).entries == len(LINES)
    states = [(await followed.polled(json.dumps({"open": []}))).error_code for _ in range(4)]
    assert states == ["suspicious_shrink"] * 3 + [None]


async def test_a_source_that_is_gone_for_three_days_is_paused_and_told_of_once(
    followed: Followed, capfd: pytest.CaptureFixture[str]
) -> None:
    followed.configure('kind = "page"')
    await followed.polled(page(*LINES))
    states = [(await followed.polled(status=410)).state for _ in range(5)]
    assert states == ["failing", "failing", "paused", "paused", "paused"]
    assert capfd.readouterr().out.count("notice: Source notices is paused") == 1
    assert (await followed.polled(status=200)).state == "ok"


async def test_another_address_makes_a_fresh_start(followed: Followed) -> None:
    followed.configure('kind = "page"')
    await followed.polled(page(*LINES))
    for _ in range(3):
        await followed.polled(status=410)
    followed.now -= 86400
    config = followed.folder / "config.toml"
    config.write_text(config.read_text().replace(followed.site.url, followed.site.url + "moved"))
    assert (await followed.polled(status=410)).state == "failing"


async def test_a_source_that_falls_silent_against_its_habit_is_quiet_until_it_speaks(
    followed: Followed, capfd: pytest.CaptureFixture[str]
) -> None:
    followed.configure('first_poll = "alert"')
    followed.site.kind = "application/rss+xml"
    items = [rss(number, followed.now - (25 - number) * 86400) for number in range(25)]
    assert (await followed.polled(feed(items))).state == "ok"
    followed.now += 3 * 86400
    assert [(await followed.polled()).state for _ in range(3)] == ["quiet"] * 3
    assert capfd.readouterr().out.count("notice: Source notices has fallen silent") == 1
    assert (await followed.polled(feed([*items, rss(99, followed.now)]))).state == "ok"


def rss(number: int, at: float) -> str:
    date = datetime.fromtimestamp(at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return f"<item><guid>{number}</guid><title>Ferry {number} has left Halvik</title><pubDate>{date}</pubDate></item>"


def feed(items: list[str]) -> str:
    return f"<rss version='2.0'><channel><title>Ferries</title>{''.join(items)}</channel></rss>"
