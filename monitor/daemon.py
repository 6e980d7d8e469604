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

from monitor.alerts.address import addressed, releases_named
from monitor.alerts.release import opened
from monitor.assess import Listening
from monitor.clock import mind_clock
from monitor.closing import close_still
from monitor.config import Config
from monitor.config.marks import mark_of
from monitor.engine import Engine, open_engine
from monitor.errors import StoreError
from monitor.garbage import loaded_for_good
from monitor.lookback import look_back
from monitor.pipeline import deliver, poll
from monitor.reload import drop_missed, follow_rules
from monitor.sources.crowd import Crowd, Queue
from monitor.store import alerts, gather, outbox, rulebook, setback, sources
from monitor.store.known import Known
from monitor.store.record import record_releases
from monitor.store.refusal import accept
from monitor.store.retention import tend
from monitor.store.sources import PollOutcome, SourceRow

log = structlog.get_logger()

TICK = 1.0  # seconds between two looks at what is due
TEND = 6 * 3600.0  # seconds between two clean-ups of the index
POLLS = 160  # sources polled at once
PER_HOST, PER_OWN_HOST = 4, 136  # of them on one host, and on one that the config names as private
CROWD = 27  # sources that were due together: there may be more, so what comes next does not wait for the tick
POLL_LEASE = 300.0  # seconds after which a source whose poller died is polled again
DRAIN = 20.0  # seconds that polls and sends under way get at shutdown


def run(config: Config, *, once: bool = False) -> None:
    """Runs until SIGTERM or SIGINT; with `once` polls every source now, delivers what is due, and returns."""
    asyncio.run(run_once(config) if once else run_forever(config))


async def run_once(config: Config) -> None:
    """One round: every source whatever its interval, then every message that is due."""
    async with open_engine(config) as engine:
        await engine.in_store(prepare, engine)
        daemon = Daemon(engine)
        with loaded_for_good():
            await daemon.look_back()
            await daemon.poll_round()
            await daemon.release_due()
            await engine.in_store(drop_missed, engine, engine.listening)
            await engine.in_store(gather_no_more, engine)
            for _ in range(2):  # again for the notices of what died
                await daemon.deliver_due()
                await daemon.finish()


