"""Whether a daemon runs on the store, and what it last stored about itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.model import Moment
from monitor.store.daemons import DaemonRow, load_daemons
from monitor.store.workers import database_time

SILENT_AFTER_ROWS = 4.0  # rows that a daemon has not written, after which it no longer works


@dataclass(frozen=True, slots=True)
class StoredCheck:
    """A check of a daemon as it was stored."""

    status: str
    since: Moment
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """Whether a daemon runs. `pid` holds the lock of a database that is not shared; `checks` are those of all its
    processes together."""

    is_running: bool
    pid: int | None
    processes: tuple[DaemonRow, ...]
    checks: dict[str, StoredCheck]

    @property
    def status(self) -> str:
        """Return "ok", "failing" or "not running". A daemon that has just started is failing until its first row."""
        if not self.is_running:
            return "not running"
        is_ok = bool(self.checks) and all(check.status == "ok" for check in self.checks.values())
        return "ok" if is_ok else "failing"


def load_daemon_status(conn: Connection, lock_pid: int | None, *, is_shared: bool) -> DaemonStatus:
    """Return whether a daemon runs. `lock_pid` is the process that holds the lock of a database without sharing."""
    now = database_time(conn)
    rows = load_daemons(conn)
    if is_shared:
        rows = [row for row in rows if now - row.at <= 2 * SILENT_AFTER_ROWS * row.every]
    elif lock_pid is None:
        rows = []
    is_running = lock_pid is not None or bool(rows)
    pid = lock_pid or (rows[0].pid if rows else None)
    return DaemonStatus(is_running, pid, tuple(rows), combined_checks(rows, now))


def combined_checks(rows: Sequence[DaemonRow], now: Moment) -> dict[str, StoredCheck]:
    """Return each check of the first daemon where it fails, else of the first one."""
    combined: dict[str, StoredCheck] = {}
    for row in rows:
        checks = {name: StoredCheck(**check) for name, check in row.checks.items()}
        silent_s = now - row.at
        if silent_s > SILENT_AFTER_ROWS * row.every:
            reason = f"the daemon (pid {row.pid}) has written nothing for {round(silent_s)} seconds"
            checks["store"] = StoredCheck("failing", row.at, reason)
        for name, check in checks.items():
            if name not in combined or combined[name].status == "ok":
                combined[name] = check
    return combined
