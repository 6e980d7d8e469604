"""Start and stop the daemon: one round (`run --once`) or until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from monitor import metrics
from monitor.actions import request_polls
from monitor.assess import Policy
from monitor.config.models import Config
from monitor.daemon.faults import LoopFaults
from monitor.daemon.health import STALE_AFTER_S, Health, health_json
from monitor.daemon.membership import join_store, leave_store, refuse_beside_others
from monitor.daemon.memory import freeze_loaded_objects
from monitor.daemon.probes import PROBE_INTERVAL_S
from monitor.daemon.reconfigure import store_config
from monitor.daemon.reload import drop_removed_rules
from monitor.daemon.scheduler import FAULTS, Daemon
from monitor.daemon.systemd import notify_systemd
from monitor.daemon.watchdog import pulses_of_daemon, watch_process
from monitor.model import Moment
from monitor.runtime import DEAD_AFTER_S, Runtime, Worker, open_runtime
from monitor.store import clock_step, daemons, outbox, rule_state, workers
from monitor.store.base import Store
from monitor.store.rule_state import mark_rules_accepted

log = structlog.get_logger()
STOP_DEADLINE_S = 7.5  # container managers kill after 10 seconds


def run_daemon(config: Config, *, once: bool = False, worker: Worker | None = None) -> None:
    """Run until SIGTERM or SIGINT. With `once`, poll every source now, deliver what is due, and return."""
    asyncio.run(run_once(config) if once else run_forever(config, worker))


async def run_once(config: Config) -> None:
    """Poll every source, whatever its interval, then send every message that is due."""
    async with working_alone(config) as runtime:
        daemon = Daemon(runtime)
        with freeze_loaded_objects():
            await daemon.look_back()
            await daemon.poll_round()
            await daemon.release_due()
            await runtime.run_in_store_thread(drop_removed_rules, runtime)
            await runtime.run_in_store_thread(flush_batches, runtime)
            for _ in range(2):  # the second time for notices about messages that died in the first
                await daemon.deliver_due()
                await daemon.finish_tasks()


async def poll_now(config: Config, names: Sequence[str]) -> None:
    """Poll sources, whatever their interval and back-off. What that makes due to channels is left to the daemon.

    Raises StoreBusy if a daemon is running.
    """
    async with working_alone(config, upgrades=False) as runtime:
        await runtime.run_in_store_thread(request_polls, runtime.store, names, runtime.clock())
        daemon = Daemon(runtime)
        daemon.start_polls(await daemon.lease_batch(names))
        await daemon.finish_tasks()


@asynccontextmanager
async def working_alone(config: Config, *, upgrades: bool = True) -> AsyncIterator[Runtime]:
    """Open a runtime on a store that no other worker uses now. Raises StoreBusy."""
    async with open_runtime(config, upgrades=upgrades) as runtime:
        if runtime.is_shared:
            await runtime.run_in_store_thread(refuse_beside_others, runtime)
        await runtime.run_in_store_thread(prepare_store, runtime)
        try:
            yield runtime
        finally:
            if runtime.is_shared:
                await runtime.run_in_store_thread(leave_store, runtime)


async def run_forever(config: Config, worker: Worker | None = None) -> None:
    """Poll and deliver until SIGTERM or SIGINT, then finish the polls and sends in progress.

    A supervised worker also stops when its standard input ends: its supervisor has died. Raises StoreOutdated.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(LoopFaults(FAULTS))
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)

    def end_of_supervisor() -> None:
        loop.remove_reader(sys.stdin.fileno())
        stop.set()

    if worker and worker.is_supervised:
        loop.add_reader(sys.stdin.fileno(), end_of_supervisor)
    async with running_daemon(config, worker, stop) as runtime:
        with watch_process(pulses_of_daemon(loop, runtime), ends_itself=runtime.worker.is_supervised):
            await stop.wait()
        notify_systemd("STOPPING=1")
        end_process_in_time()


