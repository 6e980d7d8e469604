"""Start and stop the daemon: one round (`run --once`) or until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from monitor.config.fingerprint import settings_fingerprint
from monitor.config.models import Config
from monitor.daemon.memory import freeze_loaded_objects
from monitor.daemon.reload import drop_removed_rules
from monitor.daemon.scheduler import Daemon
from monitor.model import Moment
from monitor.runtime import Runtime, open_runtime
from monitor.store import clock_step, outbox, rule_state, sources
from monitor.store.base import Store
from monitor.store.rule_state import mark_rules_accepted

log = structlog.get_logger()


def run_daemon(config: Config, *, once: bool = False) -> None:
    """Run until SIGTERM or SIGINT. With `once`, poll every source now, deliver what is due, and return."""
    asyncio.run(run_once(config) if once else run_forever(config))


async def run_once(config: Config) -> None:
    """Poll every source, whatever its interval, then send every message that is due."""
    async with open_runtime(config) as runtime:
        await runtime.run_in_store_thread(prepare_store, runtime)
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
    async with open_runtime(config) as runtime:
        await runtime.run_in_store_thread(prepare_store, runtime)
        await runtime.run_in_store_thread(request_polls, runtime.store, names, runtime.clock())
        daemon = Daemon(runtime)
        daemon.start_polls(await daemon.lease_batch(names))
        await daemon.finish_tasks()


def request_polls(store: Store, names: Sequence[str], now: Moment) -> None:
    """Make sources due now, for this process or a running daemon."""
    with store.write() as conn:
        sources.make_due(conn, names, now)


async def run_forever(config: Config) -> None:
    """Poll and deliver until SIGTERM or SIGINT, then finish the polls and sends in progress."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with running_daemon(config):
        await stop.wait()


@asynccontextmanager
async def running_daemon(config: Config) -> AsyncIterator[Runtime]:
    """Run a daemon, with its web pages if configured. On exit, finish the polls and sends in progress."""
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
    """Serve the web pages, if the config has `[web] listen`."""
    web_config, timezone = runtime.config.web, runtime.config.monitor.timezone
    if web_config.listen is None:
        yield
        return
    # Imported here because most runs on a small machine serve no pages.
    from monitor.web.app import create_app
    from monitor.web.middleware import accepted_hosts, url_base_path
    from monitor.web.server import running_server

    memory = runtime.config.monitor.memory
    allowed_hosts, base_path = accepted_hosts(web_config), url_base_path(web_config)
    application = create_app(
        runtime.store, timezone=timezone, clock=runtime.clock, memory=memory, hosts=allowed_hosts, base=base_path
    )
    async with running_server(web_config.listen, application) as url:
        log.info("web server started", stage="web", url=url)
        yield


def prepare_store(runtime: Runtime) -> None:
    """Update the store to the config and release the leases of a process that died."""
    with runtime.store.write() as conn:
        sources.sync_sources(conn, runtime.config.sources, runtime.clock())
        sources.release_source_leases(conn)
        outbox.release_message_leases(conn)
        clock_step.rebase_deadlines(conn, runtime.clock())
        fingerprints = {name: settings_fingerprint(settings) for name, settings in runtime.config.channels.items()}
        outbox.resume_changed_channels(conn, fingerprints, runtime.clock())
        rule_state.apply_rule_renames(conn, runtime.policy.rules.rules)
        mark_rules_accepted(conn)


def flush_batches(runtime: Runtime) -> None:
    """Make the batches of a flood due now, because this run adds nothing to them."""
    with runtime.store.write() as conn:
        outbox.flush_flood_batches(conn, runtime.clock())
