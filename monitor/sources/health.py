"""Detects sources that publish less than usual or nothing of what they did: a long silence, a page or feed that
suddenly shrank, a page that is replaced by another. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from monitor.errors import ParseError
from monitor.model import Moment
from monitor.units import DAY, HOUR

HABIT_WINDOW_S = 60 * DAY  # the history from which a source's usual pauses are computed
MIN_QUIET_S = 6 * HOUR  # a shorter silence is never reported
MIN_NEWS_HOURS = 6  # with news in fewer distinct hours, a source has no usual pause
MIN_HABIT_HISTORY_S = 14 * DAY  # a shorter history contains at most one weekend

SUSPICIOUS_SHRINK = "suspicious_shrink"
MAX_SHRINK_REJECTIONS = 3  # polls in a row
MIN_COUNT_BEFORE = 3  # fewer claims or entries may well disappear at once
MIN_SHARE_LEFT = 0.2  # of the claims of a page, or of the words of one whose claims all disappeared
MAX_REPLACEMENT_CHARS = 1_500  # a longer text is taken for the page, unless it is much shorter than the previous one
MIN_WORD_CHARS = 4  # shorter words are in any text
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED_SCRIPT = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_FIGURES = re.compile(r"[\W\d_]+")


def quiet_deadline(news_times: Collection[Moment], last_news: Moment) -> Moment | None:
    """Return when a source will have been silent for unusually long; None if it has no usual pause.

    `news_times` are the hours in which it published something, `last_news` is when anything new of it was last seen.
    The limit is twice its longest pause, at least six hours, and at least three days if its history is short.
    """
    times = sorted(set(news_times))
    if len(times) < MIN_NEWS_HOURS:
        return None
    max_pause = 2 * max(after - before for before, after in pairwise(times))
    is_settled = times[-1] - times[0] >= MIN_HABIT_HISTORY_S
    return max(times[-1], last_news) + max(max_pause, MIN_QUIET_S if is_settled else 3 * DAY)


def is_shrinkage_accepted(code: str | None, failures: int) -> bool:
    """Return true if a shrunken source was rejected often enough to be accepted now. `code` and `failures` are those
    of the previous polls."""
    return code == SUSPICIOUS_SHRINK and failures >= MAX_SHRINK_REJECTIONS


def page_shrinkage_error(count_before: int, count_now: int) -> ParseError | None:
    """Return an error if a page lost more than 80% of its claims since the previous poll, else None."""
    if count_before < MIN_COUNT_BEFORE or count_now >= MIN_SHARE_LEFT * count_before:
        return None
    sentence = f"the page has {count_now} of its {count_before} claims left; its previous content is kept for now"
    return ParseError(SUSPICIOUS_SHRINK, sentence)


def list_shrinkage_error(count_before: int, count_now: int) -> ParseError | None:
    """Return an error if all entries of a source disappeared since the previous poll, else None."""
    if count_before < MIN_COUNT_BEFORE or count_now:
        return None
    sentence = f"all {count_before} entries disappeared at once; the previous ones are kept for now"
    return ParseError(SUSPICIOUS_SHRINK, sentence)


def replacement_error(before: Sequence[str], now: Sequence[str], *, what: str) -> ParseError | None:
    """Return an error if nothing is left of the texts of the previous poll and those of now are few, else None.

    Then an unknown captcha or error page may have been served. Texts that differ in figures only are the same, and so
    are pages with a fair share of the words: a page may well be rewritten at once. `what` names the texts.
    """
    if len(before) < MIN_COUNT_BEFORE or not now or not _is_short(before, now):
        return None
    if {_wording(text) for text in before} & {_wording(text) for text in now}:
        return None
    words_before, words_now = set(_words(before)), set(_words(now))
    if len(words_before & words_now) >= MIN_SHARE_LEFT * len(words_before):
        return None
    sentence = f"all {len(before)} {what} were replaced by others at once; the previous ones are kept for now"
    return ParseError(SUSPICIOUS_SHRINK, sentence)


def _is_short(before: Iterable[str], now: Iterable[str]) -> bool:
    return sum(map(len, now)) <= max(MAX_REPLACEMENT_CHARS, sum(map(len, before)) / 2)


def _wording(text: str) -> str:
    """A text without figures and punctuation."""
    return _FIGURES.sub(" ", text.casefold()).strip()


def _words(texts: Iterable[str]) -> Iterator[str]:
    """The longer words; pairs of letters in scripts without spaces."""
    for text in texts:
        for word in _WORD.findall(text.casefold()):
            if _UNSPACED_SCRIPT.search(word):
                yield from map("".join, pairwise(word))
            elif len(word) >= MIN_WORD_CHARS:
                yield word
