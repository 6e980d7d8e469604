"""How well the judge agrees with people: precision and recall on pairs that somebody has labelled. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.compare.pairs import PAIR_RELATIONS
from monitor.compare.verdict import judge
from monitor.model import Novelty, Relation, Verdict
from monitor.text.words import NO_SYNONYMS, Synonyms, analyze

NOVELTY_BY_LABEL = {novelty.value: novelty for novelty in (Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED)}


@dataclass(frozen=True, slots=True)
class AnnotatedPair:
    """A pair of claims and what a person says of it; `line` is where it stands."""

    line: int
    before: str
    after: str
    relation: Relation
    label: Novelty


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A labelled pair with what the judge says of it."""

    pair: AnnotatedPair
    verdict: Verdict

    @property
    def is_correct(self) -> bool:
        return self.verdict.novelty is self.pair.label


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label: how many pairs have it, how many were called so, and how many of these rightly."""

    support: int
    predicted: int
    correct: int

    @property
    def precision(self) -> float | None:
        """The share of what was called so that is; None when nothing was."""
        return self.correct / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The share of what is so that was called so; None when nothing is."""
        return self.correct / self.support if self.support else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None when nothing is so nor was called so."""
        return 2 * self.correct / (self.support + self.predicted) if self.support or self.predicted else None


def parse_annotated_pair(line: str, number: int) -> AnnotatedPair:
    """One line of JSON as a pair. ValueError, with a sentence, if it is none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError('not an object with "a", "b", "context" and "label"')
    for key in ("a", "b"):
        if not isinstance(record.get(key), str) or not record[key].strip():
            raise ValueError(f'"{key}" must be a text')
    relation = _one_of("context", record.get("context", Relation.ELSEWHERE.value), PAIR_RELATIONS)
    return AnnotatedPair(
        number, record["a"], record["b"], relation, _one_of("label", record.get("label"), NOVELTY_BY_LABEL)
    )


def _one_of(key: str, value: object, choices: Mapping[str, Any]) -> Any:
    """What a word stands for, in any case. ValueError if it is not known."""
    if not isinstance(value, str) or value.casefold() not in choices:
        raise ValueError(f'"{key}" must be {" or ".join(choices)}')
    return choices[value.casefold()]


def judge_pairs(pairs: Iterable[AnnotatedPair], synonyms: Synonyms = NO_SYNONYMS) -> list[JudgedPair]:
    """Each pair with its verdict."""
    return [
        JudgedPair(pair, judge(analyze(pair.before, synonyms), analyze(pair.after, synonyms), pair.relation))
        for pair in pairs
    ]


def confusion_counts(pairs: Sequence[JudgedPair]) -> Counter[tuple[Novelty, Novelty]]:
    """How many pairs there are of each (label, verdict)."""
    return Counter((judged_pair.pair.label, judged_pair.verdict.novelty) for judged_pair in pairs)


def label_scores(pairs: Sequence[JudgedPair]) -> dict[Novelty, LabelScore]:
    """Each label's score."""
    counted = confusion_counts(pairs)
    return {
        label: LabelScore(
            support=sum(counted[label, other] for other in NOVELTY_BY_LABEL.values()),
            predicted=sum(counted[other, label] for other in NOVELTY_BY_LABEL.values()),
            correct=counted[label, label],
        )
        for label in NOVELTY_BY_LABEL.values()
    }
