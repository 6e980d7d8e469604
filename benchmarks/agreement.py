"""Scores of the benchmarks: agreement on labels, rankings and clusters. Pure functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision and recall of one label, or of a clustering."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision else 0.0


def label_agreement(gold: Sequence[str], predicted: Sequence[str]) -> dict[str, Agreement]:
    """Return precision and recall of the predictions for each label in `gold`."""
    correct = Counter(label for label, other in zip(gold, predicted, strict=True) if label == other)
    support, predicted_counts = Counter(gold), Counter(predicted)
    return {
        label: Agreement(correct[label] / max(1, predicted_counts[label]), correct[label] / support[label])
        for label in support
    }


def macro_f1(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """Return the mean of the labels' F1, with equal weights."""
    scores = label_agreement(gold, predicted).values()
    return sum(score.f1 for score in scores) / len(scores)


def auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """Return the probability that a random value of `higher` is above one of `lower`; a tie counts half."""
    ranked = sorted(lower)
    wins = sum(bisect_left(ranked, value) + bisect_right(ranked, value) for value in higher)
    return wins / (2 * len(higher) * len(lower))


def b_cubed(gold: Mapping[str, str], predicted: Mapping[str, str]) -> float:
    """Return F1 of B-cubed precision and recall."""
    return b_cubed_agreement(gold, predicted).f1


def b_cubed_agreement(gold: Mapping[str, str], predicted: Mapping[str, str]) -> Agreement:
    """Return B-cubed precision and recall; a key missing in `predicted` is a cluster of one."""
    pairs = {key: (cluster, predicted.get(key, f"alone {key}")) for key, cluster in gold.items()}
    pair_counts = Counter(pairs.values())
    true_size, predicted_size = (
        Counter(true for true, _ in pairs.values()),
        Counter(guess for _, guess in pairs.values()),
    )
    precision = sum(n * n / predicted_size[guess] for (_, guess), n in pair_counts.items()) / len(gold)
    recall = sum(n * n / true_size[true] for (true, _), n in pair_counts.items()) / len(gold)
    return Agreement(precision, recall)
