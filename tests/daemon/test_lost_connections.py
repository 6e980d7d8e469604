"""A database that fails for a moment costs a source seconds, not the rest of its lease; no message is sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit import Bulletin, FeedServer
from kit.builders import add_sources, commit_texts, example_alert, sent_decision
from kit.config import loopback_config, notify_table, source_table, terminal_table
from kit.daemon_harness import deliver, poll, prepared_runtime
from kit.databases import write_config_file

from monitor import pipeline
from monitor.alerts.ids import build_message
from monitor.daemon.leases import INTERRUPTED_LEASE_S
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.errors import StoreError
from monitor.model import Message
from monitor.store.reports.deliveries import load_delivery_page

NOW = 1_800_000_000.0


@dataclass
class FailingWrites:
    """A store whose next writes fail, as if the server had dropped the connection."""

    store: Any
    failures: int = 0

    @contextmanager
    def write(self) -> Iterator[Any]:
        if self.failures:
            self.failures -= 1
            raise StoreError("database monitor: the server cannot be reached")
        with self.store.write() as conn:
            yield conn

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@dataclass
class RecordingNotifier:
    """Accepts each message; the writes that follow fail `failures` times."""

    store: FailingWrites
    failures: int
    count: int = 0

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        self.count += 1
        self.store.failures = self.failures
        return Receipt("taken")

    async def close(self) -> None:
        pass


def write_config(folder: Path, feed: str) -> None:
    config = loopback_config(source_table("bulletins", feed), terminal_table("screen"), notify_table("screen"))
    write_config_file(folder, config)


async def test_a_source_whose_poll_could_not_be_stored_is_polled_again_soon(tmp_path: Path) -> None:
    now = [NOW]
    with FeedServer(Bulletin("1", "The ferry sails")) as feed:
        write_config(tmp_path, feed.url)
        async with prepared_runtime(tmp_path, lambda: now[0]) as runtime:
            daemon = Daemon(runtime)
            leased = await daemon.lease_batch()
            runtime.store = store = FailingWrites(runtime.store, failures=1)  # type: ignore[assignment]
            daemon.start_polls(leased)
            await daemon.finish_tasks()
            assert (store.failures, len(feed.answered)) == (0, 1)
            for seconds, polls in ((1.0, 1), (INTERRUPTED_LEASE_S - 1, 1), (INTERRUPTED_LEASE_S + 2, 2)):
                now[0] = NOW + seconds
                await poll(daemon)
                assert len(feed.answered) == polls


@pytest.mark.parametrize(("failures", "states"), [(1, ["sent"]), (2, ["sent"]), (3, ["pending"])])
async def test_the_result_of_a_send_is_recorded_when_the_database_is_back(
    failures: int, states: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "RECORD_PAUSES_S", (0.0, 0.0))
    write_config(tmp_path, "https://wire.example/")
    async with prepared_runtime(tmp_path, lambda: NOW) as runtime:
        add_sources(runtime.store, "wire")
        alert = example_alert(text="The ferry is cancelled.", at=NOW)
        messages = [build_message("screen", [alert], NOW)]
        commit_texts(
            runtime.store, ["The ferry is cancelled."], NOW, decisions=[sent_decision(alert)], messages=messages
        )
        runtime.store = store = FailingWrites(runtime.store)  # type: ignore[assignment]
        runtime.notifiers["screen"] = notifier = RecordingNotifier(store, failures)
        daemon = Daemon(runtime)
        for _ in range(2):
            await deliver(daemon)
        with store.read() as conn:
            assert [delivery.state for delivery in load_delivery_page(conn)] == states
    assert notifier.count == 1
