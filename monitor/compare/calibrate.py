"""How well the judge agrees with people: precision and recall on pairs that somebody has labelled. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.compare.verdict import judge
from monitor.errors import MonitorError
from monitor.model import Novelty, Relation, Verdict
from monitor.text.analysis import NO_SYNONYMS, Synonyms, analyze

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


PAIR_RELATIONS: dict[str, Relation] = {context.value: context for context in Relation}


def judge_lines(lines: Iterable[str], synonyms: Synonyms = NO_SYNONYMS) -> Iterator[dict[str, Any]]:
    """For each line `{"id", "a", "b", "context"}` its verdict as a dictionary; blank lines are skipped.

    Raises MonitorError that names the line when one cannot be read.
    """
    for pair, verdict in judge_json_pairs(lines, synonyms):
        yield {"id": pair["id"], **verdict_json(verdict)}


def judge_json_pairs(
    lines: Iterable[str], synonyms: Synonyms = NO_SYNONYMS
) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """Each pair as it was read, with its verdict."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            pair = _parse_json_pair(line, number)
            yield (
                pair,
                judge(analyze(pair["a"], synonyms), analyze(pair["b"], synonyms), PAIR_RELATIONS[pair["context"]]),
            )


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the outside sees it."""
    changes = [{"kind": c.kind.value, "before": c.before, "after": c.after} for c in verdict.changes]
    return {"novelty": verdict.novelty.value, "similarity": round(verdict.similarity, 1), "changes": changes}


def _parse_json_pair(line: str, number: int) -> dict[str, Any]:
    try:
        pair = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MonitorError(f"line {number} is not JSON: {error}") from None
    if not isinstance(pair, dict) or "id" not in pair:
        raise MonitorError(f'line {number} is not an object with "id", "a", "b" and "context"')
    for key in ("a", "b"):
        if not isinstance(pair.get(key), str):
            raise MonitorError(f'line {number}: "{key}" must be a text')
    if str(pair.setdefault("context", "elsewhere")) not in PAIR_RELATIONS:
        raise MonitorError(f'line {number}: "context" must be "revision" or "elsewhere"')
    return pair
