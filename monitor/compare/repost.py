"""Recognizes reposts: a new entry that is an earlier entry of its source once more, under another address.

A blog moves to readable addresses, a paper moves an article to another section, an agency sends a story again with
"UPDATE 1-" before the headline. A page that shares only formulas with another one is no repost of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from monitor.compare.catalogue import MAX_LOOKED_UP, ExactMatches, is_bare
from monitor.model import Claim, PriorClaim, Role, Update
from monitor.text.labels import without_label

MIN_REPOSTED_SHARE = 0.5  # of the claims; an agency adds to a story that it sends again


def reposted_entry(update: Update, claims: Sequence[Claim], ledger: ExactMatches) -> str | None:
    """Return the key of the earlier entry of the source that has the title of a new entry, labels aside, and said
    most of its first claims, at least one of them with a name, a figure or a day; None if there is none."""
    stated = [claim for claim in claims if claim.noise is None and claim.role is not Role.TITLE][:MAX_LOOKED_UP]
    if not update.title or not stated:
        return None
    said = ledger.exact_matches([claim.text for claim in stated], sources=frozenset((update.source,)))
    shared: Counter[str] = Counter()
    specific: set[str] = set()
    for claim in stated:
        entries = _entries_with_title(update, said.get(claim.text, ()))
        shared.update(entries)
        if entries and not is_bare(claim):
            specific |= entries
    reposted = [entry for entry, count in shared.most_common() if entry in specific]
    return reposted[0] if reposted and shared[reposted[0]] >= MIN_REPOSTED_SHARE * len(stated) else None


def _entries_with_title(update: Update, said: Sequence[PriorClaim]) -> set[str]:
    title = without_label(update.title).casefold()
    return {
        prior.entry
        for prior in said
        if prior.entry != update.entry and without_label(prior.title).casefold() == title
    }
