"""Recognizes reposts: a new entry that is an earlier entry of its source once more, under another address.

A blog moves to readable addresses, a paper moves an article to another section, an agency sends a story again with
"UPDATE 1-" before the headline. Pages of a catalogue share formulas, but not the sentences with a name, a figure or
a day: a repost has most of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from monitor.compare.catalogue import MAX_LOOKED_UP, is_bare
from monitor.compare.indexes import EntryIndex
from monitor.model import Claim, Role, Update
from monitor.text.analysis import Synonyms
from monitor.text.labels import without_label
from monitor.text.normalize import normalized_key

MIN_REPOSTED_SHARE = 0.5  # of the claims; an agency adds to a story that it sends again


def reposted_entry(update: Update, claims: Sequence[Claim], ledger: EntryIndex, synonyms: Synonyms) -> str | None:
    """Return the key of the earlier entry of the source that has the title of a new entry, labels aside, and said
    most of its first claims, and most of those with a name, a figure or a day; None if there is none."""
    stated = [claim for claim in claims if claim.noise is None and claim.role is not Role.TITLE][:MAX_LOOKED_UP]
    if not update.title or not stated:
        return None
    specific = [claim for claim in stated if not is_bare(claim, synonyms)]
    similar = _entries_saying_most(update, specific, ledger)
    reposted = similar & _entries_saying_most(update, stated, ledger) if similar else similar
    return min(reposted, default=None)


def _entries_saying_most(update: Update, claims: Sequence[Claim], ledger: EntryIndex) -> set[str]:
    """Return the keys of the other entries with the update's title that say most of the claims."""
    texts = {normalized_key(claim.text) for claim in claims}
    at_least = max(1, ceil(MIN_REPOSTED_SHARE * len(texts)))
    title = without_label(update.title).casefold()
    return {
        entry.entry
        for entry in ledger.entries_saying(update, texts, at_least)
        if without_label(entry.title).casefold() == title
    }
