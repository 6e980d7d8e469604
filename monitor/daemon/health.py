"""Whether the daemon works: when each part of its work last succeeded. Pure.

A check fails when the last success of one of its parts is older than two minutes, or at once when a part reports that
it cannot work. All of this is in memory, so it can be asked while a database or a thread hangs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from monitor.model import Moment
from monitor.serialize import format_iso

CheckName: TypeAlias = Literal["store", "poll", "deliver", "rules"]
CheckStatus: TypeAlias = Literal["ok", "failing"]
CHECKS: tuple[CheckName, ...] = ("store", "poll", "deliver", "rules")
STALE_AFTER_S = 120.0
# The parts of the checks, each with what has not happened when its last success is old.
PARTS: Mapping[str, tuple[CheckName, str]] = {
    "write": ("store", "nothing could be written to the database"),
    "poll tick": ("poll", "no source could be selected for polling"),
    "canary": ("poll", "no test entry has passed all stages"),
    "workers": ("poll", "not all workers run"),
    "deliver tick": ("deliver", "no due message could be looked up"),
    "queue": ("deliver", "due messages are not being sent"),
    "rule files": ("rules", "the config and rule files were not checked"),
}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Whether a check is ok and since when, and why it fails. An ok check may have a remark as its reason."""

    status: CheckStatus
    since: Moment
    reason: str = ""

    @property
    def is_ok(self) -> bool:
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Whether the daemon works, and each of its checks."""

    status: CheckStatus
    checks: Mapping[CheckName, CheckReport]

    @property
    def is_ok(self) -> bool:
        return self.status == "ok"

    def summary(self) -> str:
        """Return one line: the checks that fail and why, or that all are ok."""
        failing = [f"{name}: {check.reason}" for name, check in self.checks.items() if not check.is_ok]
        return f"failing: {'; '.join(failing)}" if failing else "all checks ok"


@dataclass(slots=True)
class PartState:
    """When a part of a check last succeeded and first failed after that, in seconds of the clock.

    `fails_at_once`: the failure counts now, and not when the last success is old. `is_untested`: it has not succeeded
    yet, and `succeeded` is the start.
    """

    ok_since: float
    succeeded: float
    failed: float | None = None
    reason: str = ""
    fails_at_once: bool = False
    is_untested: bool = False

    def is_failing(self, now: float, stale_after_s: float) -> bool:
        return self.fails_at_once or now - self.succeeded > stale_after_s


@dataclass(slots=True)
class Health:
    """The last successes of one daemon. `clock` returns seconds and never steps; it starts the grace of all parts.

    `remarks` are about checks that are ok; `others` are the checks of other workers, each with a name for it.
    """

    clock: Callable[[], float]
    stale_after_s: float = STALE_AFTER_S
    remarks: dict[CheckName, str] = field(default_factory=dict)
    others: tuple[tuple[str, Mapping[CheckName, CheckReport]], ...] = ()
    _parts: dict[str, PartState] = field(init=False)

    def __post_init__(self) -> None:
        now = self.clock()
        self._parts = {part: PartState(now, now, is_untested=True) for part in PARTS if part != "workers"}

    def record_success(self, part: str) -> None:
        """Record that a part of a check succeeded now."""
        now = self.clock()
        previous = self._parts.get(part)
        is_recovery = previous is None or previous.is_failing(now, self.stale_after_s)
        self._parts[part] = PartState(now if is_recovery or previous is None else previous.ok_since, now)

    def record_failure(self, part: str, reason: str, *, at_once: bool = False) -> None:
        """Record that a part failed. The check fails once the last success is old, or `at_once`."""
        now = self.clock()
        state = self._parts.setdefault(part, PartState(now, now))
        state.failed = now if state.failed is None else state.failed
        state.reason, state.fails_at_once = reason, at_once

    def report_others(self, others: Iterable[tuple[str, Mapping[CheckName, CheckReport]]]) -> None:
        """Replace what is known about the other workers."""
        self.others = tuple(others)

    def worked_within(self, seconds: float) -> bool:
        """Return whether all parts succeeded in the last seconds and none has failed since."""
        now = self.clock()
        parts = [state for name, state in self._parts.items() if PARTS[name][0] != "rules"]
        return all(
            now - state.succeeded <= seconds and state.failed is None and not state.is_untested for state in parts
        )

    def assess_health(self, now: Moment) -> HealthReport:
        """Return the state of all checks. `now` is Unix time, for the times in the report."""
        checks = {name: self._with_others(name, self._assess_check(name, now)) for name in CHECKS}
        return HealthReport("ok" if all(check.is_ok for check in checks.values()) else "failing", checks)

    def _assess_check(self, name: CheckName, now: Moment) -> CheckReport:
        elapsed = self.clock()
        parts = [(part, state) for part, state in list(self._parts.items()) if PARTS[part][0] == name]
        failing = [(p, state) for p, state in parts if state.is_failing(elapsed, self.stale_after_s)]
        if not failing:
            ok_since = max((state.ok_since for _, state in parts), default=elapsed)
            return CheckReport("ok", now - (elapsed - ok_since), self.remarks.get(name, ""))
        reasons = [describe_failure(part, state, elapsed) for part, state in failing]
        first = min(state.succeeded if state.failed is None else state.failed for _, state in failing)
        return CheckReport("failing", now - (elapsed - first), "; ".join(dict.fromkeys(reasons)))

    def _with_others(self, name: CheckName, local: CheckReport) -> CheckReport:
        """Return the check of this worker, or that of the first other one that fails."""
        for worker, checks in self.others if local.is_ok else ():
            if name in checks and not checks[name].is_ok:
                return CheckReport("failing", checks[name].since, f"{worker}: {checks[name].reason}")
        return local


def health_json(report: HealthReport) -> dict[str, Any]:
    """Return the body of `/health`."""
    return {"status": report.status, "checks": {name: check_json(check) for name, check in report.checks.items()}}


def check_json(check: CheckReport) -> dict[str, Any]:
    return {"status": check.status, "since": format_iso(check.since // 1), "reason": check.reason or None}


def describe_failure(part: str, state: PartState, elapsed: float) -> str:
    """Return one sentence, without its period, about a part that fails."""
    if state.fails_at_once:
        return state.reason
    sentence = f"{PARTS[part][1]} for {round(elapsed - state.succeeded)} seconds"
    return f"{sentence}: {state.reason}" if state.reason else sentence
