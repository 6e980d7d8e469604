"""A daemon that lives for a moment whenever something has changed, on a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.servers import Bulletin, FeedServer
from monitor.config.file import read_config
from monitor.daemon import Daemon, prepare
from monitor.engine import open_engine
from monitor.store import open_store
from monitor.store.reports import MatchRow, alerts, deliveries, explain

CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "bulletins"
url = "{feed}"
every = "1s"
first_poll = "{first}"
[channels.screen]
type = "terminal"
[channels.desk]
type = "terminal"
[alerts]
notify = ["screen"]
"""


@dataclass
class House:
    """A daemon that is started for a moment whenever something has changed."""

    folder: Path
    feed: FeedServer
    now: float = 1_800_000_000.0

    def rule(self, text: str, name: str = "ferries") -> None:
        (self.folder / f"rules/{name}.yaml").write_text(text)

    async def lives(self, *, later: float = 60.0, first: str = "alert") -> None:
        """One round, `later` seconds after the one before."""
        self.now += later
        (self.folder / "config.toml").write_text(CONFIG.format(feed=self.feed.url, first=first))
        config = read_config(self.folder / "config.toml", env={})
        async with open_engine(config, clock=lambda: self.now) as engine:
            await engine.in_store(prepare, engine)
            daemon = Daemon(engine)
            await daemon.look_back()
            await daemon.poll_due()
            await daemon.finish()
            await daemon.release_due()
            await daemon.tend()
            await daemon.deliver_due()
            await daemon.finish()

    def told(self) -> list[tuple[str, str, list[str]]]:
        """The rule, the channel and the claims of each alert owed, oldest first."""
        store = open_store(f"sqlite:///{self.folder}/monitor.db", create=False)
        with store.read() as conn:
            by_id = {row.alert.id: row.alert for row in alerts(conn, limit=100)}
            owed = [(by_id[one.alert].rule, one.channel, by_id[one.alert]) for one in deliveries(conn)]
        store.close()
        return [(rule, channel, [f.claim for f in alert.findings]) for rule, channel, alert in reversed(owed)]

    def decided(self, update: int) -> list[MatchRow]:
        store = open_store(f"sqlite:///{self.folder}/monitor.db", create=False)
        with store.read() as conn:
            found = explain(conn, update)
        store.close()
        return list(found.matches) if found else []

    def says(self, key: str, title: str) -> None:
        """The feed has one more entry."""
        self.feed.bulletins.insert(0, Bulletin(key, title))
