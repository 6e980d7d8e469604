"""Each fault of the daemon turns its health failing, with the reason, and health recovers after it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from kit import FeedServer
from kit.config import FERRIES_RULE, loopback_config, notify_table, source_table, terminal_table, write_folder
from kit.daemon_harness import prepared_runtime
from sqlalchemy import insert, update

from monitor.daemon.faults import FaultLog
from monitor.daemon.health import CHECKS, CheckName, Health, HealthReport
from monitor.daemon.membership import leave_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import Worker
from monitor.store import daemons, locks, outbox, schema
from monitor.store.connect import open_store
from monitor.store.migrate import VERSION_TABLE
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.daemon import load_daemon_status
from monitor.store.reports.figures import load_figures, load_size
from monitor.store.rule_state import mark_rules_refused
from monitor.store.sql import count_rows

NOW = 1_800_000_000.0


@dataclass
class WatchedDaemon:
    """A daemon whose ticks and probes the test runs, with a clock that it sets."""

    folder: Path
    daemon: Daemon
    feed: FeedServer
    elapsed: float = 0.0

    async def tick(self, *, seconds_later: float = 0.0) -> HealthReport:
        """Let time pass, run each tick and probe, and return the health."""
        self.elapsed += seconds_later
        daemon, probes = self.daemon, self.daemon.probes
        for work in (daemon.poll_due(), daemon.deliver_due(), probes.probe_store(), probes.probe_canary()):
            try:
                await work
            except Exception as error:  # logged by the daemon's own loops
                print(error)
        await asyncio.gather(*daemon.poll_tasks.values())
        await asyncio.gather(*daemon.send_tasks.values())
        daemon.health.record_success("rule files")
        return daemon.probes.report()

    def now(self) -> float:
        return NOW + self.elapsed


@pytest.fixture
async def watched(tmp_path: Path, feed: FeedServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WatchedDaemon]:
    monkeypatch.setattr("monitor.daemon.scheduler.FAULTS", FaultLog())
    write_folder(tmp_path, ferries_config(feed.url), FERRIES_RULE)
    box: list[WatchedDaemon] = []
    async with prepared_runtime(tmp_path, lambda: NOW + (box[0].elapsed if box else 0.0)) as runtime:
        health = Health(lambda: box[0].elapsed if box else 0.0)
        box.append(WatchedDaemon(tmp_path, Daemon(runtime, health), feed))
        yield box[0]


def ferries_config(feed: str, **monitor_keys: str) -> str:
    source = source_table("bulletins", feed, every="1s", first_poll="alert")
    return loopback_config(source, terminal_table("screen"), notify_table("screen"), **monitor_keys)


def failing(report: HealthReport) -> dict[CheckName, str]:
    return {name: check.reason for name, check in report.checks.items() if not check.is_ok}


def stored_status(watched: WatchedDaemon) -> str:
    with watched.daemon.runtime.store.read() as conn:
        (row,) = daemons.load_daemons(conn)
    return str(row.checks["store"]["status"])


async def test_a_working_daemon_is_ok_and_its_canary_leaves_nothing_behind(watched: WatchedDaemon) -> None:
    for _ in range(6):
        report = await watched.tick(seconds_later=60)
        assert failing(report) == {}
    assert set(report.checks) == set(CHECKS)
    with watched.daemon.runtime.store.read() as conn:
        assert [row.alert.rule for row in load_alert_page(conn)] == ["ferries"]
        assert count_rows(conn, schema.updates.c.id) == 1
        (row,) = daemons.load_daemons(conn)
    assert (row.pid, row.config) == (os.getpid(), str(watched.folder / "config.toml"))
    assert row.checks["store"]["status"] == "ok"


async def test_failing_sources_alone_do_not_make_a_check_fail(watched: WatchedDaemon) -> None:
    watched.feed.status = 503
    for _ in range(6):
        report = await watched.tick(seconds_later=60)
    assert failing(report) == {}


async def test_a_full_disk_makes_the_store_fail_at_once_and_is_over_when_there_is_space(
    watched: WatchedDaemon,
) -> None:
    await watched.tick()
    store = watched.daemon.runtime.store
    with store.write() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        free = conn.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        conn.exec_driver_sql("CREATE TABLE filler (x BLOB)")
        conn.exec_driver_sql(f"INSERT INTO filler VALUES (zeroblob({4096 * (free + 1)}))")
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    report = await watched.tick(seconds_later=30)
    assert "the disk is full" in failing(report)["store"]
    assert stored_status(watched) == "ok", "the report of the failure could not be stored"
    with store.write() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    report = await watched.tick(seconds_later=30)
    assert failing(report) == {}
    assert stored_status(watched) == "ok", "not the report from before the write"


async def test_work_that_cannot_be_stored_makes_the_store_fail_although_a_small_write_succeeds(
    watched: WatchedDaemon,
) -> None:
    await watched.tick()
    watched.daemon.probes.faults.record_failure("store failed", "harbour", "the disk is full")
    assert failing(await watched.tick(seconds_later=30)) == {"store": "the disk is full"}
    watched.daemon.probes.faults.record_success("harbour")
    assert failing(await watched.tick(seconds_later=30)) == {}


async def test_a_database_that_another_program_locks_makes_the_store_fail(
    watched: WatchedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watched.tick()
    monkeypatch.setattr(locks, "LOCK_TIMEOUT_S", 0.2)  # instead of a minute
    with closing(open_store(f"sqlite:///{watched.folder}/monitor.db")) as other:
        with other.write():
            report = await watched.tick(seconds_later=60)
        assert failing(report)["store"] == "database monitor.db: locked by another process"
        await watched.tick(seconds_later=10)  # in which what has failed succeeds
        assert failing(await watched.tick(seconds_later=10)) == {}


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_file_that_is_gone_or_replaced_makes_the_store_fail(
    watched: WatchedDaemon, is_replaced: bool
) -> None:
    await watched.tick()
    path = watched.folder / "monitor.db"
    path.rename(watched.folder / "elsewhere.db")
    if is_replaced:
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
    reason = failing(await watched.tick(seconds_later=30))["store"]
    change = "its file was replaced by another one" if is_replaced else "its file is gone"
    assert reason.startswith(f"database monitor.db: {change} while it is in use")
    (watched.folder / "elsewhere.db").replace(path)
    assert failing(await watched.tick(seconds_later=30)) == {}


async def test_a_newer_schema_makes_the_store_fail(watched: WatchedDaemon) -> None:
    await watched.tick()
    with watched.daemon.runtime.store.write_any_schema() as conn:
        conn.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    reason = failing(await watched.tick(seconds_later=30))["store"]
    assert "was upgraded by a newer version of this program (schema 9999)" in reason


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """An event that threads of the test wait for; it is set at the end."""
    event = threading.Event()
    yield event
    event.set()


async def test_a_stuck_store_thread_makes_all_checks_fail_within_two_minutes(
    watched: WatchedDaemon, hanging: threading.Event
) -> None:
    await watched.tick()
    daemon = watched.daemon
    daemon.runtime.store_executor.submit(hanging.wait)
    daemon.probes.timeout_s = 0.05
    stuck = [asyncio.create_task(work) for work in (daemon.poll_due(), daemon.deliver_due())]
    probe = asyncio.create_task(daemon.probes.probe_store())
    await asyncio.sleep(0.2)
    watched.elapsed += 121
    report = daemon.probes.report()
    assert "the thread for the database does not answer" in failing(report)["store"]
    assert {"store", "poll", "deliver"} <= set(failing(report))
    hanging.set()
    await asyncio.gather(probe, *stuck)
    daemon.probes.timeout_s = 30.0
    assert failing(await watched.tick()) == {}


async def test_hanging_ingest_threads_make_polling_fail_within_two_minutes(
    watched: WatchedDaemon, hanging: threading.Event
) -> None:
    await watched.tick()
    daemon = watched.daemon
    daemon.probes.timeout_s = 0.3
    for _ in range(8):
        daemon.runtime.ingest_executor.submit(hanging.wait)
    watched.elapsed += 121
    await daemon.probes.probe_canary()
    await daemon.poll_due()
    reason = failing(daemon.probes.report())["poll"]
    assert reason.endswith("it has not passed the stage compare within 0.3 seconds")


async def test_a_parser_pool_that_hangs_makes_polling_fail(
    watched: WatchedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*args: object) -> None:
        await asyncio.sleep(3600)

    await watched.tick()
    monkeypatch.setattr(watched.daemon.runtime.parser, "parse", hang)
    watched.daemon.probes.timeout_s = 0.1
    reason = failing(await watched.tick(seconds_later=121))["poll"]
    assert reason.endswith("it has not passed the stage parse within 0.1 seconds")


async def test_a_due_message_that_nobody_sends_makes_delivering_fail(watched: WatchedDaemon) -> None:
    await watched.tick()
    with watched.daemon.runtime.store.write() as conn:
        conn.execute(update(schema.messages).values(state="pending", due=watched.now(), leased_until=None))
    for _ in range(6):
        watched.elapsed += 30
        await watched.daemon.probes.probe_store()
    check = watched.daemon.probes.report().checks["deliver"]
    assert not check.is_ok
    assert "due messages are not being sent" in check.reason
    assert check.reason.count("waiting for screen") == 1


async def test_a_message_of_a_paused_channel_or_backing_off_is_not_overdue(watched: WatchedDaemon) -> None:
    await watched.tick()
    now = watched.now()
    with watched.daemon.runtime.store.write() as conn:
        conn.execute(update(schema.messages).values(state="pending", due=now, leased_until=None))
        outbox.pause_channel(conn, "screen", now + 900)
        assert outbox.oldest_ready(conn, now + 60) == {}
        outbox.resume_channel(conn, "screen")
        assert outbox.oldest_ready(conn, now + 60) == {"screen": (now, False)}
        conn.execute(update(schema.messages).values(state="retrying", due=now + 600))
        assert outbox.oldest_ready(conn, now + 60) == {}
        conn.execute(update(schema.messages).values(due=now, leased_until=now + 50))
        assert outbox.oldest_ready(conn, now + 60) == {"screen": (now, True)}


async def test_rejected_rules_are_reported_and_the_check_is_ok(watched: WatchedDaemon) -> None:
    with watched.daemon.runtime.store.write() as conn:
        mark_rules_refused(conn, ["ferries.yaml:1:1: expected a name"], watched.now())
    report = await watched.tick()
    assert failing(report) == {}
    assert report.checks["rules"].reason.startswith("1 problem in edited files, which are not in use")
    assert "ferries" not in report.checks["rules"].reason, "names are not for everybody"


async def test_the_health_that_another_worker_has_stored_counts(watched: WatchedDaemon) -> None:
    checks = {"deliver": {"status": "failing", "since": NOW, "reason": "due messages are not being sent"}}
    with watched.daemon.runtime.store.write() as conn:
        daemons.save_daemon(conn, "host-1-abc-2", config="c", started=NOW, every=30, checks=checks)
    assert failing(await watched.tick()) == {}, "a worker that is not alive"
    watched.daemon.membership.living = (*watched.daemon.membership.living, "host-1-abc-2")
    reason = failing(await watched.tick())["deliver"]
    assert reason.startswith("worker 2 (pid ")
    assert reason.endswith("due messages are not being sent")


async def test_a_worker_that_does_not_run_for_two_minutes_makes_polling_fail(watched: WatchedDaemon) -> None:
    runtime = watched.daemon.runtime
    runtime.worker = Worker("host-1-abc-1", 1, is_supervised=True)
    monitor = runtime.config.monitor.model_copy(update={"workers": 2})
    runtime.config = runtime.config.model_copy(update={"monitor": monitor})
    watched.daemon.membership.living = ("host-1-abc-1", "host-1-abc-2", "other-2-def-1")
    assert failing(await watched.tick()) == {}
    watched.daemon.membership.living = ("host-1-abc-1", "other-2-def-1")
    assert failing(await watched.tick(seconds_later=60)) == {}, "it may be starting again"
    reason = failing(await watched.tick(seconds_later=61))["poll"]
    assert reason == "not all workers run for 121 seconds: 1 of 2 run"


async def test_the_health_of_a_daemon_on_postgresql_is_stored_and_shown(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    write_folder(tmp_path, ferries_config("http://127.0.0.1:9/", database=empty_postgres_url))
    async with prepared_runtime(tmp_path) as runtime:
        daemon = Daemon(runtime)
        await daemon.membership.beat()
        await daemon.probes.probe_store()
        await daemon.probes.probe_canary()
        assert failing(daemon.probes.report()) == {}
        with runtime.store.read() as conn:
            status = load_daemon_status(conn, runtime.store.daemon_pid(), is_shared=True)
            figures, size = load_figures(conn, NOW), load_size(conn)
        assert (status.status, status.pid) == ("ok", os.getpid())
        assert figures.oldest_due == {}
        assert size.rows["entries"] == 0
        assert size.size > 1_000_000
        await runtime.run_in_store_thread(leave_store, runtime)
        with runtime.store.read() as conn:
            assert not load_daemon_status(conn, None, is_shared=True).is_running


def test_a_row_can_be_stored_twice_and_removed() -> None:
    with closing(open_store("sqlite:///:memory:")) as store:
        for number in (1, 2):
            with store.write() as conn:
                conn.execute(insert(schema.meta), {"key": f"daemons {number}", "value": "{}"})
                daemons.save_daemon(conn, "one", config="c", started=NOW, every=30, checks={})
                daemons.save_daemon(conn, "two", config="c", started=NOW, every=30, checks={})
        with store.write() as conn:
            assert [row.worker for row in daemons.load_daemons(conn)] == ["one", "two"]
            daemons.remove_daemons(conn, ["one"])
            assert [row.worker for row in daemons.load_daemons(conn)] == ["two"]
            daemons.remove_silent_daemons(conn, silent_s=60)
            assert [row.worker for row in daemons.load_daemons(conn)] == ["two"]
            daemons.remove_silent_daemons(conn, silent_s=0)
            assert daemons.load_daemons(conn) == []
