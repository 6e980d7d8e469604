"""A clock that is set back delays nothing."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from apscheduler.schedulers import base
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.config import loopback_config, source_table
from kit.daemon_harness import folder_config, prepared_runtime
from kit.databases import write_config_file
from kit.raw_server import SAMPLE_FEED, RawServer, http_response
from kit.waiting import wait_until

from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import Runtime, open_runtime
from monitor.store import outbox, sources

HOUR = 3600.0


class SteppedClock:
    """The real clock plus an offset."""

    offset_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset_s

    def datetime_class(self) -> type[datetime]:
        """Return a `datetime` class whose `now` uses this clock."""
        stepped_clock = self

        class SteppedDatetime(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(seconds=stepped_clock.offset_s)

        return SteppedDatetime


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    stepped = SteppedClock()
    monkeypatch.setattr(base, "datetime", stepped.datetime_class())
    monkeypatch.setattr("monitor.daemon.clock.datetime", stepped.datetime_class())
    monkeypatch.setattr("monitor.daemon.scheduler.datetime", stepped.datetime_class())
    return stepped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config_file(tmp_path, loopback_config())
    return tmp_path


async def test_ticks_continue_after_the_clock_is_set_back(folder: Path, clock: SteppedClock) -> None:
    class TickCountingDaemon(Daemon):
        ticks = 0

        async def release_due(self) -> None:
            self.ticks += 1

    async with prepared_runtime(folder, clock) as runtime:
        daemon, stop = TickCountingDaemon(runtime), asyncio.Event()
        daemon_task = asyncio.create_task(daemon.run_until(stop))
        try:
            await wait_until(lambda: daemon.ticks > 0, 6.0)
            clock.offset_s = -HOUR
            await asyncio.sleep(1.1)  # until ticks that were due before have run
            before = daemon.ticks
            await wait_until(lambda: daemon.ticks > before + 1, 6.0)
        finally:
            stop.set()
            await daemon_task

    assert daemon.ticks > before + 1


async def test_a_source_keeps_its_interval_when_the_clock_is_set_back(folder: Path, clock: SteppedClock) -> None:
    async with RawServer(http_response(SAMPLE_FEED)) as server:
        write_config_file(folder, loopback_config(source_table("wire", server.url, every="15m")))
        async with prepared_runtime(folder, clock) as runtime:
            await Daemon(runtime).poll_round()
        clock.offset_s = -HOUR
        async with prepared_runtime(folder, clock) as runtime:
            with runtime.store.read() as conn:
                (source_state,) = sources.load_sources(conn)
    assert 0.8 * 900 < source_state.next_poll - clock() < 1.2 * 900


async def test_a_pending_message_is_due_after_the_clock_is_set_back(folder: Path, clock: SteppedClock) -> None:
    async with open_runtime(folder_config(folder), clock=clock) as runtime:
        now = clock()
        alert = example_alert(at=now)
        add_sources(runtime.store, "wire")
        message = example_message("m1", alert, created=now)
        commit_texts(runtime.store, ["Three bridges are shut."], decisions=[sent_decision(alert)], messages=[message])
        clock.offset_s = -HOUR
        assert not due_channels(runtime)
        await runtime.run_in_store_thread(prepare_store, runtime)
        assert due_channels(runtime) == ["desk"]


def due_channels(runtime: Runtime) -> list[str]:
    with runtime.store.read() as conn:
        return outbox.channels_due(conn, runtime.clock())
