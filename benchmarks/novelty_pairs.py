"""The measures of the judge on labelled pairs of claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agreement import agreement, auc, macro_f1
from running import Row, answers, rows

SETS = {  # the context in which a set's pairs are judged, and its labels that count
    "advisory_revisions": ("revision", ("REPEATED", "CHANGED")),
    "fever_symmetric": ("revision", ("CHANGED",)),
    "sick": ("elsewhere", ("REPEATED", "CHANGED")),
    "sts_news3": ("elsewhere", ("REPEATED", "CHANGED", "NEW")),
}
ROUNDS = 10  # of all pairs, to take their speed


def pairs(data: Path, half: str) -> Iterator[tuple[str, float]]:
    """Each measure by name with its value, as the program judges the pairs of all sets."""
    gold = {name: labelled(data, half, name) for name in SETS}
    asked = [pair for found in gold.values() for pair in found]
    verdicts, seconds = judged(asked)
    for audit, name in (("ok", "audit=ok"), (None, "all")):
        chosen = [pair for pair in gold["advisory_revisions"] if audit in (None, pair["audit"])]
        labels, called = two_way(chosen, verdicts)
        found = agreement(labels, called)
        yield f"advisory_revisions {name}: macro-F1", macro_f1(labels, called)
        yield f"advisory_revisions {name}: changed recall", found["CHANGED"].recall
        yield f"advisory_revisions {name}: repeated precision", found["REPEATED"].precision
        yield f"advisory_revisions {name}: repeated recall", found["REPEATED"].recall
    kept = [verdicts[pair["id"]]["novelty"] != "repeated" for pair in gold["fever_symmetric"]]
    yield "fever_symmetric: never suppressed", sum(kept) / len(kept)
    yield "sick: macro-F1", macro_f1(*two_way(gold["sick"], verdicts))
    yield "sts_news3: three-way macro-F1", macro_f1(*three_way(gold["sts_news3"], verdicts))
    alike = [(verdicts[pair["id"]]["similarity"], pair["label"] == "NEW") for pair in gold["sts_news3"]]
    yield "sts_news3: seen-before AUC", auc([s for s, new in alike if not new], [s for s, new in alike if new])
    yield "pairs judged a second", speed(asked, seconds)


def labelled(data: Path, half: str, name: str) -> list[Row]:
    """The pairs of a set, as the program takes them, with label and audit beside."""
    context, labels = SETS[name]
    return [
        {
            "id": f"{name}/{i}",
            "a": row["a"],
            "b": row["b"],
            "context": context,
            "label": row["label"],
            "audit": row.get("audit", "ok"),
        }
        for i, row in enumerate(rows(data / name / f"{half}.jsonl"))
        if row["label"] in labels
    ]


def judged(asked: list[Row]) -> tuple[dict[str, Row], float]:
    """The verdicts by id, and how many seconds they took; the program is not shown the labels."""
    bare = [{key: pair[key] for key in ("id", "a", "b", "context")} for pair in asked]
    said, seconds = answers(["compare", "--pairs", "-", "--json"], bare)
    verdicts = {one["id"]: one for one in said}
    if missing := [pair["id"] for pair in asked if pair["id"] not in verdicts]:
        raise SystemExit(f"{len(missing)} pairs were not judged, {missing[0]} is the first")
    return verdicts, seconds


def three_way(chosen: list[Row], verdicts: dict[str, Row]) -> tuple[list[str], list[str]]:
    """The labels and what was said, side by side."""
    return [pair["label"] for pair in chosen], [verdicts[pair["id"]]["novelty"].upper() for pair in chosen]


def two_way(chosen: list[Row], verdicts: dict[str, Row]) -> tuple[list[str], list[str]]:
    """The same where new, which people are told too, counts as changed."""
    labels, said = three_way(chosen, verdicts)
    return labels, ["CHANGED" if one == "NEW" else one for one in said]


def speed(asked: list[Row], seconds: float) -> float:
    """Pairs a second without the start of the program: what more rounds take on top of the `seconds` of one."""
    more = [{**pair, "id": f"{i}/{pair['id']}"} for i in range(ROUNDS + 1) for pair in asked]
    _, longer = judged(more)
    return ROUNDS * len(asked) / max(1e-9, longer - seconds)
