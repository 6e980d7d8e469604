"""Judges pairs of claims from JSON lines, and measures precision and recall on labelled pairs. Pure functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.compare.verdict import judge
from monitor.errors import MonitorError
from monitor.evidence import Evidence
from monitor.model import Novelty, Relation, Verdict
from monitor.serialize import evidence_to_json
from monitor.text.analysis import NO_SYNONYMS, Synonyms, analyze

NOVELTY_BY_LABEL = {novelty.value: novelty for novelty in (Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED)}


@dataclass(frozen=True, slots=True)
class AnnotatedPair:
    """A pair of claims with a person's label, from line `line` of its file."""

    line: int
    before: str
    after: str
    relation: Relation
    label: Novelty


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A labelled pair with the judge's verdict."""

    pair: AnnotatedPair
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


def parse_annotated_pair(line: str, number: int) -> AnnotatedPair:
    """Parse one line of JSON as a labelled pair. Raises ValueError if it is invalid."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"invalid JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError('expected an object with "a", "b", "context" and "label"')
    for key in ("a", "b"):
        if not isinstance(record.get(key), str) or not record[key].strip():
            raise ValueError(f'"{key}" must be a string')
    relation = _one_of("context", record.get("context", Relation.ELSEWHERE.value), PAIR_RELATIONS)
    return AnnotatedPair(
        number, record["a"], record["b"], relation, _one_of("label", record.get("label"), NOVELTY_BY_LABEL)
    )


def _one_of(key: str, value: object, choices: Mapping[str, Any]) -> Any:
    """Return the choice for a word, in any case. Raises ValueError if it is unknown."""
    if not isinstance(value, str) or value.casefold() not in choices:
        raise ValueError(f'"{key}" must be {" or ".join(choices)}')
    return choices[value.casefold()]


def judge_pairs(pairs: Iterable[AnnotatedPair], synonyms: Synonyms = NO_SYNONYMS) -> list[JudgedPair]:
    return [
        JudgedPair(pair, judge(analyze(pair.before, synonyms), analyze(pair.after, synonyms), pair.relation))
        for pair in pairs
    ]


def confusion_counts(pairs: Sequence[JudgedPair]) -> Counter[tuple[Novelty, Novelty]]:
    """Count the pairs of each (label, verdict)."""
    return Counter((judged_pair.pair.label, judged_pair.verdict.novelty) for judged_pair in pairs)


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


PAIR_RELATIONS: dict[str, Relation] = {context.value: context for context in Relation}


def judge_lines(lines: Iterable[str], synonyms: Synonyms = NO_SYNONYMS) -> Iterator[dict[str, Any]]:
    """Yield the verdict of each line `{"id", "a", "b", "context"}` as a dictionary; blank lines are skipped.

    Raises MonitorError with the line number if a line is invalid.
    """
    for pair, verdict in judge_json_pairs(lines, synonyms):
        yield {"id": pair["id"], **verdict_json(verdict)}


def judge_json_pairs(
    lines: Iterable[str], synonyms: Synonyms = NO_SYNONYMS
) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """Yield each pair as parsed, with its verdict; blank lines and errors as in `judge_lines`."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            pair = _parse_json_pair(line, number)
            yield (
                pair,
                judge(analyze(pair["a"], synonyms), analyze(pair["b"], synonyms), PAIR_RELATIONS[pair["context"]]),
            )


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as the JSON object of `compare --json`."""
    changes = [{"kind": c.kind.value, "before": c.before, "after": c.after} for c in verdict.changes]
    return {
        "novelty": verdict.novelty.value,
        "similarity": round(verdict.similarity, 1),
        "changes": changes,
        "evidence": evidence_to_json(Evidence(verdict.basis, verdict.unsaid)) if verdict.basis else None,
    }


def _parse_json_pair(line: str, number: int) -> dict[str, Any]:
    try:
        pair = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MonitorError(f"line {number}: invalid JSON: {error}") from None
    if not isinstance(pair, dict) or "id" not in pair:
        raise MonitorError(f'line {number}: expected an object with "id", "a", "b" and "context"')
    for key in ("a", "b"):
        if not isinstance(pair.get(key), str):
            raise MonitorError(f'line {number}: "{key}" must be a string')
    if str(pair.setdefault("context", "elsewhere")) not in PAIR_RELATIONS:
        raise MonitorError(f'line {number}: "context" must be "revision" or "elsewhere"')
    return pair
