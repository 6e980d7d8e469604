"""The arithmetic of the benchmarks: agreement on labels, ranking, and clusters. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a label fared: the share of what was called so that is, and of what is so that was called so."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision else 0.0


def agreement(gold: Sequence[str], said: Sequence[str]) -> dict[str, Agreement]:
    """For each label in `gold` how what was said agrees with it."""
    right = Counter(label for label, other in zip(gold, said, strict=True) if label == other)
    there, called = Counter(gold), Counter(said)
    return {label: Agreement(right[label] / max(1, called[label]), right[label] / there[label]) for label in there}


def macro_f1(gold: Sequence[str], said: Sequence[str]) -> float:
    """The mean of the labels' F1, each label weighing the same."""
    found = agreement(gold, said).values()
    return sum(one.f1 for one in found) / len(found)


def auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The chance that one of `higher` is above one of `lower`, both drawn blindly; a tie is half a win."""
    line = sorted(lower)
    wins = sum(bisect_left(line, value) + bisect_right(line, value) for value in higher)
    return wins / (2 * len(higher) * len(lower))


def b_cubed(gold: Mapping[str, str], said: Mapping[str, str]) -> float:
    """F1 of B-cubed precision and recall of the clusters `said`; what is missing there stands alone."""
    placed = {key: (cluster, said.get(key, f"alone {key}")) for key, cluster in gold.items()}
    both = Counter(placed.values())
    true_size, said_size = Counter(true for true, _ in placed.values()), Counter(its for _, its in placed.values())
    precision = sum(n * n / said_size[its] for (_, its), n in both.items()) / len(gold)
    recall = sum(n * n / true_size[true] for (true, _), n in both.items()) / len(gold)
    return Agreement(precision, recall).f1
