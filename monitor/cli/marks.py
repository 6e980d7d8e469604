"""Marks in a claim the words that met a query."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from monitor.cli.output import terminal_safe


def highlight_matches(claim: str, matched: Sequence[str]) -> str:
    """The claim with these words of it in brackets, and bold where there are styles."""
    words = sorted(map(terminal_safe, matched), key=len, reverse=True)
    if not words:
        return claim
    return re.sub(
        "|".join(map(_whole_word_pattern, words)),
        lambda word_match: click.style(f"[{word_match[0]}]", bold=True),
        claim,
    )


def _whole_word_pattern(word: str) -> str:
    """A pattern for the whole word; scripts without spaces have no bounds to hold it to."""
    return rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word)
