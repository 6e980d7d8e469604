"""Processes of daemons: start one, and measure the CPU and memory of a process and its descendants."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MEMORY_SAMPLE_S = 0.5  # seconds between two samples of memory


class ProcessTree(threading.Thread):
    """Monitors a process and its descendants: CPU seconds on demand, and peak memory in MB since `peak` was set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self._ended = pid, 0.0, threading.Event()

    def pids(self) -> list[int]:
        pids = [self.pid]
        for pid in pids:  # grows while it is read
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                pids += map(int, children.read_text().split())
        return pids

    def cpu(self) -> float:
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # user and system, own and of ended children
        return ticks / TICKS_PER_SECOND

    def memory(self) -> float:
        total = 0
        for pid in self.pids():
            total += int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
        return total / 1024

    def run(self) -> None:
        while not self._ended.wait(MEMORY_SAMPLE_S):
            try:
                self.peak = max(self.peak, self.memory())
            except (OSError, IndexError):  # a process has just ended
                continue

    def end(self) -> None:
        self._ended.set()
        self.join()


@contextmanager
def running_monitor(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `monitor run` in a folder, with its log in `log.txt`, until the context ends."""
    with (
        (folder / "log.txt").open("wb") as log,
        subprocess.Popen([sys.executable, "-m", "monitor", "run"], cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
