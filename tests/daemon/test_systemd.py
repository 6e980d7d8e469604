"""What is sent to the service manager's socket: ready, status, reloads, signs of life, stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kit import FeedServer
from kit.config import loopback_config, source_table, write_folder
from kit.waiting import block_until
from kit.worker_processes import started_daemon, started_process

from monitor.daemon.systemd import announced_reload, notify_systemd, watchdog_seconds, without_socket
from monitor.daemon.watchdog import EXIT_STUCK, Pulse, watch_process


class NotifySocket:
    """A datagram socket that records what is sent to it, line by line."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.lines: list[str] = []

    def read(self, timeout_s: float = 0.05) -> list[str]:
        """Return all lines so far."""
        self.socket.settimeout(timeout_s)
        try:
            while True:
                self.lines += self.socket.recv(65_536).decode().split("\n")
        except TimeoutError:
            return self.lines

    def has(self, line: str) -> Callable[[], bool]:
        return lambda: line in self.read()


@pytest.fixture(params=["file", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "file" else f"@claimwatch-{os.getpid()}-{time.monotonic_ns()}"


@pytest.fixture
def manager(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifySocket]:
    receiver = NotifySocket(address)
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    yield receiver
    receiver.socket.close()


def test_each_assignment_is_one_line(manager: NotifySocket) -> None:
    notify_systemd("READY=1", "STATUS=two\nlines")
    assert manager.read() == ["READY=1", "STATUS=two lines"]


def test_nothing_is_sent_without_a_service_manager(
    manager: NotifySocket, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify_systemd("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify_systemd("STATUS=after")
    assert manager.read() == ["STATUS=after"]


def test_a_service_manager_that_is_gone_does_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify_systemd("READY=1")
    assert list(tmp_path.iterdir()) == []


def test_a_reload_is_announced_with_its_time_and_ends_ready(manager: NotifySocket) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    with announced_reload():
        reloading, moment = manager.read()
    assert reloading == "RELOADING=1"
    assert int(moment.removeprefix("MONOTONIC_USEC=")) >= before
    assert manager.read()[-1] == "READY=1"


def test_a_worker_of_a_supervisor_has_no_socket() -> None:
    assert without_socket({"NOTIFY_SOCKET": "@x", "HOME": "/"}) == {"HOME": "/"}


@pytest.mark.parametrize(("text", "seconds"), [("120000000", 120.0), ("", None), ("0", None), ("soon", None)])
def test_the_watchdog_is_off_without_a_time(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", text)
    assert watchdog_seconds() == seconds


def test_a_thread_is_stuck_when_nothing_has_ended_there_for_too_long() -> None:
    queue: list[Callable[[], None]] = []
    steps = [0]
    pulse = Pulse("thread", 0.05, queue.append, lambda: steps[0])
    assert not pulse.is_stuck()
    time.sleep(0.1)
    assert pulse.is_stuck()
    assert len(queue) == 1, "calls do not pile up"
    steps[0] += 1
    assert not pulse.is_stuck(), "other work has ended there"
    time.sleep(0.1)
    assert pulse.is_stuck()
    queue[0]()
    assert not pulse.is_stuck()


@pytest.mark.parametrize("address", ["abstract"], indirect=True)
async def test_signs_of_life_stop_while_the_event_loop_is_blocked(
    manager: NotifySocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    with watch_process([Pulse.of_loop(asyncio.get_running_loop(), patience_s=0.2)]):
        await asyncio.sleep(0.3)
        assert "WATCHDOG=1" in manager.read()
        time.sleep(0.6)  # blocks the event loop
        manager.read()
        blocked = len(manager.lines)
        time.sleep(0.3)
        assert len(manager.read(0.01)) == blocked
        await asyncio.sleep(0.3)
        assert len(manager.read()) > blocked


def test_signs_of_life_stop_while_the_store_thread_hangs(
    manager: NotifySocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    hanging, executor = threading.Event(), ThreadPoolExecutor(1)
    with watch_process([Pulse("database thread", 0.2, executor.submit)]):
        block_until(manager.has("WATCHDOG=1"), 5)
        executor.submit(hanging.wait)
        time.sleep(0.5)
        manager.read()
        stuck = len(manager.lines)
        time.sleep(0.3)
        assert len(manager.read()) == stuck
        hanging.set()
        block_until(lambda: len(manager.read()) > stuck, 5)
    executor.shutdown()


def write_config(folder: Path, feed: FeedServer, workers: int = 1) -> None:
    source = source_table("bulletins", feed.url, every="1s")
    write_folder(folder, loopback_config(source, workers=workers))


@pytest.mark.slow
@pytest.mark.parametrize("address", ["file"], indirect=True)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_daemon_reports_its_life(
    tmp_path: Path, manager: NotifySocket, monkeypatch: pytest.MonkeyPatch, feed: FeedServer, workers: int
) -> None:
    write_config(tmp_path, feed, workers)
    monkeypatch.setenv("WATCHDOG_USEC", "4000000")
    with started_daemon(tmp_path) as daemon:
        block_until(manager.has("READY=1"), 60)
        assert "RELOADING=1" not in manager.lines
        block_until(manager.has("WATCHDOG=1"), 10)
        block_until(lambda: any(line.startswith("STATUS=") for line in manager.read()), 10)
        if workers == 1:
            block_until(manager.has("STATUS=all checks ok"), 60)
        else:
            block_until(manager.has("STATUS=2 of 2 workers run"), 60)
        time.sleep(1.0)  # until the files are watched
        daemon.send_signal(signal.SIGHUP)
        block_until(manager.has("RELOADING=1"), 10)
        block_until(lambda: "READY=1" in manager.read()[manager.lines.index("RELOADING=1") :], 10)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(10) == 0
        assert "STOPPING=1" in manager.read()


STUCK_WORKER = """
import threading
from monitor.daemon.watchdog import Pulse, watch_process
with watch_process([Pulse("event loop", 0.2, lambda call: None)], ends_itself=True):
    threading.Event().wait(30)
"""


@pytest.mark.slow
def test_a_stuck_worker_of_a_supervisor_ends_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    with started_process(tmp_path, "-c", STUCK_WORKER) as stuck:
        assert stuck.wait(30) == EXIT_STUCK
    assert "process is stuck" in (tmp_path / "log.txt").read_text()
