"""The daemon: APScheduler ticks, and each tick asks the store what is due.

No deadline lives in memory, so a restart, a blocked loop or a stepped clock loses none: the next tick finds it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.alerts.address import releases_with_routing_reasons, route
from monitor.alerts.release import release_throttled
from monitor.assess import Policy
from monitor.clock import watch_clock_steps
from monitor.closing import commit_unchanged_polls
from monitor.config import Config
from monitor.config.marks import settings_fingerprint
from monitor.engine import Runtime, open_runtime
from monitor.errors import StoreError
from monitor.garbage import freeze_loaded_objects
from monitor.lookback import look_back
from monitor.pipeline import deliver_channel, poll_source
from monitor.reload import drop_removed_rules, watch_rules
from monitor.sources.crowd import HostQueue, HostSlots
from monitor.store import alerts, gather, outbox, rulebook, setback, sources
from monitor.store.known import StoredHistory
from monitor.store.record import commit_releases
from monitor.store.refusal import mark_rules_accepted
from monitor.store.retention import run_retention
from monitor.store.sources import PollResult, SourceState

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
POLL_LEASE_S = 300.0  # seconds after which a source whose poller died is polled again
SHUTDOWN_GRACE_S = 20.0  # seconds that polls and sends under way get at shutdown


def run_daemon(config: Config, *, once: bool = False) -> None:
    """Runs until SIGTERM or SIGINT; with `once` polls every source now, delivers what is due, and returns."""
    asyncio.run(run_once(config) if once else run_forever(config))


async def run_once(config: Config) -> None:
    """One round: every source whatever its interval, then every message that is due."""
    async with open_runtime(config) as runtime:
        await runtime.run_in_store_thread(prepare_store, runtime)
        daemon = Daemon(runtime)
        with freeze_loaded_objects():
            await daemon.look_back()
            await daemon.poll_round()
            await daemon.release_due()
            await runtime.run_in_store_thread(drop_removed_rules, runtime, runtime.policy)
            await runtime.run_in_store_thread(flush_batches, runtime)
            for _ in range(2):  # again for the notices of what died
                await daemon.deliver_due()
                await daemon.finish_tasks()


async def run_forever(config: Config) -> None:
    """Polls and delivers until told to stop; what is under way then is finished."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with running_daemon(config):
        await stop.wait()


@asynccontextmanager
async def running_daemon(config: Config) -> AsyncIterator[Runtime]:
    """A daemon at work, with its pages where the config wants them; what is under way in the end is finished."""
    stop = asyncio.Event()
    async with open_runtime(config) as runtime, web_pages(runtime):
        await runtime.run_in_store_thread(prepare_store, runtime)
        daemon_task = asyncio.create_task(Daemon(runtime).run_until(stop))
        try:
            with freeze_loaded_objects():
                yield runtime
        finally:
            stop.set()
            await daemon_task


@asynccontextmanager
async def web_pages(runtime: Runtime) -> AsyncIterator[None]:
    """The web pages, if the config says where to listen."""
    web_config, timezone = runtime.config.web, runtime.config.monitor.timezone
    if web_config.listen is None:
        yield
        return
    from monitor.web.app import create_app  # most runs on a small machine have no pages: do not load what they need
    from monitor.web.base import url_base_path
    from monitor.web.guard import accepted_hosts
    from monitor.web.serve import running_server

    memory = runtime.config.monitor.memory
    allowed_hosts, base_path = accepted_hosts(web_config), url_base_path(web_config)
    application = create_app(
        runtime.store, timezone=timezone, clock=runtime.clock, memory=memory, hosts=allowed_hosts, base=base_path
    )
    async with running_server(web_config.listen, application) as url:
        log.info("pages", stage="web", url=url)
        yield


def prepare_store(runtime: Runtime) -> None:
    """Brings the store in line with the config and gives back what a dead process had leased."""
    with runtime.store.write() as conn:
        sources.sync_sources(conn, runtime.config.sources, runtime.clock())
        sources.release_source_leases(conn)
        outbox.release_message_leases(conn)
        setback.rebase_deadlines(conn, runtime.clock())
        fingerprints = {name: settings_fingerprint(settings) for name, settings in runtime.config.channels.items()}
        outbox.resume_changed_channels(conn, fingerprints, runtime.clock())
        rulebook.apply_rule_renames(conn, runtime.policy.rules.rules)
        mark_rules_accepted(conn)


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


def lease_sources(
    runtime: Runtime, limit: int, host_slots: HostSlots | None = None, names: Collection[str] | None = None
) -> list[SourceState]:
    """Takes sources for this process alone: those due, or each of `everyone` that is not backing off."""
    if limit <= 0:
        return []
    with runtime.store.write() as conn:
        commit_unchanged_polls(conn, drain(runtime.pending_outcomes), runtime.policy)
        return sources.lease_due_sources(
            conn,
            runtime.clock(),
            limit=limit,
            lease_seconds=POLL_LEASE_S,
            names=names,
            ignore_interval=names is not None,
            host_slots=host_slots,
        )


def flush_pending_outcomes(runtime: Runtime) -> None:
    """Writes what the last polls came to that found nothing changed."""
    if runtime.pending_outcomes:
        with runtime.store.write() as conn:
            commit_unchanged_polls(conn, drain(runtime.pending_outcomes), runtime.policy)


def drain(outcomes: dict[str, PollResult]) -> dict[str, PollResult]:
    """All that was there, taken out one by one while polls go on adding."""
    drained = {}
    while outcomes:
        name, outcome = outcomes.popitem()
        drained[name] = outcome
    return drained


def flush_batches(runtime: Runtime) -> None:
    """Makes what a flood gathered due now: nothing more will come to it."""
    with runtime.store.write() as conn:
        gather.flush_flood_batches(conn, runtime.clock())


def due_channels(runtime: Runtime) -> list[str]:
    """The channels that have a message due."""
    with runtime.store.read() as conn:
        return outbox.channels_due(conn, runtime.clock())


def commit_throttle_releases(runtime: Runtime, policy: Policy) -> int:
    """Commits one follow-up for each throttled rule and story whose window has opened; how many.

    What was held for a rule that runs no more ends untold. The rules are those of the moment when the work was put
    in line for the store, so that their names are those which the store has by then.
    """
    now, active_rules = runtime.clock(), {rule.name for rule in policy.rules.rules}
    with runtime.store.read() as conn:
        if not alerts.due_throttled_matches(conn, now, runtime.policy.rules.aliases):
            return 0
    with runtime.store.write() as conn:
        pending = alerts.due_throttled_matches(conn, now, runtime.policy.rules.aliases)
        rulebook.drop_pending(conn, [match.id for match in pending if match.alert.rule not in active_rules])
        releases = release_throttled([match for match in pending if match.alert.rule in active_rules], now=now)
        channels_by_rule, preferences = policy.channels_by_rule, policy.preferences
        released_alerts = [release.alert for release in releases]
        messages = route(released_alerts, channels_by_rule, preferences, StoredHistory(conn, since=now), now)
        commit_releases(
            conn, releases_with_routing_reasons(releases, messages, channels_by_rule, preferences), messages, now=now
        )
    return len(releases)
