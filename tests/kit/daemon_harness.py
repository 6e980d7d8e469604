"""Daemons in the process of the test, with a clock that the test sets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kit.config import loopback_config, notify_table, source_table, terminal_table, write_folder
from kit.databases import database_url
from kit.servers import Bulletin, FeedServer
from monitor.config.models import Config
from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import Runtime, open_runtime
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.deliveries import load_delivery_page
from monitor.store.reports.explain import MatchRow, explain_update
from monitor.store.sources import load_sources


def folder_config(folder: Path) -> Config:
    return read_config(folder / "config.toml", env={})


@asynccontextmanager
async def prepared_runtime(folder: Path, clock: Callable[[], float] = time.time) -> AsyncIterator[Runtime]:
    """Open what a daemon with the config of a folder needs, and prepare its store as at every start."""
    async with open_runtime(folder_config(folder), clock=clock) as runtime:
        await runtime.run_in_store_thread(prepare_store, runtime)
        yield runtime


async def poll(daemon: Daemon) -> None:
    """Poll the sources that are due."""
    await daemon.poll_due()
    await daemon.finish_tasks()


async def deliver(daemon: Daemon, *, rounds: int = 1) -> None:
    """Send the messages that are due. In a second round, also the notices that result from the first."""
    for _ in range(rounds):
        await daemon.deliver_due()
        await daemon.finish_tasks()


@dataclass
class DaemonHarness:
    """A daemon that is started for each round and stopped after it. `network_keys` and `source_keys` are added to
    these tables of its config; `database` is a URL, "" for the database of the folder."""

    folder: Path
    feed: FeedServer
    now: float = 1_800_000_000.0
    network_keys: Mapping[str, object] = field(default_factory=dict)
    source_keys: Mapping[str, object] = field(default_factory=dict)
    database: str = ""

    def __post_init__(self) -> None:
        (self.folder / "rules").mkdir(parents=True, exist_ok=True)
        self.database = self.database or database_url(self.folder)

    def open_store(self) -> Store:
        return open_store(self.database, create=False)

    def write_rule(self, text: str, name: str = "ferries") -> None:
        (self.folder / f"rules/{name}.yaml").write_text(text)

    async def run_round(self, *, seconds_later: float = 60.0, first_poll: str = "alert") -> None:
        """Run one round, `seconds_later` after the previous one."""
        self.now += seconds_later
        config = loopback_config(
            source_table("bulletins", self.feed.url, every="1s", first_poll=first_poll, **self.source_keys),
            terminal_table("screen"),
            terminal_table("desk"),
            notify_table("screen"),
            database=self.database,
            network=self.network_keys,
        )
        write_folder(self.folder, config)
        async with prepared_runtime(self.folder, lambda: self.now) as runtime:
            daemon = Daemon(runtime)
            await daemon.look_back()
            await poll(daemon)
            await daemon.release_due()
            await daemon.run_retention()
            await deliver(daemon)

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
