"""Splits a text into tokens, and computes for each word what does not depend on context: folded form, stem, flags.

Words repeat, so each spelling is computed once and shared by its tokens.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from monitor.text.lexicon.cldr import (
    CalendarName,
    Name,
    calendar_names,
    names_starting_with,
    territory_names,
    territory_of_stem,
)
from monitor.text.lexicon.countries import COUNTRIES
from monitor.text.lexicon.cues import HEDGES, NEGATORS, SCOPE_WORDS, WEEKDAYS
from monitor.text.lexicon.figures import CARDINALS, FRACTIONS, ORDINALS, SCALES
from monitor.text.lexicon.stopwords import STOPWORDS, WEAK_WORDS
from monitor.text.lexicon.synonyms import CANONICAL_WORDS

CJK_RANGES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Vowel signs and other combining marks, which \w does not match: of Cyrillic, Hebrew, Arabic, the scripts of India
# (whole blocks), Thai, Lao, Tibetan, Burmese, Ethiopic and Khmer.
MARK_RANGES = (
    "\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963"
    "\u0966-\u0df3\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ece\u0f71-\u0fbc\u102b-\u103e\u1056-\u109d\u135d-\u135f"
    "\u17b4-\u17d3"
)
TOKEN_PATTERN = re.compile(
    r"[A-Za-z]+(?=[ ,;:!?)])"  # most words; the alternatives below handle the rest
    r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,:]?\w)"  # 12 000
    rf"|\d+(?:[.,:/'’]\d+)*[^\W_{CJK_RANGES}]*"  # 3,000  12:30  20km  3rd  2SLGBTQI
    r"|(?:[^\W\d_]\.){2,}"  # U.S.
    r"|[A-ZА-ЯІЇЄҐ][^\W\d_]*-\d+[^\W_]*"  # F-16
    rf"|[{CJK_RANGES}]"
    rf"|(?:(?![{CJK_RANGES}])[^\W_])[^\W_{CJK_RANGES}]*(?:[{MARK_RANGES}]+[^\W_{CJK_RANGES}]*)*"
    r"(?:['’ʼ](?!s\b)[^\W\d_]+)*"
    r"|[^\w\s]"
)
APOSTROPHE_DELETIONS = str.maketrans("", "", "'’ʼ`.")
STEMMERS = {
    "latin": Stemmer.Stemmer("english", 0),
    "cyrillic": Stemmer.Stemmer("russian", 0),
    "arabic": Stemmer.Stemmer("arabic", 0),
}
# Ukrainian endings that the Russian stemmer does not remove, longest first.
UKRAINIAN_ENDINGS = (
    "ськими",
    "ського",
    "ському",
    "ською",
    "ської",
    "ський",
    "ська",
    "ськи",
    "ськ",
    "ією",
    "ії",
    "ів",
)

WEAK_WORD_WEIGHT = 0.3  # other words have weight 1
STOPWORD, NEGATION, HEDGE, SCOPE, NUMERAL, CALENDAR, SYMBOL, COUNTRY, CALENDAR_START = (1 << bit for bit in range(9))


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """The properties of one spelling. Words of equal meaning share `key`, misspellings of one word share `initial`.

    `flags` are the bits STOPWORD … CALENDAR_START; the last marks what may be the first word of a month or weekday.
    `weight` applies to words that are not names.
    """

    text: str
    folded: str
    stem: str
    key: str
    flags: int
    weight: float
    is_capitalized: bool
    is_all_caps: bool
    digits: str
    initial: str


class Token(NamedTuple):
    """One word, figure or punctuation mark at [start, end) of a text."""

    word: Word
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return every word, figure and punctuation mark of `text`, in order."""
    new, words = tuple.__new__, TOKEN_PATTERN.finditer(text)  # a NamedTuple's own constructor is a third slower
    return [new(Token, (build_word(match[0]), match.start(), match.end())) for match in words]


def tokenize_words(text: str) -> list[Word]:
    """Return the words of `tokenize` without positions, in half the time."""
    return list(map(build_word, TOKEN_PATTERN.findall(text)))


@lru_cache(maxsize=16_384)
def build_word(text: str) -> Word:
    # Equal strings are one object, because thousands of words are cached.
    folded = fold_word(text)
    folded = text if folded == text else folded
    stem = stem_word(folded)
    stem = folded if stem == folded else stem
    digits = "" if folded.isalpha() else "".join(filter(str.isdigit, folded))
    meaning = CANONICAL_BY_FORM.get(folded) or CANONICAL_BY_FORM.get(stem)
    return Word(
        text=text,
        folded=folded,
        stem=stem,
        key=f"={meaning}" if meaning else stem,
        flags=_flags(text, folded),
        weight=WEAK_WORD_WEIGHT if folded in WEAK_WORDS else 1.0,
        is_capitalized=text[:1].isupper(),
        is_all_caps=len(text) > 1 and text.isupper(),
        digits=digits,
        initial=digits or folded[:1],
    )


