"""A worker that keeps crashing is started after growing pauses, its end is named, and the others go on."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from kit.waiting import wait_until
from structlog.testing import capture_logs

from monitor.daemon.supervisor import MIN_PAUSE_S, Supervisor
from monitor.store.connect import open_store

# Notes its start; the first worker crashes at once, the second one runs until it is ended.
WORKER = """
import sys, time
number = sys.argv[-1].rpartition("-")[2]
with open(sys.argv[1], "a") as log:
    log.write(f"{number} {time.monotonic()}\\n")
if number == "2":
    time.sleep(60)
raise MemoryError("the worker broke")
"""


async def test_a_crashing_worker_is_restarted_with_growing_pauses_beside_one_that_works(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    starts = tmp_path / "starts"
    starts.touch()
    store = open_store(f"sqlite:///{tmp_path}/monitor.db")
    supervisor = Supervisor(store, (sys.executable, "-S", "-c", WORKER, str(starts)), 2, ())
    with capture_logs() as lines:
        running = asyncio.create_task(supervisor.run())
        await wait_until(lambda: sum("worker ended" in line["event"] for line in lines) >= 3, 20.0)
        supervisor.stop.set()
        assert await running == 0
    store.close()

    ended = [line for line in lines if line["event"] == "worker ended, starting again"]
    assert [(line["worker"], line["status"]) for line in ended] == [(1, "1")] * len(ended)
    assert [line["pause"] for line in ended[:3]] == [MIN_PAUSE_S, 2 * MIN_PAUSE_S, 4 * MIN_PAUSE_S]
    started = [line.split() for line in starts.read_text().splitlines()]
    times = [float(at) for number, at in started if number == "1"]
    assert times[1] - times[0] >= MIN_PAUSE_S
    assert times[2] - times[1] >= 2 * MIN_PAUSE_S
    assert [number for number, _ in started].count("2") == 1, "the other one went on"
    assert "MemoryError: the worker broke" in capfd.readouterr().err
