"""The daemon: APScheduler ticks, and each tick asks the store what is due.

No deadline lives in memory, so a restart, a blocked loop or a stepped clock loses none: the next tick finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.daemon.clock import watch_clock_steps
from monitor.daemon.leases import commit_throttle_releases, due_channels, flush_pending_outcomes, lease_sources
from monitor.daemon.lookback import look_back
from monitor.daemon.reload import drop_removed_rules, watch_rules
from monitor.errors import StoreError
from monitor.pipeline import deliver_channel, poll_source
from monitor.runtime import Runtime
from monitor.sources.host_slots import HostQueue, HostSlots
from monitor.sources.state import SourceState
from monitor.store.retention import run_retention

log = structlog.get_logger()
TICK_INTERVAL_S = 1.0  # seconds between two looks at what is due
RETENTION_INTERVAL_S = 6 * 3600.0  # seconds between two clean-ups of the index
MAX_CONCURRENT_POLLS = 160  # sources polled at once
MAX_POLLS_PER_HOST, MAX_POLLS_PER_PRIVATE_HOST = (
    4,
    136,
)  # of them on one host, and on one that the config names as private
BACKLOG_SOURCES = (
    27  # sources that were due together: there may be more, so what comes next does not wait for the tick
)
SHUTDOWN_GRACE_S = 20.0  # seconds that polls and sends under way get at shutdown


class Daemon:
    """The running tasks: at most one for each source and one for each channel."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.poll_tasks: dict[str, asyncio.Task[None]] = {}
        self.send_tasks: dict[str, asyncio.Task[None]] = {}
        self.host_by_source = {source.name: urlsplit(source.url).netloc for source in runtime.config.sources}
        is_polite_to = runtime.fetcher.is_polite_to
        private_hosts = {
            host for host in self.host_by_source.values() if not is_polite_to(urlsplit(f"//{host}").hostname or "")
        }
        self.host_limits = dict.fromkeys(private_hosts, MAX_POLLS_PER_PRIVATE_HOST)
        self.wake_below = -1
        self.room_available = asyncio.Event()

    async def run_until(self, stop: asyncio.Event) -> None:
        """Ticks until `stop` is set, then lets what is under way finish."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        schedule = (
            (self.poll_due, TICK_INTERVAL_S),
            (self.deliver_due, TICK_INTERVAL_S),
            (self.release_due, TICK_INTERVAL_S),
            (self.look_back, TICK_INTERVAL_S),
            (self.run_retention, RETENTION_INTERVAL_S),
        )
        for action, seconds in schedule:
            scheduler.add_job(
                action,
                "interval",
                seconds=seconds,
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        scheduler.start()
        background_tasks = [
            asyncio.create_task(background_work)
            for background_work in (
                self.poll_backlog(),
                self.deliver_when_wanted(),
                watch_rules(self.runtime),
                watch_clock_steps(self.runtime, scheduler),
                self.preload_templates(),
            )
        ]
        log.info("running", stage="daemon", sources=len(self.runtime.config.sources))
        await stop.wait()
        log.info("stopping", stage="daemon", polls=len(self.poll_tasks), sends=len(self.send_tasks))
        scheduler.shutdown(wait=False)
        for task in background_tasks:
            task.cancel()
        await self.finish_tasks(SHUTDOWN_GRACE_S)

    async def poll_due(self) -> None:
        """Starts a poll of each source that is due, as far as there is room."""
        leased = await self.lease_batch()
        self.start_polls(leased)
        if len(leased) >= BACKLOG_SOURCES:
            self.wake_below = len(self.poll_tasks) // 2

    async def poll_backlog(self) -> None:
        """Polls the rest of a crowd as soon as there is room again."""
        while True:
            await self.wait_for_room()
            await self.poll_due()

    async def poll_round(self) -> None:
        """Polls every source once, whatever its interval; one that is backing off is left alone."""
        queue = HostQueue(self.host_by_source)
        while queue:
            self.start_polls(
                await self.lease_batch(
                    queue.take_next(MAX_CONCURRENT_POLLS - len(self.poll_tasks), self.host_slots())
                )
            )
            if self.poll_tasks:
                self.wake_below = len(self.poll_tasks) // 2
                await self.wait_for_room()
        await self.finish_tasks()

    def start_polls(self, leased: Iterable[SourceState]) -> None:
        """Polls leased sources beside the others."""
        for source_state in leased:
            self.start_task(self.poll_tasks, source_state.name, poll_source(self.runtime, source_state))
            self.poll_tasks[source_state.name].add_done_callback(self.on_poll_done)

    def on_poll_done(self, _: asyncio.Task[None]) -> None:
        """One more poll has ended."""
        if len(self.poll_tasks) <= self.wake_below:
            self.wake_below = -1
            self.room_available.set()

    async def wait_for_room(self) -> None:
        """Waits until half of the polls under way have ended."""
        await self.room_available.wait()
        self.room_available.clear()

    def host_slots(self) -> HostSlots:
        """How many polls are under way at each host."""
        return HostSlots(self.host_by_source, self.poll_tasks, MAX_POLLS_PER_HOST, self.host_limits)

    async def lease_batch(self, names: Collection[str] | None = None) -> list[SourceState]:
        """Takes as many sources as there is room for, of each host no more than its share; or `everyone`."""
        free_slots, host_slots = MAX_CONCURRENT_POLLS - len(self.poll_tasks), self.host_slots()
        return await self.runtime.run_in_store_thread(lease_sources, self.runtime, free_slots, host_slots, names)

    async def deliver_due(self) -> None:
        """Starts sending on each channel that has something due and is not sending already."""
        for channel in await self.runtime.run_in_store_thread(due_channels, self.runtime):
            if channel in self.runtime.notifiers and channel not in self.send_tasks:
                self.start_task(self.send_tasks, channel, deliver_channel(self.runtime, channel))

    async def deliver_when_wanted(self) -> None:
        """Delivers as soon as a poll has committed alerts, without waiting for the tick."""
        while True:
            await self.runtime.delivery_wanted.wait()
            self.runtime.delivery_wanted.clear()
            await self.deliver_due()

    async def release_due(self) -> None:
        """Tells of what a throttle held back, once its window has opened."""
        if await self.runtime.run_in_store_thread(commit_throttle_releases, self.runtime, self.runtime.policy):
            self.runtime.delivery_wanted.set()

    async def preload_templates(self) -> None:
        """Loads beforehand what the first alert would have to wait for."""
        config = self.runtime.config
        channel_types = sorted({settings.type for settings in config.channels.values()})
        timezone, web_url = config.monitor.timezone, config.web.url
        await log_and_continue(
            "warm up", self.runtime.render_pool.warm_up(channel_types, self.runtime.templates, timezone, web_url)
        )

    async def look_back(self) -> None:
        """Lets new rules tell of what came before them."""
        await log_and_continue("look back", look_back(self.runtime))

    async def run_retention(self) -> None:
        """Lets the index forget what nobody has said for as long as the memory goes back, and ends what is held for
        rules that are gone."""
        since = self.runtime.clock() - self.runtime.config.monitor.memory
        await self.runtime.run_in_store_thread(run_retention, self.runtime.store, since=since)
        await self.runtime.run_in_store_thread(drop_removed_rules, self.runtime, self.runtime.policy)

    def start_task(
        self, tasks: dict[str, asyncio.Task[None]], name: str, coroutine: Coroutine[Any, Any, None]
    ) -> None:
        """Runs `work` as the one task of that name."""
        task = tasks[name] = asyncio.create_task(log_and_continue(name, coroutine))
        task.add_done_callback(lambda _: tasks.pop(name, None))

    async def finish_tasks(self, timeout_s: float | None = None) -> None:
        """Waits for what is under way; a lease takes care of what does not end in time."""
        if tasks := [*self.poll_tasks.values(), *self.send_tasks.values()]:
            _, unfinished = await asyncio.wait(tasks, timeout=timeout_s)
            for task in unfinished:
                task.cancel()
        await self.runtime.run_in_store_thread(flush_pending_outcomes, self.runtime)


async def log_and_continue(name: str, coroutine: Coroutine[Any, Any, None]) -> None:
    """Whatever goes wrong in one source or channel ends there; its lease runs out and it is tried again."""
    try:
        await coroutine
    except StoreError as error:
        log.error("store failed", stage="daemon", name=name, error=str(error))
    except Exception:
        log.exception("unexpected failure", stage="daemon", name=name)
