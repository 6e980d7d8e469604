"""Tells lines that can never be news by themselves: series titles, clocks and counters, questions, boilerplate.

Only whole lines are judged, and only when nothing is left of them beside dates, numbers and words of one such
kind. A missed quiet line costs a glance; a wrongly quiet one costs the news: in doubt the line may speak.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from monitor.model import Quiet, Role
from monitor.text.quiet_lines import BOILERPLATE, CREDIT, STAMPED
from monitor.text.quiet_words import (
    CALENDAR,
    FILLERS,
    NOT_OBJECTS,
    QUESTION_WORDS,
    SERIES_RELATED,
    SERIES_STRONG,
    SERIES_WEAK,
    VERBS,
    VERBS_BEFORE_OBJECT,
    VOLATILE,
    VOLATILE_BESIDE,
)

LONGEST_QUIET = 240  # letters: what is longer says something
LONGEST_STAMP = 100
SERIES_NAMES = 5  # words of a series' name that we do not know: "Russian Offensive Campaign Assessment"

QUESTION = re.compile(r"[?？؟]+!*([\"'”’»」』)\]]*)$")
QUOTE = re.compile(r"[\"'“‘«„「『(\[]")
LEAD = re.compile(r"[:–—]|\s-\s")
WORD = re.compile(r"[^\W\d_]+(?:['’.&-][^\W_]+)*")
TOKEN = re.compile(
    r"(?P<number>[$€£₴#№]?\d[\d.,:/T%+-]*(?:st|nd|rd|th|am|pm|-го|-ї|-я|-е)?[年月日号时分년월일]?)"
    r"|(?P<word>[ap]\.m\.?|[^\W\d_]+(?:['’.&-][^\W_]+)*)"
    r"|(?P<mark>[:–—|])",
    re.IGNORECASE,
)
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}\b")
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d\s?[月년월]")
YEAR = re.compile(r"(?:19|20)\d\d$")
FIGURE = re.compile(r"(?<![\w-])(?!(?:19|20)\d\d\b)\d[\d.,]*(?: ?%| percent\b|(?: [^\W\d_]{2,}){3})")

# From how many words (Chinese, Japanese: letters) on a heading is taken for a statement whatever its words are.
STATEMENT_WORDS = 8
STATEMENT_WORDS_ELSEWHERE = 6  # scripts whose verbs we know few of
STATEMENT_LETTERS = 12
HAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
KOREAN_VERB = re.compile("[\uac00-\ud7a3](?:다|음|함|됨|했음|중)[.!]?$")

SERIES = SERIES_STRONG | SERIES_WEAK
KNOWN = SERIES | SERIES_RELATED | CALENDAR | FILLERS | VOLATILE | VOLATILE_BESIDE
OF_SERIES = SERIES | SERIES_RELATED | VOLATILE
NOT_STRANGE = SERIES | SERIES_RELATED | CALENDAR | FILLERS
OF_PAGE = VOLATILE | VOLATILE_BESIDE


class _Token(NamedTuple):
    kind: str  # number, word or mark
    text: str
    folded: str


def quiet(text: str, role: Role) -> Quiet | None:
    """Why the line (white space folded) can never be news by itself, or None if it can."""
    if len(text) <= LONGEST_QUIET:
        if BOILERPLATE.fullmatch(text) or (CREDIT.fullmatch(text) and not asserts(text)):
            return Quiet.BOILERPLATE
        if len(text) <= LONGEST_STAMP and STAMPED.fullmatch(text):
            return Quiet.VOLATILE
        if _may_be_empty(text) and (reason := _empty(_tokens(text), text, role)):
            return reason
    if _asks(text, role):
        return Quiet.QUESTION
    if role is Role.HEADING and not asserts(text):
        return Quiet.HEADING
    return None


def asserts(heading: str) -> bool:
    """Whether a heading says something of its topic: it has a verb or figure we know, a full stop, or length."""
    if heading[-1:] in ".!。" or FIGURE.search(heading) or KOREAN_VERB.search(heading):
        return True
    if len(HAN.findall(heading)) >= STATEMENT_LETTERS:
        return True
    spoken = [token.folded for token in _tokens(heading) if token.kind == "word"]
    enough = STATEMENT_WORDS if heading.isascii() else STATEMENT_WORDS_ELSEWHERE
    if len(spoken) >= enough or not VERBS.isdisjoint(spoken):
        return True
    return any(word in VERBS_BEFORE_OBJECT and after not in NOT_OBJECTS for word, after in pairwise(spoken[1:]))


def _may_be_empty(text: str) -> bool:
    """A quick look: too many words that no clock, counter or series title has?"""
    plain = set(map(str.casefold, filter(str.isalpha, text.split())))  # nearly every claim has enough of these
    if len(plain - KNOWN) > SERIES_NAMES:
        return False
    words = {_fold(word) for word in WORD.findall(text)}
    strange = len(words - KNOWN)
    named = not words.isdisjoint(SERIES) or not text.isascii()  # scripts without spaces glue the word we know
    return strange <= SERIES_NAMES if named else not strange


def _tokens(text: str) -> list[_Token]:
    return [_Token(str(found.lastgroup), found[0], _fold(found[0])) for found in TOKEN.finditer(text)]


def _fold(word: str) -> str:
    return word.casefold().replace("’", "'").removesuffix(".")


def _empty(tokens: Sequence[_Token], text: str, role: Role) -> Quiet | None:
    """Whether the line is only a clock or counter, or only the title of a series."""
    dated = bool(DATE.search(text)) or any(token.folded in CALENDAR or YEAR.match(token.text) for token in tokens)
    numbered = dated or any(token.kind == "number" for token in tokens)
    content = {t.folded for t in tokens if t.kind == "word"} - CALENDAR - FILLERS
    if content & VOLATILE and content <= OF_PAGE and (numbered or role is not Role.BULLET):
        return Quiet.VOLATILE
    if not content and CLOCK.search(text) and role is not Role.BULLET:
        return Quiet.VOLATILE
    return Quiet.SERIES if _is_series(tokens, content, role, dated, numbered) else None


def _is_series(tokens: Sequence[_Token], content: Set[str], role: Role, dated: bool, numbered: bool) -> bool:
    """Titles and headings may be a series' name alone or a date alone; other lines must show both."""
    heads = role in (Role.TITLE, Role.HEADING)
    if not heads and (role is not Role.SENTENCE or not dated):
        return False
    if not content:
        return dated and (heads or any(YEAR.match(token.text) for token in tokens))
    if not content & SERIES:
        return False
    return content <= OF_SERIES or (numbered and _names_series(tokens))


