"""While the network is down no source backs off, there is one notice, and all are polled when one responds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kit.config import loopback_config, notify_table, source_table, terminal_table
from kit.daemon_harness import poll, prepared_runtime
from kit.databases import write_config_file
from kit.servers import Bulletin, FeedServer

from monitor.daemon.scheduler import Daemon
from monitor.runtime import Runtime
from monitor.sources.state import SourceState
from monitor.sources.uplink import OUTAGE_POLL_INTERVAL_S
from monitor.store.reports.alerts import load_alert_page
from monitor.store.sources import load_sources

pytestmark = pytest.mark.slow


class Machine:
    """A daemon with four feeds. Off the network, each has a port on which nothing listens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1_800_000_000.0
        self.feeds = [FeedServer(Bulletin(str(number), f"Ferry {number} sails")) for number in range(4)]
        self.runtime: Runtime

    async def round(self, *, online: bool, seconds_later: float = 0.0) -> list[str]:
        """Poll what is due, in one daemon that goes on, and return the titles of new notices."""
        self.now += seconds_later
        for source in self.runtime.config.sources:
            port = self.feeds[int(source.name[1:])].server.server_address[1] if online else 1
            url = f"http://127.0.0.{int(source.name[1:]) + 1 if not online else 1}:{port}/"
            self.runtime.sources[source.name] = source.model_copy(update={"url": url})
        before = len(self.notices())
        daemon = Daemon(self.runtime)
        for _ in range(4):  # during an outage only a few are polled at a time
            await poll(daemon)
        return self.notices()[before:]

    def notices(self) -> list[str]:
        with self.runtime.store.read() as conn:
            return [row.alert.title for row in reversed(load_alert_page(conn, limit=50))]

    def states(self) -> list[SourceState]:
        with self.runtime.store.read() as conn:
            return load_sources(conn)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    with ExitStack() as stack:
        for feed in machine.feeds:
            stack.enter_context(feed)
        sources = (source_table(f"s{number}", feed.url, every="1h") for number, feed in enumerate(machine.feeds))
        write_config_file(tmp_path, loopback_config(*sources, terminal_table("desk"), notify_table("desk")))
        yield machine


async def test_an_outage_of_the_network_is_no_fault_of_the_sources(machine: Machine) -> None:
    async with prepared_runtime(machine.folder, lambda: machine.now) as machine.runtime:
        await machine.round(online=True)
        assert [state.state for state in machine.states()] == ["ok"] * 4

        assert await machine.round(online=False, seconds_later=2 * 3600.0) == ["No source can be reached"]
        down = machine.states()
        assert [state.state for state in down] == ["failing"] * 4
        assert sum(state.failures for state in down) == 2, "those before the outage was recognized"
        later = [state for state in down if "network of this machine seems to be down" in str(state.error)]
        assert [state.next_poll for state in later] == [machine.now + OUTAGE_POLL_INTERVAL_S] * 2

        assert await machine.round(online=False, seconds_later=61.0) == []
        assert await machine.round(online=False, seconds_later=2 * 3600.0) == [], "once a day"
        assert max(state.failures for state in machine.states()) <= 2

        await machine.round(online=True, seconds_later=61.0)
        assert [(state.state, state.failures) for state in machine.states()] == [("ok", 0)] * 4


async def test_a_source_that_fails_alone_backs_off(machine: Machine) -> None:
    async with prepared_runtime(machine.folder, lambda: machine.now) as machine.runtime:
        await machine.round(online=True)
        machine.feeds[2].status = 503
        assert await machine.round(online=True, seconds_later=2 * 3600.0) == []

        failed = [state for state in machine.states() if state.failures]
    assert [(state.name, state.failures) for state in failed] == [("s2", 1)]