def fold_word(text: str) -> str:
    """Fold case, accents on Latin letters, apostrophes and the dots of abbreviations."""
    normalized = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    if normalized.isascii():
        return normalized.translate(APOSTROPHE_DELETIONS) if normalized[:1].isalpha() else normalized.replace("'", "")
    if "LATIN" in unicodedata.name(normalized[0], ""):
        normalized = "".join(
            char for char in unicodedata.normalize("NFD", normalized) if not unicodedata.combining(char)
        )
    return normalized.translate(APOSTROPHE_DELETIONS) if normalized[:1].isalpha() else normalized


def script_name(folded: str) -> str:
    """Return the script of a word's first letter, in lower case: latin, cyrillic, arabic, hangul …"""
    if folded[:1].isascii() and folded[:1].isalpha():
        return "latin"
    return unicodedata.name(folded[0], "").split(" ")[0].lower() if folded else ""


def stem_word(folded: str) -> str:
    """Return the part of a word that its inflections share."""
    if len(folded) < 4 or not folded.isalpha():
        return folded
    writing_system = script_name(folded)
    stemmer = STEMMERS.get(writing_system)
    stem = str(stemmer.stemWord(folded)) if stemmer else folded
    if writing_system == "cyrillic":
        for ending in UKRAINIAN_ENDINGS:
            if stem.endswith(ending) and len(stem) - len(ending) >= 3:
                return stem[: -len(ending)]
        return stem.rstrip("іїєюяьаеоуи") if len(stem) > 4 else stem
    return stem


US_SPELLINGS = frozenset(("US", "U.S.", "U.S"))  # "us" is a word too
COUNTRY_WORDS = frozenset(fold_word(TOKEN_PATTERN.findall(name)[0]) for names in COUNTRIES.values() for name in names)
CANONICAL_BY_FORM = {
    form: name for word, name in reversed(CANONICAL_WORDS.items()) for form in (stem_word(word), word)
}


def _flags(text: str, folded: str) -> int:
    if not folded or not (folded[0].isalnum()):
        return SYMBOL
    flags = 0
    if folded in STOPWORDS and text not in US_SPELLINGS:
        flags |= STOPWORD
    if folded in NEGATORS:
        flags |= NEGATION
    if folded in HEDGES:
        flags |= HEDGE
    if folded in SCOPE_WORDS:
        flags |= SCOPE
    if folded[0].isdigit() or folded in CARDINALS or folded in ORDINALS or folded in SCALES or folded in FRACTIONS:
        flags |= NUMERAL
    if folded in COUNTRY_WORDS or text in US_SPELLINGS or territories_starting_with(text):
        flags |= COUNTRY
    return flags | _calendar_flags(text, folded)


def _calendar_flags(text: str, folded: str) -> int:
    if folded in WEEKDAYS:
        return CALENDAR | CALENDAR_START
    all_names = names_starting_with(spelling_key(text))
    if not all_names:  # of most words
        return 0
    names = calendar_names(all_names)
    if any(_is_calendar_word(name, text) for name in names):
        return CALENDAR | CALENDAR_START
    return CALENDAR_START if names else 0


def _is_calendar_word(name: CalendarName, text: str) -> bool:
    """Whether the word alone is a month or weekday."""
    return name.counts_alone and not name.following and not (name.is_lower_case and text[:1].isupper())


def spelling_key(text: str) -> str:
    """Fold a word as `fold_word` does, but keep accents: "Suède" is a country and "suede" is leather."""
    normalized = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return normalized.translate(APOSTROPHE_DELETIONS) if normalized[:1].isalpha() else normalized


def territories_starting_with(text: str) -> tuple[Name, ...]:
    """Return (the words after `text`, ISO 3166 code) of territories in CLDR; scripts with capitals need one.

    An inflection of a name of one word, in a script whose words have stems in the file, counts as the name.
    """
    if not is_territory_case(text):
        return ()
    spelling = spelling_key(text)
    names = territory_names(names_starting_with(spelling))
    if text.isascii() or any(not following for following, _ in names):
        return names
    code = territory_of_stem(stem_word(spelling))
    return (*names, ((), code)) if code else names


def is_territory_case(text: str) -> bool:
    """Whether the first letter is a capital, or of a script without capitals."""
    return text[:1].isupper() or not (text[:1].islower() or text[:1].isdigit())
