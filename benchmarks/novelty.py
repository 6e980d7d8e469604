#!/usr/bin/env python3
"""Measures how well new, changed and repeated claims, and stories, are distinguished, on labeled collections.

usage: novelty.py --data DIR [--half dev] [--sets] [PART ...]

PART: pairs, tolls, stories, advisories, reports; default all. Runs `monitor compare --pairs -` and
`monitor replay -`, or for reports the same replay in this process, and prints the required value, the target and the
result of each measure. Exits 1 if a required value is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from novelty_pairs import pairs
from novelty_reports import reports
from novelty_streams import advisories, stories, tolls

PARTS: dict[str, Callable[[Path, str], Iterator[tuple[str, float]]]] = {
    "pairs": pairs,
    "tolls": tolls,
    "stories": stories,
    "advisories": advisories,
    "reports": reports,
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
    "advisory_revisions audit=ok: macro-F1": Bound(0.85, 0.87),
    "advisory_revisions audit=ok: changed recall": Bound(0.97, 0.97),
    "advisory_revisions audit=ok: repeated precision": Bound(0.92, 0.92),
    "advisory_revisions audit=ok: repeated recall": Bound(0.65, 0.80),
    "fever_symmetric: never suppressed": Bound(0.98, 0.98),
    "sick: macro-F1": Bound(0.84, 0.93),
    "sts_news3: repeated against the rest F1": Bound(0.62, 0.78),
    "sts_news3: seen-before AUC": Bound(0.90, 0.95),
    "pairs judged a second": Bound(8_000, 20_000),
    "tolls: moved figures": Bound(24, 24),
    "tolls: moved figures shown": Bound(0.95, 1.0),
    "tolls: foreign joins": Bound(1, 0, is_maximum=True),
    "tolls: mixed threads": Bound(1, 0, is_maximum=True),
    "ECB+ stories: B³": Bound(0.78, 0.86),
    "headlines: B³": Bound(0.75, 0.83),
    "advisories: news reported": Bound(0.93, 0.97),
    "advisories: alerts an editorial update": Bound(0.20, 0.10, is_maximum=True),
    "advisories: alerts a storm update": Bound(0.13, 0.05, is_maximum=True),
    "advisories: minutes": Bound(5, 2, is_maximum=True),
    "reports prose: missed": Bound(0.05, 0.02, is_maximum=True),
    "reports prose: noise": Bound(0.14, 0.08, is_maximum=True),
    "reports prose: silence": Bound(0.50, 0.65),
    "reports prose: false changed": Bound(0.03, 0.01, is_maximum=True),
    "reports records: missed": Bound(0.02, 0.005, is_maximum=True),
    "reports records: noise": Bound(0.06, 0.02, is_maximum=True),
    "reports records: false was": Bound(0.08, 0.02, is_maximum=True),
    "reports records: moved": Bound(0.95, 0.99),
    "reports records: withdrawn": Bound(0.90, 1.0),
    "reports records: story precision": Bound(0.90, 0.97),
    "reports records: story recall": Bound(0.80, 0.93),
    "reports traps: missed": Bound(0.02, 0.0, is_maximum=True),
    "reports traps: false was": Bound(0.12, 0.03, is_maximum=True),
    "reports traps: moved": Bound(0.88, 0.97),
    "reports pairs: right": Bound(0.80, 0.92),
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
    parser.add_argument("--sets", action="store_true", help="also print the measures of each set of reports")
    parser.add_argument("parts", metavar="PART", nargs="*", choices=[*PARTS, []])
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"{arguments.data}: folder not found")
    parts = PARTS | {"reports": partial(reports, with_sets=arguments.sets)}
    print(table_row("measure", "required", "target", "result", ""))
    results = [
        print_measure(*measure)
        for part in arguments.parts or parts
        for measure in parts[part](arguments.data, arguments.half)
    ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
