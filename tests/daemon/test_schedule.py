"""When sources are polled: a slow host does not delay others, and every interval is kept over a day."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from kit.config import loopback_config, source_table
from kit.daemon_harness import prepared_runtime
from kit.databases import write_config_file
from kit.raw_server import SAMPLE_FEED, RawServer, http_response

from monitor.daemon.scheduler import MAX_CONCURRENT_POLLS, MAX_POLLS_PER_PRIVATE_HOST, Daemon
from monitor.store.sources import load_sources

MIDNIGHT = datetime(2025, 12, 15, tzinfo=UTC).timestamp()


@asynccontextmanager
async def prepared_daemon(folder: Path, *sources: str, now: list[float]) -> AsyncIterator[Daemon]:
    """A daemon whose clock returns `now[0]`."""
    write_config_file(folder, loopback_config(*sources, timezone="Europe/Kyiv"))
    async with prepared_runtime(folder, lambda: now[0]) as runtime:
        daemon = Daemon(runtime)
        try:
            yield daemon
        finally:
            await daemon.finish_tasks(0)


async def test_a_slow_host_with_many_sources_does_not_block_others(tmp_path: Path) -> None:
    async def never_respond(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with RawServer(never_respond) as slow, RawServer(http_response(SAMPLE_FEED)) as quick:
        slow_sources = [source_table(f"a{number}", f"{slow.url}{number}") for number in range(MAX_CONCURRENT_POLLS)]
        quick_sources = [source_table(f"z{number}", f"{quick.url}{number}") for number in range(20)]
        async with prepared_daemon(tmp_path, *slow_sources, *quick_sources, now=[MIDNIGHT]) as daemon:
            for _ in range(50):
                await daemon.poll_due()
                await asyncio.sleep(0.05)
                if len(quick.received_requests) == 20:
                    break
            assert len(quick.received_requests) == 20, (
                "all others were polled while the slow host used its share of slots"
            )
            assert len([name for name in daemon.poll_tasks if name.startswith("a")]) == MAX_POLLS_PER_PRIVATE_HOST


async def test_one_round_polls_every_source_once(tmp_path: Path) -> None:
    async with RawServer(http_response(SAMPLE_FEED)) as one, RawServer(http_response(SAMPLE_FEED)) as two:
        sources = [
            source_table(f"s{number}", f"{(one, two)[number % 2].url}{number}")
            for number in range(MAX_CONCURRENT_POLLS + 20)
        ]
        async with prepared_daemon(tmp_path, *sources, now=[MIDNIGHT]) as daemon:
            await daemon.poll_round()
            assert not daemon.poll_tasks
        assert len({request.target for request in (*one.received_requests, *two.received_requests)}) == len(sources)
        assert len(one.received_requests) + len(two.received_requests) == len(sources)


async def test_each_source_is_polled_within_its_interval_over_a_day(tmp_path: Path) -> None:
    """The clock of the test jumps to the next time at which a source is due."""
    intervals = {"15m": 900, "1h": 3600, "6h": 21600}
    now = [MIDNIGHT]
    async with RawServer(http_response(SAMPLE_FEED, etag='"1"')) as server:
        sources = [source_table(name, f"{server.url}{name}", every=name) for name in intervals]
        sources.append(source_table("cron", f"{server.url}cron", cron="*/10 6-22 * * *"))
        polled: dict[str, list[float]] = defaultdict(list)
        async with prepared_daemon(tmp_path, *sources, now=now) as daemon:
            while now[0] < MIDNIGHT + 86400:
                leased = await daemon.lease_batch()
                for source_state in leased:
                    polled[source_state.name].append(now[0])
                daemon.start_polls(leased)
                await daemon.finish_tasks()
                with daemon.runtime.store.read() as conn:
                    now[0] = max(now[0] + 1, min(source_state.next_poll for source_state in load_sources(conn)))

    for name, interval in intervals.items():
        gaps = [after - before for before, after in pairwise(polled[name])]
        assert max(gaps) <= interval + 2, name
        assert min(gaps) >= 0.9 * interval, name
    hours = [datetime.fromtimestamp(at, ZoneInfo("Europe/Kyiv")) for at in polled["cron"][1:]]
    assert {at.hour for at in hours} == set(range(6, 23))
    assert {at.minute % 10 for at in hours} == {0}
    assert len(hours) >= 16 * 6
