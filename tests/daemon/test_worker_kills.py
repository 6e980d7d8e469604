"""Eight workers on PostgreSQL; some are killed, some lose their connections: nothing is lost, nothing is new twice.

`MONITOR_TEST_KILLS=100` runs it for longer.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter, defaultdict
from pathlib import Path

from kit import Bulletin, PostSink
from kit.many_feeds import ManyFeeds, write_config
from kit.waiting import block_until
from kit.worker_processes import child_pids, run_query, started_daemon
from sqlalchemy import create_engine, text

KILLS = int(os.environ.get("MONITOR_TEST_KILLS", "5"))
WORKERS, SOURCES = 8, 12
SYLLABLES = "al bre cor del esk fal gar hol ist jar kel lor mar nes ors pel qui ros sel tor".split()
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name LIKE 'claimwatch%' AND pid <> pg_backend_pid()"
)


def claim(number: int) -> str:
    """Return one of thousands of distinct claims."""
    rng = random.Random(number)
    place, other = ("".join(rng.choices(SYLLABLES, k=4)).capitalize() for _ in range(2))
    return f"Convoy {number * 37 + 1000} left {place} for {other} at dawn"


def drop_connections(url: str, rng: random.Random) -> None:
    """End half of the connections of the workers, whatever they are doing."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        conn.execute(text(f"{TERMINATE} AND random() < {rng.choice((0.2, 0.5, 1.0))}"))
    engine.dispose()


def publish(site: ManyFeeds, number: int) -> None:
    """Add an entry to two feeds at once: the same claim, which is new only once."""
    for source in (number % SOURCES, (number + 5) % SOURCES):
        site.bulletins[source].append(Bulletin(f"id-{number}", claim(number)))


def open_messages(url: str) -> list[tuple[object, ...]]:
    return run_query(url, "SELECT state, count(*) FROM messages WHERE state NOT IN ('sent') GROUP BY state")


def test_workers_that_are_killed_or_lose_their_connections_lose_nothing_and_repeat_nothing(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    url, rng = empty_postgres_url, random.Random(21)
    with ManyFeeds() as site, PostSink() as hook:
        write_config(tmp_path, site, hook, database=url, count=SOURCES, workers=WORKERS)
        with started_daemon(tmp_path) as supervisor:
            block_until(
                lambda: run_query(url, "SELECT count(*) FROM sources WHERE state = 'ok'") == [(SOURCES,)], 120
            )
            for number in range(KILLS):
                publish(site, number)
                time.sleep(rng.uniform(0.0, 1.5))
                if number % 2:
                    drop_connections(url, rng)
                elif pids := child_pids(supervisor.pid):
                    os.kill(rng.choice(pids), signal.SIGKILL)
                time.sleep(rng.uniform(0.0, 1.0))
            expected = SOURCES + 2 * KILLS
            block_until(lambda: run_query(url, "SELECT count(*) FROM entries") == [(expected,)], 240)
            block_until(lambda: open_messages(url) == [], 120)
            supervisor.send_signal(signal.SIGTERM)
            assert supervisor.wait(20) == 0

    assert run_query(url, "SELECT count(*) FROM updates") == [(SOURCES + 2 * KILLS,)]
    new = Counter(claim for (claim,) in run_query(url, "SELECT claim FROM findings WHERE novelty = 'new'"))
    assert {text: count for text, count in new.items() if count > 1} == {}
    assert {claim(number) for number in range(KILLS)} <= set(new)

    posts_by_message = Counter(post.headers["webhook-id"] for post in hook.posts)
    messages_by_claim = defaultdict(set)
    for post in hook.posts:
        for finding in post.json["data"]["findings"]:
            messages_by_claim[finding["claim"]].add(post.headers["webhook-id"])
    assert set(messages_by_claim) == {claim(number) for number in range(KILLS)}
    assert {text: ids for text, ids in messages_by_claim.items() if len(ids) > 1} == {}
    assert max(posts_by_message.values()) <= 2
    assert sum(count - 1 for count in posts_by_message.values()) <= KILLS
