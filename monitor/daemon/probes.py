"""Check every half minute whether the daemon works: write to the store, look for overdue messages, send a test entry.

Each probe has a task of its own, so one that hangs does not hide another. Its results are kept in a `Health`; with
each write the worker stores its report, for `monitor status` and for the other workers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from monitor.daemon.canary import run_canary
from monitor.daemon.faults import FaultLog
from monitor.daemon.health import STALE_AFTER_S, CheckName, CheckReport, Health, HealthReport
from monitor.daemon.membership import Membership
from monitor.daemon.systemd import notify_systemd
from monitor.errors import MonitorError, NoDescriptors, StoreError, StoreOutdated, lacks_descriptors
from monitor.model import Moment
from monitor.runtime import Runtime
from monitor.store import daemons, outbox
from monitor.store.daemons import DaemonRow
from monitor.store.rule_state import load_rules_refusal

log = structlog.get_logger()
PROBE_INTERVAL_S = 30.0
PROBE_TIMEOUT_S = 30.0  # after which a probe is reported as hanging; it is waited for until it ends
OVERDUE_S = 30.0  # after which a due message that nothing delays should have been tried
ROUND_S = 2.5 * PROBE_INTERVAL_S  # in which all probes have run, also if one of them takes long


@dataclass(frozen=True, slots=True)
class StoreView:
    """What the store showed when this worker stored its report at `at`, by the clock of the database.

    `overdue` has the channels with an overdue message, and whether a send was lost there.
    """

    at: Moment
    overdue: Mapping[str, bool]
    rejected: tuple[str, ...]
    daemons: tuple[DaemonRow, ...]


@dataclass(slots=True)
class Probes:
    """The probes of one daemon. `sending` are the channels that it sends on now."""

    runtime: Runtime
    health: Health
    membership: Membership
    sending: Collection[str]
    faults: FaultLog
    interval_s: float = PROBE_INTERVAL_S
    timeout_s: float = PROBE_TIMEOUT_S
    started: Moment = 0.0
    is_ready: bool = False

    async def watch(self) -> None:
        """Run all probes until cancelled."""
        await asyncio.gather(self.repeat(self.probe_store), self.repeat(self.probe_canary))

    async def repeat(self, probe: Callable[[], Any]) -> None:
        while True:
            try:
                await probe()
            except Exception:
                log.exception("unexpected failure", stage="daemon", name="health")
            notify_systemd(f"STATUS={self.report().summary()}")
            await asyncio.sleep(self.interval_s)

    def report(self) -> HealthReport:
        return self.health.assess_health(self.runtime.clock())

    async def probe_store(self) -> None:
        """Store this worker's report and see what is overdue; twice if that has changed the report."""
        before = self.report().status
        await self.exchange_once()
        if self.report().status != before:
            await self.exchange_once()

    async def exchange_once(self) -> None:
        """Store this worker's report. Runs in the store's thread, to see that it works."""
        run, report = self.runtime.run_in_store_thread, self.report()
        work = asyncio.ensure_future(run(exchange_reports, self.runtime, report, self.started, self.interval_s))
        try:
            if not (await asyncio.wait({work}, timeout=self.timeout_s))[0]:
                self.health.record_failure("write", "the thread for the database does not answer")
            self.note_store_view(await work)
        except StoreError as error:
            self.note_store_error(error)
        finally:
            work.cancel()  # if the daemon ends meanwhile, nothing waits for its result

    def note_store_error(self, error: StoreError) -> None:
        self.health.record_failure("write", str(error), at_once=True)
        self.health.record_failure("queue", str(error))
        if not isinstance(error, StoreOutdated):  # the next beat ends the daemon with this error
            self.faults.record_failure("store failed", "health", str(error))

    def notify_ready(self) -> None:
        """Report once to the service manager that the daemon works."""
        if not self.is_ready:
            self.is_ready = True
            notify_systemd("READY=1")

    def note_store_view(self, view: StoreView) -> None:
        self.faults.record_success("health")
        if sentence := self.faults.recent_sentence("store failed", self.health.stale_after_s):
            self.health.record_failure("write", sentence, at_once=True)  # larger writes fail
        else:
            self.health.record_success("write")
            self.notify_ready()
        self.note_overdue(view.overdue)
        self.health.remarks["rules"] = describe_rejected(len(view.rejected))
        others = [row for row in view.daemons if row.worker != self.runtime.worker.id]
        living = [row for row in others if row.worker in self.membership.living]
        self.health.report_others((worker_name(row), checks_of_row(row, view.at)) for row in living)
        self.note_workers()

    def note_overdue(self, overdue: Mapping[str, bool]) -> None:
        """Note the channels of this worker whose due messages nobody tries."""
        served = [
            name for name in overdue if name in self.runtime.notifiers and self.membership.serves(f"channel {name}")
        ]
        stuck = sorted(name for name in served if overdue[name] or name not in self.sending)
        if stuck:
            self.health.record_failure("queue", f"waiting for {', '.join(stuck)}")
        else:
            self.health.record_success("queue")

    def note_workers(self) -> None:
        """Note whether all workers of this supervisor are alive."""
        if not self.runtime.worker.is_supervised:
            return
        wanted, prefix = self.runtime.config.monitor.workers, self.runtime.worker.id.rpartition("-")[0]
        count = sum(id.rpartition("-")[0] == prefix for id in self.membership.living)
        if count < wanted:
            self.health.record_failure("workers", f"{count} of {wanted} run")
        else:
            self.health.record_success("workers")

    async def probe_canary(self) -> None:
        """Send a test entry through all stages."""
        stages = ["start"]
        try:
            async with asyncio.timeout(self.timeout_s):
                await run_canary(self.runtime, stages.append)
        except TimeoutError:
            self.note_lost_canary(f"it has not passed the stage {stages[-1]} within {self.timeout_s:g} seconds")
        except MonitorError as error:
            self.note_lost_canary(f"at the stage {stages[-1]}: {error}")
        except Exception as error:
            if lacks_descriptors(error):
                self.note_lost_canary(f"at the stage {stages[-1]}: {NoDescriptors()}")
                return
            self.note_lost_canary(f"at the stage {stages[-1]}: unexpected {type(error).__name__}")
            raise
        else:
            self.health.record_success("canary")
            self.faults.record_success("canary")

    def note_lost_canary(self, reason: str) -> None:
        self.health.record_failure("canary", reason)
        self.faults.record_failure("test entry lost", "canary", reason)


