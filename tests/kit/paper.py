"""One source at a site that is reached by a public name, polled by the daemon whenever it is due."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from kit.site import Site, loopback
from monitor.config.file import read_config
from monitor.daemon import Daemon, prepare
from monitor.engine import Engine, open_engine
from monitor.sources.fetch import Fetcher
from monitor.sources.robots import Robots
from monitor.sources.turns import Turns
from monitor.store import notices
from monitor.store.schema import updates
from monitor.store.sources import SourceRow, rows

NOON = 1_765_800_000.0
CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "paper"
url = "{url}"
every = "10m"
{how}
"""


@dataclass
class Paper:
    """One source at a site, polled whenever it is due."""

    folder: Path
    site: Site
    engine: Engine | None = None
    open: AsyncExitStack = field(default_factory=AsyncExitStack)
    now: float = NOON
    told: list[str] = field(default_factory=list)

    async def configure(self, how: str = "", path: str = "/feed") -> None:
        """Starts again with another config."""
        await self.open.aclose()
        (self.folder / "rules").mkdir(exist_ok=True)
        (self.folder / "config.toml").write_text(CONFIG.format(url=self.site.at(path), how=how))
        config = read_config(self.folder / "config.toml", env={})
        self.engine = engine = await self.open.enter_async_context(open_engine(config, clock=lambda: self.now))
        await engine.fetcher.close()
        engine.fetcher = Fetcher(
            user_agent="Claimwatch/test", allow_private=["127.0.0.0/8"], lookup=loopback, turns=Turns(0.0)
        )
        engine.robots = Robots(engine.fetcher, "Claimwatch/test")
        await engine.in_store(prepare, engine)

    async def polled(self) -> SourceRow:
        """The source's state after its next poll."""
        assert self.engine
        daemon = Daemon(self.engine)
        await daemon.poll_due()
        await daemon.finish()
        with self.engine.store.read() as conn:
            (row,) = rows(conn)
            self.told = [notice.said for notice in notices.of_source(conn, "paper").values()]
        self.now = row.next_poll
        return row

    def texts(self) -> list[str]:
        """What was stored of each update."""
        assert self.engine
        with self.engine.store.read() as conn:
            return list(conn.scalars(select(updates.c.text).order_by(updates.c.id)))
