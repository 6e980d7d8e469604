"""`monitor calibrate`: measure how well the comparison agrees with your own labeled pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import json_option
from monitor.cli.output import open_text, pluralize, show_json, show_table, terminal_safe
from monitor.cli.render_findings import diff_parts, format_change
from monitor.cli.styles import print_beside_label, print_line
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.compare.calibrate import JudgedPair
    from monitor.compare.pairs import ClaimPair


@click.command("calibrate")
@click.argument("file", metavar="PAIRS.jsonl")
@click.option(
    "--show",
    "max_shown",
    metavar="N",
    default=10,
    show_default=True,
    type=click.IntRange(0),
    help="Maximum number of disagreements to show.",
)
@json_option
def command(file: str, max_shown: int, as_json: bool) -> None:
    """Measure the agreement with your own labeled pairs.

    PAIRS.jsonl has JSON lines with a, b, context and label (repeated, changed or new).
    """
    from monitor.compare.calibrate import judge_pairs

    pairs, faults = _read_pairs(file)
    if not pairs:
        raise MonitorError(f"{file} has no labeled pair{': ' + faults[0] if faults else ''}")
    results = judge_pairs(pairs)
    if as_json:
        show_json(_results_json(results, max_shown))
    else:
        _show_results(results, max_shown)
    for fault in faults:
        click.echo(f"{file}: {fault}", err=True)
    if faults:
        raise click.exceptions.Exit(1)


def _read_pairs(file: str) -> tuple[list[ClaimPair], list[str]]:
    """Return the labeled pairs of a file, and the errors of its invalid lines."""
    from monitor.compare.pairs import parse_pair

    pairs, faults = [], []
    with open_text(file) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                pairs += [parse_pair(line, number, required="label")] if line.strip() else []
            except ValueError as error:
                faults.append(f"line {number}: {terminal_safe(str(error))}")
    return pairs, faults


def _disagreements(results: Iterable[JudgedPair], max_shown: int) -> tuple[int, list[JudgedPair]]:
    """Return how many verdicts differ from their label, and the first of them."""
    disagreements = [result for result in results if not result.is_correct]
    return len(disagreements), disagreements[:max_shown]


def _results_json(results: Sequence[JudgedPair], max_shown: int) -> dict[str, Any]:
    from monitor.compare.calibrate import confusion_counts, label_scores
    from monitor.compare.pairs import NOVELTY_BY_LABEL

    matrix = confusion_counts(results)
    return {
        "pairs": len(results),
        "agree": sum(result.is_correct for result in results),
        "labels": {
            label.value: {
                "pairs": score.support,
                "precision": score.precision,
                "recall": score.recall,
                "f1": score.f1,
            }
            for label, score in label_scores(results).items()
        },
        "confusion": {
            label: {judged_label: matrix[expected, judged] for judged_label, judged in NOVELTY_BY_LABEL.items()}
            for label, expected in NOVELTY_BY_LABEL.items()
        },
        "wrong": [_disagreement_json(result) for result in _disagreements(results, max_shown)[1]],
    }


def _disagreement_json(result: JudgedPair) -> dict[str, Any]:
    from monitor.compare.pairs import verdict_json

    pair = result.pair
    labels = {
        "line": pair.line,
        "a": pair.before,
        "b": pair.after,
        "context": str(pair.relation),
        "label": str(pair.label),
    }
    return {**labels, **verdict_json(result.verdict)}


def _show_results(results: Sequence[JudgedPair], max_shown: int) -> None:
    """Print scores, the confusion matrix, and the first pairs whose verdict differs from the label."""
    from monitor.compare.calibrate import confusion_counts, label_scores
    from monitor.compare.pairs import NOVELTY_BY_LABEL

    matrix, agreeing = confusion_counts(results), sum(result.is_correct for result in results)
    total = len(results)
    print_line((f"{pluralize(total, 'pair')}, {agreeing} judged as labeled ({agreeing / total:.0%})", "bold"))
    print_line()
    rows = [
        (label, score.support, *map(_format_ratio, (score.precision, score.recall, score.f1)))
        for label, score in label_scores(results).items()
    ]
    show_table(("label", "pairs", "precision", "recall", "F1"), rows, "")
    print_line()
    matrix_rows = [
        (label, *(matrix[label, judged_label] for judged_label in NOVELTY_BY_LABEL.values()))
        for label in NOVELTY_BY_LABEL.values()
    ]
    show_table(("label", *(f"judged {judged_label}" for judged_label in NOVELTY_BY_LABEL)), matrix_rows, "")
    disagreement_count, disagreements = _disagreements(results, max_shown)
    if disagreements:
        is_cut = len(disagreements) < disagreement_count
        print_line()
        print_line(
            (f"{disagreement_count} judged differently{f', first {len(disagreements)}' if is_cut else ''}", "bold")
        )
        for result in disagreements:
            _show_disagreement(result)


def _format_ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _show_disagreement(result: JudgedPair) -> None:
    """Print a pair as a diff, or one claim below the other, and the changes found."""
    from monitor.compare.pairs import verdict_json

    pair, verdict = result.pair, verdict_json(result.verdict)
    print_line()
    labels = f"labeled {pair.label}, judged {verdict['novelty']}"
    details = f"{pair.relation}, similarity {verdict['similarity']:.0f}"
    print_beside_label((f"line {pair.line}", "bold"), (f"{labels} ({details})", "yellow"))
    before, after = terminal_safe(pair.before), terminal_safe(pair.after)
    if parts := diff_parts(before, after):
        print_beside_label(("", ""), *parts)
    else:
        print_beside_label(("", ""), (f"a: {before}", ""))
        print_beside_label(("", ""), (f"b: {after}", ""))
    if change_text := "; ".join(map(format_change, verdict["changes"])):
        print_beside_label(("", ""), (change_text, "dim"))
