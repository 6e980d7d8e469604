"""A clock that is set back puts nothing off."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from apscheduler.schedulers import base
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.polling_wait import wait_until
from kit.raw_server import SAMPLE_FEED, RawServer, http_response

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import Runtime, open_runtime
from monitor.store import outbox, sources

HOUR = 3600.0
HEAD = '[network]\nallow_private = ["127.0.0.0/8"]\n'
SOURCE = '[[sources]]\nname = "wire"\nurl = "{url}"\nevery = "15m"\n'


class Steps:
    """The real clock, set forward or back by so many seconds."""

    by = 0.0

    def __call__(self) -> float:
        return time.time() + self.by

    def shown(self) -> type[datetime]:
        """A `datetime` that this clock tells the time by."""
        steps = self

        class Shown(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(seconds=steps.by)

        return Shown


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    made = Steps()
    monkeypatch.setattr(base, "datetime", made.shown())
    monkeypatch.setattr("monitor.daemon.clock.datetime", made.shown())
    monkeypatch.setattr("monitor.daemon.scheduler.datetime", made.shown())
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text(HEAD)
    return tmp_path


async def test_ticks_go_on_after_the_clock_was_set_back(folder: Path, steps: Steps) -> None:
    class Counting(Daemon):
        ticks = 0

        async def release_due(self) -> None:
            self.ticks += 1

    async with open_runtime(read_config(folder / "config.toml", env={}), clock=steps) as engine:
        await engine.run_in_store_thread(prepare_store, engine)
        daemon, stop = Counting(engine), asyncio.Event()
        life = asyncio.create_task(daemon.run_until(stop))
        try:
            await wait_until(lambda: daemon.ticks > 0, 6.0)
            steps.by = -HOUR
            await asyncio.sleep(1.1)  # what was due just before has run
            before = daemon.ticks
            await wait_until(lambda: daemon.ticks > before + 1, 6.0)
        finally:
            stop.set()
            await life


async def test_a_source_is_polled_after_the_time_it_was_to_wait_for(folder: Path, steps: Steps) -> None:
    async with RawServer(http_response(SAMPLE_FEED)) as server:
        (folder / "config.toml").write_text(HEAD + SOURCE.format(url=server.url))
        config = read_config(folder / "config.toml", env={})
        async with open_runtime(config, clock=steps) as engine:
            await engine.run_in_store_thread(prepare_store, engine)
            await Daemon(engine).poll_round()
        steps.by = -HOUR
        async with open_runtime(config, clock=steps) as engine:
            await engine.run_in_store_thread(prepare_store, engine)
            with engine.store.read() as conn:
                (row,) = sources.load_sources(conn)
    assert 0.8 * 900 < row.next_poll - steps() < 1.2 * 900


async def test_a_message_owed_before_the_clock_was_set_back_is_due(folder: Path, steps: Steps) -> None:
    async with open_runtime(read_config(folder / "config.toml", env={}), clock=steps) as engine:
        now = steps()
        told = example_alert(at=now)
        add_sources(engine.store, "wire")
        owed = example_message("m1", told, created=now)
        commit_texts(engine.store, ["Three bridges are shut."], decisions=[sent_decision(told)], messages=[owed])
        steps.by = -HOUR
        assert not due(engine)
        await engine.run_in_store_thread(prepare_store, engine)
        assert due(engine) == ["desk"]


def due(engine: Runtime) -> list[str]:
    with engine.store.read() as conn:
        return outbox.channels_due(conn, engine.clock())
