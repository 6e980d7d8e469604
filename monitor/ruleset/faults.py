"""What is wrong in a text that has no file yet: a sentence and an offset; `sourcetext` makes a `Problem` of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

LONGEST_QUOTE = 60  # letters of what somebody wrote that a sentence repeats
_QUOTED = re.compile(r"`([^`]*)`")


@dataclass(slots=True)
class Fault(Exception):
    """One thing wrong at `offset` (characters) of a text."""

    message: str
    offset: int = 0
    warning: bool = False

    def __post_init__(self) -> None:
        self.message = _QUOTED.sub(_shortened, " ".join(self.message.split()))


def _shortened(quoted: re.Match[str]) -> str:
    return f"`{quoted[1][:LONGEST_QUOTE]}…`" if len(quoted[1]) > LONGEST_QUOTE else quoted[0]


def did_you_mean(word: str, known: Iterable[str], sign: str = "") -> str:
    """`did you mean …?` if one of the known words is near, else ""."""
    best = process.extractOne(
        word, list(known), scorer=OSA.normalized_similarity, processor=str.casefold, score_cutoff=0.6
    )
    return f"did you mean `{sign}{best[0]}`?" if best else ""
