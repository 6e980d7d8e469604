"""Words for evidence: why a claim is new, changed or repeated, in one line for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_WORDS = 6  # unsaid words that are shown
MAX_CLAIM_CHARS = 160


def evidence_text(evidence: Mapping[str, Any] | None) -> str:
    """Return evidence, given as JSON, as one line: `not all of it was said: “annulled” is new beside “The EU …”`."""
    if not evidence or not evidence["basis"]:
        return ""
    parts = [str(evidence["basis"])]
    if words := evidence["unsaid"][:MAX_WORDS]:
        parts.append(", ".join(f"“{word}”" for word in words) + (" is new" if len(words) == 1 else " are new"))
    if closest := evidence.get("closest"):
        parts.append(f"the closest earlier claim is “{shortened(closest)}”")
    if others := evidence.get("together_with"):
        parts.append("also " + " and ".join(f"“{shortened(other)}”" for other in others))
    return "; ".join(parts)


def shortened(text: str) -> str:
    return text if len(text) <= MAX_CLAIM_CHARS else text[: MAX_CLAIM_CHARS - 1].rstrip() + "…"
