"""Measures of the judge on labeled pairs of claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agreement import auc, label_agreement, macro_f1
from running import Row, read_rows, run_monitor

PAIR_SETS = {  # the context in which a set's pairs are judged, and the labels that are used
    "advisory_revisions": ("revision", ("REPEATED", "CHANGED")),
    "fever_symmetric": ("revision", ("CHANGED",)),
    "sick": ("elsewhere", ("REPEATED", "CHANGED")),
    "sts_news3": ("elsewhere", ("REPEATED", "CHANGED", "NEW")),
}
SPEED_ROUNDS = 10  # repetitions of all pairs to measure the speed


def pairs(data: Path, half: str) -> Iterator[tuple[str, float]]:
    """Yield the name and value of each measure, from the program's verdicts on all sets."""
    gold = {name: load_pairs(data, half, name) for name in PAIR_SETS}
    all_pairs = [pair for agreements in gold.values() for pair in agreements]
    verdicts, seconds = run_judge(all_pairs)
    for audit, name in (("ok", "audit=ok"), (None, "all")):
        audited = [pair for pair in gold["advisory_revisions"] if audit in (None, pair["audit"])]
        labels, predicted = two_way(audited, verdicts)
        agreements = label_agreement(labels, predicted)
        yield f"advisory_revisions {name}: macro-F1", macro_f1(labels, predicted)
        yield f"advisory_revisions {name}: changed recall", agreements["CHANGED"].recall
        yield f"advisory_revisions {name}: repeated precision", agreements["REPEATED"].precision
        yield f"advisory_revisions {name}: repeated recall", agreements["REPEATED"].recall
    is_kept = [verdicts[pair["id"]]["novelty"] != "repeated" for pair in gold["fever_symmetric"]]
    yield "fever_symmetric: never suppressed", sum(is_kept) / len(is_kept)
    yield "sick: macro-F1", macro_f1(*two_way(gold["sick"], verdicts))
    labels, predicted = three_way(gold["sts_news3"], verdicts)
    # Its CHANGED means related, which is new here: only repeated has the same meaning.
    yield "sts_news3: repeated against the rest F1", label_agreement(labels, predicted)["REPEATED"].f1
    yield "sts_news3: three-way macro-F1", macro_f1(labels, predicted)
    similarities = [(verdicts[pair["id"]]["similarity"], pair["label"] == "NEW") for pair in gold["sts_news3"]]
    yield (
        "sts_news3: seen-before AUC",
        auc([s for s, new in similarities if not new], [s for s, new in similarities if new]),
    )
    yield "pairs judged a second", pairs_per_second(all_pairs, seconds)


def load_pairs(data: Path, half: str, name: str) -> list[Row]:
    """Return the pairs of a set as the program's input, with label and audit added."""
    context, labels = PAIR_SETS[name]
    return [
        {
            "id": f"{name}/{i}",
            "a": row["a"],
            "b": row["b"],
            "context": context,
            "label": row["label"],
            "audit": row.get("audit", "ok"),
        }
        for i, row in enumerate(read_rows(data / name / f"{half}.jsonl"))
        if row["label"] in labels
    ]


def run_judge(pairs_to_judge: Sequence[Row]) -> tuple[dict[str, Row], float]:
    """Return the verdicts by id, and their time in seconds. The program does not see the labels."""
    bare = [{key: pair[key] for key in ("id", "a", "b", "context")} for pair in pairs_to_judge]
    answers, seconds = run_monitor(["compare", "--pairs", "-", "--json"], bare)
    verdicts = {answer["id"]: answer for answer in answers}
    if missing := [pair["id"] for pair in pairs_to_judge if pair["id"] not in verdicts]:
        raise SystemExit(f"{len(missing)} pairs without a verdict, the first is {missing[0]}")
    return verdicts, seconds


def three_way(labeled: list[Row], verdicts: dict[str, Row]) -> tuple[list[str], list[str]]:
    """Return the labels and the predictions, in the same order."""
    return [pair["label"] for pair in labeled], [verdicts[pair["id"]]["novelty"].upper() for pair in labeled]


def two_way(labeled: list[Row], verdicts: dict[str, Row]) -> tuple[list[str], list[str]]:
    """Return the same, with new counted as changed, because both cause an alert."""
    labels, predicted = three_way(labeled, verdicts)
    return labels, ["CHANGED" if label == "NEW" else label for label in predicted]


def pairs_per_second(pairs_to_judge: list[Row], seconds: float) -> float:
    """Return pairs per second without the program's start-up, from the additional time of SPEED_ROUNDS rounds."""
    repeated = [{**pair, "id": f"{i}/{pair['id']}"} for i in range(SPEED_ROUNDS + 1) for pair in pairs_to_judge]
    _, total_seconds = run_judge(repeated)
    return SPEED_ROUNDS * len(pairs_to_judge) / max(1e-9, total_seconds - seconds)
