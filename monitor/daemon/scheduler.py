"""The daemon: APScheduler ticks, and each tick queries the store for what is due.

Deadlines are kept only in the store, so a restart, a blocked loop or a clock step loses none: the next tick finds it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.actions import MESSAGES_DUE, SOURCES_DUE
from monitor.daemon.clock import watch_clock_steps
from monitor.daemon.descriptors import polls_within_limit
from monitor.daemon.faults import FaultLog
from monitor.daemon.health import Health
from monitor.daemon.heartbeat import send_heartbeats
from monitor.daemon.leases import (
    commit_absences,
    commit_throttle_releases,
    due_channels,
    flush_pending_outcomes,
    lease_sources,
)
from monitor.daemon.lookback import look_back
from monitor.daemon.membership import Membership
from monitor.daemon.probes import PROBE_INTERVAL_S, Probes
from monitor.daemon.reload import watch_files
from monitor.daemon.retention import run_retention
from monitor.daemon.wakeups import WORKERS_CHANGED, notify_others, react_to_notices
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import NoDescriptors, StoreError, StoreOutdated, lacks_descriptors
from monitor.pipeline import deliver_channel, poll_source
from monitor.runtime import Runtime
from monitor.sources.host_slots import HostQueue, HostSlots
from monitor.sources.state import SourceState
from monitor.store.retention_clock import ClockWatch
from monitor.units import HOUR

log = structlog.get_logger()
TICK_INTERVAL_S = 1.0
RETENTION_INTERVAL_S = 6 * HOUR
MAX_CONCURRENT_POLLS = 160
MAX_OUTAGE_POLLS = 3  # while the network is down
MAX_POLLS_PER_HOST = 4
MAX_POLLS_PER_PRIVATE_HOST = 136  # for hosts in `allow_private`
BACKLOG_SOURCES = 27  # leased at once: more may be due, so the next batch does not wait for the next tick
SHUTDOWN_GRACE_S = 5.0  # for polls and sends in progress; a container is killed after 10
FAULTS = FaultLog()


class Daemon:
    """Runs at most one task for each source and one for each channel. What succeeds is recorded in `health`."""

    def __init__(self, runtime: Runtime, health: Health | None = None, *, probe_s: float = PROBE_INTERVAL_S) -> None:
        self.runtime = runtime
        self.health = health or Health(time.monotonic)
        self.membership = Membership(runtime)
        self.clock_watch = ClockWatch()
        self.poll_tasks: dict[str, asyncio.Task[None]] = {}
        self.send_tasks: dict[str, asyncio.Task[None]] = {}
        self.probes = Probes(
            runtime, self.health, self.membership, self.send_tasks.keys(), FAULTS, probe_s, started=runtime.clock()
        )
        self.host_by_source: dict[str, str] = {}
        self.host_limits: dict[str, int] = {}
        self.follow_config()
        self.leasing = asyncio.Lock()
        self.max_polls = polls_within_limit(MAX_CONCURRENT_POLLS)
        self.wake_below = -1
        self.room_available = asyncio.Event()

    def follow_config(self) -> None:
        """Read the hosts of the sources again if the config was reloaded."""
        self.config = config = self.runtime.config
        self.host_by_source = {source.name: urlsplit(source.url).netloc for source in config.sources}
        is_polite_to = self.runtime.fetcher.is_polite_to
        private_hosts = {
            host for host in self.host_by_source.values() if not is_polite_to(urlsplit(f"//{host}").hostname or "")
        }
        self.host_limits = dict.fromkeys(private_hosts, MAX_POLLS_PER_PRIVATE_HOST)
        self.membership.follow_config()

    async def run_until(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then finish the polls and sends in progress.

        Raises StoreOutdated, and sets `stop`, if a newer version of the program has upgraded the store.
        """
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
                run_tick,
                "interval",
                id=action.__name__,
                args=(action,),
                seconds=seconds,
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        background_tasks = [
            asyncio.create_task(coroutine)
            for coroutine in (
                self.poll_backlog(),
                self.deliver_when_wanted(),
                watch_files(self.runtime, on_checked=partial(self.health.record_success, "rule files")),
                watch_clock_steps(self.runtime, scheduler, self.clock_watch),
                self.preload_templates(),
                react_to_notices(
                    self.runtime,
                    {
                        MESSAGES_DUE: self.deliver_due,
                        SOURCES_DUE: self.poll_due,
                        WORKERS_CHANGED: self.membership.beat,
                    },
                ),
            )
        ]
        try:
            await self.membership.beat()
        except StoreOutdated:
            stop.set()
            raise
        scheduler.add_listener(log_skipped_tick, EVENT_JOB_MAX_INSTANCES)
        scheduler.add_listener(log_finished_tick, EVENT_JOB_EXECUTED)
        scheduler.start()
        log.info("daemon started", stage="daemon", sources=len(self.runtime.config.sources))
        watch = asyncio.create_task(self.membership.watch())
        background_tasks.append(asyncio.create_task(self.probes.watch()))
        background_tasks.append(asyncio.create_task(send_heartbeats(self.runtime, self.health, FAULTS)))
        await asyncio.wait([watch, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        log.info("daemon stopping", stage="daemon", polls=len(self.poll_tasks), sends=len(self.send_tasks))
        scheduler.shutdown(wait=False)
        for task in background_tasks:
            task.cancel()
        if watch.done():
            watch.result()
        watch.cancel()
        await self.finish_tasks(SHUTDOWN_GRACE_S)
        try:
            await self.runtime.run_in_store_thread(self.membership.leave)
        except StoreOutdated:
            raise
        except StoreError as error:  # the others notice without this
            log.warning("store failed", stage="daemon", name="leave", error=str(error))

    async def poll_due(self) -> None:
        """Start a poll of each due source, up to the limits on concurrent polls."""
        async with self.leasing:  # or else two calls at once would both take the free slots
            leased = await self.lease_batch()
            self.start_polls(leased)
        if len(leased) >= min(BACKLOG_SOURCES, self.max_polls):
            self.wake_below = len(self.poll_tasks) // 2
        if len(self.poll_tasks) < self.max_polls:  # else only a poll that ends shows that they do
            self.health.record_success("poll tick")

    async def poll_backlog(self) -> None:
        """Poll the rest of a backlog as soon as enough polls have finished."""
        while True:
            await self.wait_for_room()
            await log_and_continue("poll", self.poll_due())

    async def poll_round(self) -> None:
        """Poll every source once, whatever its interval, except those that are backing off."""
        queue = HostQueue(self.host_by_source)
        while queue:
            names = queue.take_next(self.max_polls - len(self.poll_tasks), self.host_slots())
            self.start_polls(await self.lease_batch(names))
            if self.poll_tasks:
                self.wake_below = len(self.poll_tasks) // 2
                await self.wait_for_room()
        await self.finish_tasks()

    def start_polls(self, leased: Iterable[SourceState]) -> None:
        for source_state in leased:
            if source_state.name not in self.runtime.sources:  # of an edited config that this worker has not read yet
                self.runtime.interrupted_polls.add(source_state.name)
                continue
            self.start_task(self.poll_tasks, source_state.name, self.poll(source_state))
            self.poll_tasks[source_state.name].add_done_callback(self.on_poll_done)

    async def poll(self, source_state: SourceState) -> None:
        """Poll a leased source. If this machine fails, it is due again soon, not when its lease expires."""
        try:
            await poll_source(self.runtime, source_state)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, (StoreError, asyncio.CancelledError)) or lacks_descriptors(error):
                self.runtime.interrupted_polls.add(source_state.name)
            raise

    def on_poll_done(self, _: asyncio.Task[None]) -> None:
        """Wake `wait_for_room` once the number of polls has dropped to `wake_below`."""
        self.health.record_success("poll tick")
        if len(self.poll_tasks) <= self.wake_below:
            self.wake_below = -1
            self.room_available.set()

    async def wait_for_room(self) -> None:
        """Wait until half of the polls in progress have finished."""
        await self.room_available.wait()
        self.room_available.clear()

    def host_slots(self) -> HostSlots:
        """Return the free poll slots of each host."""
        return HostSlots(self.host_by_source, self.poll_tasks, MAX_POLLS_PER_HOST, self.host_limits)

    async def lease_batch(self, names: Collection[str] | None = None) -> list[SourceState]:
        """Lease due sources, or those of `names`, up to the limits on concurrent polls."""
        if self.config is not self.runtime.config:
            self.follow_config()
        is_down = self.runtime.uplink.down_since is not None
        free_slots = (MAX_OUTAGE_POLLS if is_down else self.max_polls) - len(self.poll_tasks)
        host_slots = self.host_slots()
        return await self.runtime.run_in_store_thread(
            lease_sources, self.runtime, free_slots, host_slots, names, self.membership.shards
        )

    async def deliver_due(self, *, wakes_others: bool = False) -> None:
        """Start sending on each channel of this worker that has a message due and is not sending already."""
        await self.close_retired_notifiers()
        channels = await self.runtime.run_in_store_thread(due_channels, self.runtime)
        if wakes_others and not all(self.membership.serves(f"channel {channel}") for channel in channels):
            await asyncio.to_thread(notify_others, self.runtime, MESSAGES_DUE)
        for channel in channels:
            if channel not in self.runtime.notifiers or channel in self.send_tasks:
                continue
            if self.membership.serves(f"channel {channel}"):
                self.start_task(self.send_tasks, channel, deliver_channel(self.runtime, channel))
        self.health.record_success("deliver tick")

    async def close_retired_notifiers(self) -> None:
        """Close the notifiers of changed and removed channels that nothing is being sent with."""
        retired = self.runtime.retired_notifiers
        for name, notifier in [pair for pair in retired if pair[0] not in self.send_tasks]:
            retired.remove((name, notifier))
            await notifier.close()

    async def deliver_when_wanted(self) -> None:
        """Deliver as soon as a poll has committed alerts, without waiting for the next tick."""
        while True:
            await self.runtime.delivery_wanted.wait()
            self.runtime.delivery_wanted.clear()
            await log_and_continue("deliver", self.deliver_due(wakes_others=True))

    async def release_due(self) -> None:
        """Send follow-ups for throttled alerts whose window has ended, and alerts about the absence of matches."""
        if not self.membership.serves("release"):
            return
        drops_removed = self.membership.is_agreed
        released = await self.runtime.run_in_store_thread(
            commit_throttle_releases, self.runtime, drops_removed=drops_removed
        )
        if released + await self.runtime.run_in_store_thread(commit_absences, self.runtime):
            self.runtime.delivery_wanted.set()

    async def preload_templates(self) -> None:
        """Load the templates now, so that the first alert does not wait for them."""
        config = self.runtime.config
        channel_types = sorted({settings.type for settings in config.channels.values()})
        settings = RenderSettings(config.monitor.timezone, config.web.url)
        await log_and_continue(
            "preload templates",
            self.runtime.render_pool.warm_up(channel_types, self.runtime.templates, settings),
        )

    async def look_back(self) -> None:
        """Send late alerts for new rules with `since`, once no worker commits updates with earlier rules."""
        if self.membership.is_agreed and self.membership.serves("look back"):
            await log_and_continue("look back", look_back(self.runtime))

    async def run_retention(self) -> None:
        """Delete what is older than `memory` or `keep`, and drop matches held for removed rules."""
        if not self.membership.serves("retention"):
            return
        drops_removed = self.membership.is_agreed
        await log_and_continue(
            "retention", run_retention(self.runtime, self.clock_watch, drops_removed=drops_removed)
        )

    def start_task(
        self, tasks: dict[str, asyncio.Task[None]], name: str, coroutine: Coroutine[Any, Any, None]
    ) -> None:
        """Run a coroutine as the one task of this name."""
        task = tasks[name] = asyncio.create_task(log_and_continue(name, coroutine))
        task.add_done_callback(lambda _: tasks.pop(name, None))

    async def finish_tasks(self, timeout_s: float | None = None) -> None:
        """Wait for polls and sends in progress. Those not finished in time are redone when their leases expire."""
        if tasks := [*self.poll_tasks.values(), *self.send_tasks.values()]:
            _, unfinished = await asyncio.wait(tasks, timeout=timeout_s)
            for task in unfinished:
                task.cancel()
        await self.runtime.run_in_store_thread(flush_pending_outcomes, self.runtime)


async def run_tick(action: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a tick. The scheduler cancels it when it shuts down, and would log that as a failure."""
    with suppress(asyncio.CancelledError):
        await log_and_continue(getattr(action, "__name__", "tick"), action())


async def log_and_continue(name: str, coroutine: Coroutine[Any, Any, None]) -> None:
    """Confine a failure to one source or channel, which is retried when its lease expires."""
    try:
        await coroutine
    except StoreOutdated:
        pass  # the next beat ends the daemon with this error
    except StoreError as error:
        FAULTS.record_failure("store failed", name, str(error))
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        FAULTS.record_failure("unexpected failure", name, "something that it waited for was cancelled")
    except Exception as error:
        if lacks_descriptors(error):
            FAULTS.record_failure("no file descriptors", name, str(NoDescriptors()))
            return
        sentence = f"{type(error).__name__}: {error}"
        FAULTS.record_failure("unexpected failure", name, sentence, traceback_of=error)
    else:
        FAULTS.record_success(name)


def log_skipped_tick(event: JobSubmissionEvent) -> None:
    """Log a tick that was skipped because the one before has not ended: the store or the machine is slow."""
    FAULTS.record_failure("tick skipped", event.job_id, f"{event.job_id} has not ended when the next one was due")


def log_finished_tick(event: JobExecutionEvent) -> None:
    FAULTS.record_success(event.job_id)
