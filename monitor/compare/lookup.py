"""What the comparison looks up in the ledger for an update, and the candidates that it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.compare.catalogue import EntryKind
from monitor.compare.indexes import EntryIndex, ExactMatches
from monitor.compare.own_report import OwnReport
from monitor.compare.stories import StoryIndex
from monitor.model import Claim, Moment, Novelty, PriorClaim, Update, Verdict
from monitor.text.analysis import ClaimAnalysis, Synonyms, analyze

MAX_CANDIDATES = 20  # candidates that the ledger returns for one claim


class ClaimIndex(ExactMatches, EntryIndex, Protocol):
    """The ledger's earlier claims."""

    def candidates(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int = MAX_CANDIDATES,
        sources: frozenset[str] | None = None,
    ) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the earlier claims that share most of its rarest terms, best first."""

    def own_claims(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, PriorClaim]:
        """Return, for each text, this entry's own earlier claim, of any age."""


class PriorClaims(ClaimIndex, StoryIndex, Protocol):
    """The ledger's claims and the stories of earlier updates."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier claim, the verdict of comparing with it, and whether it is about another subject.

    A claim that several earlier ones state together is repeated: `together_with` has the others.
    """

    prior: PriorClaim
    verdict: Verdict
    is_other_subject: bool = False
    together_with: tuple[PriorClaim, ...] = ()

    @property
    def is_repeat(self) -> bool:
        return self.verdict.novelty is Novelty.REPEATED


@dataclass(frozen=True, slots=True)
class LookupContext:
    """What the claims of one update are compared with.

    `sources` limits the ledger to these sources, and `is_revision` is true for a later version of an entry. The rest
    is found out by `classify_claims`: `reposted` is the key of the entry of the same source that the update repeats
    whole.
    """

    update: Update
    prior_claims: PriorClaims
    synonyms: Synonyms
    now: Moment
    sources: frozenset[str] | None = None
    is_revision: bool = False
    own_report: OwnReport | None = None
    kind: EntryKind = EntryKind.NEWS
    reposted: str | None = None

    def analyze(self, claim: Claim) -> ClaimAnalysis:
        return analyze(claim.text, self.synonyms)


def is_same_entry(prior: PriorClaim, update: Update) -> bool:
    """Whether an earlier claim is from the update's own entry."""
    return (prior.source, prior.entry) == (update.source, update.entry)
