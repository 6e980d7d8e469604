"""Log a lasting fault once, not at every try: one line when it begins, one every few minutes, one when it is over.

A full disk makes each poll, each delivery and each tick fail with the same sentence, several times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from monitor import metrics

log = structlog.get_logger()
REPEAT_S = 300.0  # after which a fault that lasts is logged again


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

    def record_failure(self, event: str, name: str, sentence: str, *, with_traceback: bool = False) -> None:
        """Record that an action failed. It is logged as `event` if the sentence is new or was not logged recently."""
        now = self._clock()
        metrics.count("faults", event)
        self.record_success(name, other_than=sentence)
        fault = self._faults.get(sentence)
        if fault is None:
            self._faults[sentence] = Fault(event, now, now, now, names={name})
            log.error(event, stage="daemon", name=name, error=sentence, exc_info=with_traceback)
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
