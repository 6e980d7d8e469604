"""Faults in rule text as a message and an offset; `SourceText.to_problem` adds the file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.validation_text import closest_name

MAX_QUOTE_CHARS = 60  # characters of the user's text that a message quotes
_BACKTICKED = re.compile(r"`([^`]*)`")


@dataclass(slots=True)
class SyntaxFault(Exception):
    """One fault at `offset` (in characters) of a text."""

    message: str
    offset: int = 0
    warning: bool = False

    def __post_init__(self) -> None:
        self.message = _BACKTICKED.sub(_truncated_quote, " ".join(self.message.split()))


def _truncated_quote(match: re.Match[str]) -> str:
    return f"`{match[1][:MAX_QUOTE_CHARS]}…`" if len(match[1]) > MAX_QUOTE_CHARS else match[0]


def did_you_mean(word: str, candidates: Iterable[str], prefix: str = "") -> str:
    """Return `did you mean …?` if a candidate is similar to the word, else ""."""
    name = closest_name(word, candidates)
    return f"did you mean `{prefix}{name}`?" if name else ""
