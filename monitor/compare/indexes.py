"""What the comparison looks up in the ledger: sentences word for word, and the entries that say them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from monitor.model import Moment, PriorClaim, Update


class EarlierEntry(NamedTuple):
    """Another entry of a source that says `shared` of some texts; `at` is when it first said the latest of them."""

    source: str
    entry: str
    title: str
    shared: int
    at: Moment


class EntryIndex(Protocol):
    """The ledger's lookup of entries by their sentences."""

    def entries_saying(self, update: Update, texts: Collection[str], at_least: int) -> list[EarlierEntry]:
        """Return the newest other entries of the update's source that say at least so many of the texts."""


class ExactMatches(Protocol):
    """The ledger's lookup of sentences by their words."""

    def exact_matches(
        self, texts: Sequence[str], *, sources: frozenset[str] | None = None
    ) -> dict[str, list[PriorClaim]]:
        """Return, for each text, the earlier claims with the same wording, earliest first."""
