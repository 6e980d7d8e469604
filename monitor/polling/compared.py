"""What passes between the steps of an ingest: the entries of a poll, those compared, and what their commit causes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from monitor.assess import Assessment, Comparison, Policy, alerts_to_send
from monitor.compare.overlap import Lookups
from monitor.model import Alert, Entry, Moment
from monitor.sources.adaptive_interval import PollNews
from monitor.sources.anomalies import Anomaly, KnownEntry
from monitor.sources.flapping import Revision
from monitor.sources.long_entries import CutEntry
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.state import PollResult
from monitor.store.past import StoredHistory
from monitor.store.snapshot import LedgerMark, ledger_mark
from monitor.store.story_vectors import StoryFrequencies

if TYPE_CHECKING:
    from sqlalchemy import Connection

LONG_CLAIMS = 200  # of an entry that takes longer to compare than the write lock may be held
# Seconds of comparing between two commits, so that a long poll delays no other work for long: of CPU, and in all, on
# a machine or with a database that is busy.
CHUNK_CPU_S, CHUNK_S = 0.1, 0.4


@dataclass(frozen=True, slots=True)
class PolledEntries:
    """The entries of one poll and what is needed to ingest them.

    `make_policy` returns the policy in force, with the settings of the source, `make_outcome` the result of the poll.
    `memory` is in seconds.
    """

    source: str
    entries: Sequence[Entry]
    make_policy: Callable[[], Policy]
    make_outcome: Callable[[PollNews], PollResult]
    memory: float
    now: Moment
    fingerprint: FeedFingerprint | None = None


class Snapshot:
    """A snapshot of the store with which the entries of one or more polls are compared, by one thread."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.mark = ledger_mark(conn)
        self.frequencies = StoryFrequencies(conn)
        self._cpu_deadline = time.thread_time() + CHUNK_CPU_S
        self._deadline = time.monotonic() + CHUNK_S

    @property
    def is_used_up(self) -> bool:
        """Whether its time has passed."""
        return time.thread_time() > self._cpu_deadline or time.monotonic() > self._deadline

    def use_up(self) -> None:
        """Compare nothing more with this snapshot."""
        self._deadline = 0.0


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What all chunks of one poll share. `memory` is in seconds; `last_good` is the last successful poll before."""

    source: str
    memory: float
    now: Moment
    known_entries: Mapping[str, KnownEntry]
    last_good: Moment | None
    anomaly: Anomaly

    def history(self, conn: Connection, frequencies: StoryFrequencies | None = None) -> StoredHistory:
        return StoredHistory(conn, since=self.now - self.memory, frequencies=frequencies)

    def content_hash(self, key: str) -> str | None:
        """Return the content hash that the entry had when the poll began; None for a new entry."""
        known = self.known_entries.get(key)
        return known.content_hash if known else None


@dataclass(frozen=True, slots=True)
class ComparedEntry:
    """A new or changed entry, compared with `policy`; for a known entry with its revision. `left_out` is how many of
    its claims are not read.
    """

    entry: Entry
    content_hash: str
    policy: Policy
    comparison: Comparison
    lookups: Lookups
    revision: Revision | None
    left_out: int = 0

    @property
    def is_long(self) -> bool:
        """Whether comparing it under the write lock would delay other writers for long."""
        return len(self.comparison.claims) > LONG_CLAIMS


@dataclass(frozen=True, slots=True)
class ComparedChunk:
    """Entries of a poll compared with one snapshot, and how far the ledger was filled then.

    A long entry is the last one, and `long_entry_mark` is how far the ledger was filled when it was last compared.
    """

    mark: LedgerMark
    entries: Sequence[ComparedEntry]
    long_entry_mark: LedgerMark | None = None


class PollChunk(NamedTuple):
    """A chunk of a poll that is to be committed with a policy."""

    context: IngestContext
    chunk: ComparedChunk
    policy: Policy


@dataclass(slots=True)
class ChunkResult:
    """How many alerts a chunk caused, the revisions in it, and its entries that were too long to be read whole.

    `counted` is for the metrics.
    """

    alerts: int = 0
    counted: Counter[tuple[str, ...]] = field(default_factory=Counter)
    revisions: list[Revision] = field(default_factory=list)
    cut_entries: list[CutEntry] = field(default_factory=list)

    def plus(self, later: ChunkResult) -> ChunkResult:
        return ChunkResult(
            self.alerts + later.alerts,
            self.counted + later.counted,
            self.revisions + later.revisions,
            self.cut_entries + later.cut_entries,
        )


def count_assessment(assessment: Assessment, *, is_baseline: bool) -> Counter[tuple[str, ...]]:
    """Return what an entry adds to the metrics, by the name of the counter and its labels."""
    counted: Counter[tuple[str, ...]] = Counter([("entries",)])
    counted.update(("claims", "baseline" if is_baseline else str(f.novelty)) for f in assessment.findings)
    counted.update(("matches", decision.match.rule, str(decision.reason)) for decision in assessment.decisions)
    return counted + count_alerts(alerts_to_send(assessment.decisions, assessment.released))


def count_alerts(alerts: Iterable[Alert]) -> Counter[tuple[str, ...]]:
    """Return what alerts add to the metrics."""
    return Counter(("alerts", alert.rule, str(alert.severity)) for alert in alerts)
