"""Classifies lines that cannot be news alone: series titles, clocks and counters, questions, boilerplate.

A line is noise only if nothing remains of it besides dates, numbers and words of one such kind. In doubt it is
not noise: a missed noise line costs a glance, a wrong one costs the news.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from monitor.model import Noise, Role
from monitor.text.noise_patterns import BOILERPLATE_PATTERN, CREDIT_PATTERN, STAMP_PATTERN
from monitor.text.noise_words import (
    CALENDAR_WORDS,
    FILLER_WORDS,
    NON_OBJECT_WORDS,
    QUESTION_WORDS,
    RELATED_SERIES_WORDS,
    STATEMENT_VERBS,
    STRONG_SERIES_WORDS,
    TRANSITIVE_VERBS,
    VOLATILE_CONTEXT_WORDS,
    VOLATILE_WORDS,
    WEAK_SERIES_WORDS,
)

MAX_NOISE_CHARS = 240  # a longer line has content
MAX_STAMP_CHARS = 100
MAX_SERIES_NAME_WORDS = 5  # unknown words in the name of a series: "Russian Offensive Campaign Assessment"

QUESTION_PATTERN = re.compile(r"[?？؟]+!*([\"'”’»」』)\]]*)$")
OPENING_QUOTE_PATTERN = re.compile(r"[\"'“‘«„「『(\[]")
LEAD_SEPARATOR_PATTERN = re.compile(r"[:–—]|\s-\s")
LINE_WORD_PATTERN = re.compile(r"[^\W\d_]+(?:['’.&-][^\W_]+)*")
LINE_TOKEN_PATTERN = re.compile(
    r"(?P<number>[$€£₴#№]?\d[\d.,:/T%+-]*(?:st|nd|rd|th|am|pm|-го|-ї|-я|-е)?[年月日号时分년월일]?)"
    r"|(?P<word>[ap]\.m\.?|[^\W\d_]+(?:['’.&-][^\W_]+)*)"
    r"|(?P<mark>[:–—|])",
    re.IGNORECASE,
)
CLOCK_PATTERN = re.compile(r"\d{1,2}[:.]\d{2}\b")
DATE_PATTERN = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d\s?[月년월]")
YEAR_PATTERN = re.compile(r"(?:19|20)\d\d$")
AMOUNT_PATTERN = re.compile(r"(?<![\w-])(?!(?:19|20)\d\d\b)\d[\d.,]*(?: ?%| percent\b|(?: [^\W\d_]{2,}){3})")

# A heading of this many words (Chinese and Japanese: characters) is a statement, whatever the words.
MIN_STATEMENT_WORDS = 8
MIN_STATEMENT_WORDS_NON_ASCII = 6  # lower, because few verbs of other scripts are listed
MIN_STATEMENT_CJK_CHARS = 12
CJK_PATTERN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
KOREAN_VERB_ENDING_PATTERN = re.compile("[\uac00-\ud7a3](?:다|음|함|됨|했음|중)[.!]?$")

SERIES_WORDS = STRONG_SERIES_WORDS | WEAK_SERIES_WORDS
NOISE_VOCABULARY = (
    SERIES_WORDS | RELATED_SERIES_WORDS | CALENDAR_WORDS | FILLER_WORDS | VOLATILE_WORDS | VOLATILE_CONTEXT_WORDS
)
SERIES_LINE_WORDS = SERIES_WORDS | RELATED_SERIES_WORDS | VOLATILE_WORDS
SERIES_VOCABULARY = SERIES_WORDS | RELATED_SERIES_WORDS | CALENDAR_WORDS | FILLER_WORDS
VOLATILE_LINE_WORDS = VOLATILE_WORDS | VOLATILE_CONTEXT_WORDS


class _Token(NamedTuple):
    kind: str  # number, word or mark
    text: str
    folded: str


def noise_kind(text: str, role: Role) -> Noise | None:
    """Return why a line (white space folded) cannot be news alone, or None if it can."""
    if len(text) <= MAX_NOISE_CHARS:
        if BOILERPLATE_PATTERN.fullmatch(text) or (CREDIT_PATTERN.fullmatch(text) and not is_statement(text)):
            return Noise.BOILERPLATE
        if len(text) <= MAX_STAMP_CHARS and STAMP_PATTERN.fullmatch(text):
            return Noise.VOLATILE
        if _may_be_contentless(text) and (contentless := _contentless_kind(_tokenize_line(text), text, role)):
            return contentless
    if _is_question(text, role):
        return Noise.QUESTION
    if role is Role.HEADING and not is_statement(text):
        return Noise.BARE_HEADING
    return None


def is_statement(heading: str) -> bool:
    """Whether a heading states something: it has a known verb, an amount, a full stop, or many words."""
    if heading[-1:] in ".!。" or AMOUNT_PATTERN.search(heading) or KOREAN_VERB_ENDING_PATTERN.search(heading):
        return True
    if len(CJK_PATTERN.findall(heading)) >= MIN_STATEMENT_CJK_CHARS:
        return True
    words = [token.folded for token in _tokenize_line(heading) if token.kind == "word"]
    min_words = MIN_STATEMENT_WORDS if heading.isascii() else MIN_STATEMENT_WORDS_NON_ASCII
    if len(words) >= min_words or not STATEMENT_VERBS.isdisjoint(words):
        return True
    return any(
        word in TRANSITIVE_VERBS and next_word not in NON_OBJECT_WORDS for word, next_word in pairwise(words[1:])
    )


def _may_be_contentless(text: str) -> bool:
    """Rule out, quickly, a line with too many words that no clock, counter or series title has."""
    # Nearly every claim is ruled out by its plain words, before the slower pattern runs.
    plain_words = set(map(str.casefold, filter(str.isalpha, text.split())))
    if len(plain_words - NOISE_VOCABULARY) > MAX_SERIES_NAME_WORDS:
        return False
    words = {_fold_word(word) for word in LINE_WORD_PATTERN.findall(text)}
    unknown_count = len(words - NOISE_VOCABULARY)
    # Scripts without spaces join a known word to others, so the word is not found in them.
    may_name_series = not words.isdisjoint(SERIES_WORDS) or not text.isascii()
    return unknown_count <= MAX_SERIES_NAME_WORDS if may_name_series else not unknown_count


def _tokenize_line(text: str) -> list[_Token]:
    return [
        _Token(str(match.lastgroup), match[0], _fold_word(match[0])) for match in LINE_TOKEN_PATTERN.finditer(text)
    ]


def _fold_word(word: str) -> str:
    return word.casefold().replace("’", "'").removesuffix(".")


def _contentless_kind(tokens: Sequence[_Token], text: str, role: Role) -> Noise | None:
    """Whether the line is only a clock or counter, or only the title of a series."""
    has_date = bool(DATE_PATTERN.search(text)) or any(
        token.folded in CALENDAR_WORDS or YEAR_PATTERN.match(token.text) for token in tokens
    )
    has_number = has_date or any(token.kind == "number" for token in tokens)
    content_words = {t.folded for t in tokens if t.kind == "word"} - CALENDAR_WORDS - FILLER_WORDS
    if (
        content_words & VOLATILE_WORDS
        and content_words <= VOLATILE_LINE_WORDS
        and (has_number or role is not Role.BULLET)
    ):
        return Noise.VOLATILE
    if not content_words and CLOCK_PATTERN.search(text) and role is not Role.BULLET:
        return Noise.VOLATILE
    return Noise.SERIES_TITLE if _is_series(tokens, content_words, role, has_date, has_number) else None


def _is_series(
    tokens: Sequence[_Token], content_words: Set[str], role: Role, has_date: bool, has_number: bool
) -> bool:
    """Whether the line is a series title. Titles and headings need a name or a date; other lines need both."""
    is_headline = role in (Role.TITLE, Role.HEADING)
    if not is_headline and (role is not Role.SENTENCE or not has_date):
        return False
    if not content_words:
        return has_date and (is_headline or any(YEAR_PATTERN.match(token.text) for token in tokens))
    if not content_words & SERIES_WORDS:
        return False
    return content_words <= SERIES_LINE_WORDS or (has_number and _is_series_name(tokens))


def _is_series_name(tokens: Sequence[_Token]) -> bool:
    """Whether the unknown words are a name: before a word such as "report", or after "report on"."""
    last_series_index = max(i for i, token in enumerate(tokens) if token.folded in SERIES_WORDS)
    unknown_indexes = [i for i, token in enumerate(tokens) if _is_unknown_word(token)]
    if len(unknown_indexes) > MAX_SERIES_NAME_WORDS or any(
        not _is_name_like(tokens[i]) or _follows_number(tokens, i) for i in unknown_indexes
    ):
        return False
    trailing_unknown = [i for i in unknown_indexes if i > last_series_index]
    if not trailing_unknown:
        return True
    between = tokens[last_series_index + 1 : trailing_unknown[0]]
    is_strong = not STRONG_SERIES_WORDS.isdisjoint(token.folded for token in tokens)
    is_known_series = is_strong or not RELATED_SERIES_WORDS.isdisjoint(token.folded for token in tokens)
    return is_known_series and bool(between) and all(token.folded in FILLER_WORDS for token in between)


def _is_unknown_word(token: _Token) -> bool:
    return token.kind == "word" and token.folded not in SERIES_VOCABULARY


def _is_name_like(token: _Token) -> bool:
    return not token.text[0].islower() and token.folded not in STATEMENT_VERBS


def _follows_number(tokens: Sequence[_Token], index: int) -> bool:
    """Whether a number is right before the word: then it is an amount, not the number of an issue."""
    return index > 0 and tokens[index - 1].kind == "number" and not YEAR_PATTERN.match(tokens[index - 1].text)


def _is_question(text: str, role: Role) -> bool:
    is_headline = role in (Role.TITLE, Role.HEADING)
    if match := QUESTION_PATTERN.search(text):
        if match[1] and not OPENING_QUOTE_PATTERN.match(text):
            return False  # a quoted question ends a statement
        lead = LEAD_SEPARATOR_PATTERN.split(text, maxsplit=1)[0]
        return not (is_headline and lead != text and is_statement(lead))
    return role is Role.HEADING and text.split(maxsplit=1)[0].casefold() in QUESTION_WORDS
