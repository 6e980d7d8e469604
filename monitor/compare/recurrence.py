"""Recurring events: an entry that says what an earlier one of its source said is news again some time later.

A weekly test of the sirens is announced in the same words each week, each time under a new id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.compare.indexes import EntryIndex
from monitor.evidence import Basis, Evidence
from monitor.model import Claim, Finding, Moment, Novelty, Update
from monitor.text.normalize import normalized_key
from monitor.units import HOUR

DEFAULT_RECURRENCE_S = 12 * HOUR  # a shorter time may be a correction, or the same item under a new address


def last_occurrence(
    update: Update, claims: Sequence[Claim], ledger: EntryIndex, recurrence: Moment | None
) -> Moment | None:
    """Return when an earlier entry said all that a new entry says, at least `recurrence` seconds before; else None.

    An entry that was published before that is an archive under new ids. `recurrence` is None if nothing recurs.
    """
    texts = {normalized_key(claim.text) for claim in claims if claim.noise is None}
    if recurrence is None or not texts:
        return None
    entries = ledger.entries_saying(update, texts, len(texts))
    last_at = max((entry.at for entry in entries if entry.title == update.title), default=None)
    if last_at is None or update.at - last_at < recurrence:
        return None
    return last_at if update.published is None or update.published > last_at else None


def as_new_occurrence(finding: Finding) -> Finding:
    """Return the finding of a claim that an earlier entry made word for word, as news again."""
    is_verbatim = finding.novelty is Novelty.REPEATED or finding.same_words_elsewhere
    if finding.claim.noise or not is_verbatim:
        return finding
    return replace(finding, novelty=Novelty.NEW, changes=(), evidence=Evidence(Basis.AGAIN))
