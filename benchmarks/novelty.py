#!/usr/bin/env python3
"""Measures how well new, changed and repeated claims, and stories, are distinguished, on labelled collections.

usage: novelty.py --data DIR [--half dev] [PART ...]

PART: pairs, tolls, stories, advisories; default all. Runs `monitor compare --pairs -` and `monitor replay -`, and
prints the required value, the target and the result of each measure. Exits 1 if a required value is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from novelty_pairs import pairs
from novelty_streams import advisories, stories, tolls

PARTS: dict[str, Callable[[Path, str], Iterator[tuple[str, float]]]] = {
    "pairs": pairs,
    "tolls": tolls,
    "stories": stories,
    "advisories": advisories,
}


@dataclass(frozen=True, slots=True)
class Bound:
    """The required value and the target of a measure; `is_maximum` if less is better."""

    required: float
    target: float
    is_maximum: bool = False

    def allows(self, value: float) -> bool:
        return value <= self.required if self.is_maximum else value >= self.required


BOUNDS = {
    "advisory_revisions audit=ok: macro-F1": Bound(0.80, 0.87),
    "advisory_revisions audit=ok: changed recall": Bound(0.93, 0.97),
    "advisory_revisions audit=ok: repeated precision": Bound(0.85, 0.90),
    "advisory_revisions audit=ok: repeated recall": Bound(0.65, 0.80),
    "fever_symmetric: never suppressed": Bound(0.95, 0.98),
    "sick: macro-F1": Bound(0.85, 0.93),
    "sts_news3: three-way macro-F1": Bound(0.66, 0.72),
    "sts_news3: seen-before AUC": Bound(0.90, 0.95),
    "pairs judged a second": Bound(8_000, 25_000),
    "tolls: moved figures": Bound(10, 10),
    "tolls: moved figures shown": Bound(0.95, 1.0),
    "tolls: foreign joins": Bound(1, 0, is_maximum=True),
    "tolls: mixed threads": Bound(1, 0, is_maximum=True),
    "ECB+ stories: B³": Bound(0.80, 0.86),
    "headlines: B³": Bound(0.73, 0.80),
    "advisories: news reported": Bound(0.92, 0.97),
    "advisories: alerts an editorial update": Bound(0.25, 0.12, is_maximum=True),
    "advisories: alerts a storm update": Bound(0.15, 0.06, is_maximum=True),
    "advisories: minutes": Bound(10, 3, is_maximum=True),
}


def table_row(name: str, required: str, target: str, value: str, verdict: str) -> str:
    return f"{name:<50}{required:>10}{target:>10}{value:>10}  {verdict}".rstrip()


def format_number(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"


def print_measure(name: str, value: float) -> bool:
    """Print one line of the table. False if the required value is missed."""
    bound = BOUNDS.get(name)
    if bound is None:
        print(table_row(name, "", "", format_number(value), ""), flush=True)
        return True
    sign = "≤ " if bound.is_maximum else ""
    is_allowed = bound.allows(value)
    required, target = sign + format_number(bound.required), sign + format_number(bound.target)
    print(table_row(name, required, target, format_number(value), "ok" if is_allowed else "miss"), flush=True)
    return is_allowed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the collections")
    parser.add_argument("--half", default="dev")
    parser.add_argument("parts", metavar="PART", nargs="*", choices=[*PARTS, []])
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"{arguments.data}: folder not found")
    print(table_row("measure", "required", "target", "result", ""))
    results = [
        print_measure(*measure)
        for part in arguments.parts or PARTS
        for measure in PARTS[part](arguments.data, arguments.half)
    ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
