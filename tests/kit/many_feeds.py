"""Many feeds on one server and a config that polls them, for tests with several workers."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

from kit.config import (
    loopback_config,
    notify_table,
    source_table,
    terminal_table,
    toml_table,
    webhook_table,
    write_folder,
)
from kit.servers import Bulletin, LoopbackServer, PostSink

RULE = "name: convoys\ntitle: Convoys\nmatch: convoy*\n"


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
    database: str = "",
    count: int,
    workers: int = 1,
    listen: str = "",
) -> str:
    """Write a config with the first feeds of the site, whose alerts go to the hook. `listen` is that of `[web]`.

    Return the URL of the database: `database`, or that of a SQLite file in the folder.
    """
    url = database or f"sqlite:///{folder}/monitor.db"
    for number in range(count):
        site.bulletins[number] = [Bulletin(f"{number}-0", f"Nothing moved on road {number} last night")]
    config = loopback_config(
        *[toml_table("[web]", listen=listen)] * bool(listen),
        *(source_table(f"s{number}", f"{site.url}{number}", every="1s") for number in range(count)),
        webhook_table("hook", hook.url),
        terminal_table("second"),
        notify_table("hook"),
        database=url,
        workers=workers,
    )
    write_folder(folder, config, RULE)
    return url