async def run_forever(config: Config) -> None:
    """Polls and delivers until told to stop; what is under way then is finished."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with living(config):
        await stop.wait()


@asynccontextmanager
async def living(config: Config) -> AsyncIterator[Engine]:
    """A daemon at work, with its pages where the config wants them; what is under way in the end is finished."""
    stop = asyncio.Event()
    async with open_engine(config) as engine, pages(engine):
        await engine.in_store(prepare, engine)
        life = asyncio.create_task(Daemon(engine).live(stop))
        try:
            with loaded_for_good():
                yield engine
        finally:
            stop.set()
            await life


@asynccontextmanager
async def pages(engine: Engine) -> AsyncIterator[None]:
    """The web pages, if the config says where to listen."""
    web, timezone = engine.config.web, engine.config.monitor.timezone
    if web.listen is None:
        yield
        return
    from monitor.web.app import app  # most runs on a small machine have no pages: do not load what they need
    from monitor.web.base import base_of
    from monitor.web.guard import hosts_of
    from monitor.web.serve import serving

    memory = engine.config.monitor.memory
    hosts, base = hosts_of(web), base_of(web)
    application = app(engine.store, timezone=timezone, clock=engine.clock, memory=memory, hosts=hosts, base=base)
    async with serving(web.listen, application) as url:
        log.info("pages", stage="web", url=url)
        yield


def prepare(engine: Engine) -> None:
    """Brings the store in line with the config and gives back what a dead process had leased."""
    with engine.store.write() as conn:
        sources.sync(conn, engine.config.sources, engine.clock())
        sources.release(conn)
        outbox.release(conn)
        setback.bring_forward(conn, engine.clock())
        marks = {name: mark_of(settings) for name, settings in engine.config.channels.items()}
        outbox.forgive(conn, marks, engine.clock())
        rulebook.carry_on(conn, engine.listening.rules.rules)
        accept(conn)


class Daemon:
    """The running tasks: at most one for each source and one for each channel."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.polling: dict[str, asyncio.Task[None]] = {}
        self.sending: dict[str, asyncio.Task[None]] = {}
        self.hosts = {source.name: urlsplit(source.url).netloc for source in engine.config.sources}
        polite_to = engine.fetcher.is_polite_to
        own = {site for site in self.hosts.values() if not polite_to(urlsplit(f"//{site}").hostname or "")}
        self.shares = dict.fromkeys(own, PER_OWN_HOST)
        self.enough = -1
        self.roomy = asyncio.Event()

    async def live(self, stop: asyncio.Event) -> None:
        """Ticks until `stop` is set, then lets what is under way finish."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        ticks = (
            (self.poll_due, TICK),
            (self.deliver_due, TICK),
            (self.release_due, TICK),
            (self.look_back, TICK),
            (self.tend, TEND),
        )
        for tick, seconds in ticks:
            scheduler.add_job(
                tick,
                "interval",
                seconds=seconds,
                next_run_time=datetime.now(UTC),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        scheduler.start()
        beside = [
            asyncio.create_task(work)
            for work in (
                self.poll_promptly(),
                self.deliver_promptly(),
                follow_rules(self.engine),
                mind_clock(self.engine, scheduler),
                self.warm(),
            )
        ]
        log.info("running", stage="daemon", sources=len(self.engine.config.sources))
        await stop.wait()
        log.info("stopping", stage="daemon", polls=len(self.polling), sends=len(self.sending))
        scheduler.shutdown(wait=False)
        for task in beside:
            task.cancel()
        await self.finish(DRAIN)

    async def poll_due(self) -> None:
        """Starts a poll of each source that is due, as far as there is room."""
        rows = await self.lease()
        self.start_polls(rows)
        if len(rows) >= CROWD:
            self.enough = len(self.polling) // 2

    async def poll_promptly(self) -> None:
        """Polls the rest of a crowd as soon as there is room again."""
        while True:
            await self.room()
            await self.poll_due()

    async def poll_round(self) -> None:
        """Polls every source once, whatever its interval; one that is backing off is left alone."""
        waiting = Queue(self.hosts)
        while waiting:
            self.start_polls(await self.lease(waiting.take(POLLS - len(self.polling), self.crowd())))
            if self.polling:
                self.enough = len(self.polling) // 2
                await self.room()
        await self.finish()

    def start_polls(self, rows: Iterable[SourceRow]) -> None:
        """Polls leased sources beside the others."""
        for row in rows:
            self.start(self.polling, row.name, poll(self.engine, row))
            self.polling[row.name].add_done_callback(self.polled)

    def polled(self, _: asyncio.Task[None]) -> None:
        """One more poll has ended."""
        if len(self.polling) <= self.enough:
            self.enough = -1
            self.roomy.set()

    async def room(self) -> None:
        """Waits until half of the polls under way have ended."""
        await self.roomy.wait()
        self.roomy.clear()

    def crowd(self) -> Crowd:
        """How many polls are under way at each host."""
        return Crowd(self.hosts, self.polling, PER_HOST, self.shares)

    async def lease(self, everyone: Collection[str] | None = None) -> list[SourceRow]:
        """Takes as many sources as there is room for, of each host no more than its share; or `everyone`."""
        room, crowd = POLLS - len(self.polling), self.crowd()
        return await self.engine.in_store(lease_sources, self.engine, room, crowd, everyone)

    async def deliver_due(self) -> None:
        """Starts sending on each channel that has something due and is not sending already."""
        for channel in await self.engine.in_store(due_channels, self.engine):
            if channel in self.engine.notifiers and channel not in self.sending:
                self.start(self.sending, channel, deliver(self.engine, channel))

    async def deliver_promptly(self) -> None:
        """Delivers as soon as a poll has committed alerts, without waiting for the tick."""
        while True:
            await self.engine.committed.wait()
            self.engine.committed.clear()
            await self.deliver_due()

    async def release_due(self) -> None:
        """Tells of what a throttle held back, once its window has opened."""
        if await self.engine.in_store(release_opened, self.engine, self.engine.listening):
            self.engine.committed.set()

    async def warm(self) -> None:
        """Loads beforehand what the first alert would have to wait for."""
        config = self.engine.config
        types = sorted({settings.type for settings in config.channels.values()})
        zone, url = config.monitor.timezone, config.web.url
        await survive("warm up", self.engine.press.warm(types, self.engine.templates, zone, url))

    async def look_back(self) -> None:
        """Lets new rules tell of what came before them."""
        await survive("look back", look_back(self.engine))

    async def tend(self) -> None:
        """Lets the index forget what nobody has said for as long as the memory goes back, and ends what is held for
        rules that are gone."""
        since = self.engine.clock() - self.engine.config.monitor.memory
        await self.engine.in_store(tend, self.engine.store, since=since)
        await self.engine.in_store(drop_missed, self.engine, self.engine.listening)

    def start(self, running: dict[str, asyncio.Task[None]], name: str, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` as the one task of that name."""
        task = running[name] = asyncio.create_task(survive(name, work))
        task.add_done_callback(lambda _: running.pop(name, None))

    async def finish(self, seconds: float | None = None) -> None:
        """Waits for what is under way; a lease takes care of what does not end in time."""
        if tasks := [*self.polling.values(), *self.sending.values()]:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
        await self.engine.in_store(write_unwritten, self.engine)


