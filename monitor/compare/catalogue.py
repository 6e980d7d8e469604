"""Decides whether an update is an entry of a catalogue: notices, incidents or pages, each about a thing of its own.

Learned from the entries, not from their headlines: they consist of records ("Status: Open"), or share sentences with
other entries of their source. In a catalogue, the same words in another entry are about another subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from monitor.compare.records import is_series
from monitor.model import Claim, PriorClaim, Update
from monitor.text.facts.records import is_short_record

MIN_RECORDS = 2
MIN_SHARED_SENTENCES = 2  # news articles rarely repeat a sentence of another one word for word, and never two
MAX_LOOKED_UP = 24  # sentences of the update that are looked up


class ExactMatches(Protocol):
    """The ledger's lookup of sentences by their words."""

    def exact_matches(
        self, texts: Sequence[str], *, sources: frozenset[str] | None = None
    ) -> dict[str, list[PriorClaim]]:
        """Return, for each text, the earlier claims with the same wording, earliest first."""


def is_catalogue(update: Update, claims: Sequence[Claim], ledger: ExactMatches) -> bool:
    """Whether the update is an entry of a catalogue."""
    stated = [claim for claim in claims if claim.noise is None]
    records = [claim for claim in stated if is_short_record(claim)]
    if len(records) >= MIN_RECORDS:
        return True
    texts = [claim.text for claim in stated if claim not in records][:MAX_LOOKED_UP]
    if len(texts) < MIN_SHARED_SENTENCES:
        return False
    said = ledger.exact_matches(texts, sources=frozenset((update.source,)))
    return sum(any(is_sibling(update, prior) for prior in said.get(text, ())) for text in texts) >= MIN_SHARED_SENTENCES


def is_sibling(update: Update, prior: PriorClaim) -> bool:
    """Whether an earlier claim is from another entry of the source that is not the same series in time."""
    return prior.source == update.source and prior.entry != update.entry and not is_series(update, prior)
