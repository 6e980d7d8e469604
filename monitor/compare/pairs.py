"""Pairs of claims in JSON lines: an earlier claim `a`, a later claim `b`, and what else a line says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.compare.identifiers import title_different_things
from monitor.compare.verdict import Published, judge
from monitor.errors import MonitorError
from monitor.evidence import Basis, Evidence
from monitor.model import Moment, Novelty, Relation, Verdict
from monitor.serialize import change_to_json, evidence_to_json, format_iso, parse_iso
from monitor.text.analysis import analyze

NOVELTY_BY_LABEL = {novelty.value: novelty for novelty in (Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED)}
TITLE_KEYS, TIME_KEYS = ("title_a", "title_b"), ("at_a", "at_b")
RELATION_BY_CONTEXT = {relation.value: relation for relation in Relation}


@dataclass(frozen=True, slots=True)
class ClaimPair:
    """An earlier and a later claim. `label` is the novelty that a person gave the later one, None if nobody did.

    `titles` and `published` are those of the entries, if they are known. `id` and `line`, the number of its line, are
    what a file of pairs says.
    """

    before: str
    after: str
    relation: Relation
    label: Novelty | None = None
    titles: tuple[str, str] = ("", "")
    published: Published | None = None
    id: Any = None
    line: int = 0


def judge_claim_pair(pair: ClaimPair) -> Verdict:
    """Return the verdict on the later claim, as the daemon gives it to claims of entries with these titles."""
    before, after = analyze(pair.before), analyze(pair.after)
    verdict = judge(before, after, pair.relation, pair.published)
    if pair.relation is Relation.ELSEWHERE and title_different_things(*pair.titles):
        return Verdict(Novelty.NEW, verdict.similarity, basis=Basis.OTHER_SUBJECT)
    return verdict


def judge_lines(lines: Iterable[str]) -> Iterator[tuple[ClaimPair, Verdict]]:
    """Yield the pair of each line `{"id", "a", "b", "context"}` with its verdict; blank lines are skipped.

    Raises MonitorError with the line number if a line is invalid.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                pair = parse_pair(line, number, required="id")
            except ValueError as error:
                raise MonitorError(f"line {number}: {error}") from None
            yield pair, judge_claim_pair(pair)


def parse_pair(line: str, number: int, *, required: str) -> ClaimPair:
    """Parse a line of JSON with `a`, `b` and the key `required`, "id" or "label". Raises ValueError if it is invalid.

    Without `context` the claims are from elsewhere. `title_a`, `title_b`, `at_a` and `at_b` are optional.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"invalid JSON: {error}") from None
    if not isinstance(record, dict) or (required == "id" and "id" not in record):
        raise ValueError(f'expected an object with "a", "b", "context" and "{required}"')
    return ClaimPair(
        before=_string(record, "a"),
        after=_string(record, "b"),
        relation=_choice(record, "context", RELATION_BY_CONTEXT, Relation.ELSEWHERE.value),
        label=_choice(record, "label", NOVELTY_BY_LABEL) if required == "label" else None,
        titles=_titles(record),
        published=_times(record),
        id=record.get("id"),
        line=number,
    )


def _string(record: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = record.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be a string')
    return value


def _choice(record: Mapping[str, Any], key: str, choices: Mapping[str, Any], default: str | None = None) -> Any:
    """Return the choice for a word, in any case."""
    value = record.get(key, default)
    if not isinstance(value, str) or value.casefold() not in choices:
        raise ValueError(f'"{key}" must be {" or ".join(choices)}')
    return choices[value.casefold()]


def _titles(record: Mapping[str, Any]) -> tuple[str, str]:
    before, after = (_string(record, key, "") for key in TITLE_KEYS)
    return before, after


def _times(record: Mapping[str, Any]) -> Published | None:
    """Return when both claims were published, None if one of the times is missing."""
    times = [_time(record, key) for key in TIME_KEYS if key in record]
    return (times[0], times[1]) if len(times) == 2 else None


def _time(record: Mapping[str, Any], key: str) -> Moment:
    try:
        return parse_iso(record[key])
    except (ValueError, TypeError):  # TypeError: no text, or a time without its zone
        raise ValueError(f'"{key}" must be a time such as 2026-03-01T12:00:00Z') from None


def pair_to_json(pair: ClaimPair) -> dict[str, str]:
    """Return a labeled pair in the form of the store, `monitor answers --pairs` and `monitor calibrate`."""
    record = {"a": pair.before, "b": pair.after, "context": str(pair.relation), "label": str(pair.label)}
    record |= {key: title for key, title in zip(TITLE_KEYS, pair.titles, strict=True) if title}
    return record | {key: format_iso(at) for key, at in zip(TIME_KEYS, pair.published or (), strict=False)}


def pair_from_json(record: Mapping[str, str]) -> ClaimPair:
    """Return the pair that `pair_to_json` wrote."""
    relation, label = Relation(record["context"]), Novelty(record["label"])
    return ClaimPair(record["a"], record["b"], relation, label, _titles(record), _times(record))


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as the JSON object of `compare --json`."""
    return {
        "novelty": verdict.novelty.value,
        "similarity": round(verdict.similarity, 1),
        "changes": [change_to_json(change) for change in verdict.changes],
        "evidence": evidence_to_json(Evidence(verdict.basis, verdict.unsaid)) if verdict.basis else None,
    }
