"""Findings as a person reads them in a terminal: the news first, what it was before beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import click

from monitor.cli.output import plain

_COLOURS = {"new": "green", "changed": "yellow", "withdrawn": "red", "repeated": None}
_MARGIN = " " * 11


def show_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Each finding on a few lines, then how many there were of each novelty."""
    counted: Counter[str] = Counter()
    for finding in findings:
        counted[finding["novelty"]] += 1
        show_finding(finding)
    click.echo(", ".join(f"{number} {novelty}" for novelty, number in counted.items()) or "nothing new")


def show_finding(finding: Mapping[str, Any]) -> None:
    """One finding: its claim, what moved, and the nearest earlier claim."""
    novelty = finding["novelty"]
    click.echo(f"{click.style(f'{novelty:<11}', fg=_COLOURS[novelty])}{plain(finding['claim'])}")
    moved = "; ".join(_change(change) for change in finding["changes"])
    if moved:
        click.echo(f"{_MARGIN}{click.style(moved, bold=True)}")
    if novelty in ("changed", "repeated") and finding["nearest"]:
        was = f"was: {plain(finding['nearest']['text'])} ({finding['similarity']:.0f})"
        click.echo(f"{_MARGIN}{click.style(was, dim=True)}")


def _change(change: Mapping[str, str]) -> str:
    before, after = plain(change["before"]), plain(change["after"])
    return f"{change['kind']}: {before} → {after}" if before and after else f"{change['kind']}: {before or after}"
