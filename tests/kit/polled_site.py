"""One source on a site with a public host name, polled by the daemon whenever it is due."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from kit.config import loopback_config, source_table
from kit.daemon_harness import poll, prepared_runtime
from kit.databases import write_config_file
from kit.site_server import SiteServer, resolve_to_loopback
from monitor.daemon.scheduler import Daemon
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.robots import Robots
from monitor.runtime import Runtime
from monitor.sources.state import SourceState
from monitor.store import source_notices
from monitor.store.schema import updates
from monitor.store.sources import load_sources

FIRST_POLL_AT = 1_765_800_000.0


@dataclass
class PolledSite:
    """One source on a site, polled whenever it is due, with a clock that jumps to the next poll."""

    folder: Path
    site: SiteServer
    runtime: Runtime | None = None
    exit_stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    now: float = FIRST_POLL_AT
    notice_texts: list[str] = field(default_factory=list)

    async def configure(self, source_options: str = "", path: str = "/feed") -> None:
        """Start the daemon, or restart it with another config."""
        await self.exit_stack.aclose()
        source = source_table("paper", self.site.url_for(path), every="10m") + source_options
        write_config_file(self.folder, loopback_config(source))
        self.runtime = runtime = await self.exit_stack.enter_async_context(
            prepared_runtime(self.folder, lambda: self.now)
        )
        await runtime.fetcher.close()
        runtime.fetcher = Fetcher(
            user_agent="Claimwatch/test",
            network=Network(Guard(["127.0.0.0/8"], resolve_to_loopback)),
            rate_limiter=HostRateLimiter(0.0),
        )
        runtime.robots = Robots(runtime.fetcher, "Claimwatch/test")

    async def poll(self) -> SourceState:
        """Run the next poll and return the source's state."""
        assert self.runtime
        await poll(Daemon(self.runtime))
        with self.runtime.store.read() as conn:
            (row,) = load_sources(conn)
            self.notice_texts = [notice.text for notice in source_notices.load_notices(conn, "paper").values()]
        self.now = row.next_poll
        return row

    def stored_texts(self) -> list[str]:
        """Return the text of each stored update."""
        assert self.runtime
        with self.runtime.store.read() as conn:
            return list(conn.scalars(select(updates.c.text).order_by(updates.c.id)))
