"""A parse that never ends, uses too much memory or crashes is killed without effect on others, with one error."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from monitor.errors import ParseError
from monitor.process_pool import WorkerPool
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import ParserPool, parse_as_feed

pytestmark = pytest.mark.slow

FEED = b"<rss version='2.0'><channel><title>T</title><item><title>Bridge open</title></item></channel></rss>"
ENDLESS_FEED = b"<rss version='2.0'><channel><item %s/></channel></rss>" % b" ".join(
    b"a%d='1'" % n for n in range(200_000)
)
MEMORY_HUNGRY_FEED = b"<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>" % (
    b"x &amp; y " * 1_000_000
)
URL = "https://feeds.example/"
OPTIONS = ParseOptions("feed", URL)


@pytest.fixture
def parser() -> Iterator[ParserPool]:
    pool = ParserPool(workers=2, deadline=1.0, memory=300 * 2**20)
    yield pool
    pool.close()
    assert worker_pids() == []


def worker_pids() -> list[int]:
    """The ids of the running worker processes."""
    children = multiprocessing.active_children()
    return [child.pid or 0 for child in children if child.name == "pebble_pool_worker"]


async def titles(parser: ParserPool, body: bytes = FEED) -> list[str]:
    return [entry.title for entry in (await parser.parse(OPTIONS, body, "application/xml", URL)).entries]


async def failure(parser: ParserPool, body: bytes) -> ParseError:
    with pytest.raises(ParseError) as raised:
        await parser.parse(OPTIONS, body, "application/xml", URL)
    return raised.value


def loaded_modules() -> set[str]:
    """Runs in a worker."""
    return set(sys.modules)


async def test_a_worker_imports_nothing_more_for_its_first_feed() -> None:
    pool = WorkerPool(worker_count=1, deadline_s=30.0, memory_bytes=300 * 2**20)
    try:
        before = await pool.run(loaded_modules)
        await pool.run(parse_as_feed, FEED, "application/xml", URL, OPTIONS)
        assert await pool.run(loaded_modules) == before
    finally:
        pool.close()


async def test_a_feed_is_parsed_in_another_process(parser: ParserPool) -> None:
    assert worker_pids() == [], "workers start when they are needed"
    assert await titles(parser) == ["Bridge open"]
    assert len(worker_pids()) == 2


async def test_an_error_of_the_parser_keeps_its_code(parser: ParserPool) -> None:
    assert (await failure(parser, b"")).code == "empty_body"
    assert (await failure(parser, b"<html>")).code == "not_a_feed"


async def test_a_deeply_nested_page_is_parsed_or_killed(parser: ParserPool) -> None:
    page = b"<html><body>" + b"<div>" * 400_000 + b"Bridge open"
    with pytest.raises(ParseError) as raised:
        await parser.parse(ParseOptions("page", URL, each="div div"), page, "text/html", URL)
    assert raised.value.code in ("parse_timeout", "parse_memory", "not_the_page")
    assert await titles(parser) == ["Bridge open"]


async def test_others_are_parsed_during_and_after_an_endless_parse(parser: ParserPool) -> None:
    async with ParserPool(workers=2, deadline=60.0) as slow_pool:
        endless_parse = asyncio.create_task(slow_pool.parse(OPTIONS, ENDLESS_FEED, "", URL))
        for _ in range(5):
            assert await titles(slow_pool) == ["Bridge open"]
        assert not endless_parse.done()
        endless_parse.cancel()
    assert (await failure(parser, ENDLESS_FEED)).code == "parse_timeout"
    assert await titles(parser) == ["Bridge open"]


async def test_the_event_loop_is_not_blocked_by_an_endless_parse(parser: ParserPool) -> None:
    await titles(parser)
    endless_parse = asyncio.create_task(failure(parser, ENDLESS_FEED))
    max_delay = 0.0
    while not endless_parse.done():
        started_at = time.monotonic()
        await asyncio.sleep(0.01)
        max_delay = max(max_delay, time.monotonic() - started_at)
    assert max_delay < 0.5
    await endless_parse


async def test_a_parse_that_uses_too_much_memory_is_killed_alone() -> None:
    async with ParserPool(workers=2, deadline=20.0, memory=120 * 2**20) as parser:
        failing_parse = asyncio.create_task(failure(parser, MEMORY_HUNGRY_FEED))
        assert await titles(parser) == ["Bridge open"]
        error = await failing_parse
        assert (error.code, str(error)) == ("parse_memory", "parsing took more than 120 MiB of memory")
        assert await titles(parser) == ["Bridge open"]


async def test_twenty_megabytes_of_markup_are_parsed_or_rejected(parser: ParserPool) -> None:
    markup = b"&lt;p class='x'&gt;soldiers &amp;amp; trucks&lt;/p&gt;" * 400_000
    body = b"<rss version='2.0'><channel><item><title>x</title><description>%s</description></item></channel></rss>"
    try:
        assert await titles(parser, body % markup) == ["x"]
    except ParseError as error:
        assert error.code in ("parse_timeout", "parse_memory")
    assert await titles(parser) == ["Bridge open"]


async def test_workers_killed_from_outside_are_replaced(parser: ParserPool) -> None:
    await titles(parser)
    for _ in range(2):
        for pid in worker_pids():
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert await titles(parser) == ["Bridge open"]


async def test_a_parse_whose_worker_dies_is_one_error(parser: ParserPool) -> None:
    await titles(parser)
    endless_parse = asyncio.create_task(failure(parser, ENDLESS_FEED))
    await asyncio.sleep(0.3)
    for pid in worker_pids():
        os.kill(pid, signal.SIGKILL)
    assert (await endless_parse).code == "parse_crashed"
    assert await titles(parser) == ["Bridge open"]


async def test_many_concurrent_parses_all_finish(parser: ParserPool) -> None:
    results = await asyncio.gather(*(titles(parser) for _ in range(200)))

    assert results == [["Bridge open"]] * 200


async def test_closing_cancels_running_parses(parser: ParserPool) -> None:
    await titles(parser)
    endless_parse = asyncio.create_task(parser.parse(OPTIONS, ENDLESS_FEED, "", URL))
    await asyncio.sleep(0.2)
    started_at = time.monotonic()
    await asyncio.to_thread(parser.close)
    with pytest.raises(asyncio.CancelledError):
        await endless_parse
    assert time.monotonic() - started_at < 3
    with pytest.raises(asyncio.CancelledError):
        await titles(parser)


async def test_a_pool_closed_while_it_starts_leaves_no_workers() -> None:
    parser = ParserPool(workers=2)
    parse = asyncio.create_task(titles(parser))
    await asyncio.sleep(0.02)
    parse.cancel()
    await asyncio.to_thread(parser.close)
    assert worker_pids() == []


async def test_canceling_a_parse_frees_its_worker() -> None:
    async with ParserPool(workers=2, deadline=60.0) as parser:
        await titles(parser)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(parser.parse(OPTIONS, ENDLESS_FEED, "", URL), 0.1)
        started_at = time.monotonic()
        assert await titles(parser) == ["Bridge open"]
        assert time.monotonic() - started_at < 10


def test_a_worker_does_not_import_what_only_the_daemon_needs() -> None:
    code = "import monitor.sources.parse.pool, sys; print(*{'pydantic', 'sqlalchemy', 'httpx'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"\n"
