"""Many feeds on loopback, a config that polls them, and queries of the store, for tests with several workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from sqlalchemy import text

from kit.polling_wait import wait_until
from kit.servers import Bulletin, LoopbackServer, PostSink
from monitor.store.connect import open_store

CONFIG = """
[monitor]
database = "{database}"
workers = {workers}
[network]
allow_private = ["127.0.0.0/8"]
{web}
{sources}
[channels.hook]
type = "webhook"
url = "{hook}"
secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[channels.second]
type = "terminal"
[alerts]
notify = ["hook"]
"""
SOURCE = '[[sources]]\nname = "s{number}"\nurl = "{site}{number}"\nevery = "1s"\n'
RULE = "name: convoys\ntitle: Convoys\nmatch: convoy*\n"
SQLITE = "sqlite:///monitor.db"


class ManyFeeds(LoopbackServer):
    """Serves a feed for each path `/N`: the bulletins in `bulletins[N]`."""

    def __init__(self) -> None:
        super().__init__()
        self.bulletins: dict[int, list[Bulletin]] = {}
        self.polls: list[int] = []

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        number = int(to.path.strip("/"))
        self.polls.append(number)
        items = "".join(bulletin.rss() for bulletin in self.bulletins.get(number, []))
        rss = f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>"
        self.reply(to, 200, rss.encode(), content_type="application/rss+xml")


def write_config(
    folder: Path,
    site: ManyFeeds,
    hook: PostSink,
    *,
    database: str = SQLITE,
    count: int,
    workers: int = 1,
    web: str = "",
) -> None:
    for number in range(count):
        site.bulletins[number] = [Bulletin(f"{number}-0", f"Nothing moved on road {number} last night")]
    source_tables = "".join(SOURCE.format(number=number, site=site.url) for number in range(count))
    config = CONFIG.format(database=database, workers=workers, web=web, sources=source_tables, hook=hook.url)
    (folder / "config.toml").write_text(config)
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules/convoys.yaml").write_text(RULE)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    store = open_store(url, create=False)
    try:
        with store.read() as conn:
            return [tuple(row) for row in conn.execute(text(statement))]
    finally:
        store.close()


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    asyncio.run(wait_until(condition, seconds))
