"""Warns of words in a valid query that were probably meant as something else: `more than 5`, `'on fire'`, `a, b`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.ruleset.query.faults import SyntaxFault

# A phrase in quotes, a regex, or a term with exact case: their words are meant as they are.
LITERAL = re.compile(r'=?"[^"]*"|(?<![^\s(])/(?:\\.|[^\\/])*/')
NUMBER = r"(?P<number>[A-Z]{0,3}[$€£¥]?\d[\d,.]*\w*%?)"
COMPARISONS = {
    ">": r"(?:more|greater|higher|larger|bigger) than|above|over|exceed(?:s|ing)?",
    "<": r"(?:less|fewer|lower|smaller) than|below|under",
    ">=": r"at least|no less than|no fewer than",
    "<=": r"at most|up to",
}
SPELLED_OPERATOR = re.compile(r"(?<![\w*:])(?i:same\s+(?:sentence|paragraph)|first\s+\d+|atleast\s+\d+)(?![\w*])")
SINGLE_QUOTED = re.compile(r"(?<![\w’])'(\w[^'\"()]*)'(?!\w)")
TRAILING_COMMA = re.compile(r"(?<![^\s(])[^\s()\",]+,(?=\s|$)")
THOUSANDS_WITH_DOT = re.compile(r"(?:[<>=≤≥]|between|and)\s*(\d{1,3})\.(\d{3})(?![\w.%])(?!\s*(?:%|per|bp))")


def likely_mistakes(text: str) -> Iterator[SyntaxFault]:
    """Yield a warning for each place of a query that reads like English or another tool's language."""
    masked = LITERAL.sub(lambda match: "_" * len(match[0]), text)
    for offset, message in (
        *compared_in_words(masked),
        *spelled_operators(masked),
        *single_quotes(masked),
        *commas(masked),
        *dotted_thousands(masked),
    ):
        yield SyntaxFault(message, offset, warning=True)


def compared_in_words(text: str) -> Iterator[tuple[int, str]]:
    for sign, words in COMPARISONS.items():
        for match in re.finditer(rf"(?<![\w*])(?:{words})\s+{NUMBER}", text):
            times = f", for occurrences `ATLEAST {match['number']}`" if sign == ">=" else ""
            message = f"`{match[0]}` are words here: for a number write `{sign} {match['number']}`{times}"
            yield match.start(), message


def spelled_operators(text: str) -> Iterator[tuple[int, str]]:
    for match in SPELLED_OPERATOR.finditer(text):
        if match[0] != match[0].upper():
            message = f"`{match[0]}` are words here: write {match[0].upper()} for the operator"
            yield match.start(), f"{message}, or quotes for a phrase"


def single_quotes(text: str) -> Iterator[tuple[int, str]]:
    for match in SINGLE_QUOTED.finditer(text):
        if not re.search(r"\s", match[1]):
            continue
        yield match.start(), f'`{match[0]}` is no phrase: a phrase has double quotes, `"{match[1]}"`'


def commas(text: str) -> Iterator[tuple[int, str]]:
    for match in TRAILING_COMMA.finditer(text):
        yield (
            match.start(),
            f"the comma of `{match[0]}` has no meaning: leave it out, or write OR between alternatives",
        )


def dotted_thousands(text: str) -> Iterator[tuple[int, str]]:
    for match in THOUSANDS_WITH_DOT.finditer(text):
        number = f"{match[1]}.{match[2]}"
        yield match.start(1), f"`{number}` is {match[1]} and a fraction: for thousands write `{match[1]},{match[2]}`"
