"""Several workers on one store: they divide the work, and nothing is lost or done twice when one of them dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from kit import Bulletin, PostSink
from kit.daemon_harness import folder_config
from kit.many_feeds import ManyFeeds, write_config
from kit.servers import free_port
from kit.waiting import block_until, wait_until
from kit.worker_processes import (
    child_pids,
    is_running,
    run_query,
    started_daemon,
    started_process,
    stored_workers,
    worker_command,
)
from sqlalchemy import text

from monitor.daemon.membership import Membership, exchange_beats, join_store
from monitor.daemon.run import prepare_store, running_daemon
from monitor.daemon.scheduler import Daemon
from monitor.daemon.sharing import Roster, owner
from monitor.daemon.supervisor import MAX_PAUSE_S, MIN_PAUSE_S, next_pause
from monitor.errors import StoreBusy, StoreOutdated
from monitor.runtime import Runtime, Worker, open_runtime
from monitor.store import schema, sources
from monitor.store.connect import open_store
from monitor.store.migrate import VERSION_TABLE
from monitor.store.workers import load_workers

PLACES = "Alden Brevik Corda Delmar Esker Fallow Garnet Hollin".split()  # not more, or they would be one message


@pytest.fixture
def site() -> Iterator[ManyFeeds]:
    with ManyFeeds() as running:
        yield running


def all_polled(url: str, count: int) -> Callable[[], bool]:
    statement = "SELECT count(*) FROM sources WHERE state = 'ok' AND configured"
    return lambda: run_query(url, statement) == [(count,)]


def test_two_workers_record_every_entry_once_and_send_every_alert_once_in_order(
    database: str, tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    url = write_config(tmp_path, site, hook, database=database, count=40, workers=2)
    open_store(url).close()
    with started_daemon(tmp_path) as supervisor:
        block_until(all_polled(url, 40), 60)
        for number, place in enumerate(PLACES):
            claim = f"Convoy {number * 37 + 1000} left {place} at dawn"
            site.bulletins[number * 3].append(Bulletin(f"{number}-1", claim))
        block_until(lambda: len(hook.posts) >= len(PLACES))
        time.sleep(2.5)  # in which everything is polled again
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(10) == 0

    assert run_query(url, "SELECT count(*), count(DISTINCT entry_id) FROM updates") == [(48, 48)]
    assert len(run_query(url, "SELECT DISTINCT leased_by FROM sources")) == 2
    posted = [post.headers["webhook-id"] for post in hook.posts]
    sent = run_query(url, "SELECT id FROM messages WHERE state = 'sent' ORDER BY number")
    assert [(id,) for id in posted] == sent
    assert len(set(posted)) == len(PLACES)


def test_the_leases_of_a_killed_worker_return_soon_and_another_one_continues(
    database: str, tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    url = write_config(tmp_path, site, hook, database=database, count=12)
    add_configured_sources(tmp_path, url)
    with (
        started_process(tmp_path, *worker_command("one")) as first,
        started_process(tmp_path, *worker_command("two")),
    ):
        block_until(lambda: len(stored_workers(url)) == 2, 30)
        block_until(all_polled(url, 12), 30)
        block_until(lambda: {("one",), ("two",)} <= set(run_query(url, "SELECT DISTINCT leased_by FROM sources")), 10)
        first.kill()
        first.wait()
        lease_forever(url, "one")
        killed_at = time.monotonic()
        block_until(lambda: [worker.id for worker in stored_workers(url)] == ["two"], 10)
        assert run_query(
            url, "SELECT count(*) FROM sources WHERE leased_by = 'one' AND leased_until IS NOT NULL"
        ) == [(0,)]
        assert time.monotonic() - killed_at < 5
        before = len(site.polls)
        block_until(lambda: set(site.polls[before:]) == set(range(12)), 10)


def add_configured_sources(folder: Path, url: str) -> None:
    """Put the sources of the config into the store, as a supervisor does."""
    config = folder_config(folder)
    store = open_store(url)
    with store.write() as conn:
        sources.sync_sources(conn, config.sources, time.time())
    store.close()


def lease_forever(url: str, worker: str) -> None:
    store = open_store(url)
    with store.write() as conn:
        conn.execute(
            text("UPDATE sources SET leased_until = :until WHERE leased_by = :worker"),
            {"until": time.time() + 10_000, "worker": worker},
        )
    store.close()


def test_a_supervisor_restarts_a_killed_worker_and_ends_within_eight_seconds(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    listen = f"127.0.0.1:{free_port()}"
    url = write_config(tmp_path, site, hook, count=4, workers=2, listen=listen)
    open_store(url).close()
    with started_daemon(tmp_path) as supervisor:
        block_until(all_polled(url, 4), 60)
        workers_before = stored_workers(url)
        assert {worker.pid for worker in workers_before} <= set(child_pids(supervisor.pid))
        os.kill(workers_before[0].pid, signal.SIGKILL)
        block_until(lambda: stored_workers(url)[0].pid != workers_before[0].pid)
        assert [worker.id for worker in stored_workers(url)] == [worker.id for worker in workers_before]
        pids = child_pids(supervisor.pid)
        started = time.monotonic()
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(20) == 0
        assert time.monotonic() - started < 8
    assert not any(is_running(pid) for pid in pids)
    assert stored_workers(url) == []
    log = (tmp_path / "log.txt").read_text()
    assert "worker ended, starting again stage=daemon worker=1 status=SIGKILL" in log
    assert log.count(f"web server started stage=web url=http://{listen}") == 2


def test_workers_end_when_their_supervisor_is_killed_and_until_then_no_other_daemon_starts(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    url = write_config(tmp_path, site, hook, count=4, workers=2)
    open_store(url).close()
    with started_daemon(tmp_path) as supervisor:
        block_until(all_polled(url, 4), 60)
        refused = subprocess.run(supervisor.args, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert refused.returncode == 2
        last = refused.stderr.splitlines()[-1]
        assert last == f"monitor: another daemon is running on monitor.db (pid {supervisor.pid})"
        pids = child_pids(supervisor.pid)
        assert len(pids) == 2
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        supervisor.kill()
        supervisor.wait()
        store = open_store(url)
        with pytest.raises(StoreBusy), store.hold_daemon():
            pass
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        block_until(lambda: not any(is_running(pid) for pid in pids), 15)
        with store.hold_daemon():
            pass
        store.close()


def test_a_worker_that_cannot_start_ends_its_supervisor(tmp_path: Path, site: ManyFeeds, hook: PostSink) -> None:
    with PostSink() as occupant:
        listen = occupant.url.removeprefix("http://").rstrip("/")
        write_config(tmp_path, site, hook, count=1, workers=2, listen=listen)
        with started_daemon(tmp_path) as supervisor:
            assert supervisor.wait(60) == 2
    assert (tmp_path / "log.txt").read_text().count("monitor: ") == 1


def test_a_running_daemon_stops_with_one_line_when_a_newer_version_upgrades_the_store(
    database: str, tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    url = write_config(tmp_path, site, hook, database=database, count=2, workers=2)
    open_store(url).close()
    with started_daemon(tmp_path) as supervisor:
        block_until(lambda: (tmp_path / "log.txt").read_text().count("daemon started") == 2, 60)
        store = open_store(url)
        with store.write() as conn:
            conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        store.close()
        assert supervisor.wait(30) == 3
    logged = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in logged
    assert "store failed" not in logged
    lines = [line for line in logged.splitlines() if line.startswith("monitor: ")]
    assert 1 <= len(lines) <= 2
    assert all("was upgraded by a newer version of this program (schema 9999)" in line for line in lines)


def test_a_worker_that_keeps_dying_is_started_after_growing_pauses() -> None:
    pauses = [0.0]
    for _ in range(10):
        pauses.append(next_pause(pauses[-1], 0.1))

    assert pauses[1:4] == [MIN_PAUSE_S, 2 * MIN_PAUSE_S, 4 * MIN_PAUSE_S]
    assert pauses[-1] == MAX_PAUSE_S
    assert next_pause(MAX_PAUSE_S, 3600.0) == MIN_PAUSE_S


# Workers in one process


@asynccontextmanager
async def two_workers(folder: Path) -> AsyncIterator[tuple[Daemon, Daemon]]:
    """Two workers that know each other and do nothing by themselves."""
    config = folder_config(folder)
    async with AsyncExitStack() as stack:
        daemons = []
        for id in ("one", "two"):
            worker = Worker(id, is_supervised=True, dead_after_s=1.0)
            runtime = await stack.enter_async_context(open_runtime(config, worker=worker))
            await runtime.run_in_store_thread(prepare_store if id == "one" else join_store, runtime)
            daemons.append(Daemon(runtime))
        for daemon in daemons:
            await daemon.membership.beat()
        yield daemons[0], daemons[1]
        for daemon in daemons:
            await daemon.finish_tasks(0)


async def test_each_source_and_channel_is_served_by_one_of_the_workers(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    write_config(tmp_path, site, hook, count=30)
    async with two_workers(tmp_path) as (first, second):
        names = [{state.name for state in await daemon.lease_batch()} for daemon in (first, second)]
        served = [[daemon.membership.serves(f"duty {n}") for n in range(20)] for daemon in (first, second)]

    assert all(names)
    assert names[0] | names[1] == {f"s{number}" for number in range(30)}
    assert not names[0] & names[1]
    assert served[0] == [not serves for serves in served[1]]


async def test_a_worker_that_is_silent_leaves_its_share_to_the_other(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    write_config(tmp_path, site, hook, count=30)
    async with two_workers(tmp_path) as (first, second):
        first.runtime.quiet_deadlines["s1"] = 5.0
        await second.lease_batch()
        await first.membership.beat()
        await asyncio.sleep(1.1)
        await first.membership.beat()

        assert first.membership.living == ("one",)
        assert len(await first.lease_batch()) == 30
        assert first.runtime.quiet_deadlines == {}

        await second.membership.beat()
        await first.membership.beat()
        assert first.membership.living == second.membership.living == ("one", "two")


async def test_workers_agree_once_all_have_loaded_the_same_rules(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    from monitor.daemon.reload import reload_files
    from monitor.policy import stat_files

    write_config(tmp_path, site, hook, count=1)
    async with two_workers(tmp_path) as (first, second):
        agreed = [first.membership.is_agreed]
        (tmp_path / "rules/more.yaml").write_text("name: more\nmatch: bridge*\n")
        stamps = stat_files(first.runtime.config)
        await reload_files(first.runtime, stamps)
        agreed.append(first.membership.is_agreed)
        await first.membership.beat()
        agreed.append(first.membership.is_agreed)
        await reload_files(second.runtime, stamps)
        await first.membership.beat()
        agreed.append(first.membership.is_agreed)

    assert agreed == [True, False, False, True]


async def test_a_beat_that_comes_late_does_not_register_a_worker_that_has_left(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    open_store(write_config(tmp_path, site, hook, count=1)).close()
    config = folder_config(tmp_path)
    async with open_runtime(config, worker=Worker("late", is_supervised=True)) as runtime:
        membership = Membership(runtime)
        await membership.beat()
        with runtime.store.read() as conn:
            assert [worker.id for worker in load_workers(conn)] == ["late"]
        membership.leave()
        await membership.beat()
        with runtime.store.read() as conn:
            assert load_workers(conn) == []


async def test_a_daemon_alone_on_sqlite_writes_no_beats(tmp_path: Path, site: ManyFeeds, hook: PostSink) -> None:
    url = write_config(tmp_path, site, hook, count=1)
    async with running_daemon(folder_config(tmp_path)) as runtime:
        membership = Membership(runtime)
        await membership.beat()
        assert membership.shards is None
        assert membership.serves("anything")
    assert stored_workers(url) == []


async def test_a_daemon_alone_on_sqlite_notices_that_a_newer_version_upgraded_the_store(
    tmp_path: Path, site: ManyFeeds, hook: PostSink
) -> None:
    write_config(tmp_path, site, hook, count=1)
    with pytest.raises(StoreOutdated):
        async with asyncio.timeout(20):
            stop = asyncio.Event()
            worker = Worker(beat_s=0.1)
            async with running_daemon(folder_config(tmp_path), worker, stop) as runtime:
                with runtime.store.write() as conn:
                    conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
                await stop.wait()


async def test_a_message_for_a_channel_of_another_worker_wakes_it(
    tmp_path: Path, site: ManyFeeds, hook: PostSink, empty_postgres_url: str
) -> None:
    write_config(tmp_path, site, hook, database=empty_postgres_url, count=1)
    received: list[str] = []
    ended = threading.Event()
    async with two_workers(tmp_path) as (first, second):
        listening = asyncio.create_task(asyncio.to_thread(first.runtime.store.listen, received.append, ended))
        await asyncio.sleep(0.5)
        site.bulletins[0].append(Bulletin("0-1", "A convoy left Alden"))
        add_due_message(first.runtime)
        sender = first if owner("channel second", ["one", "two"]) == "two" else second
        await sender.deliver_due()
        assert received == []
        await sender.deliver_due(wakes_others=True)
        await wait_until(lambda: len(received) == 1, 5)
        ended.set()
        await listening

    assert received == [f"messages {sender.runtime.worker.id}"]


def add_due_message(runtime: Runtime) -> None:
    """Enqueue a message on the channel `second`."""
    row = {
        "id": "m1",
        "channel": "second",
        "thread": "t",
        "created": 1.0,
        "state": "pending",
        "attempts": 0,
        "due": 1.0,
    }
    with runtime.store.write() as conn:
        conn.execute(schema.messages.insert(), row)


async def test_a_round_beside_a_living_daemon_is_refused_on_postgres(
    tmp_path: Path, site: ManyFeeds, hook: PostSink, empty_postgres_url: str
) -> None:
    from monitor.daemon.run import run_once

    write_config(tmp_path, site, hook, database=empty_postgres_url, count=1)
    config = folder_config(tmp_path)
    await run_once(config)
    async with running_daemon(config):
        with pytest.raises(StoreBusy, match=r"another daemon is running on postgres \(pid \d+ on .+\)"):
            await run_once(config)


def test_exchanged_beats_remove_the_dead(tmp_path: Path, site: ManyFeeds, hook: PostSink) -> None:
    url = write_config(tmp_path, site, hook, count=1)

    async def run() -> list[str]:
        async with two_workers(tmp_path) as (first, _):
            roster = Roster(0.0, 0.0)
            return [worker.id for worker in exchange_beats(first.runtime, roster)]

    assert asyncio.run(run()) == ["one"]
    assert [worker.id for worker in stored_workers(url)] == ["one"]
