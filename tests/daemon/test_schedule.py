"""Who is polled when: a slow host does not hold up the others, and over a day each source is looked at in time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from kit.raw_server import SAMPLE_FEED, RawServer, http_response

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import MAX_CONCURRENT_POLLS, MAX_POLLS_PER_PRIVATE_HOST, Daemon
from monitor.runtime import open_runtime
from monitor.store.sources import load_sources

MIDNIGHT = datetime(2025, 12, 15, tzinfo=UTC).timestamp()
HEAD = '[monitor]\ntimezone = "Europe/Kyiv"\n[network]\nallow_private = ["127.0.0.0/8"]\n'
SOURCE = '[[sources]]\nname = "{name}"\nurl = "{url}"\n{how}\n'


@asynccontextmanager
async def working(folder: Path, *sources: str, now: list[float]) -> AsyncIterator[Daemon]:
    """A daemon whose clock shows the one number in `now`."""
    (folder / "rules").mkdir()
    (folder / "config.toml").write_text(HEAD + "".join(sources))
    async with open_runtime(read_config(folder / "config.toml", env={}), clock=lambda: now[0]) as engine:
        await engine.run_in_store_thread(prepare_store, engine)
        daemon = Daemon(engine)
        try:
            yield daemon
        finally:
            await daemon.finish_tasks(0)


async def test_a_slow_host_with_many_sources_leaves_room_for_others(tmp_path: Path) -> None:
    async def never(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with RawServer(never) as slow, RawServer(http_response(SAMPLE_FEED)) as quick:
        many = [
            SOURCE.format(name=f"a{number}", url=f"{slow.url}{number}", how="")
            for number in range(MAX_CONCURRENT_POLLS)
        ]
        others = [SOURCE.format(name=f"z{number}", url=f"{quick.url}{number}", how="") for number in range(20)]
        async with working(tmp_path, *many, *others, now=[MIDNIGHT]) as daemon:
            for _ in range(50):
                await daemon.poll_due()
                await asyncio.sleep(0.05)
                if len(quick.received_requests) == 20:
                    break
            assert len(quick.received_requests) == 20, "all others were polled while the slow host held its share"
            assert len([name for name in daemon.poll_tasks if name.startswith("a")]) == MAX_POLLS_PER_PRIVATE_HOST


async def test_one_round_polls_every_source_once_whatever_their_hosts(tmp_path: Path) -> None:
    async with RawServer(http_response(SAMPLE_FEED)) as one, RawServer(http_response(SAMPLE_FEED)) as two:
        sources = [
            SOURCE.format(name=f"s{number}", url=f"{(one, two)[number % 2].url}{number}", how="")
            for number in range(MAX_CONCURRENT_POLLS + 20)
        ]
        async with working(tmp_path, *sources, now=[MIDNIGHT]) as daemon:
            await daemon.poll_round()
            assert not daemon.poll_tasks
        assert len({asked.target for asked in (*one.received_requests, *two.received_requests)}) == len(sources)
        assert len(one.received_requests) + len(two.received_requests) == len(sources)


async def test_over_a_day_each_source_is_polled_within_its_interval(tmp_path: Path) -> None:
    """A virtual clock: it moves to the next moment at which something is due."""
    intervals = {"15m": 900, "1h": 3600, "6h": 21600}
    now = [MIDNIGHT]
    async with RawServer(http_response(SAMPLE_FEED, etag='"1"')) as server:
        sources = [SOURCE.format(name=name, url=f"{server.url}{name}", how=f'every = "{name}"') for name in intervals]
        cron = 'cron = "*/10 6-22 * * *"'
        sources.append(SOURCE.format(name="cron", url=f"{server.url}cron", how=cron))
        polled: dict[str, list[float]] = defaultdict(list)
        async with working(tmp_path, *sources, now=now) as daemon:
            while now[0] < MIDNIGHT + 86400:
                leased = await daemon.lease_batch()
                for row in leased:
                    polled[row.name].append(now[0])
                daemon.start_polls(leased)
                await daemon.finish_tasks()
                with daemon.runtime.store.read() as conn:
                    now[0] = max(now[0] + 1, min(row.next_poll for row in load_sources(conn)))

    for name, interval in intervals.items():
        gaps = [after - before for before, after in pairwise(polled[name])]
        assert max(gaps) <= interval + 2, name
        assert min(gaps) >= 0.9 * interval, name
    hours = [datetime.fromtimestamp(at, ZoneInfo("Europe/Kyiv")) for at in polled["cron"][1:]]
    assert {at.hour for at in hours} == set(range(6, 23))
    assert {at.minute % 10 for at in hours} == {0}
    assert len(hours) >= 16 * 6
