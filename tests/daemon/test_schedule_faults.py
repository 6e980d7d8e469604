"""Polls that overrun, hang, are cancelled or are due all at once leave the schedule of the others alone."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from kit.config import loopback_config, source_table, write_folder
from kit.daemon_harness import poll, prepared_runtime
from kit.raw_server import SAMPLE_FEED, RawServer, http_response
from kit.site_server import resolve_to_loopback
from kit.waiting import wait_until
from structlog.testing import capture_logs

from monitor.daemon.faults import FaultLog
from monitor.daemon.leases import INTERRUPTED_LEASE_S
from monitor.daemon.scheduler import MAX_POLLS_PER_HOST, Daemon
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.rate_limit import MAX_HOST_REQUESTS, HostRateLimiter
from monitor.runtime import Runtime
from monitor.sources.parse.pool import ParserPool
from monitor.sources.state import PollResult, SourceState
from monitor.store.sources import load_sources, record_polls

ANSWER = http_response(SAMPLE_FEED, etag='"1"')
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n"
DAY = 86400.0


@pytest.fixture(autouse=True)
def own_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.daemon.scheduler.FAULTS", FaultLog())


def write_config(folder: Path, urls: dict[str, str], every: str) -> None:
    """Write a config with sources: the URL of each by its name."""
    write_folder(folder, loopback_config(*(source_table(name, url, every=every) for name, url in urls.items())))


class WatchedServer(RawServer):
    """Notes when each request arrived, and how many of one host it answered at once."""

    def __init__(self, answer: bytes, seconds: float = 0.0) -> None:
        super().__init__(answer)
        self.seconds = seconds
        self.times: list[float] = []
        self.hosts: list[str] = []
        self.now_answering: Counter[str] = Counter()
        self.max_answering = 0

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        host = request.lower().partition(b"host: ")[2].split()[0].decode()
        self.times.append(time.monotonic())
        self.hosts.append(host)
        self.now_answering[host] += 1
        self.max_answering = max(self.max_answering, self.now_answering[host])
        await asyncio.sleep(self.seconds)
        self.now_answering[host] -= 1
        await super()._answer(request, writer)


@asynccontextmanager
async def started(daemon: Daemon) -> AsyncIterator[None]:
    """Run a daemon, and stop it without waiting for its polls."""
    stop = asyncio.Event()
    running = asyncio.create_task(daemon.run_until(stop))
    try:
        yield
    finally:
        for task in daemon.poll_tasks.values():
            task.cancel()
        stop.set()
        await running


def let_polls_be_overdue(runtime: Runtime, names: Iterable[str], since: float) -> None:
    """Store that each source was read, with a validator, and that its next poll was due some seconds ago."""
    due = runtime.clock() - since
    read = PollResult(due - 3600, "ok", None, None, 0, due, '"1"', None, "hash", True)
    with runtime.store.write() as conn:
        record_polls(conn, dict.fromkeys(names, read))


async def source_states(runtime: Runtime) -> list[SourceState]:
    def load() -> list[SourceState]:
        with runtime.store.read() as conn:
            return load_sources(conn)

    return await runtime.run_in_store_thread(load)


async def never_answer(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def test_a_poll_longer_than_its_interval_is_not_started_twice_and_delays_no_other(tmp_path: Path) -> None:
    slow_server, quick_server = WatchedServer(ANSWER, seconds=1.5), WatchedServer(ANSWER)
    async with slow_server as slow, quick_server as quick:
        write_config(tmp_path, {"slow": slow.url, "quick": quick.url}, "1s")
        async with prepared_runtime(tmp_path) as runtime, started(Daemon(runtime)):
            await wait_until(lambda: len(slow.times) >= 2 and len(quick.times) >= 3, 20.0)

    assert slow.max_answering == 1
    assert len(slow.times) < len(quick.times)
    assert max(after - before for before, after in pairwise(quick.times)) < 2.5


async def test_a_thousand_sources_due_after_a_downtime_are_spread_over_their_hosts_and_bad_ones_delay_none(
    tmp_path: Path,
) -> None:
    hosts = [f"host{number}.example" for number in range(40)]
    async with (
        RawServer(never_answer) as hanging,
        RawServer(b"\x00\x01\r\n\r\n") as broken,
        WatchedServer(NOT_MODIFIED, seconds=0.01) as server,
    ):
        good = {f"s{n:04}": f"http://{hosts[n // 25]}:{server.port}/{n}" for n in range(1000)}
        urls = good | {"a-hangs": hanging.url, "a-breaks": broken.url}
        write_config(tmp_path, urls, "1h")
        async with prepared_runtime(tmp_path) as runtime:
            await runtime.fetcher.close()
            network = Network(Guard(["127.0.0.0/8"], resolve_to_loopback))
            runtime.fetcher = Fetcher(user_agent="T", network=network, rate_limiter=HostRateLimiter(0.02))
            await runtime.run_in_store_thread(let_polls_be_overdue, runtime, urls, 3 * DAY)
            daemon = Daemon(runtime)
            most_polls = 0
            async with started(daemon):
                while daemon.poll_tasks.keys() != {"a-hangs"} or len(server.hosts) < 1000:
                    polling = Counter(daemon.host_by_source[name] for name in daemon.poll_tasks)
                    most_polls = max(most_polls, *polling.values(), 0)
                    await asyncio.sleep(0.005)
                await daemon.poll_due()  # which stores the outcomes of unchanged polls
                states = {state.name: state for state in await source_states(runtime)}

    assert sorted(request.target for request in server.received_requests) == sorted(f"/{n}" for n in range(1000))
    assert most_polls == MAX_POLLS_PER_HOST
    assert server.max_answering <= MAX_HOST_REQUESTS
    assert len(set(server.hosts[:400])) == len(hosts), "no host waits until others are done"
    assert len(hanging.received_requests) == 1
    assert states["a-breaks"].state == "failing"
    next_polls = sorted(states[name].next_poll for name in good)
    assert next_polls[0] > time.time() + 3000
    assert next_polls[-1] - next_polls[0] > 300, "the next polls are spread too"


class Odd(BaseException):
    """An error that is no Exception."""


async def test_ticks_continue_after_any_error_and_after_the_event_loop_was_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.daemon.scheduler.TICK_INTERVAL_S", 0.2)

    class FaultyDaemon(Daemon):
        ticks = 0

        async def release_due(self) -> None:
            self.ticks += 1
            match self.ticks:
                case 1:
                    raise asyncio.CancelledError
                case 2:
                    raise Odd("odd")
                case 3:
                    raise ValueError("wrong")
                case 4:
                    time.sleep(2.2)  # over the next ticks

    async with RawServer(ANSWER) as server:
        write_config(tmp_path, {"wire": server.url}, "1s")
        async with prepared_runtime(tmp_path) as runtime:
            daemon = FaultyDaemon(runtime)
            with capture_logs() as lines:
                async with started(daemon):
                    await wait_until(lambda: daemon.ticks >= 6, 20.0)
                    polls = len(server.received_requests)
                    await wait_until(lambda: len(server.received_requests) > polls, 5.0)

    assert [line["error"] for line in lines if line["event"] == "unexpected failure"] == [
        "something that it waited for was cancelled",
        "ValueError: wrong",
    ]


async def test_a_poll_that_something_cancelled_is_repeated_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled future inside a poll, such as one of a stopped worker process, must not keep its lease."""

    async def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    async with RawServer(ANSWER) as server:
        write_config(tmp_path, {"wire": server.url}, "1h")
        async with prepared_runtime(tmp_path) as runtime:
            now = [runtime.clock()]
            runtime.clock = lambda: now[0]
            daemon = Daemon(runtime)
            with monkeypatch.context() as patch:
                patch.setattr("monitor.daemon.scheduler.poll_source", cancelled)
                await poll(daemon)
            await daemon.poll_due()
            now[0] += INTERRUPTED_LEASE_S + 1
            await poll(daemon)

    assert len(server.received_requests) == 1


async def test_a_document_that_takes_too_much_memory_fails_alone(tmp_path: Path) -> None:
    hungry = b"<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>" % (
        b"x &amp; y " * 1_000_000
    )
    async with RawServer(http_response(hungry)) as greedy, RawServer(ANSWER) as server:
        write_config(tmp_path, {"greedy": greedy.url, "wire": server.url}, "1h")
        async with prepared_runtime(tmp_path) as runtime:
            await asyncio.to_thread(runtime.parser.close)
            runtime.parser = ParserPool(workers=2, deadline=20.0, memory=120 * 2**20)
            daemon = Daemon(runtime)
            await daemon.poll_round()
            states = {state.name: state for state in await source_states(runtime)}
            await daemon.probes.probe_canary()
            health = daemon.health.assess_health(runtime.clock())

    assert (states["greedy"].state, states["greedy"].error_code) == ("failing", "parse_memory")
    assert states["greedy"].error == "parsing took more than 120 MiB of memory"
    assert (states["wire"].state, states["wire"].entries) == ("ok", 1)
    assert health.checks["poll"].is_ok
