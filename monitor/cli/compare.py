"""`monitor compare`: what is new between two texts, or in pairs of claims; the daemon's own judgement, no store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.findings import show_findings
from monitor.cli.options import json_option
from monitor.cli.output import open_text, show_json
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.model import Verdict

LARGEST = 10_000_000  # characters of a text


@click.command("compare")
@click.argument("texts", metavar="PRIOR NEW", nargs=-1)
@click.option("--pairs", metavar="FILE|-", help="Judge JSON lines with id, a, b and context, instead of two texts.")
@json_option
def command(texts: tuple[str, ...], pairs: str | None, as_json: bool) -> None:
    """Show what the text file NEW says that PRIOR did not."""
    if pairs is not None and not texts:
        _judge(pairs, as_json)
    elif pairs is None and len(texts) == 2:
        prior, new = map(_text, texts)
        findings = list(_between(prior, new))
        if as_json:
            show_json(findings)
        else:
            show_findings(findings)
    else:
        raise click.UsageError("expected two text files, or --pairs with one file of JSON lines")


def _judge(pairs: str, as_json: bool) -> None:
    from monitor.compare.pairs import judge_lines, judged
    from monitor.garbage import loaded_for_good

    with open_text(pairs) as lines, loaded_for_good():
        if as_json:
            for verdict in judge_lines(lines):
                print(json.dumps(verdict, ensure_ascii=False))  # unlike click's echo in one piece with others
        else:
            show_findings(_beside(pair, verdict) for pair, verdict in judged(lines))


def _beside(pair: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    """A pair as a finding: what is said now, beside what was said before."""
    from monitor.compare.pairs import as_json

    return {"of": f"pair {pair['id']}", "claim": pair["b"], "nearest": {"text": pair["a"]}, **as_json(verdict)}


def _text(name: str) -> str:
    with open_text(name) as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise MonitorError(f"{name} is too long to compare: more than {LARGEST // 1_000_000} million characters")
    return text


def _between(prior: str, new: str) -> Iterator[dict[str, Any]]:
    """The findings of an entry that said `prior` and is edited to say `new`."""
    from monitor.deliver.payload import change_data
    from monitor.text.words import NO_SYNONYMS
    from monitor.trial import brought

    for finding in brought(prior, new, NO_SYNONYMS):
        yield {
            "claim": finding.claim.text,
            "novelty": str(finding.novelty),
            "similarity": round(finding.similarity, 1),
            "changes": [change_data(change) for change in finding.changes],
            "nearest": finding.nearest and {"text": finding.nearest.text},
        }
