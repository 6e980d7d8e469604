#!/usr/bin/env python3
"""Prints the judge's errors on labeled pairs: their number, and the pairs with the changes that it found.

usage: pairs_report.py PAIRS.jsonl revision|elsewhere [--only REPEATED:changed] [--limit 40]

Each line of the file has "a" (earlier), "b" (now) and "label": REPEATED, CHANGED or NEW; pairs with other labels are
skipped. For a revision, new counts as changed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from monitor.compare.verdict import judge
from monitor.model import Novelty, Relation, Verdict
from monitor.text.analysis import analyze

LABELS = {"REPEATED", "CHANGED", "NEW"}


def predicted_label(verdict: Verdict, context: Relation) -> str:
    """Return the verdict as a lower-case label."""
    if context is Relation.REVISION and verdict.novelty is Novelty.NEW:
        return "changed"
    return verdict.novelty.value


def report(path: Path, context: Relation, only: str | None, limit: int) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = [row for row in rows if row["label"] in LABELS]
    started = time.process_time()
    verdicts = [judge(analyze(row["a"]), analyze(row["b"]), context) for row in rows]
    seconds = time.process_time() - started
    outcomes = [
        f"{row['label']}:{predicted_label(verdict, context)}" for row, verdict in zip(rows, verdicts, strict=True)
    ]
    for outcome, count in sorted(Counter(outcomes).items()):
        print(f"{count:6} {outcome}")
    print(f"{len(rows) / seconds:6.0f} pairs per second, each text analyzed once")
    shown = 0
    for row, verdict, outcome in zip(rows, verdicts, outcomes, strict=True):
        is_wrong = outcome.split(":")[0].lower() != outcome.split(":")[1]
        if (outcome == only if only else is_wrong) and shown < limit:
            shown += 1
            print(f"\n{outcome}  similarity {verdict.similarity:.0f}\n  - {row['a']}\n  + {row['b']}")
            for change in verdict.changes:
                print(f"    {change.kind}: {change.before!r} -> {change.after!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("context", type=Relation, choices=list(Relation))
    parser.add_argument("--only", help="show the pairs of one outcome, such as REPEATED:changed")
    parser.add_argument("--limit", type=int, default=40)
    arguments = parser.parse_args()
    if not arguments.pairs.is_file():
        sys.exit(f"{arguments.pairs}: file not found")
    report(arguments.pairs, arguments.context, arguments.only, arguments.limit)


if __name__ == "__main__":
    main()
