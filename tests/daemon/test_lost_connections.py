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
from kit.databases import write_config_file

from monitor import pipeline
from monitor.alerts.ids import build_message
from monitor.config_file.load import read_config
from monitor.daemon.leases import INTERRUPTED_LEASE_S
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.errors import StoreError
from monitor.model import Message
from monitor.runtime import open_runtime
from monitor.store.reports.deliveries import load_delivery_page

NOW = 1_800_000_000.0
CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "bulletins"
url = "{feed}"
[channels.screen]
type = "terminal"
[alerts]
notify = ["screen"]
"""


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


async def test_a_source_whose_poll_could_not_be_stored_is_polled_again_soon(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    now = [NOW]
    with FeedServer(Bulletin("1", "The ferry sails")) as feed:
        write_config_file(tmp_path, CONFIG.format(feed=feed.url))
        async with open_runtime(read_config(tmp_path / "config.toml", env={}), clock=lambda: now[0]) as runtime:
            await runtime.run_in_store_thread(prepare_store, runtime)
            daemon = Daemon(runtime)
            leased = await daemon.lease_batch()
            runtime.store = store = FailingWrites(runtime.store, failures=1)  # type: ignore[assignment]
            daemon.start_polls(leased)
            await daemon.finish_tasks()
            assert (store.failures, len(feed.answered)) == (0, 1)
            for seconds, polls in ((1.0, 1), (INTERRUPTED_LEASE_S - 1, 1), (INTERRUPTED_LEASE_S + 2, 2)):
                now[0] = NOW + seconds
                await daemon.poll_due()
                await daemon.finish_tasks()
                assert len(feed.answered) == polls


@pytest.mark.parametrize(("failures", "states"), [(1, ["sent"]), (2, ["sent"]), (3, ["pending"])])
async def test_the_result_of_a_send_is_recorded_when_the_database_is_back(
    failures: int, states: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "RECORD_PAUSES_S", (0.0, 0.0))
    (tmp_path / "rules").mkdir()
    write_config_file(tmp_path, CONFIG.format(feed="https://wire.example/"))
    async with open_runtime(read_config(tmp_path / "config.toml", env={}), clock=lambda: NOW) as runtime:
        await runtime.run_in_store_thread(prepare_store, runtime)
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
            await daemon.deliver_due()
            await daemon.finish_tasks()
        with store.read() as conn:
            assert [delivery.state for delivery in load_delivery_page(conn)] == states
    assert notifier.count == 1
