#!/usr/bin/env python3
"""Measures how well new, changed and repeated are told apart, and stories from each other, on labelled collections.

usage: novelty.py --data DIR [--half dev] [PART ...]

PART: pairs, tolls, stories, advisories; all without. It runs `monitor compare --pairs -` and `monitor replay -` and
prints for each measure what it must reach, what it aims at, and what it got. Exit code 1 when one was missed.
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
    """What a measure must reach and aims at; `most` when less is better."""

    must: float
    aim: float
    is_maximum: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.must if self.is_maximum else value >= self.must


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
    "advisories: news told": Bound(0.92, 0.97),
    "advisories: alerts an editorial update": Bound(0.25, 0.12, is_maximum=True),
    "advisories: alerts a storm update": Bound(0.15, 0.06, is_maximum=True),
    "advisories: minutes": Bound(10, 3, is_maximum=True),
}


def table_row(name: str, must: str, aim: str, value: str, verdict: str) -> str:
    return f"{name:<50}{must:>10}{aim:>10}{value:>10}  {verdict}".rstrip()


def format_number(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"


def print_measure(name: str, value: float) -> bool:
    """One line of the table; whether the measure is as it must be."""
    bound = BOUNDS.get(name)
    if bound is None:
        print(table_row(name, "", "", format_number(value), ""), flush=True)
        return True
    sign = "≤ " if bound.is_maximum else ""
    is_met = bound.is_met(value)
    verdict = "ok" if is_met else "miss"
    print(
        table_row(
            name, sign + format_number(bound.must), sign + format_number(bound.aim), format_number(value), verdict
        ),
        flush=True,
    )
    return is_met


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True, help="the folder of the collections")
    options.add_argument("--half", default="dev")
    options.add_argument("parts", metavar="PART", nargs="*", choices=[*PARTS, []])
    chosen = options.parse_args()
    if not chosen.data.is_dir():
        sys.exit(f"{chosen.data}: there is no such folder")
    print(table_row("measure", "must", "aim", "got", ""))
    results = [
        print_measure(*measure) for part in chosen.parts or PARTS for measure in PARTS[part](chosen.data, chosen.half)
    ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
