"""`/metrics`: what the daemon has counted, how its checks are, and figures of the store, as Prometheus text.

Figures of the store are read in a page thread and kept for a while. While the store does not answer, the rest is
served without them.
"""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from monitor import __version__
from monitor.errors import StoreError
from monitor.metrics import counting_registry
from monitor.store.reports.figures import DatabaseSize, StoreFigures, load_figures, load_size
from monitor.web.endpoint import Site

if TYPE_CHECKING:
    from prometheus_client import Metric

FIGURES_TTL_S, SIZE_TTL_S = 10.0, 300.0
STORE_TIMEOUT_S = 5.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# The gauges: the name without `claimwatch_`, its labels, and its help.
GAUGES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "build_info": (("version", "python"), "The running version."),
    "check_ok": (("check",), "Whether a check of the daemon is ok (see /health)."),
    "store_readable": ((), "Whether the figures of the store could be read."),
    "sources": (("state",), "Sources by state."),
    "source_last_good_age_seconds": (("source",), "Time since a source was last read; with up to 500 sources."),
    "last_poll_age_seconds": ((), "Time since the last poll of any source."),
    "poll_delay_seconds": ((), "How long the source that is due for longest has been waiting."),
    "messages": (("channel", "state"), "Messages that are not sent, by channel and state."),
    "oldest_due_message_age_seconds": (("channel",), "How long the oldest message that could be tried is due."),
    "workers": ((), "Processes that poll and deliver, on all machines."),
    "rejected_file_problems": ((), "Problems of edited config and rule files that are not in use."),
    "store_bytes": ((), "Size of the database."),
    "store_rows": (("table",), "Rows of the database."),
}
Sample = tuple[str, tuple[str, ...], float]  # a gauge, the values of its labels, and its value


@dataclass(slots=True)
class StoreCache:
    """The figures of a store that were read last. Used by one page thread at a time, or they are read twice."""

    figures: StoreFigures | None = None
    size: DatabaseSize | None = None
    figures_until: float = 0.0
    size_until: float = 0.0

    def refresh(self, site: Site) -> None:
        """Read what is too old. Raises StoreError."""
        now = time.monotonic()
        if now >= self.figures_until:
            with site.store.read() as conn:
                self.figures, self.figures_until = load_figures(conn, site.clock()), now + FIGURES_TTL_S
                if now >= self.size_until:
                    self.size, self.size_until = load_size(conn), now + SIZE_TTL_S


def metrics_endpoint(site: Site) -> Callable[[Request], Awaitable[Response]]:
    cache = StoreCache()

    async def respond(_request: Request) -> Response:
        is_readable = await is_refreshed(site, cache)
        samples = [*daemon_samples(site.health(), is_readable=is_readable)]
        if is_readable:
            samples += store_samples(cache)
        return Response(metrics_text(samples), media_type=CONTENT_TYPE)

    return respond


async def is_refreshed(site: Site, cache: StoreCache) -> bool:
    """Return whether the cache has figures that are not too old, after reading them if needed."""
    future = asyncio.get_running_loop().run_in_executor(site.threads, cache.refresh, site)
    try:
        await asyncio.wait_for(future, STORE_TIMEOUT_S)
    except (StoreError, TimeoutError):
        return False
    return True


def daemon_samples(health: Mapping[str, Any], *, is_readable: bool) -> Iterator[Sample]:
    yield "build_info", (__version__, platform.python_version()), 1.0
    for name, check in health["checks"].items():
        yield "check_ok", (name,), float(check["status"] == "ok")
    yield "store_readable", (), float(is_readable)


def store_samples(cache: StoreCache) -> Iterator[Sample]:
    if figures := cache.figures:
        yield from (("sources", (state,), float(number)) for state, number in figures.sources.items())
        yield from (("source_last_good_age_seconds", (name,), age) for name, age in figures.good_ages.items())
        if figures.last_poll_age is not None:
            yield "last_poll_age_seconds", (), figures.last_poll_age
        yield "poll_delay_seconds", (), figures.poll_delay
        yield from (("messages", labels, float(number)) for labels, number in figures.unsent.items())
        yield from (("oldest_due_message_age_seconds", (name,), age) for name, age in figures.oldest_due.items())
        yield "workers", (), float(figures.workers)
        yield "rejected_file_problems", (), float(figures.rejected_problems)
    if size := cache.size:
        yield "store_bytes", (), float(size.size)
        yield from (("store_rows", (table,), float(number)) for table, number in size.rows.items())


def metrics_text(samples: Iterable[Sample]) -> bytes:
    """Return the counters and these gauges in the text format of Prometheus."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry()
    ProcessCollector(namespace="claimwatch", registry=registry)
    registry.register(GaugeCollector(tuple(samples)))
    counted = counting_registry()
    return (generate_latest(counted) if counted else b"") + generate_latest(registry)


@dataclass(frozen=True, slots=True)
class GaugeCollector:
    """Samples of GAUGES in the form that prometheus-client writes."""

    samples: tuple[Sample, ...]

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        for name, (labels, help) in GAUGES.items():
            family = GaugeMetricFamily(f"claimwatch_{name}", help, labels=labels)
            for gauge, values, value in self.samples:
                if gauge == name:
                    family.add_metric(values, value)
            yield family
