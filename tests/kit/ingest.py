"""Ingest polls without a daemon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from kit.databases import opened_store
from monitor.assess import Policy
from monitor.model import Entry
from monitor.polling.compared import ChunkResult, ComparedChunk, IngestContext, PollChunk, PolledEntries
from monitor.polling.entries import commit_chunks
from monitor.polling.ingest import IngestResult
from monitor.polling.steps import Ingest, take_step
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleSet
from monitor.sources.state import PollResult
from monitor.store.base import Store

FERRIES_RULE = "name: ferries\ntitle: Ferries\nmatch: ferr* OR lighthouse\non: [new, changed, withdrawn]\n"
GOOD_POLL = PollResult(0.0, "ok", None, None, 0, 0.0, None, None, None, True)


def ingest_poll(store: Store, polled: PolledEntries) -> IngestResult:
    """Commit the new and changed entries of a poll, step by step. Raises StaleFingerprint."""
    ingest = Ingest(polled)
    while True:
        step = take_step(store, [ingest])[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, IngestResult):
            return step


def commit_chunk(conn: Connection, context: IngestContext, chunk: ComparedChunk, policy: Policy) -> ChunkResult:
    """Commit the compared entries of one poll in the open write transaction."""
    return commit_chunks(conn, [PollChunk(context, chunk, policy)])[0]


@dataclass
class IngestedSource:
    """The source `port`, whose first poll is a baseline; later ones have a rule that matches any ferry."""

    store: Store
    rules: RuleSet
    poll_count: int = 0

    def ingest(
        self, entries: Sequence[Entry], now: float, *, notice_channels: tuple[str, ...] = (), memory: float = 9e9
    ) -> IngestResult:
        """Ingest a poll with these entries."""
        channels = {"monitor": notice_channels}
        policy = Policy(self.rules, channels_by_rule=channels, baseline=not self.poll_count)
        self.poll_count += 1
        outcome = replace(GOOD_POLL, polled_at=now, next_poll=now)
        polled = PolledEntries("port", entries, lambda: policy, lambda *_: outcome, memory=memory, now=now)
        return ingest_poll(self.store, polled)


@contextmanager
def store_with_ferries_rule(folder: Path) -> Iterator[tuple[Store, RuleSet]]:
    """Yield a new store with the source `port`, and the rule, whose file is written into the folder."""
    (folder / "rule.yaml").write_text(FERRIES_RULE)
    rules, problems = load_rules(folder, builtin_aliases=None)
    assert not problems
    with opened_store("port") as store:
        yield store, rules
