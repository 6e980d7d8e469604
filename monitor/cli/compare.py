"""`monitor compare`: compare two texts or pairs of claims as the daemon does, without a store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import json_option
from monitor.cli.output import open_text, safe_json, show_json
from monitor.cli.render_findings import show_findings
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.compare.pairs import ClaimPair
    from monitor.model import Verdict

MAX_TEXT_CHARS = 10_000_000


@click.command("compare")
@click.argument("texts", metavar="PRIOR NEW", nargs=-1)
@click.option("--pairs", metavar="FILE|-", help="Compare JSON lines with id, a, b and context instead of two texts.")
@json_option
def command(texts: tuple[str, ...], pairs: str | None, as_json: bool) -> None:
    """Show which claims of the text file NEW differ from PRIOR."""
    if pairs is not None and not texts:
        _compare_pairs(pairs, as_json)
    elif pairs is None and len(texts) == 2:
        prior, new = map(_read_text, texts)
        findings = list(_compare_texts(prior, new))
        if as_json:
            show_json(findings)
        else:
            show_findings(findings)
    else:
        raise click.UsageError("expected two text files, or --pairs with one file of JSON lines")


def _compare_pairs(pairs: str, as_json: bool) -> None:
    from monitor.compare.pairs import judge_lines, verdict_json
    from monitor.daemon.memory import freeze_loaded_objects

    with open_text(pairs) as lines, freeze_loaded_objects():
        if as_json:
            for pair, verdict in judge_lines(lines):
                print(safe_json({"id": pair.id, **verdict_json(verdict)}))  # unlike click.echo, not flushed per line
        else:
            show_findings(_pair_as_finding(pair, verdict) for pair, verdict in judge_lines(lines))


def _pair_as_finding(pair: ClaimPair, verdict: Verdict) -> dict[str, Any]:
    """Return a pair and its verdict in the format of a finding."""
    from monitor.compare.pairs import verdict_json

    return {"of": f"pair {pair.id}", "claim": pair.after, "nearest": {"text": pair.before}, **verdict_json(verdict)}


def _read_text(file_name: str) -> str:
    with open_text(file_name) as file:
        text = file.read(MAX_TEXT_CHARS + 1)
    if len(text) > MAX_TEXT_CHARS:
        raise MonitorError(
            f"{file_name} is too long to compare: more than {MAX_TEXT_CHARS // 1_000_000} million characters"
        )
    return text


def _compare_texts(prior: str, new: str) -> Iterator[dict[str, Any]]:
    """Yield the findings of an entry whose text is edited from `prior` to `new`."""
    from monitor.backtest.rule_tests import findings_between
    from monitor.serialize import change_to_json, evidence_to_json
    from monitor.text.analysis import NO_SYNONYMS

    for finding in findings_between(prior, new, NO_SYNONYMS):
        yield {
            "claim": finding.claim.text,
            "novelty": str(finding.novelty),
            "similarity": round(finding.similarity, 1),
            "changes": [change_to_json(change) for change in finding.changes],
            "nearest": finding.nearest and {"text": finding.nearest.text},
            "evidence": evidence_to_json(finding.evidence),
        }
