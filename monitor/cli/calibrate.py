"""`monitor calibrate`: how well the judge agrees with somebody's own labelled pairs."""

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
    from monitor.compare.calibrate import AnnotatedPair, JudgedPair


@click.command("calibrate")
@click.argument("file", metavar="PAIRS.jsonl")
@click.option(
    "--show", "max_shown", metavar="N", default=10, show_default=True, type=click.IntRange(0), help="How many."
)
@json_option
def command(file: str, max_shown: int, as_json: bool) -> None:
    """Judge JSON lines with a, b, context and label (repeated, changed or new); show how often that agrees, and where
    it does not.
    """
    from monitor.compare.calibrate import judge_pairs

    pairs, faults = _read_pairs(file)
    if not pairs:
        raise MonitorError(f"{file} holds no labelled pair{': ' + faults[0] if faults else ''}")
    results = judge_pairs(pairs)
    if as_json:
        show_json(_results_json(results, max_shown))
    else:
        _show_results(results, max_shown)
    for fault in faults:
        click.echo(f"{file}: {fault}", err=True)
    if faults:
        raise click.exceptions.Exit(1)


def _read_pairs(file: str) -> tuple[list[AnnotatedPair], list[str]]:
    """The labelled pairs of a file, and what is wrong with the lines that are none."""
    from monitor.compare.calibrate import parse_annotated_pair

    pairs, faults = [], []
    with open_text(file) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                pairs += [parse_annotated_pair(line, number)] if line.strip() else []
            except ValueError as error:
                faults.append(f"line {number}: {terminal_safe(str(error))}")
    return pairs, faults


def _disagreements(results: Iterable[JudgedPair], max_shown: int) -> tuple[int, list[JudgedPair]]:
    """How many were judged otherwise than labelled, and the first of them."""
    disagreements = [result for result in results if not result.is_correct]
    return len(disagreements), disagreements[:max_shown]


def _results_json(results: Sequence[JudgedPair], max_shown: int) -> dict[str, Any]:
    from monitor.compare.calibrate import NOVELTY_BY_LABEL, confusion_counts, label_scores

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
            label: {
                judged_label: matrix[result, judged_novelty]
                for judged_label, judged_novelty in NOVELTY_BY_LABEL.items()
            }
            for label, result in NOVELTY_BY_LABEL.items()
        },
        "wrong": [_disagreement_json(result) for result in _disagreements(results, max_shown)[1]],
    }


def _disagreement_json(result: JudgedPair) -> dict[str, Any]:
    from monitor.compare.calibrate import verdict_json

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
    """Two tables and the pairs on which the judge and the labels differ."""
    from monitor.compare.calibrate import NOVELTY_BY_LABEL, confusion_counts, label_scores

    matrix, agreeing = confusion_counts(results), sum(result.is_correct for result in results)
    print_line(
        (f"{pluralize(len(results), 'pair')}, {agreeing} judged as labelled ({agreeing / len(results):.0%})", "bold")
    )
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
        print_line()
        print_line(
            (
                f"{disagreement_count} judged otherwise"
                + (f", the first {len(disagreements)}" if len(disagreements) < disagreement_count else ""),
                "bold",
            )
        )
        for result in disagreements:
            _show_disagreement(result)


def _format_ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _show_disagreement(result: JudgedPair) -> None:
    """A pair as a diff, or one claim under the other, and what the judge saw in it."""
    from monitor.compare.calibrate import verdict_json

    pair, verdict = result.pair, verdict_json(result.verdict)
    print_line()
    summary = f"labelled {pair.label}, judged {verdict['novelty']} ({pair.relation}, similarity {verdict['similarity']:.0f})"
    print_beside_label((f"line {pair.line}", "bold"), (summary, "yellow"))
    before, after = terminal_safe(pair.before), terminal_safe(pair.after)
    if parts := diff_parts(before, after):
        print_beside_label(("", ""), *parts)
    else:
        print_beside_label(("", ""), (f"a: {before}", ""))
        print_beside_label(("", ""), (f"b: {after}", ""))
    if change_text := "; ".join(map(format_change, verdict["changes"])):
        print_beside_label(("", ""), (change_text, "dim"))
