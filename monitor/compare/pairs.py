"""Judges labelled or unlabelled pairs given as JSON lines: what `compare --pairs` does, without the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from monitor.compare.verdict import judge
from monitor.errors import MonitorError
from monitor.model import Context, Verdict
from monitor.text.words import NO_SYNONYMS, Synonyms, read

CONTEXTS: dict[str, Context] = {context.value: context for context in Context}


def judge_lines(lines: Iterable[str], same: Synonyms = NO_SYNONYMS) -> Iterator[dict[str, Any]]:
    """For each line `{"id", "a", "b", "context"}` its verdict as a dictionary; blank lines are skipped.

    Raises MonitorError that names the line when one cannot be read.
    """
    for pair, verdict in judged(lines, same):
        yield {"id": pair["id"], **as_json(verdict)}


def judged(lines: Iterable[str], same: Synonyms = NO_SYNONYMS) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """Each pair as it was read, with its verdict."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            pair = _pair(line, number)
            yield pair, judge(read(pair["a"], same), read(pair["b"], same), CONTEXTS[pair["context"]])


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the outside sees it."""
    changes = [{"kind": c.kind.value, "before": c.before, "after": c.after} for c in verdict.changes]
    return {"novelty": verdict.novelty.value, "similarity": round(verdict.similarity, 1), "changes": changes}


def _pair(line: str, number: int) -> dict[str, Any]:
    try:
        pair = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MonitorError(f"line {number} is not JSON: {error}") from None
    if not isinstance(pair, dict) or "id" not in pair:
        raise MonitorError(f'line {number} is not an object with "id", "a", "b" and "context"')
    for key in ("a", "b"):
        if not isinstance(pair.get(key), str):
            raise MonitorError(f'line {number}: "{key}" must be a text')
    if str(pair.setdefault("context", "elsewhere")) not in CONTEXTS:
        raise MonitorError(f'line {number}: "context" must be "revision" or "elsewhere"')
    return pair
