"""Recurring events: an entry that says what an earlier one of its source said is news again some time later.

A weekly test of the sirens is announced in the same words each week, each time under a new id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.compare.catalogue import ExactMatches
from monitor.evidence import Basis, Evidence
from monitor.model import Claim, Finding, Moment, Novelty, PriorClaim, Update
from monitor.units import HOUR

DEFAULT_RECURRENCE_S = 12 * HOUR  # a shorter time may be a correction, or the same item under a new address


def last_occurrence(
    update: Update, claims: Sequence[Claim], ledger: ExactMatches, recurrence: Moment | None
) -> Moment | None:
    """Return when an earlier entry said all that a new entry says, at least `recurrence` seconds before; else None.

    An entry that was published before that is an archive under new ids. `recurrence` is None if nothing recurs.
    """
    texts = [claim.text for claim in claims if claim.noise is None]
    if recurrence is None or not texts:
        return None
    said = ledger.exact_matches(texts, sources=frozenset((update.source,)))
    times = [_times_by_entry(update, said.get(text, ())) for text in texts]
    entries = set(times[0]).intersection(*times[1:])
    last_at = max((at for by_entry in times for entry, at in by_entry.items() if entry in entries), default=None)
    if last_at is None or update.at - last_at < recurrence:
        return None
    return last_at if update.published is None or update.published > last_at else None


def _times_by_entry(update: Update, said: Sequence[PriorClaim]) -> dict[str, Moment]:
    return {prior.entry: prior.at for prior in said if prior.entry != update.entry and prior.title == update.title}


def as_new_occurrence(finding: Finding) -> Finding:
    """Return the finding of a claim that an earlier entry made word for word, as news again."""
    is_verbatim = finding.novelty is Novelty.REPEATED or finding.same_words_elsewhere
    if finding.claim.noise or not is_verbatim:
        return finding
    return replace(finding, novelty=Novelty.NEW, changes=(), evidence=Evidence(Basis.AGAIN))
