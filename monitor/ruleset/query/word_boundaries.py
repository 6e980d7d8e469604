"""Regexes that must match whole words, compiled when the first text needs them.

RE2 has no look-around and its word boundaries are ASCII only, so the pattern includes the character before and after:
the edge of the text, or a character that is not part of an alphabetic word. A class of all Unicode letters makes a
pattern forty times as large; for most texts the letters of a few alphabets give the same result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import re2

UNSPACED_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}"
WORD_EDGE = rf"[^\pL\pN]|[{UNSPACED_SCRIPTS}]"
_COMMON_LETTERS = "À-ÖØ-öø-ɏЀ-ҁҊ-ԯ"  # letters of Latin and Cyrillic
_COMMON_SYMBOLS = "\u00a0-©«-±´¶-¸»¿×÷‐-‧‰-⁞€₴№"
COMMON_TEXT = re.compile(f"[\x00-\x7f{_COMMON_SYMBOLS}{_COMMON_LETTERS}]*")
COMMON_WORD_EDGE = f"[^0-9A-Za-z{_COMMON_LETTERS}]"
MAX_PATTERN_BYTES = 8 << 20  # of a pattern with its edges; a regex itself may use half
MAX_CACHED_PATTERNS = 2_000


def compile_re2(source: str, max_bytes: int = MAX_PATTERN_BYTES // 2) -> re2._Regexp:
    """Compile a case-insensitive RE2 pattern that does not log errors. Raises re2.error."""
    return re2._Regexp(source, pattern_options(max_bytes))


def pattern_options(max_bytes: int = MAX_PATTERN_BYTES) -> re2.Options:
    result = re2.Options()
    result.log_errors = False
    result.case_sensitive = False
    result.max_mem = max_bytes
    return result


def word_bounded(source: str, text: str) -> re2._Regexp:
    """Return the pattern that finds whole-word matches of `source` in `text`, as its group 1."""
    return _bounded_in_common_text(source) if COMMON_TEXT.fullmatch(text) else _bounded_in_any_text(source)


def bounded_spans(source: str, text: str, bare_pattern: re2._Regexp | None = None) -> Iterator[tuple[int, int]]:
    """Yield the whole-word matches of `source` in `text` as [start, end), left to right.

    `bare_pattern` is the compiled source without edges, if available. If its first match does not cut a word, it is
    also the first whole-word match, and the pattern with edges need not be compiled.
    """
    position = 0
    while position <= len(text) and (span := _first_bounded_span(source, text, position, bare_pattern)):
        yield span
        position = max(span[1], position + 1)


def _first_bounded_span(
    source: str, text: str, position: int, bare_pattern: re2._Regexp | None
) -> tuple[int, int] | None:
    if bare_pattern:
        start_at = position + 1 if position else 0  # two matches have a character between them
        bare_match = bare_pattern.search(text, start_at)
        if bare_match is None:
            return None
        start, end = bare_match.span()
        if (start == 0 or is_word_edge(text[start - 1])) and (end == len(text) or is_word_edge(text[end])):
            return start, end
    match = word_bounded(source, text).search(text, position)
    return match.span(1) if match else None


def is_word_edge(letter: str) -> bool:
    """Return whether a word can end next to this letter."""
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