def end_process_in_time() -> None:
    """End this process with status 0 if it has not ended by the deadline: a hung receiver, disk or database must not
    delay a stop. Whatever was not stored is done again after the next start, as after a crash."""
    timer = threading.Timer(STOP_DEADLINE_S, end_process)
    timer.daemon = True
    timer.start()


def end_process() -> None:
    log.warning("stop took too long, ending now", stage="daemon", seconds=STOP_DEADLINE_S)
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(0)


@asynccontextmanager
async def running_daemon(
    config: Config,
    worker: Worker | None = None,
    stop: asyncio.Event | None = None,
    *,
    probe_s: float = PROBE_INTERVAL_S,
) -> AsyncIterator[Runtime]:
    """Run a daemon, with its web pages if configured. On exit, finish the polls and sends in progress.

    The daemon itself sets `stop` when a newer version has upgraded the store; then StoreOutdated is raised on exit.
    """
    stop = stop or asyncio.Event()
    health = Health(time.monotonic)
    if config.web.listen:
        metrics.start_counting()
    async with open_runtime(config, worker=worker) as runtime, web_pages(runtime, health):
        prepare = join_store if runtime.worker.is_supervised else prepare_store
        await runtime.run_in_store_thread(prepare, runtime)
        daemon_task = asyncio.create_task(Daemon(runtime, health, probe_s=probe_s).run_until(stop))
        try:
            with freeze_loaded_objects():
                yield runtime
        finally:
            stop.set()
            await daemon_task


@asynccontextmanager
async def web_pages(runtime: Runtime, health: Health) -> AsyncIterator[None]:
    """Serve the web pages, if the config has `[web] listen`. Of several workers, only the first one does."""
    web_config, timezone = runtime.config.web, runtime.config.monitor.timezone
    if web_config.listen is None or runtime.worker.number > 1:
        yield
        return
    # Imported here because most runs on a small machine serve no pages.
    from monitor.sources.discover import discover_feeds
    from monitor.web.access import open_access
    from monitor.web.app import create_app
    from monitor.web.endpoint import Site
    from monitor.web.middleware import accepted_hosts, url_base_path
    from monitor.web.server import running_server

    site = Site(
        runtime.store,
        timezone=timezone,
        clock=runtime.clock,
        memory=runtime.config.monitor.memory,
        base=url_base_path(web_config),
        access=await runtime.run_in_store_thread(open_access, web_config, runtime.store),
        config=lambda: runtime.config,
        aliases=lambda: runtime.policy.rules.aliases.nodes,
        health=lambda: health_json(health.assess_health(runtime.clock())),
        discover=lambda url: discover_feeds(runtime.fetcher, runtime.parser, url),
    )
    async with running_server(web_config.listen, create_app(site, accepted_hosts(web_config))) as url:
        log.info("web server started", stage="web", url=url)
        yield


def prepare_store(runtime: Runtime) -> None:
    """Update the store to the config, release the leases of processes that died, and take part in the work."""
    update_store(runtime.store, runtime.config, runtime.policy, runtime.clock())
    join_store(runtime)


def update_store(store: Store, config: Config, policy: Policy, now: Moment) -> None:
    """Update the store to the config and the rules, and release the leases of processes that died.

    With a store that is not shared those are all: the caller holds the daemon lock.
    """
    with store.write() as conn:
        store_config(conn, config, now)
        workers.remove_silent_workers(conn, silent_s=DEAD_AFTER_S if store.is_shared else 0.0)
        daemons.remove_silent_daemons(conn, silent_s=STALE_AFTER_S if store.is_shared else 0.0)
        clock_step.rebase_deadlines(conn, now)
        rule_state.apply_rule_renames(conn, policy.rules.rules)
        mark_rules_accepted(conn)


def flush_batches(runtime: Runtime) -> None:
    """Make the batches of a flood due now, because this run adds nothing to them."""
    with runtime.store.write() as conn:
        outbox.flush_flood_batches(conn, runtime.clock())
