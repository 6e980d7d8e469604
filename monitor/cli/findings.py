"""Findings as a person reads them in a terminal: marked by novelty, what went and what came within the sentence.

    ~ changed    Around 3,000 Up to 12,000 soldiers are in Kursk.
                 number: Around 3,000 → Up to 12,000; similarity 81

What went is red and struck, what came green and bold; without colours they stand as [-3,000-] and {+12,000+}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from monitor.cli.output import plain
from monitor.cli.screen import Part, coloured, show, show_beside

# Marks and colours, in the order in which findings are summed up.
MARKS = {
    "new": ("+", "bold green"),
    "changed": ("~", "bold yellow"),
    "repeated": ("=", "dim"),
    "withdrawn": ("-", "bold red"),
}
VIVID = {"same": "", "old": "red strike", "new": "bold green"}
FAINT = {"same": "dim", "old": "dim strike", "new": "dim underline"}
BRACKETS = {"same": "{}", "old": "[-{}-]", "new": "{{+{}+}}"}


def show_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Each finding on a few lines, then how many there were of each novelty."""
    counted: Counter[str] = Counter()
    for finding in findings:
        counted[finding["novelty"]] += 1
        show_finding(finding)
    parts = [(f"{counted[novelty]} {novelty}", style) for novelty, (_, style) in MARKS.items() if counted[novelty]]
    if parts:
        show()
    show(*(apart(", ", parts) or [("nothing new", "")]))


def show_finding(finding: Mapping[str, Any]) -> None:
    """One finding: its claim as a diff against the one it repeats or moved from, and what moved."""
    novelty, now = finding["novelty"], plain(finding["claim"])
    mark, style = MARKS[novelty]
    compared = novelty in ("changed", "repeated")
    before = plain(finding["nearest"]["text"]) if compared and finding["nearest"] else None
    looks = FAINT if novelty == "repeated" else VIVID
    if before and (parts := difference(before, now, looks)):
        show_beside((f"{mark} {novelty}", style), *parts)
    else:
        show_beside((f"{mark} {novelty}", style), (now, looks["old" if novelty == "withdrawn" else "same"]))
        if before:
            show_beside(("", ""), (f"was: {before}", "dim"))
    if told := "; ".join(filter(None, (plain(finding.get("of", "")), notes(finding, compared)))):
        show_beside(("", ""), (told, "dim"))


def difference(before: str, now: str, looks: Mapping[str, str] = VIVID) -> list[Part] | None:
    """Two claims as one sentence of styled parts; None where that would not be readable."""
    from monitor.deliver.pieces import word_diff

    pieces = word_diff(before, now)
    if pieces is None:
        return None
    marks = dict.fromkeys(BRACKETS, "{}") if coloured() else BRACKETS
    return apart(" ", [(marks[piece.state].format(piece.text), looks[piece.state]) for piece in pieces])


def notes(finding: Mapping[str, Any], compared: bool) -> str:
    """What moved, how alike the two claims are, and who said the earlier one."""
    said = [change(one) for one in finding["changes"]]
    if compared and finding["similarity"] < 100:
        said.append(f"similarity {finding['similarity']:.0f}")
    if compared and finding["nearest"] and "source" in finding["nearest"]:
        said.append(f"said by {plain(finding['nearest']['source'])} at {finding['nearest']['at']}")
    return "; ".join(said)


def change(one: Mapping[str, str]) -> str:
    """One thing that moved."""
    before, after = plain(one["before"]), plain(one["after"])
    return f"{one['kind']}: {before} → {after}" if before and after else f"{one['kind']}: {before or after}"


def apart(by: str, parts: list[Part]) -> list[Part]:
    """The parts with something plain between."""
    return list(chain.from_iterable(((by, ""), part) for part in parts))[1:]
