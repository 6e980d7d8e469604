"""Regexes that must span whole words, compiled when a text is met that they may match.

RE2 has no look-around and knows words of ASCII alone, so the letter before and the letter after are part of the
pattern: none, or one that no word of an alphabet holds. A class of all letters of Unicode makes a pattern forty times
as large; for most texts those of a few alphabets say the same.
"""

from __future__ import annotations

import re
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


@lru_cache(maxsize=MOST_KEPT)
def _common(source: str) -> re2._Regexp:
    return _between(source, COMMON_EDGE)


@lru_cache(maxsize=MOST_KEPT // 20)
def _any(source: str) -> re2._Regexp:
    return _between(source, EDGE)


def _between(source: str, edge: str) -> re2._Regexp:
    return pattern(rf"(?:^|{edge})({source})(?:$|{edge})", MOST_MEMORY)
