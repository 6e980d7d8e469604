"""Evidence: what decided that a claim is new, changed or repeated, and how it is put in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_SHOWN_WORDS = 6
MAX_SHOWN_CHARS = 160  # of an earlier claim


class Basis(StrEnum):
    """What decided. Appears in `compare`, `explain` and on alert pages."""

    SAME_WORDS = "same words"
    REWORDED = "only the wording differs"
    ALL_SAID = "all of it was said"
    SAID_TOGETHER = "several claims together say it"
    SAID_ABOVE = "the same update says it"
    VALUE_MOVED = "a value of the same fact changed"
    AGAIN = "it happened again"
    ADDED = "it adds to the same event"
    EDITED = "the entry was edited"
    NO_LONGER_SAID = "the entry no longer says it"
    NOT_ALL_SAID = "not all of it was said"
    OTHER_FIGURE = "another figure"
    OTHER_DAY = "another day"
    OTHER_IDENTIFIER = "another identifier"
    ONE_MORE = "one more of a kind"
    OTHER_SUBJECT = "said about another subject"
    NOTHING_SIMILAR = "nothing similar was said"
    NO_STATEMENT = "it states nothing"
    FIRST_READ = "the source had it when it was first read"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a claim is new, changed or repeated.

    `unsaid` are the words that `closest`, the most similar earlier claim, lacks. `together_with` are the earlier
    claims that, with the nearest one, say all of a repeated claim.
    """

    basis: Basis
    unsaid: tuple[str, ...] = ()
    closest: str = ""
    together_with: tuple[str, ...] = ()


def evidence_text(evidence: Evidence | None) -> str:
    """Return evidence as one line: `not all of it was said; new: “annulled”; closest earlier claim: “The EU …”`."""
    if evidence is None:
        return ""
    parts = [str(evidence.basis)]
    if evidence.unsaid:
        parts.append("new: " + ", ".join(f"“{word}”" for word in evidence.unsaid[:MAX_SHOWN_WORDS]))
    if evidence.closest:
        parts.append(f"closest earlier claim: “{_shortened(evidence.closest)}”")
    if evidence.together_with:
        parts.append("also " + " and ".join(f"“{_shortened(text)}”" for text in evidence.together_with))
    return "; ".join(parts)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARS else text[: MAX_SHOWN_CHARS - 1].rstrip() + "…"
