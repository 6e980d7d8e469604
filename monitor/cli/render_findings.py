"""Print findings in a terminal: a mark for the novelty, and the removed and added words within the sentence.

    ~ changed    Around 3,000 Up to 12,000 soldiers are in Kursk.
                 number: Around 3,000 → Up to 12,000; similarity 81

Removed words are red and struck out, added ones green and bold; without colors, [-3,000-] and {+12,000+}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from monitor.cli.output import terminal_safe
from monitor.cli.styles import StyledPart, has_color, print_beside_label, print_line
from monitor.evidence import evidence_text
from monitor.serialize import evidence_from_json

# Marks and colors, in the order of the summary line.
NOVELTY_MARKS = {
    "new": ("+", "bold green"),
    "changed": ("~", "bold yellow"),
    "repeated": ("=", "dim"),
    "withdrawn": ("-", "bold red"),
}
DIFF_STYLES = {"same": "", "old": "red strike", "new": "bold green"}
DIM_DIFF_STYLES = {"same": "dim", "old": "dim strike", "new": "dim underline"}
DIFF_BRACKETS = {"same": "{}", "old": "[-{}-]", "new": "{{+{}+}}"}


def show_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Print each finding, then the count of each novelty."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding["novelty"]] += 1
        show_finding(finding)
    parts = [
        (f"{counts[novelty]} {novelty}", style) for novelty, (_, style) in NOVELTY_MARKS.items() if counts[novelty]
    ]
    if parts:
        print_line()
    print_line(*(join_parts(", ", parts) or [("nothing new", "")]))


def show_finding(finding: Mapping[str, Any]) -> None:
    """Print a claim, as a diff against its prior claim if it repeats or changes it, and the changes."""
    novelty, claim = finding["novelty"], terminal_safe(finding["claim"])
    mark, style = NOVELTY_MARKS[novelty]
    is_compared = novelty in ("changed", "repeated")
    prior = terminal_safe(finding["nearest"]["text"]) if is_compared and finding["nearest"] else None
    styles = DIM_DIFF_STYLES if novelty == "repeated" else DIFF_STYLES
    if prior and (parts := diff_parts(prior, claim, styles)):
        print_beside_label((f"{mark} {novelty}", style), *parts)
    else:
        print_beside_label((f"{mark} {novelty}", style), (claim, styles["old" if novelty == "withdrawn" else "same"]))
        if prior:
            print_beside_label(("", ""), (f"was: {prior}", "dim"))
    why = terminal_safe(evidence_text(evidence_from_json(finding.get("evidence"))))
    notes = (terminal_safe(finding.get("of", "")), finding_notes(finding, is_compared), why)
    if details := "; ".join(filter(None, notes)):
        print_beside_label(("", ""), (details, "dim"))


def diff_parts(before: str, after: str, styles: Mapping[str, str] = DIFF_STYLES) -> list[StyledPart] | None:
    """Return two claims as one sentence of styled parts; None if that would not be readable."""
    from monitor.deliver.word_diff import word_diff

    pieces = word_diff(before, after)
    if pieces is None:
        return None
    brackets = dict.fromkeys(DIFF_BRACKETS, "{}") if has_color() else DIFF_BRACKETS
    return join_parts(" ", [(brackets[piece.state].format(piece.text), styles[piece.state]) for piece in pieces])


def finding_notes(finding: Mapping[str, Any], is_compared: bool) -> str:
    """Return the changes, the similarity, and the source of the prior claim."""
    parts = [format_change(change_data) for change_data in finding["changes"]]
    if is_compared and finding["similarity"] < 100:
        parts.append(f"similarity {finding['similarity']:.0f}")
    if is_compared and finding["nearest"] and "source" in finding["nearest"]:
        parts.append(f"said by {terminal_safe(finding['nearest']['source'])} at {finding['nearest']['at']}")
    return "; ".join(parts)


def format_change(change_data: Mapping[str, str]) -> str:
    """Return `number: 3,000 → 12,000`, or only the side that exists."""
    before, after = terminal_safe(change_data["before"]), terminal_safe(change_data["after"])
    values = f"{before} → {after}" if before and after else before or after
    return f"{change_data['kind']}: {values}"


def join_parts(separator: str, parts: list[StyledPart]) -> list[StyledPart]:
    """Return the parts with an unstyled separator between them."""
    return list(chain.from_iterable(((separator, ""), part) for part in parts))[1:]
