"""A feed of thousands of short entries delays neither the polls of other sources nor messages."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kit import Bulletin, FeedServer, PostSink
from kit.config import FERRIES_RULE, loopback_config, notify_table, source_table, webhook_table, write_folder
from kit.daemon_harness import prepared_runtime
from kit.waiting import wait_until
from kit.worker_processes import run_query

from monitor.daemon.scheduler import Daemon

ENTRIES = 5_000
THINGS = ("bridge", "tunnel", "school", "market", "station", "harbour", "mill", "tower", "dam")
EVENTS = ("burned down", "was flooded", "reopened early", "was sold cheaply", "collapsed", "lost its power")


def long_feed() -> FeedServer:
    titles = (f"The {THINGS[n % 9]} number {n} {EVENTS[n % 6]} on day {n * 7}" for n in range(ENTRIES))
    return FeedServer(*(Bulletin(str(n), title) for n, title in enumerate(titles)))


def stored_updates(folder: Path) -> int:
    ((count,),) = run_query(f"sqlite:///{folder}/monitor.db", "SELECT count(*) FROM updates")
    assert isinstance(count, int)
    return count


async def test_a_feed_of_five_thousand_entries_delays_no_other_poll_and_no_message(
    tmp_path: Path, hook: PostSink
) -> None:
    with long_feed() as long, FeedServer(Bulletin("1", "Nothing moved last night")) as short:
        config = loopback_config(
            source_table("long", long.url, every="1h", first_poll="alert"),
            source_table("short", short.url, every="1s"),
            webhook_table("hook", hook.url),
            notify_table("hook"),
        )
        write_folder(tmp_path, config, FERRIES_RULE)
        async with prepared_runtime(tmp_path) as runtime:
            daemon, stop = Daemon(runtime), asyncio.Event()
            running = asyncio.create_task(daemon.run_until(stop))
            await wait_until(lambda: stored_updates(tmp_path) > 50, 30.0)
            polls = len(short.answered)
            short.bulletins.append(Bulletin("2", "The Halvik ferry has run aground"))
            await wait_until(lambda: bool(hook.posts), 30.0)
            is_long_poll_in_progress = "long" in daemon.poll_tasks
            daemon.poll_tasks["long"].cancel()
            stop.set()
            await running

    assert is_long_poll_in_progress
    assert len(short.answered) > polls
    assert "Halvik" in hook.posts[0].body.decode()
