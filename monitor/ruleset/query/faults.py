"""What is wrong in a text that has no file yet: a sentence and an offset; `sourcetext` makes a `Problem` of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

MAX_QUOTE_CHARS = 60  # letters of what somebody wrote that a sentence repeats
_BACKTICKED = re.compile(r"`([^`]*)`")


@dataclass(slots=True)
class SyntaxFault(Exception):
    """One thing wrong at `offset` (characters) of a text."""

    message: str
    offset: int = 0
    warning: bool = False

    def __post_init__(self) -> None:
        self.message = _BACKTICKED.sub(_truncated_quote, " ".join(self.message.split()))


def _truncated_quote(match: re.Match[str]) -> str:
    return f"`{match[1][:MAX_QUOTE_CHARS]}…`" if len(match[1]) > MAX_QUOTE_CHARS else match[0]


def did_you_mean(word: str, candidates: Iterable[str], prefix: str = "") -> str:
    """`did you mean …?` if one of the known words is near, else ""."""
    closest = process.extractOne(
        word, list(candidates), scorer=OSA.normalized_similarity, processor=str.casefold, score_cutoff=0.6
    )
    return f"did you mean `{prefix}{closest[0]}`?" if closest else ""