def _names_series(tokens: Sequence[_Token]) -> bool:
    """Whether the words unknown to us are a name, standing before "report" and the like or after its "on"."""
    last = max(i for i, token in enumerate(tokens) if token.folded in SERIES)
    strange = [i for i, token in enumerate(tokens) if _strange(token)]
    if len(strange) > SERIES_NAMES or any(not _name_like(tokens[i]) or _counted(tokens, i) for i in strange):
        return False
    after = [i for i in strange if i > last]
    if not after:
        return True
    between = tokens[last + 1 : after[0]]
    strong = not SERIES_STRONG.isdisjoint(token.folded for token in tokens)
    known = strong or not SERIES_RELATED.isdisjoint(token.folded for token in tokens)
    return known and bool(between) and all(token.folded in FILLERS for token in between)


def _strange(token: _Token) -> bool:
    return token.kind == "word" and token.folded not in NOT_STRANGE


def _name_like(token: _Token) -> bool:
    return not token.text[0].islower() and token.folded not in VERBS


def _counted(tokens: Sequence[_Token], index: int) -> bool:
    """Whether a number stands right before the word: then it is a figure, not the number of an issue."""
    return index > 0 and tokens[index - 1].kind == "number" and not YEAR.match(tokens[index - 1].text)


def _asks(text: str, role: Role) -> bool:
    heads = role in (Role.TITLE, Role.HEADING)
    if found := QUESTION.search(text):
        if found[1] and not QUOTE.match(text):
            return False  # a quoted question ends a statement
        lead = LEAD.split(text, maxsplit=1)[0]
        return not (heads and lead != text and asserts(lead))
    return role is Role.HEADING and text.split(maxsplit=1)[0].casefold() in QUESTION_WORDS
