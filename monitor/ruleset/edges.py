"""Regexes that must span whole words, compiled when a text is met that they may match.

RE2 has no look-around and knows words of ASCII alone, so the letter before and the letter after are part of the
pattern: none, or one that no word of an alphabet holds. A class of all letters of Unicode makes a pattern forty times
as large; for most texts those of a few alphabets say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import re2

SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}"
EDGE = rf"[^\pL\pN]|[{SCRIPTS}]"
_LETTERS = "À-ÖØ-öø-ɏЀ-ҁҊ-ԯ"  # of Latin and Cyrillic
_SIGNS = "\u00a0-©«-±´¶-¸»¿×÷‐-‧‰-⁞€₴№"
COMMON = re.compile(f"[\x00-\x7f{_SIGNS}{_LETTERS}]*")
COMMON_EDGE = f"[^0-9A-Za-z{_LETTERS}]"
MOST_MEMORY = 8 << 20  # of a pattern with its edges; what is asked for must leave room for them
MOST_KEPT = 2_000


def pattern(source: str, memory: int = MOST_MEMORY // 2) -> re2._Regexp:
    """An RE2 pattern that ignores case and keeps its errors to itself. Raises re2.error."""
    return re2._Regexp(source, options(memory))


def options(memory: int = MOST_MEMORY) -> re2.Options:
    """How every pattern is read."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.case_sensitive = False
    chosen.max_mem = memory
    return chosen


def whole(source: str, text: str) -> re2._Regexp:
    """The pattern that finds `source` in `text`, in its group 1, where it spans whole words."""
    return _common(source) if COMMON.fullmatch(text) else _any(source)


def spans(source: str, text: str, bare: re2._Regexp | None = None) -> Iterator[tuple[int, int]]:
    """Where `source` spans whole words of `text`: [start, end), from left to right.

    `bare` is the pattern of the source by itself, if it is at hand. The first that it finds is also the first that
    spans whole words if no word is cut by it, and then the pattern with its edges need not be compiled.
    """
    at = 0
    while at <= len(text) and (found := _first(source, text, at, bare)):
        yield found
        at = max(found[1], at + 1)


def _first(source: str, text: str, at: int, bare: re2._Regexp | None) -> tuple[int, int] | None:
    if bare:
        quick = bare.search(text, at and at + 1)  # past the start a letter stands between two matches
        if quick is None:
            return None
        start, end = quick.span()
        if (start == 0 or is_edge(text[start - 1])) and (end == len(text) or is_edge(text[end])):
            return start, end
    found = whole(source, text).search(text, at)
    return found.span(1) if found else None


def is_edge(letter: str) -> bool:
    """Can a word end beside this letter?"""
    return not letter.isalnum() if letter.isascii() else _is_foreign_edge(letter)


@lru_cache(maxsize=MOST_KEPT)
def _is_foreign_edge(letter: str) -> bool:
    return pattern(EDGE).fullmatch(letter) is not None


@lru_cache(maxsize=MOST_KEPT)
def _common(source: str) -> re2._Regexp:
    return _between(source, COMMON_EDGE)


@lru_cache(maxsize=MOST_KEPT // 20)
def _any(source: str) -> re2._Regexp:
    return _between(source, EDGE)


def _between(source: str, edge: str) -> re2._Regexp:
    return pattern(rf"(?:^|{edge})({source})(?:$|{edge})", MOST_MEMORY)
