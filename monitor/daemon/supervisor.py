"""Several workers on one store: start them, restart those that die, and end together with them.

The supervisor prepares the store once and holds its daemon lock, which the workers inherit: after it was killed, no
other daemon starts on that store before the last worker has ended. Workers see its end at their standard input.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from monitor.assess import Policy
from monitor.config.models import Config
from monitor.daemon.run import update_store
from monitor.daemon.systemd import announced_reload, notify_systemd, without_socket
from monitor.daemon.watchdog import Pulse, watch_process
from monitor.errors import EXIT_COULD_NOT_RUN, EXIT_OUTDATED, StoreError
from monitor.log import LogFormat
from monitor.metrics import MULTIPROCESS_VARIABLE
from monitor.policy import load_policy
from monitor.runtime import new_worker_id, prepare_schema
from monitor.store import daemons, workers
from monitor.store.base import Store
from monitor.store.connect import open_any_schema

log = structlog.get_logger()

MIN_PAUSE_S, MAX_PAUSE_S = 0.5, 60.0  # before a worker that died at once is started again
STABLE_AFTER_S = 30.0  # a worker that lived longer is started again after the shortest pause
REPORT_INTERVAL_S = 30.0  # between two reports to the service manager
END_TIMEOUT_S = 7.0  # in which the workers have to end


def run_supervisor(config: Config, log_format: LogFormat) -> int:
    """Run the workers of a config until SIGTERM or SIGINT. Return the exit status.

    Raises ConfigError, StoreError or StoreBusy.
    """
    policy = load_policy(config)
    store = open_any_schema(config.monitor.database)
    try:
        with store.hold_daemon() as descriptors:
            prepare_schema(store, upgrades=True)
            update_store(store, config, policy, time.time())
            command = (sys.executable, "-m", "monitor", "run", "-c", str(config.path), "--log", log_format)
            supervisor = Supervisor(store, command, config.monitor.workers, descriptors)
            supervisor.register_workers(policy)
            with counting_folder(config):
                return asyncio.run(supervisor.run())
    finally:
        store.close()


@contextmanager
def counting_folder(config: Config) -> Iterator[None]:
    """Name a folder in the environment of the workers where they count together for `/metrics`, if that is served."""
    if not config.web.listen:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="claimwatch-metrics-") as folder:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        yield


@dataclass
class Supervisor:
    """Keeps `count` workers running. `descriptors` are inherited by them; `command` starts one."""

    store: Store
    command: tuple[str, ...]
    count: int
    descriptors: tuple[int, ...]
    id: str = field(default_factory=new_worker_id)
    exit_status: int = 0
    processes: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def worker_id(self, number: int) -> str:
        """Return the id of a worker, which it keeps when it is started again."""
        return f"{self.id}-{number}"

    def register_workers(self, policy: Policy) -> None:
        """Make the workers known to each other before the first one starts, so that it does not take all sources."""
        with self.store.write() as conn:
            for number in range(1, self.count + 1):
                workers.save_beat(conn, self.worker_id(number), policy.rules.digest)

    async def run(self) -> int:
        """Run until SIGTERM, SIGINT, or a worker that cannot run. Return the exit status."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        lifeline, own_end = os.pipe()
        keepers = [asyncio.create_task(self.keep_running(number, lifeline)) for number in range(1, self.count + 1)]
        log.info("supervisor started", stage="daemon", workers=self.count)
        reporting = asyncio.create_task(self.report_workers())
        with watch_process([Pulse.of_loop(loop)]):
            await self.stop.wait()
        reporting.cancel()
        notify_systemd("STOPPING=1")
        await self.end_workers(keepers)
        os.close(lifeline)
        os.close(own_end)
        return self.exit_status

    async def report_workers(self) -> None:
        """Report to the service manager once all workers have stored that they work, then how many do."""
        ids = {self.worker_id(number) for number in range(1, self.count + 1)}
        is_ready = False
        while True:
            with suppress(StoreError):
                working = ids & await asyncio.to_thread(self.load_reporting_workers)
                if working == ids and not is_ready:
                    is_ready = True
                    notify_systemd("READY=1")
                notify_systemd(f"STATUS={len(working)} of {self.count} workers run")
            await asyncio.sleep(REPORT_INTERVAL_S if is_ready else 1.0)

    def load_reporting_workers(self) -> set[str]:
        with self.store.read() as conn:
            return {row.worker for row in daemons.load_daemons(conn)}

    def reload(self) -> None:
        """Let all workers reload their files."""
        with announced_reload():
            self.send_signal(signal.SIGHUP)

    async def keep_running(self, number: int, lifeline: int) -> None:
        """Run a worker, again and again, until `stop` is set."""
        pause_s, is_first = 0.0, True
        while not self.stop.is_set():
            started = time.monotonic()
            status = await self.run_worker(number, lifeline)
            lasted_s = time.monotonic() - started
            if self.stop.is_set():
                return
            if status != EXIT_OUTDATED:  # then nothing may be written any more
                await asyncio.to_thread(self.release_worker, number)
            has_failed_to_start = is_first and status == EXIT_COULD_NOT_RUN and lasted_s < STABLE_AFTER_S
            if has_failed_to_start or status == EXIT_OUTDATED:
                self.exit_status = status
                self.stop.set()
                return
            pause_s = next_pause(pause_s, lasted_s)
            ended = describe_status(status)
            log.error("worker ended, starting again", stage="daemon", worker=number, status=ended, pause=pause_s)
            is_first = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), pause_s)

    async def run_worker(self, number: int, lifeline: int) -> int:
        """Run a worker process to its end. Return its exit status, negative for a signal."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            "--worker",
            self.worker_id(number),
            stdin=lifeline,
            pass_fds=self.descriptors,
            env=without_socket(os.environ),  # only the supervisor reports to the service manager
        )
        self.processes[number] = process
        if self.stop.is_set():
            process.terminate()
        try:
            return await process.wait()
        finally:
            del self.processes[number]

    def release_worker(self, number: int) -> None:
        """Release what a worker that has ended had leased."""
        try:
            with self.store.write() as conn:
                workers.release_leases(conn, [self.worker_id(number)])
        except StoreError as error:
            log.error("store failed", stage="daemon", error=str(error))

    async def end_workers(self, keepers: list[asyncio.Task[None]]) -> None:
        """End the workers, by force those that take too long."""
        self.send_signal(signal.SIGTERM)
        _, unfinished = await asyncio.wait(keepers, timeout=END_TIMEOUT_S)
        if unfinished:
            log.warning("workers killed", stage="daemon", workers=sorted(self.processes))
            self.send_signal(signal.SIGKILL)
            await asyncio.wait(unfinished)

    def send_signal(self, signal_number: signal.Signals) -> None:
        for process in list(self.processes.values()):
            with suppress(ProcessLookupError):
                process.send_signal(signal_number)


def next_pause(previous_s: float, lasted_s: float) -> float:
    """Return how long to wait before a worker that lived for `lasted_s` is started again."""
    return MIN_PAUSE_S if lasted_s > STABLE_AFTER_S else min(MAX_PAUSE_S, max(MIN_PAUSE_S, 2 * previous_s))


def describe_status(status: int) -> str:
    """Return an exit status in words: a number, or the name of the signal."""
    return str(status) if status >= 0 else signal.Signals(-status).name
