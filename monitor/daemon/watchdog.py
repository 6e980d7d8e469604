"""Report to systemd that this process is not stuck: its event loop and its thread for the store advance.

A database that fails, or that another program locks for a minute, is no reason to restart: then the thread still
ends one action after another.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog

from monitor.daemon.systemd import notify_systemd, watchdog_seconds
from monitor.runtime import Runtime
from monitor.store.locks import LOCK_TIMEOUT_S

log = structlog.get_logger()
STORE_PATIENCE_S = LOCK_TIMEOUT_S + 30.0  # which one action in the store's thread may take
LOOP_PATIENCE_S = 20.0
MAX_CHECK_S = 10.0  # between two signs of life
EXIT_STUCK = 70


@dataclass(slots=True)
class Pulse:
    """Shows whether something advances. `submit` queues a call there; `steps` counts what else has ended there.

    It is stuck when nothing has ended there for `patience_s` seconds.
    """

    name: str
    patience_s: float
    submit: Callable[[Callable[[], None]], object]
    steps: Callable[[], int] = lambda: 0
    _calls: int = 0
    _is_waiting: bool = False
    _last_ended: int = -1
    _advanced: float = field(default_factory=time.monotonic)

    @classmethod
    def of_loop(cls, loop: asyncio.AbstractEventLoop, patience_s: float = LOOP_PATIENCE_S) -> Pulse:
        return cls("event loop", patience_s, loop.call_soon_threadsafe)

    @classmethod
    def of_store(cls, runtime: Runtime, patience_s: float = STORE_PATIENCE_S) -> Pulse:
        return cls("database thread", patience_s, runtime.store_executor.submit, lambda: runtime.store_steps)

    def is_stuck(self) -> bool:
        """Return whether it has not advanced for too long. Call it regularly."""
        now, ended = time.monotonic(), self._calls + self.steps()
        if ended != self._last_ended:
            self._last_ended, self._advanced = ended, now
        if not self._is_waiting:
            self._is_waiting = True
            with suppress(RuntimeError):  # it has been closed
                self.submit(self._beat)
        return now - self._advanced > self.patience_s

    def _beat(self) -> None:
        self._calls += 1
        self._is_waiting = False


def pulses_of_daemon(loop: asyncio.AbstractEventLoop, runtime: Runtime) -> list[Pulse]:
    return [Pulse.of_loop(loop), Pulse.of_store(runtime)]


@contextmanager
def watch_process(pulses: Sequence[Pulse], *, ends_itself: bool = False) -> Iterator[None]:
    """Send signs of life from a thread while nothing is stuck, if the service manager wants them.

    A process that `ends_itself` has a supervisor, which restarts it.
    """
    if not (limit_s := watchdog_seconds()):
        yield
        return
    ended = threading.Event()
    arguments = (pulses, min(MAX_CHECK_S, limit_s / 4), limit_s if ends_itself else None, ended)
    threading.Thread(target=send_signs_of_life, args=arguments, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def send_signs_of_life(
    pulses: Sequence[Pulse], check_s: float, end_after_s: float | None, ended: threading.Event
) -> None:
    last_alive = time.monotonic()
    while not ended.is_set():
        stuck = [pulse.name for pulse in pulses if pulse.is_stuck()]
        if not stuck:
            last_alive = time.monotonic()
            notify_systemd("WATCHDOG=1")
        elif end_after_s is not None and time.monotonic() - last_alive > end_after_s:
            log.error("process is stuck, ending now", stage="daemon", parts=stuck)
            os._exit(EXIT_STUCK)
        ended.wait(check_s)