async def survive(name: str, work: Coroutine[Any, Any, None]) -> None:
    """Whatever goes wrong in one source or channel ends there; its lease runs out and it is tried again."""
    try:
        await work
    except StoreError as error:
        log.error("store failed", stage="daemon", name=name, error=str(error))
    except Exception:
        log.exception("unexpected failure", stage="daemon", name=name)


def lease_sources(
    engine: Engine, room: int, crowd: Crowd | None = None, everyone: Collection[str] | None = None
) -> list[SourceRow]:
    """Takes sources for this process alone: those due, or each of `everyone` that is not backing off."""
    if room <= 0:
        return []
    with engine.store.write() as conn:
        close_still(conn, emptied(engine.unwritten), engine.listening)
        return sources.lease_due(
            conn, engine.clock(), limit=room, lease=POLL_LEASE, names=everyone, all=everyone is not None, crowd=crowd
        )


def write_unwritten(engine: Engine) -> None:
    """Writes what the last polls came to that found nothing changed."""
    if engine.unwritten:
        with engine.store.write() as conn:
            close_still(conn, emptied(engine.unwritten), engine.listening)


def emptied(outcomes: dict[str, PollOutcome]) -> dict[str, PollOutcome]:
    """All that was there, taken out one by one while polls go on adding."""
    taken = {}
    while outcomes:
        name, outcome = outcomes.popitem()
        taken[name] = outcome
    return taken


def gather_no_more(engine: Engine) -> None:
    """Makes what a flood gathered due now: nothing more will come to it."""
    with engine.store.write() as conn:
        gather.gather_no_more(conn, engine.clock())


def due_channels(engine: Engine) -> list[str]:
    """The channels that have a message due."""
    with engine.store.read() as conn:
        return outbox.channels_due(conn, engine.clock())


def release_opened(engine: Engine, listening: Listening) -> int:
    """Commits one follow-up for each throttled rule and story whose window has opened; how many.

    What was held for a rule that runs no more ends untold. The rules are those of the moment when the work was put
    in line for the store, so that their names are those which the store has by then.
    """
    now, runs = engine.clock(), {rule.name for rule in listening.rules.rules}
    with engine.store.read() as conn:
        if not alerts.opening(conn, now, engine.listening.rules.aliases):
            return 0
    with engine.store.write() as conn:
        waiting = alerts.opening(conn, now, engine.listening.rules.aliases)
        rulebook.drop(conn, [held.id for held in waiting if held.alert.rule not in runs])
        releases = opened([held for held in waiting if held.alert.rule in runs], now=now)
        notify, wishes = listening.notify, listening.wishes
        told = [release.alert for release in releases]
        messages = addressed(told, notify, wishes, Known(conn, since=now), now)
        record_releases(conn, releases_named(releases, messages, notify, wishes), messages, now=now)
    return len(releases)
