"""Judges pairs of claims from JSON lines, and measures precision and recall on labelled pairs. Pure functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.compare.identifiers import title_different_things
from monitor.compare.verdict import judge
from monitor.errors import MonitorError
from monitor.evidence import Basis, Evidence
from monitor.model import Novelty, Relation, Verdict
from monitor.serialize import evidence_to_json, parse_iso
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


OPTIONAL_KEYS = ("title_a", "title_b", "at_a", "at_b")
PAIR_RELATIONS: dict[str, Relation] = {context.value: context for context in Relation}


def judge_lines(lines: Iterable[str], synonyms: Synonyms = NO_SYNONYMS) -> Iterator[dict[str, Any]]:
    """Yield the verdict of each line `{"id", "a", "b", "context"}` as a dictionary; blank lines are skipped.

    A line may have the entries' titles and times, `title_a`, `title_b`, `at_a` and `at_b`.

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
            yield pair, _judge_json_pair(pair, synonyms)


def _judge_json_pair(pair: Mapping[str, Any], synonyms: Synonyms) -> Verdict:
    """Judge a pair as claims of entries with their titles and times, if it states them."""
    relation = PAIR_RELATIONS[pair["context"]]
    published = (parse_iso(pair["at_a"]), parse_iso(pair["at_b"])) if "at_a" in pair and "at_b" in pair else None
    verdict = judge(analyze(pair["a"], synonyms), analyze(pair["b"], synonyms), relation, published)
    titles = pair.get("title_a", ""), pair.get("title_b", "")
    if relation is Relation.ELSEWHERE and title_different_things(*titles):
        return Verdict(Novelty.NEW, verdict.similarity, basis=Basis.OTHER_SUBJECT)
    return verdict


def _is_time(text: str) -> bool:
    try:
        parse_iso(text)
    except (ValueError, TypeError):  # TypeError: a time without its zone
        return False
    return True


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
    for key in OPTIONAL_KEYS:
        if not isinstance(pair.get(key, ""), str):
            raise MonitorError(f'line {number}: "{key}" must be a string')
    for key in ("at_a", "at_b"):
        if key in pair and not _is_time(pair[key]):
            raise MonitorError(f'line {number}: "{key}" must be a time such as 2026-03-01T12:00:00Z')
    if str(pair.setdefault("context", "elsewhere")) not in PAIR_RELATIONS:
        raise MonitorError(f'line {number}: "context" must be "revision" or "elsewhere"')
    return pair
