"""Measures how often verdicts on labeled pairs agree with their labels: precision, recall and F1 of each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.compare.pairs import NOVELTY_BY_LABEL, ClaimPair, judge_claim_pair
from monitor.model import Novelty, Verdict


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A labeled pair with the verdict on it."""

    pair: ClaimPair
    verdict: Verdict

    @property
    def is_correct(self) -> bool:
        return self.verdict.novelty is self.pair.label


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Counts for one label: pairs that have it, pairs judged so, and pairs judged so correctly."""

    support: int
    predicted: int
    correct: int

    @property
    def precision(self) -> float | None:
        """The share of the pairs judged so that have the label, or None if there are none."""
        return self.correct / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The share of the pairs with the label that were judged so, or None if there are none."""
        return self.correct / self.support if self.support else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, or None if no pair has the label or was judged so."""
        return 2 * self.correct / (self.support + self.predicted) if self.support or self.predicted else None


def judge_pairs(pairs: Iterable[ClaimPair]) -> list[JudgedPair]:
    return [JudgedPair(pair, judge_claim_pair(pair)) for pair in pairs]


def confusion_counts(pairs: Sequence[JudgedPair]) -> Counter[tuple[Novelty, Novelty]]:
    """Count the pairs of each (label, verdict)."""
    return Counter((judged.pair.label, judged.verdict.novelty) for judged in pairs if judged.pair.label)


def label_scores(pairs: Sequence[JudgedPair]) -> dict[Novelty, LabelScore]:
    counted = confusion_counts(pairs)
    return {
        label: LabelScore(
            support=sum(counted[label, other] for other in NOVELTY_BY_LABEL.values()),
            predicted=sum(counted[other, label] for other in NOVELTY_BY_LABEL.values()),
            correct=counted[label, label],
        )
        for label in NOVELTY_BY_LABEL.values()
    }
