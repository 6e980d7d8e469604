"""A parse that loops, swells or crashes is killed alone, and whoever waits is told in one sentence."""

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
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import ParserPool

FEED = b"<rss version='2.0'><channel><title>T</title><item><title>Bridge open</title></item></channel></rss>"
LOOPS = b"<rss version='2.0'><channel><item %s/></channel></rss>" % b" ".join(b"a%d='1'" % n for n in range(200_000))
SWELLS = b"<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>" % (b"x &amp; y " * 1_000_000)
URL = "https://feeds.example/"
FEEDS = ParseOptions("feed", URL)


@pytest.fixture
def parser() -> Iterator[ParserPool]:
    opened = ParserPool(workers=2, deadline=1.0, memory=300 * 2**20)
    yield opened
    opened.close()
    assert workers() == []


def workers() -> list[int]:
    """The ids of the worker processes that live."""
    children = multiprocessing.active_children()
    return [child.pid or 0 for child in children if child.name == "pebble_pool_worker"]


async def titles(parser: ParserPool, body: bytes = FEED) -> list[str]:
    return [entry.title for entry in (await parser.parse(FEEDS, body, "application/xml", URL)).entries]


async def failure(parser: ParserPool, body: bytes) -> ParseError:
    with pytest.raises(ParseError) as raised:
        await parser.parse(FEEDS, body, "application/xml", URL)
    return raised.value


async def test_a_feed_is_read_in_another_process(parser: ParserPool) -> None:
    assert workers() == [], "nothing is started before it is needed"
    assert await titles(parser) == ["Bridge open"]
    assert len(workers()) == 2


async def test_an_error_of_the_reader_comes_back_as_it_is(parser: ParserPool) -> None:
    assert (await failure(parser, b"")).code == "empty_body"
    assert (await failure(parser, b"<html>")).code == "not_a_feed"


async def test_a_page_nested_without_end_is_read_or_killed(parser: ParserPool) -> None:
    page = b"<html><body>" + b"<div>" * 400_000 + b"Bridge open"
    with pytest.raises(ParseError) as raised:
        await parser.parse(ParseOptions("page", URL, each="div div"), page, "text/html", URL)
    assert raised.value.code in ("parse_timeout", "parse_memory", "not_the_page")
    assert await titles(parser) == ["Bridge open"]


async def test_others_are_read_while_a_parse_loops_and_after_it_is_killed(parser: ParserPool) -> None:
    async with ParserPool(workers=2, deadline=60.0) as patient:
        looping = asyncio.create_task(patient.parse(FEEDS, LOOPS, "", URL))
        for _ in range(5):
            assert await titles(patient) == ["Bridge open"]
        assert not looping.done()
        looping.cancel()
    assert (await failure(parser, LOOPS)).code == "parse_timeout"
    assert await titles(parser) == ["Bridge open"]


async def test_the_event_loop_is_free_while_a_parse_loops(parser: ParserPool) -> None:
    await titles(parser)
    looping = asyncio.create_task(failure(parser, LOOPS))
    longest = 0.0
    while not looping.done():
        begun = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - begun)
    assert longest < 0.5
    await looping


async def test_a_parse_that_swells_is_killed_alone() -> None:
    async with ParserPool(workers=2, deadline=20.0, memory=120 * 2**20) as parser:
        swelling = asyncio.create_task(failure(parser, SWELLS))
        assert await titles(parser) == ["Bridge open"]
        error = await swelling
        assert (error.code, str(error)) == ("parse_memory", "reading the body took more than 120 MiB of memory")
        assert await titles(parser) == ["Bridge open"]


async def test_twenty_megabytes_of_markup_are_read_or_refused(parser: ParserPool) -> None:
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
        for worker in workers():
            os.kill(worker, signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert await titles(parser) == ["Bridge open"]


async def test_a_parse_whose_worker_dies_is_one_error(parser: ParserPool) -> None:
    await titles(parser)
    looping = asyncio.create_task(failure(parser, LOOPS))
    await asyncio.sleep(0.3)
    for worker in workers():
        os.kill(worker, signal.SIGKILL)
    assert (await looping).code == "parse_crashed"
    assert await titles(parser) == ["Bridge open"]


async def test_many_parses_at_once_all_come_back(parser: ParserPool) -> None:
    found = await asyncio.gather(*(titles(parser) for _ in range(200)))

    assert found == [["Bridge open"]] * 200


async def test_closing_ends_what_is_under_way(parser: ParserPool) -> None:
    await titles(parser)
    looping = asyncio.create_task(parser.parse(FEEDS, LOOPS, "", URL))
    await asyncio.sleep(0.2)
    begun = time.monotonic()
    await asyncio.to_thread(parser.close)
    with pytest.raises(asyncio.CancelledError):
        await looping
    assert time.monotonic() - begun < 3
    assert await titles(parser) == ["Bridge open"], "a closed parser starts again when it is needed"


async def test_giving_up_a_parse_frees_its_worker() -> None:
    async with ParserPool(workers=2, deadline=60.0) as parser:
        await titles(parser)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(parser.parse(FEEDS, LOOPS, "", URL), 0.1)
        begun = time.monotonic()
        assert await titles(parser) == ["Bridge open"]
        assert time.monotonic() - begun < 10


def test_a_worker_loads_nothing_that_only_the_daemon_needs() -> None:
    code = "import monitor.sources.parse.pool, sys; print(*{'pydantic', 'sqlalchemy', 'httpx'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"\n"
