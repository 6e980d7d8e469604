"""Decides what kind of entry an update is: news, or an entry of a catalogue, which is about a thing of its own.

Learned from the entries, not from their headlines: those of a catalogue state records ("Status: Open"), or share
sentences with other entries of their source. There, the same words in another entry are about another subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import islice

from monitor.compare.indexes import EarlierEntry, EntryIndex
from monitor.compare.records import is_series
from monitor.model import Claim, PriorClaim, Role, Update
from monitor.text.analysis import WORDING, Synonyms, analyze
from monitor.text.facts.records import is_short_record

MIN_RECORDS = 2
MIN_RECORD_SHARE = 0.2  # of the claims, unless the records are rows of a table: any page has a "Telephone: 112"
MIN_SHARED_SENTENCES = 2  # bare sentences; news articles rarely have two of another one word for word
MAX_LOOKED_UP = 24  # sentences of the update that are looked up


class EntryKind(Enum):
    """What an update is an entry of: a feed of news, or a catalogue of records, or of notices or pages in prose."""

    NEWS = "news"
    RECORD = "record"
    NOTICE = "notice"


def entry_kind(update: Update, claims: Sequence[Claim], ledger: EntryIndex, synonyms: Synonyms) -> EntryKind:
    """Return the kind of entry that the update is."""
    stated = [claim for claim in claims if claim.noise is None]
    records = [claim for claim in stated if is_short_record(claim)]
    if has_many_records(records, stated):
        return EntryKind.RECORD
    bare = (claim.text for claim in stated if not is_short_record(claim) and is_bare(claim, synonyms))
    texts = list(islice(bare, MAX_LOOKED_UP))  # the rest of a long page is not analyzed
    similar = ledger.entries_saying(update, texts, MIN_SHARED_SENTENCES)
    return EntryKind.NOTICE if any(is_sibling(update, entry) for entry in similar) else EntryKind.NEWS


def has_many_records(records: Sequence[Claim], stated: Sequence[Claim]) -> bool:
    rows = sum(claim.role is Role.ROW for claim in records)
    return rows >= MIN_RECORDS or len(records) >= max(MIN_RECORDS, MIN_RECORD_SHARE * len(stated))


def is_bare(claim: Claim, synonyms: Synonyms) -> bool:
    """Whether a claim states no name, figure or day, as the sentences that notices share; a rewritten article shares
    others."""
    analysis = analyze(claim.text, synonyms)
    if claim.role is Role.TITLE or analysis.numbers or analysis.dates or analysis.identifiers:
        return False
    return all(term.kind is WORDING for term in analysis.terms.values())


def is_sibling(update: Update, prior: PriorClaim | EarlierEntry) -> bool:
    """Whether an earlier claim or entry is from another entry of the source that is not the same series in time."""
    return prior.source == update.source and prior.entry != update.entry and not is_series(update, prior)
