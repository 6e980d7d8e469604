"""Run a daemon for one round at a time, with a clock that the test sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.databases import database_url
from kit.servers import Bulletin, FeedServer
from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import open_runtime
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page
from monitor.store.reports.explain import MatchRow, explain_update
from monitor.store.sources import load_sources

DAEMON_CONFIG = """
[monitor]
database = "{database}"
[network]
allow_private = ["127.0.0.0/8"]
{network_keys}
[[sources]]
name = "bulletins"
url = "{feed}"
every = "1s"
first_poll = "{first}"
{source_keys}
[channels.screen]
type = "terminal"
[channels.desk]
type = "terminal"
[alerts]
notify = ["screen"]
"""


@dataclass
class DaemonHarness:
    """A daemon that is started for each round and stopped after it. `network_keys` and `source_keys` are lines for
    these tables of the config; `database` is a URL, "" for the database of the folder."""

    folder: Path
    feed: FeedServer
    now: float = 1_800_000_000.0
    network_keys: str = ""
    source_keys: str = ""
    database: str = ""

    def open_store(self) -> Store:
        return open_store(self.database or database_url(self.folder), create=False)

    def write_rule(self, text: str, name: str = "ferries") -> None:
        (self.folder / f"rules/{name}.yaml").write_text(text)

    async def run_round(self, *, seconds_later: float = 60.0, first_poll: str = "alert") -> None:
        """Run one round, `seconds_later` after the previous one."""
        self.now += seconds_later
        text = DAEMON_CONFIG.format(
            database=self.database or database_url(self.folder),
            feed=self.feed.url,
            first=first_poll,
            network_keys=self.network_keys,
            source_keys=self.source_keys,
        )
        (self.folder / "config.toml").write_text(text)
        config = read_config(self.folder / "config.toml", env={})
        async with open_runtime(config, clock=lambda: self.now) as runtime:
            await runtime.run_in_store_thread(prepare_store, runtime)
            daemon = Daemon(runtime)
            await daemon.look_back()
            await daemon.poll_due()
            await daemon.finish_tasks()
            await daemon.release_due()
            await daemon.run_retention()
            await daemon.deliver_due()
            await daemon.finish_tasks()

    def owed_alerts(self) -> list[tuple[str, str, list[str]]]:
        """Return the rule, channel and claims of each delivery, oldest first."""
        store = self.open_store()
        with store.read() as conn:
            alerts_by_id = {row.alert.id: row.alert for row in load_alert_page(conn, limit=100)}
            owed = [
                (alerts_by_id[delivery.alert_id].rule, delivery.channel, alerts_by_id[delivery.alert_id])
                for delivery in load_delivery_page(conn)
            ]
        store.close()
        return [
            (rule, channel, [finding.claim for finding in alert.findings]) for rule, channel, alert in reversed(owed)
        ]

    def source_error(self) -> str:
        """Return the error of the only source, "" for none."""
        store = self.open_store()
        with store.read() as conn:
            (state,) = load_sources(conn)
        store.close()
        return state.error or ""

    def decisions_of(self, update: int) -> list[MatchRow]:
        store = self.open_store()
        with store.read() as conn:
            explained = explain_update(conn, update)
        store.close()
        return list(explained.matches) if explained else []

    def publish(self, key: str, title: str) -> None:
        """Add an entry to the feed."""
        self.feed.bulletins.insert(0, Bulletin(key, title))
