"""The heartbeat: sent while everything works, not otherwise, and its failures are logged once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit.config import loopback_config, toml_table, write_folder
from kit.daemon_harness import folder_config
from kit.servers import LoopbackServer
from structlog.testing import capture_logs

from monitor.config_file.load import check_config
from monitor.daemon.faults import FaultLog
from monitor.daemon.health import Health
from monitor.daemon.heartbeat import send_heartbeat, send_heartbeats
from monitor.runtime import Runtime, Worker, open_runtime

PARTS = ("write", "poll tick", "canary", "deliver tick", "queue", "rule files")


class HeartbeatService(LoopbackServer):
    """Records the path of each request and responds with `status`."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.paths: list[str] = []

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        self.paths.append(to.path)
        self.reply(to, self.status, b"OK")


@pytest.fixture
def service() -> Iterator[HeartbeatService]:
    with HeartbeatService() as running:
        yield running


@pytest.fixture
async def runtime(tmp_path: Path, service: HeartbeatService) -> AsyncIterator[Runtime]:
    write_folder(tmp_path, loopback_config(heartbeat_table(service), database="sqlite:///:memory:"))
    async with open_runtime(folder_config(tmp_path)) as opened:
        yield opened


def heartbeat_table(service: HeartbeatService) -> str:
    return toml_table("[heartbeat]", url=f"{service.url}ping/secret-path", every="10s")


class Clock:
    elapsed = 0.0

    def __call__(self) -> float:
        return self.elapsed


async def heartbeats_sent(runtime: Runtime, health: Health, service: HeartbeatService) -> int:
    """Return how many heartbeats are sent in the time of several checks."""
    before = len(service.paths)
    sending = asyncio.create_task(send_heartbeats(runtime, health, FaultLog(), check_s=0.02))
    await asyncio.sleep(0.3)
    sending.cancel()
    return len(service.paths) - before


async def test_a_heartbeat_is_sent_only_after_everything_has_worked(
    runtime: Runtime, service: HeartbeatService
) -> None:
    clock = Clock()
    health = Health(clock)
    assert await heartbeats_sent(runtime, health, service) == 0, "nothing has succeeded yet"
    for part in PARTS:
        health.record_success(part)
    assert await heartbeats_sent(runtime, health, service) == 1
    assert service.paths == ["/ping/secret-path"]
    health.record_failure("write", "the disk is full", at_once=True)
    assert await heartbeats_sent(runtime, health, service) == 0
    health.record_success("write")
    clock.elapsed += 90
    assert await heartbeats_sent(runtime, health, service) == 0, "the last successes are old"


async def test_of_several_workers_only_the_first_one_sends_heartbeats(
    runtime: Runtime, service: HeartbeatService
) -> None:
    health = Health(Clock())
    for part in PARTS:
        health.record_success(part)
    runtime.worker = Worker("second", 2, is_supervised=True)
    assert await heartbeats_sent(runtime, health, service) == 0


async def test_a_heartbeat_that_fails_is_logged_once_without_its_path(
    runtime: Runtime, service: HeartbeatService
) -> None:
    service.status = 404
    faults, url = FaultLog(), f"{service.url}ping/secret-path"
    with capture_logs() as lines:
        for _ in range(3):
            await send_heartbeat(runtime, url, faults)
        service.status = 200
        await send_heartbeat(runtime, url, faults)
    assert [(line["event"], line["error"]) for line in lines] == [
        ("heartbeat failed", "the heartbeat to 127.0.0.1 failed: not found"),
        ("fault is over", "the heartbeat to 127.0.0.1 failed: not found"),
    ]


async def test_a_failing_service_is_not_asked_more_often(runtime: Runtime, service: HeartbeatService) -> None:
    service.status = 503
    health = Health(Clock())
    for part in PARTS:
        health.record_success(part)
    assert await heartbeats_sent(runtime, health, service) == 1


async def test_a_heartbeat_reaches_no_private_address_that_the_config_does_not_allow(
    tmp_path: Path, service: HeartbeatService
) -> None:
    write_folder(tmp_path, heartbeat_table(service))
    async with open_runtime(folder_config(tmp_path)) as guarded:
        with capture_logs() as lines:
            await send_heartbeat(guarded, f"{service.url}ping/secret-path", FaultLog())
    assert [line["event"] for line in lines] == ["heartbeat failed"]
    assert service.paths == []


def test_the_url_of_the_heartbeat_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[heartbeat]\nurl = "https://hc.example.org/ping/abc"\n')
    config = folder_config(tmp_path)
    assert "abc" not in repr(config)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('url = "ftp://hc.example.org/abc"', "expected a URL that starts with https:// or http://"),
        ('every = "1s"', "expected a value greater than or equal to 10"),
        ('every = "often"', "expected a duration"),
    ],
)
def test_an_invalid_heartbeat_is_reported(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "config.toml").write_text(f"[heartbeat]\n{line}\n")
    _, problems = check_config(tmp_path / "config.toml", {})
    (problem,) = (problem for problem in problems if not problem.warning)
    assert message in problem.message
    assert problem.line == 2
