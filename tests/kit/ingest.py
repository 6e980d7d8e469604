"""Ingest a poll without the daemon."""

from __future__ import annotations

from monitor.polling.compared import PolledEntries
from monitor.polling.ingest import IngestResult
from monitor.polling.steps import Ingest, take_step
from monitor.store.base import Store


def ingest_poll(store: Store, polled: PolledEntries) -> IngestResult:
    """Commit the new and changed entries of a poll. Raises StaleFingerprint."""
    ingest = Ingest(polled)
    while True:
        step = take_step(store, [ingest])[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, IngestResult):
            return step
