"""`monitor calibrate`: how well the judge agrees with somebody's own labelled pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.findings import change, difference
from monitor.cli.options import json_option
from monitor.cli.output import count, open_text, plain, show_json, show_table
from monitor.cli.screen import show, show_beside
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.compare.calibrate import Judged, Labelled


@click.command("calibrate")
@click.argument("file", metavar="PAIRS.jsonl")
@click.option("--show", "most", metavar="N", default=10, show_default=True, type=click.IntRange(0), help="How many.")
@json_option
def command(file: str, most: int, as_json: bool) -> None:
    """Judge JSON lines with a, b, context and label (repeated, changed or new); show how often that agrees, and where
    it does not.
    """
    from monitor.compare.calibrate import judged

    pairs, faults = _read(file)
    if not pairs:
        raise MonitorError(f"{file} holds no labelled pair{': ' + faults[0] if faults else ''}")
    found = judged(pairs)
    if as_json:
        show_json(_json(found, most))
    else:
        _show(found, most)
    for fault in faults:
        click.echo(f"{file}: {fault}", err=True)
    if faults:
        raise click.exceptions.Exit(1)


def _read(file: str) -> tuple[list[Labelled], list[str]]:
    """The labelled pairs of a file, and what is wrong with the lines that are none."""
    from monitor.compare.calibrate import labelled

    pairs, faults = [], []
    with open_text(file) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                pairs += [labelled(line, number)] if line.strip() else []
            except ValueError as error:
                faults.append(f"line {number}: {plain(str(error))}")
    return pairs, faults


def _wrong(found: Iterable[Judged], most: int) -> tuple[int, list[Judged]]:
    """How many were judged otherwise than labelled, and the first of them."""
    wrong = [one for one in found if not one.right]
    return len(wrong), wrong[:most]


def _json(found: Sequence[Judged], most: int) -> dict[str, Any]:
    from monitor.compare.calibrate import LABELS, confusion, scores

    counted = confusion(found)
    return {
        "pairs": len(found),
        "agree": sum(one.right for one in found),
        "labels": {
            label.value: {"pairs": s.pairs, "precision": s.precision, "recall": s.recall, "f1": s.f1}
            for label, s in scores(found).items()
        },
        "confusion": {
            label: {said: counted[one, other] for said, other in LABELS.items()} for label, one in LABELS.items()
        },
        "wrong": [_wrong_json(one) for one in _wrong(found, most)[1]],
    }


def _wrong_json(one: Judged) -> dict[str, Any]:
    from monitor.compare.pairs import as_json

    pair = one.pair
    said = {
        "line": pair.line,
        "a": pair.before,
        "b": pair.now,
        "context": str(pair.context),
        "label": str(pair.label),
    }
    return {**said, **as_json(one.verdict)}


def _show(found: Sequence[Judged], most: int) -> None:
    """Two tables and the pairs on which the judge and the labels differ."""
    from monitor.compare.calibrate import LABELS, confusion, scores

    counted, right = confusion(found), sum(one.right for one in found)
    show((f"{count(len(found), 'pair')}, {right} judged as labelled ({right / len(found):.0%})", "bold"))
    show()
    rows = [(label, s.pairs, *map(_share, (s.precision, s.recall, s.f1))) for label, s in scores(found).items()]
    show_table(("label", "pairs", "precision", "recall", "F1"), rows, "")
    show()
    table = [(label, *(counted[label, said] for said in LABELS.values())) for label in LABELS.values()]
    show_table(("label", *(f"judged {said}" for said in LABELS)), table, "")
    number, wrong = _wrong(found, most)
    if wrong:
        show()
        show((f"{number} judged otherwise" + (f", the first {len(wrong)}" if len(wrong) < number else ""), "bold"))
        for one in wrong:
            _show_wrong(one)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _show_wrong(one: Judged) -> None:
    """A pair as a diff, or one claim under the other, and what the judge saw in it."""
    from monitor.compare.pairs import as_json

    pair, verdict = one.pair, as_json(one.verdict)
    show()
    said = (
        f"labelled {pair.label}, judged {verdict['novelty']} ({pair.context}, similarity {verdict['similarity']:.0f})"
    )
    show_beside((f"line {pair.line}", "bold"), (said, "yellow"))
    before, now = plain(pair.before), plain(pair.now)
    if parts := difference(before, now):
        show_beside(("", ""), *parts)
    else:
        show_beside(("", ""), (f"a: {before}", ""))
        show_beside(("", ""), (f"b: {now}", ""))
    if moved := "; ".join(map(change, verdict["changes"])):
        show_beside(("", ""), (moved, "dim"))
