"""Counts and durations of the daemon's work, for Prometheus. Nothing is counted, or loaded, until `start_counting`.

Workers of one machine count in files of a folder that their supervisor names (`MULTIPROCESS_VARIABLE`); the first
worker adds them up. Labels are names from the config and closed lists, so their number is bounded.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
Stage: TypeAlias = Literal["fetch", "parse", "compare", "commit", "render", "send"]
STAGES: tuple[Stage, ...] = ("fetch", "parse", "compare", "commit", "render", "send")
STAGE_BUCKETS_S = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
# What is counted: the name without `claimwatch_` and `_total`, its labels, and its help.
COUNTERS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "polls": (("outcome",), "Polls that ended: unchanged, changed or failed."),
    "poll_failures": (("code",), "Polls that failed, by the code of the error."),
    "entries": ((), "New and changed entries that were committed."),
    "claims": (("novelty",), "Claims that were compared and committed, by novelty."),
    "matches": (("rule", "reason"), "Matches of rules, by the reason of their decision."),
    "alerts": (("rule", "severity"), "Alerts that were committed, with notices of the rule monitor."),
    "sends": (("channel", "result"), "Tries to send a message: sent, retrying or dead."),
    "faults": (("kind",), "Failures of the daemon's own work."),
    "heartbeats": (("result",), "Heartbeat requests: ok or failed."),
}
Counted: TypeAlias = Mapping[tuple[str, ...], int]  # by the name of a counter and the values of its labels


@dataclass(frozen=True, slots=True)
class Collectors:
    """What is counted in this process."""

    registry: CollectorRegistry
    counters: Mapping[str, Counter]
    stages: Histogram
    polls: Histogram


_collectors: Collectors | None = None


def start_counting() -> None:
    """Count from now on. `MULTIPROCESS_VARIABLE` must have been set before, or never."""
    global _collectors
    if _collectors is not None:
        return
    from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

    disable_created_metrics()  # type: ignore[no-untyped-call]  # a time for each series, which nobody reads
    registry = CollectorRegistry()
    stages = Histogram(
        "claimwatch_stage_duration_seconds",
        "Duration of one stage of the pipeline.",
        ("stage",),
        buckets=STAGE_BUCKETS_S,
        registry=registry,
    )
    for stage in STAGES:
        stages.labels(stage)
    polls = Histogram(
        "claimwatch_poll_duration_seconds",
        "Duration of a poll, all its stages together.",
        buckets=STAGE_BUCKETS_S,
        registry=registry,
    )
    counters = {
        name: Counter(f"claimwatch_{name}", help, labels, registry=registry)
        for name, (labels, help) in COUNTERS.items()
    }
    _collectors = Collectors(registry, counters, stages, polls)


def count(name: str, *labels: str, by: int = 1) -> None:
    """Increase a counter of COUNTERS. `labels` are the values of its labels."""
    if _collectors is not None:
        counter = _collectors.counters[name]
        (counter.labels(*labels) if labels else counter).inc(by)


def count_all(counted: Counted) -> None:
    """Increase several counters."""
    for (name, *labels), number in counted.items():
        count(name, *labels, by=number)


def count_poll(outcome: Literal["unchanged", "changed", "failed"], seconds: float, code: str = "") -> None:
    """Count a poll. A failed one has the `code` of its error."""
    if _collectors is not None:
        count("polls", outcome)
        _collectors.polls.observe(seconds)
        if code:
            count("poll_failures", code)


@contextmanager
def timed_stage(stage: Stage) -> Iterator[None]:
    """Observe the duration of the body, also if it raises."""
    if _collectors is None:
        yield
        return
    started = time.perf_counter()
    try:
        yield
    finally:
        _collectors.stages.labels(stage).observe(time.perf_counter() - started)


def counting_registry() -> CollectorRegistry | None:
    """Return what this process has counted, or all workers of its supervisor; None without `start_counting`."""
    if _collectors is None:
        return None
    if MULTIPROCESS_VARIABLE not in os.environ:
        return _collectors.registry
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
