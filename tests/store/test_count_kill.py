"""A process that counts matches and waits for absences, killed with SIGKILL at any moment, misses no alert and sends
none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kit.builders import add_sources, drain_channel
from kit.counting import stored_alerts
from kit.counting_worker import BLOCK, news, time_of

from monitor.store.connect import open_store

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("MONITOR_TEST_KILLS", "20"))
TESTS = Path(__file__).parents[1]
NO_LIMIT = 10**9


class Workers:
    """The processes that ingest, one after another. `seen` is how many texts the last line about them named."""

    def __init__(self, url: str, folder: Path) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-m", "kit.counting_worker", url, str(folder)],
            env=os.environ | {"PYTHONPATH": str(TESTS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.seen = 0

    def start(self, total: int) -> int:
        """Start a process that ingests until there are `total` texts; return its id."""
        assert self.server.stdin is not None
        self.server.stdin.write(f"{total}\n")
        word, pid = self.next_line()
        assert word == "pid"
        return int(pid)

    def next_line(self) -> list[str]:
        assert self.server.stdout is not None
        line = self.server.stdout.readline().split()
        if line[0] == "seen":
            self.seen = int(line[1])
        return line

    def wait(self) -> int:
        """Wait for the end of the process; return its status."""
        while (line := self.next_line())[0] == "seen":
            pass
        assert line[0] == "ended"
        return int(line[1])


def expected_claims(total: int) -> list[list[str]]:
    """Return the claims of each alert of the count: the first four of each block, and the next four."""
    return [
        [news(block + n) for n in range(first, first + 4)] for block in range(0, total, BLOCK) for first in (0, 4)
    ]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", [pytest.param("file", marks=pytest.mark.sqlite), "postgres"])
def test_a_killed_process_misses_no_alert_and_sends_none_twice(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/monitor.db" if kind == "file" else str(request.getfixturevalue("empty_postgres_url"))
    store = open_store(url)
    add_sources(store, "wire", "press")
    rules = tmp_path / "rules"
    rules.mkdir()
    rng, workers = random.Random(16), Workers(url, rules)
    for _ in range(KILLS):
        pid = workers.start(NO_LIMIT)
        for _ in range(rng.randrange(4)):
            workers.next_line()
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(pid, signal.SIGKILL)
        assert workers.wait() == signal.SIGKILL
    total = (workers.seen // BLOCK + 2) * BLOCK
    workers.start(total)
    assert (workers.wait(), workers.seen) == (0, total)
    workers.server.communicate(timeout=30)

    alerts = stored_alerts(store)
    counted = [alert for alert in alerts if alert.rule == "recalls"]
    assert [[finding.claim for finding in alert.findings] for alert in counted] == expected_claims(total)
    assert [alert.at for alert in alerts if alert.rule == "silence"] == [
        time_of(n) for n in range(BLOCK, total, BLOCK)
    ]
    messages = drain_channel(store, "desk", time_of(total + BLOCK))
    assert sorted(alert.id for message in messages for alert in message.alerts) == sorted(
        alert.id for alert in alerts
    )
    store.close()
