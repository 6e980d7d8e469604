#!/usr/bin/env python3
"""Shows where the judge errs on labelled pairs, to be read: how often, and the pairs with what it saw.

usage: pairs_report.py PAIRS.jsonl revision|elsewhere [--only REPEATED:changed] [--limit 40]

Each line of the file holds "a" (said before), "b" (said now) and "label": REPEATED, CHANGED, NEW or anything else,
which is left out. For a revision, new counts as changed.
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
    """What the judge says, in the words of the labels."""
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
    print(f"{len(rows) / seconds:6.0f} pairs a second, every text read once")
    shown = 0
    for row, verdict, outcome in zip(rows, verdicts, outcomes, strict=True):
        wrong = outcome.split(":")[0].lower() != outcome.split(":")[1]
        if (outcome == only if only else wrong) and shown < limit:
            shown += 1
            print(f"\n{outcome}  similarity {verdict.similarity:.0f}\n  - {row['a']}\n  + {row['b']}")
            for change in verdict.changes:
                print(f"    {change.kind}: {change.before!r} -> {change.after!r}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("pairs", type=Path)
    options.add_argument("context", type=Relation, choices=list(Relation))
    options.add_argument("--only", help="show the pairs of one outcome, such as REPEATED:changed")
    options.add_argument("--limit", type=int, default=40)
    chosen = options.parse_args()
    if not chosen.pairs.is_file():
        sys.exit(f"{chosen.pairs}: there is no such file")
    report(chosen.pairs, chosen.context, chosen.only, chosen.limit)


if __name__ == "__main__":
    main()
