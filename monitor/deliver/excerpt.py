"""Shortens a sentence around the words that are its news: the beginning, an ellipsis, and the news."""

from __future__ import annotations

from monitor.deliver.sanitize import shorten
from monitor.text.facts.tokens import STOPWORD, build_word

_GAP = " … "
_MIN_TAIL_CHARS = 24  # before the news, words that lead to it: "… took place on 5 November"


def excerpt(text: str, start: int, end: int, limit: int) -> str:
    """Return at most `limit` characters of a text that include [start, end) and how the text begins.

    News of more than half the limit are shortened themselves.
    """
    end = min(end, start + limit // 2)
    beginning = shorten(text, limit)
    if beginning == text or len(beginning) > end:
        return beginning
    opening = _opening(text, min(limit // 2, limit - (end - start) - len(_GAP) - _MIN_TAIL_CHARS, start))
    if not opening:
        return shorten("…" + text[start:], limit)
    room = limit - len(opening) - len(_GAP)
    last = len(text) if len(text) - start <= room - _MIN_TAIL_CHARS else end
    mark = "" if last == len(text) else "…"
    first = _word_start(text, max(len(opening), last - room + len(mark)), start)
    whole_name = _name_start(text, first)
    opening = _opening(text, len(opening) - (first - whole_name))
    return opening + _GAP + text[whole_name:last].strip() + mark if opening else shorten("…" + text[first:], limit)


def _opening(text: str, limit: int) -> str:
    """Return the whole words at the beginning of a text, in at most `limit` characters; "" if there is none.

    Words such as "and" at its end, which lead to the words left out, are dropped.
    """
    words = text[: max(limit, 0) + 1].rpartition(" ")[0].split(" ") if limit > 0 else []
    while words and build_word(words[-1]).flags & STOPWORD:
        words.pop()
    return " ".join(words).rstrip(" ,;:–—-")


def _name_start(text: str, first: int) -> int:
    """Return where the name begins that the word at `first` is part of, or `first`: "North Korean" is one name."""
    while first > 0 and text[first : first + 1].isupper():
        before = text.rfind(" ", 0, first - 1) + 1
        if not text[before : before + 1].isupper() or not text[before : first - 1].isalnum():
            break
        first = before
    return first


def _word_start(text: str, low: int, high: int) -> int:
    """Return where the first whole word after `low` begins, at most `high`."""
    space = text.find(" ", low, high)
    return space + 1 if space >= 0 else high
