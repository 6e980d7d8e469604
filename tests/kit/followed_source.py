"""One source on a server that answers everything with the same body, polled by the daemon whenever it is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from sqlalchemy import text

from kit.config import loopback_config, source_table
from kit.daemon_harness import poll, prepared_runtime
from kit.databases import database_url, write_config_file
from kit.servers import LoopbackServer
from monitor.daemon.scheduler import Daemon
from monitor.sources.state import SourceState
from monitor.store.connect import open_store
from monitor.store.sources import load_sources


class OneBodyServer(LoopbackServer):
    """Serves the same body at every URL."""

    def __init__(self) -> None:
        super().__init__()
        self.body: str | bytes = ""
        self.status, self.kind = 200, "text/html"

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        content = self.body.encode() if isinstance(self.body, str) else self.body
        self.reply(to, self.status, content, content_type=self.kind)


@dataclass
class FollowedSource:
    """One source, polled whenever it is due."""

    folder: Path
    site: OneBodyServer
    now: float = 1_800_000_000.0

    def configure(self, source_options: str) -> None:
        """Write the config, with these lines in the table of the source."""
        write_config_file(
            self.folder, loopback_config(source_table("notices", self.site.url, every="10m") + source_options)
        )

    async def poll(self, body: str | bytes | None = None, *, status: int = 200) -> SourceState:
        """Poll at the next due time, with this body served, and return the source's state."""
        self.site.body, self.site.status = body if body is not None else self.site.body, status
        async with prepared_runtime(self.folder, lambda: self.now) as runtime:
            await poll(Daemon(runtime))
            with runtime.store.read() as conn:
                (source_state,) = load_sources(conn)
        self.now = source_state.next_poll
        return source_state

    def findings(self, novelty: str) -> list[str]:
        store = open_store(database_url(self.folder), create=False)
        with store.read() as conn:
            rows = conn.execute(
                text("select claim from findings where novelty = :n order by update_id, position"), {"n": novelty}
            )
            claims = [str(claim) for (claim,) in rows]
        store.close()
        return claims

    def alerted_entries(self) -> list[str]:
        """The keys of the entries whose match was not part of the first poll."""
        store = open_store(database_url(self.folder), create=False)
        query = (
            "select entries.key from matches join updates on updates.id = matches.update_id "
            "join entries on entries.id = updates.entry_id where matches.reason != 'baseline' order by 1"
        )
        with store.read() as conn:
            keys = [str(key) for (key,) in conn.execute(text(query))]
        store.close()
        return keys

    def notices(self) -> dict[str, str]:
        """The texts of the open notices, by kind."""
        store = open_store(database_url(self.folder), create=False)
        with store.read() as conn:
            (source_state,) = load_sources(conn)
        store.close()
        return {notice.kind: notice.text for notice in source_state.notices}


@contextmanager
def follow_source(folder: Path) -> Iterator[FollowedSource]:
    with OneBodyServer() as site:
        yield FollowedSource(folder, site)


def html_page(*lines: str, title: str = "Ferries") -> str:
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><title>{title}</title><body><main>{paragraphs}</main></body></html>"
