"""Report to systemd that the daemon is ready, reloads, stops, and is not stuck (the protocol of sd_notify)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

SOCKET_VARIABLE, WATCHDOG_VARIABLE = "NOTIFY_SOCKET", "WATCHDOG_USEC"


def notify_systemd(*assignments: str) -> None:
    """Send assignments such as `READY=1`, if a service manager asked for them. Never blocks or raises."""
    address = os.environ.get(SOCKET_VARIABLE, "")
    if not address:
        return
    path = "\0" + address[1:] if address.startswith("@") else address  # a name that is not in the file system
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.setblocking(False)
        lines = (assignment.replace("\n", " ") for assignment in assignments)
        sender.sendto("\n".join(lines).encode("utf-8", "replace"), path)


@contextmanager
def announced_reload() -> Iterator[None]:
    """Report that the body reloads files, and afterwards that the daemon is ready again."""
    notify_systemd("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
    try:
        yield
    finally:
        notify_systemd("READY=1")


def watchdog_seconds() -> float | None:
    """Return after how many seconds without a sign of life systemd restarts this service; None if it does not."""
    text = os.environ.get(WATCHDOG_VARIABLE, "")
    return int(text) / 1_000_000 if text.isdigit() and int(text) > 0 else None


def without_socket(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a child process that must not report."""
    return {name: value for name, value in environment.items() if name != SOCKET_VARIABLE}
