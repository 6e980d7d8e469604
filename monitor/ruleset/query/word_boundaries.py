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

UNSPACED_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}"
WORD_EDGE = rf"[^\pL\pN]|[{UNSPACED_SCRIPTS}]"
_COMMON_LETTERS = "À-ÖØ-öø-ɏЀ-ҁҊ-ԯ"  # of Latin and Cyrillic
_COMMON_SYMBOLS = "\u00a0-©«-±´¶-¸»¿×÷‐-‧‰-⁞€₴№"
COMMON_TEXT = re.compile(f"[\x00-\x7f{_COMMON_SYMBOLS}{_COMMON_LETTERS}]*")
COMMON_WORD_EDGE = f"[^0-9A-Za-z{_COMMON_LETTERS}]"
MAX_PATTERN_BYTES = 8 << 20  # of a pattern with its edges; what is asked for must leave room for them
MAX_CACHED_PATTERNS = 2_000


def compile_re2(source: str, max_bytes: int = MAX_PATTERN_BYTES // 2) -> re2._Regexp:
    """An RE2 pattern that ignores case and keeps its errors to itself. Raises re2.error."""
    return re2._Regexp(source, pattern_options(max_bytes))


def pattern_options(max_bytes: int = MAX_PATTERN_BYTES) -> re2.Options:
    """How every pattern is read."""
    result = re2.Options()
    result.log_errors = False
    result.case_sensitive = False
    result.max_mem = max_bytes
    return result


def word_bounded(source: str, text: str) -> re2._Regexp:
    """The pattern that finds `source` in `text`, in its group 1, where it spans whole words."""
    return _bounded_in_common_text(source) if COMMON_TEXT.fullmatch(text) else _bounded_in_any_text(source)


def bounded_spans(source: str, text: str, bare_pattern: re2._Regexp | None = None) -> Iterator[tuple[int, int]]:
    """Where `source` spans whole words of `text`: [start, end), from left to right.

    `bare` is the pattern of the source by itself, if it is at hand. The first that it finds is also the first that
    spans whole words if no word is cut by it, and then the pattern with its edges need not be compiled.
    """
    position = 0
    while position <= len(text) and (span := _first_bounded_span(source, text, position, bare_pattern)):
        yield span
        position = max(span[1], position + 1)


def _first_bounded_span(
    source: str, text: str, position: int, bare_pattern: re2._Regexp | None
) -> tuple[int, int] | None:
    if bare_pattern:
        bare_match = bare_pattern.search(
            text, position and position + 1
        )  # past the start a letter stands between two matches
        if bare_match is None:
            return None
        start, end = bare_match.span()
        if (start == 0 or is_word_edge(text[start - 1])) and (end == len(text) or is_word_edge(text[end])):
            return start, end
    match = word_bounded(source, text).search(text, position)
    return match.span(1) if match else None


def is_word_edge(letter: str) -> bool:
    """Can a word end beside this letter?"""
    return not letter.isalnum() if letter.isascii() else _is_non_ascii_word_edge(letter)


@lru_cache(maxsize=MAX_CACHED_PATTERNS)
def _is_non_ascii_word_edge(letter: str) -> bool:
    return compile_re2(WORD_EDGE).fullmatch(letter) is not None


@lru_cache(maxsize=MAX_CACHED_PATTERNS)
def _bounded_in_common_text(source: str) -> re2._Regexp:
    return _bounded_pattern(source, COMMON_WORD_EDGE)


@lru_cache(maxsize=MAX_CACHED_PATTERNS // 20)
def _bounded_in_any_text(source: str) -> re2._Regexp:
    return _bounded_pattern(source, WORD_EDGE)


def _bounded_pattern(source: str, edge: str) -> re2._Regexp:
    return compile_re2(rf"(?:^|{edge})({source})(?:$|{edge})", MAX_PATTERN_BYTES)
