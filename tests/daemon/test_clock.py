"""A clock that is set back puts nothing off."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from apscheduler.schedulers import base
from kit.raw import FEED, RawServer, ok
from kit.saying import alert, commit, configured, message, sends
from kit.waiting import until

from monitor.config.file import read_config
from monitor.daemon import Daemon, prepare
from monitor.engine import Engine, open_engine
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
    monkeypatch.setattr("monitor.clock.datetime", made.shown())
    monkeypatch.setattr("monitor.daemon.datetime", made.shown())
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

    async with open_engine(read_config(folder / "config.toml", env={}), clock=steps) as engine:
        await engine.in_store(prepare, engine)
        daemon, stop = Counting(engine), asyncio.Event()
        life = asyncio.create_task(daemon.live(stop))
        try:
            await until(lambda: daemon.ticks > 0, 6.0)
            steps.by = -HOUR
            await asyncio.sleep(1.1)  # what was due just before has run
            before = daemon.ticks
            await until(lambda: daemon.ticks > before + 1, 6.0)
        finally:
            stop.set()
            await life


async def test_a_source_is_polled_after_the_time_it_was_to_wait_for(folder: Path, steps: Steps) -> None:
    async with RawServer(ok(FEED)) as server:
        (folder / "config.toml").write_text(HEAD + SOURCE.format(url=server.url))
        config = read_config(folder / "config.toml", env={})
        async with open_engine(config, clock=steps) as engine:
            await engine.in_store(prepare, engine)
            await Daemon(engine).poll_round()
        steps.by = -HOUR
        async with open_engine(config, clock=steps) as engine:
            await engine.in_store(prepare, engine)
            with engine.store.read() as conn:
                (row,) = sources.rows(conn)
    assert 0.8 * 900 < row.next_poll - steps() < 1.2 * 900


async def test_a_message_owed_before_the_clock_was_set_back_is_due(folder: Path, steps: Steps) -> None:
    async with open_engine(read_config(folder / "config.toml", env={}), clock=steps) as engine:
        now = steps()
        told = alert(at=now)
        configured(engine.store, "wire")
        owed = message("m1", told, created=now)
        commit(engine.store, ["Three bridges are shut."], decisions=[sends(told)], messages=[owed])
        steps.by = -HOUR
        assert not due(engine)
        await engine.in_store(prepare, engine)
        assert due(engine) == ["desk"]


def due(engine: Engine) -> list[str]:
    with engine.store.read() as conn:
        return outbox.channels_due(conn, engine.clock())