def exchange_reports(runtime: Runtime, report: HealthReport, started: Moment, every: float) -> StoreView:
    """Store a worker's report, and return what the store shows. Raises StoreError."""
    runtime.store.check_location()
    now = runtime.clock()
    checks = {str(name): asdict(check) for name, check in report.checks.items()}
    with runtime.store.write() as conn:
        at = daemons.save_daemon(
            conn,
            runtime.worker.id,
            config=str(runtime.config.path.absolute()),
            started=started,
            every=every,
            checks=checks,
        )
        ready = outbox.oldest_ready(conn, now)
        overdue = {channel: expired for channel, (due, expired) in ready.items() if due <= now - OVERDUE_S}
        _, rejected = load_rules_refusal(conn)
        return StoreView(at, overdue, rejected, tuple(daemons.load_daemons(conn)))


def describe_rejected(count: int) -> str:
    """Return how many problems rejected edits have. Their texts name files, and `/health` needs no login."""
    problems = "1 problem" if count == 1 else f"{count} problems"
    return f"{problems} in edited files, which are not in use; `monitor status` lists them" if count else ""


def worker_name(row: DaemonRow) -> str:
    return f"worker {row.worker.rpartition('-')[2]} (pid {row.pid} on {row.host})"


def checks_of_row(row: DaemonRow, now: Moment) -> dict[CheckName, CheckReport]:
    """Return the checks that a worker has stored; the store fails if that was long ago."""
    checks = {name: CheckReport(**check) for name, check in row.checks.items()}
    if now - row.at > STALE_AFTER_S:
        checks["store"] = CheckReport("failing", row.at, f"nothing was written for {round(now - row.at)} seconds")
    return checks  # type: ignore[return-value]
