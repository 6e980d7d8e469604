"""A feed of thousands of short entries delays neither the polls of other sources nor messages."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kit import Bulletin, FeedServer, PostSink
from kit.many_feeds import query
from kit.polling_wait import wait_until

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import open_runtime

CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "long"
url = "{long}"
every = "1h"
first_poll = "alert"
[[sources]]
name = "short"
url = "{short}"
every = "1s"
[channels.hook]
type = "webhook"
url = "{hook}"
secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
[alerts]
notify = ["hook"]
"""
ENTRIES = 5_000
THINGS = ("bridge", "tunnel", "school", "market", "station", "harbour", "mill", "tower", "dam")
EVENTS = ("burned down", "was flooded", "reopened early", "was sold cheaply", "collapsed", "lost its power")


def long_feed() -> FeedServer:
    titles = (f"The {THINGS[n % 9]} number {n} {EVENTS[n % 6]} on day {n * 7}" for n in range(ENTRIES))
    return FeedServer(*(Bulletin(str(n), title) for n, title in enumerate(titles)))


def stored_updates(folder: Path) -> int:
    ((count,),) = query(f"sqlite:///{folder}/monitor.db", "SELECT count(*) FROM updates")
    assert isinstance(count, int)
    return count


async def test_a_feed_of_five_thousand_entries_delays_no_other_poll_and_no_message(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/ferries.yaml").write_text("name: ferries\nmatch: ferr*\n")
    with long_feed() as long, FeedServer(Bulletin("1", "Nothing moved last night")) as short, PostSink() as hook:
        (tmp_path / "config.toml").write_text(CONFIG.format(long=long.url, short=short.url, hook=hook.url))
        async with open_runtime(read_config(tmp_path / "config.toml", env={})) as runtime:
            await runtime.run_in_store_thread(prepare_store, runtime)
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
