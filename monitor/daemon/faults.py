"""Log a lasting fault once, not at every try: one line when it begins, one every few minutes, one when it is over.

A full disk makes each poll, each delivery and each tick fail with the same sentence, several times a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from monitor import metrics

log = structlog.get_logger()
REPEAT_S = 300.0  # after which a fault that lasts is logged again
LOOP = "event loop"  # the name of its failures
LOOP_QUIET_S = 60.0  # without a failure of the event loop, after which its fault is over


@dataclass(slots=True)
class Fault:
    """An error that some actions fail with. `since`, `logged` and `last` are seconds of a monotonic clock."""

    event: str
    since: float
    logged: float
    last: float
    count: int = 0  # failures that were not logged
    names: set[str] = field(default_factory=set)


class FaultLog:
    """The faults that actions fail with now, by their sentence."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults: dict[str, Fault] = {}

    def record_failure(
        self, event: str, name: str, sentence: str, *, traceback_of: BaseException | None = None
    ) -> None:
        """Record that an action failed. It is logged as `event` if the sentence is new or was not logged recently."""
        now = self._clock()
        metrics.count("faults", event)
        self.record_success(name, other_than=sentence)
        fault = self._faults.get(sentence)
        if fault is None:
            self._faults[sentence] = Fault(event, now, now, now, names={name})
            log.error(event, stage="daemon", name=name, error=sentence, exc_info=traceback_of)
            return
        fault.names.add(name)
        fault.last = now
        fault.count += 1
        if now - fault.logged >= REPEAT_S:
            duration = round(now - fault.since)
            log.error(event, stage="daemon", name=name, error=sentence, more=fault.count, for_s=duration)
            fault.logged, fault.count = now, 0

    def recent_sentence(self, event: str, within_s: float) -> str:
        """Return the sentence of a fault that was recorded as `event` in the last seconds; "" if there is none."""
        now = self._clock()
        faults = self._faults.items()
        return next((text for text, fault in faults if fault.event == event and now - fault.last <= within_s), "")

    def __len__(self) -> int:
        return len(self._faults)

    def record_success(self, name: str, *, other_than: str = "") -> None:
        """Record that an action succeeded, or failed with another sentence than before."""
        for sentence, fault in list(self._faults.items()):
            if name in fault.names and sentence != other_than:
                fault.names.discard(name)
                if not fault.names:
                    del self._faults[sentence]
                    duration = round(self._clock() - fault.since)
                    log.info("fault is over", stage="daemon", error=sentence, more=fault.count, for_s=duration)


class LoopFaults:
    """Logs the failures of an event loop like other faults, such as accepting connections without free descriptors.

    The loop would log a traceback for each of them, thousands in a second.
    """

    def __init__(self, faults: FaultLog) -> None:
        self._faults = faults
        self._end: asyncio.TimerHandle | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        """Record a failure of the loop; it is over when there was none for a while."""
        error = context.get("exception")
        sentence = f"{str(context['message']).partition(chr(10))[0]}: {error}"
        is_known = isinstance(error, OSError)
        self._faults.record_failure("unexpected failure", LOOP, sentence, traceback_of=None if is_known else error)
        if self._end:
            self._end.cancel()
        if loop.is_closed():  # a failed task may be deleted, and so reported, after the loop has ended
            return
        self._end = loop.call_later(LOOP_QUIET_S, self._faults.record_success, LOOP)
