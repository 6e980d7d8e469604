"""The retention of a running daemon whose clock jumps a year ahead and back."""

from __future__ import annotations

from pathlib import Path

from kit.builders import example_assessment
from kit.config import loopback_config, source_table
from kit.daemon_harness import prepared_runtime
from kit.databases import write_config_file
from sqlalchemy import func, select

from monitor.daemon.scheduler import Daemon
from monitor.store import schema
from monitor.store.commit import commit_assessment
from monitor.units import DAY

START = 1_800_000_000.0


async def test_a_clock_that_jumps_ahead_and_back_deletes_nothing(tmp_path: Path) -> None:
    write_config_file(
        tmp_path, loopback_config(source_table("wire", "http://127.0.0.1:9/feed"), memory="7d", keep="30d")
    )
    now = START
    async with prepared_runtime(tmp_path, lambda: now) as runtime:

        def commit(text: str) -> None:
            with runtime.store.write() as conn:
                commit_assessment(conn, example_assessment([text], at=now), content_hash=text, now=now)

        def counts() -> tuple[int, int]:
            with runtime.store.read() as conn:
                indexed = select(func.count()).where(schema.claims.c.indexed)
                updates = select(func.count()).select_from(schema.updates)
                return conn.execute(indexed).scalar_one(), conn.execute(updates).scalar_one()

        daemon = Daemon(runtime)
        commit("Three bridges are closed.")
        commit("Two bridges are closed.")
        await daemon.run_retention()
        for now in (START + 365 * DAY, START + 60, START + 366 * DAY):
            commit(f"It is day {now}.")
            before = counts()
            await daemon.run_retention()
            assert counts() == before
        now = START + 0.9 * DAY
        await daemon.run_retention()
        assert counts() == before

        for day in range(1, 40):  # time passes, and the retention runs each day
            now = START + day * 0.9 * DAY
            await daemon.run_retention()
        assert counts()[1] < before[1]
