"""How well the judge agrees with people: precision and recall on pairs that somebody has labelled. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.compare.pairs import CONTEXTS
from monitor.compare.verdict import judge
from monitor.model import Context, Novelty, Verdict
from monitor.text.words import NO_SYNONYMS, Synonyms, read

LABELS = {novelty.value: novelty for novelty in (Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED)}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair of claims and what a person says of it; `line` is where it stands."""

    line: int
    before: str
    now: str
    context: Context
    label: Novelty


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled pair with what the judge says of it."""

    pair: Labelled
    verdict: Verdict

    @property
    def right(self) -> bool:
        return self.verdict.novelty is self.pair.label


@dataclass(frozen=True, slots=True)
class Score:
    """One label: how many pairs have it, how many were called so, and how many of these rightly."""

    pairs: int
    called: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of what was called so that is; None when nothing was."""
        return self.right / self.called if self.called else None

    @property
    def recall(self) -> float | None:
        """The share of what is so that was called so; None when nothing is."""
        return self.right / self.pairs if self.pairs else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None when nothing is so nor was called so."""
        return 2 * self.right / (self.pairs + self.called) if self.pairs or self.called else None


def labelled(line: str, number: int) -> Labelled:
    """One line of JSON as a pair. ValueError, with a sentence, if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError('not an object with "a", "b", "context" and "label"')
    for key in ("a", "b"):
        if not isinstance(found.get(key), str) or not found[key].strip():
            raise ValueError(f'"{key}" must be a text')
    context = _one_of("context", found.get("context", Context.ELSEWHERE.value), CONTEXTS)
    return Labelled(number, found["a"], found["b"], context, _one_of("label", found.get("label"), LABELS))


def _one_of(key: str, given: object, known: Mapping[str, Any]) -> Any:
    """What a word stands for, in any case. ValueError if it is not known."""
    if not isinstance(given, str) or given.casefold() not in known:
        raise ValueError(f'"{key}" must be {" or ".join(known)}')
    return known[given.casefold()]


def judged(pairs: Iterable[Labelled], same: Synonyms = NO_SYNONYMS) -> list[Judged]:
    """Each pair with its verdict."""
    return [Judged(pair, judge(read(pair.before, same), read(pair.now, same), pair.context)) for pair in pairs]


def confusion(pairs: Sequence[Judged]) -> Counter[tuple[Novelty, Novelty]]:
    """How many pairs there are of each (label, verdict)."""
    return Counter((one.pair.label, one.verdict.novelty) for one in pairs)


def scores(pairs: Sequence[Judged]) -> dict[Novelty, Score]:
    """Each label's score."""
    counted = confusion(pairs)
    return {
        label: Score(
            pairs=sum(counted[label, other] for other in LABELS.values()),
            called=sum(counted[other, label] for other in LABELS.values()),
            right=counted[label, label],
        )
        for label in LABELS.values()
    }
