"""Judges labelled or unlabelled pairs given as JSON lines: what `compare --pairs` does, without the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from monitor.compare.verdict import judge
from monitor.errors import MonitorError
from monitor.model import Relation, Verdict
from monitor.text.words import NO_SYNONYMS, Synonyms, analyze

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
