"""This worker among those that share the store: it shows that it is alive, notices who died, and knows its share.

A worker that has the store to itself, with SQLite and `workers = 1`, serves everything and writes no beats.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from monitor.config.models import Config
from monitor.daemon.sharing import Roster, owned_shards, owner, shard_of_source
from monitor.daemon.wakeups import WORKERS_CHANGED, notify_others
from monitor.errors import StoreBusy, StoreError, StoreOutdated
from monitor.runtime import Runtime
from monitor.store import daemons, sources, workers
from monitor.store.migrate import lock_revision
from monitor.store.workers import StoredWorker

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = structlog.get_logger()


class Membership:
    """What this worker knows about the others. `living` are the ids of all workers that are alive, its own included.

    `shards` are those whose sources it polls, None for all.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.living: tuple[str, ...] = (runtime.worker.id,)
        self._common_rules: str | None = None
        self.shards: tuple[int, ...] | None = None
        self._roster = Roster(runtime.worker.dead_after_s, runtime.worker.beat_s)
        self._lock = threading.Lock()
        self._has_left = False

    def serves(self, key: str) -> bool:
        """Return whether this worker serves a channel or does a duty."""
        return len(self.living) == 1 or owner(key, self.living) == self.runtime.worker.id

    @property
    def is_agreed(self) -> bool:
        """Whether all workers use the same rules. What a worker with other rules could spoil waits for that."""
        return len(self.living) == 1 or self._common_rules == self.runtime.policy.rules.digest

    def follow_config(self) -> None:
        """Update the hosts that a network outage is detected by."""
        self.runtime.uplink.host_by_source = hosts_of_shards(self.runtime, self.shards)

    async def watch(self) -> None:
        """Show that this worker is alive until cancelled. Raises StoreOutdated."""
        while True:
            await self.beat()
            await asyncio.sleep(self.runtime.worker.beat_s)

    async def beat(self) -> None:
        """Show once that this worker is alive, and see who else is. Raises StoreOutdated.

        Runs beside the store's thread, where this would wait for the polls in the queue.
        """
        try:
            self._update(await asyncio.to_thread(self._exchange))
        except StoreOutdated:
            raise
        except StoreError as error:
            log.error("store failed", stage="daemon", name="beat", error=str(error))
        except Exception:
            log.exception("unexpected failure", stage="daemon", name="beat")

    def _exchange(self) -> list[StoredWorker]:
        with self._lock:
            return [] if self._has_left else exchange_beats(self.runtime, self._roster)

    def leave(self) -> None:
        """Leave the store for good: a beat that still waits in its thread would register this worker again."""
        with self._lock:
            self._has_left = True
            leave_store(self.runtime)

    def _update(self, living: Iterable[StoredWorker]) -> None:
        by_id = {worker.id: worker for worker in living}
        ids = tuple(sorted({*by_id, self.runtime.worker.id}))
        digests = {worker.rules for worker in by_id.values()}
        self._common_rules = digests.pop() if len(digests) == 1 else None
        if ids != self.living:
            log.info("workers changed", stage="daemon", workers=len(ids))
            self.runtime.quiet_deadlines.clear()  # other workers may have polled the sources that are now ours
            self.living = ids
            self.shards = owned_shards(self.runtime.worker.id, ids) if len(ids) > 1 else None
            self.follow_config()


def hosts_of_shards(runtime: Runtime, shards: Collection[int] | None) -> dict[str, str]:
    """Return the host of each source in these shards, by source; None is all shards."""
    is_polite_to, wanted = runtime.fetcher.is_polite_to, None if shards is None else frozenset(shards)
    return {
        source.name: urlsplit(source.url).netloc
        for source in runtime.config.sources
        if wanted is None or shard_of_source(source, is_polite_to) in wanted
    }


def exchange_beats(runtime: Runtime, roster: Roster) -> list[StoredWorker]:
    """Store this worker's beat, remove the workers that have died, and return those that are alive.

    Raises StoreOutdated if the database was upgraded.
    """
    if not runtime.is_shared:
        with runtime.store.read() as conn:
            lock_revision(conn, runtime.store.name)
        return []
    with runtime.store.write() as conn:
        lock_revision(conn, runtime.store.name)
        now = workers.save_beat(conn, runtime.worker.id, runtime.policy.rules.digest)
        stored = workers.load_workers(conn)
        dead = roster.dead_workers(
            {worker.id: worker.beat for worker in stored}, now=now, elapsed_s=time.monotonic()
        ) - {runtime.worker.id}
        workers.remove_workers(conn, dead)
        daemons.remove_daemons(conn, dead)
    for id in dead:
        log.warning("worker died", stage="daemon", worker=id)
    return [worker for worker in stored if worker.id not in dead]


def join_store(runtime: Runtime) -> None:
    """Take part in the work of the store. What this worker had leased before a crash is released."""
    with runtime.store.write() as conn:
        assign_source_shards(conn, runtime, runtime.config)
        workers.release_leases(conn, [runtime.worker.id])
        if runtime.is_shared:
            workers.save_beat(conn, runtime.worker.id, runtime.policy.rules.digest)
            workers.save_rules_digest(conn, runtime.worker.id, runtime.policy.rules.digest)
    notify_others(runtime, WORKERS_CHANGED)


def assign_source_shards(conn: Connection, runtime: Runtime, config: Config) -> None:
    """Store the shard of each source of a config."""
    is_polite_to = runtime.fetcher.is_polite_to
    sources.assign_shards(conn, {source.name: shard_of_source(source, is_polite_to) for source in config.sources})


def leave_store(runtime: Runtime) -> None:
    """Leave the work to the others, also what this worker has not finished."""
    with runtime.store.write() as conn:
        workers.remove_workers(conn, [runtime.worker.id])
        daemons.remove_daemons(conn, [runtime.worker.id])
    notify_others(runtime, WORKERS_CHANGED)


def refuse_beside_others(runtime: Runtime) -> None:
    """Raise StoreBusy if another worker is alive: what this process does is not shared."""
    with runtime.store.write() as conn:
        living = workers.load_living(conn, runtime.worker.dead_after_s)
    if living:
        where = f"pid {living[0].pid} on {living[0].host}"
        raise StoreBusy(f"another daemon is running on {runtime.store.name} ({where})")
