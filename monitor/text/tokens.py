"""Cuts a text into tokens and says of each word what can be said of it alone: folded form, stem, kind.

Words repeat, so what is known of one is worked out once and shared by every token that spells it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import Stemmer

from monitor.text.lexicon.countries import COUNTRIES
from monitor.text.lexicon.cues import HEDGES, MONTHS, NEGATORS, SCOPES, WEEKDAYS
from monitor.text.lexicon.figures import CARDINALS, FRACTIONS, ORDINALS, SCALES
from monitor.text.lexicon.same import SAME
from monitor.text.lexicon.stops import LIGHT, STOPS

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(
    r"[A-Za-z]+(?=[ ,;:!?)])"  # most words; the rest of the line is for the others
    r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,:]?\w)"  # 12 000
    rf"|\d+(?:[.,:/'’]\d+)*[^\W_{CJK}]*"  # 3,000  12:30  20km  3rd  2SLGBTQI
    r"|(?:[^\W\d_]\.){2,}"  # U.S.
    r"|[A-ZА-ЯІЇЄҐ][^\W\d_]*-\d+[^\W_]*"  # F-16
    rf"|[{CJK}]"
    rf"|(?:(?![{CJK}])[^\W_])[^\W_{CJK}]*(?:['’ʼ](?!s\b)[^\W\d_]+)*"
    r"|[^\w\s]"
)
APOSTROPHES = str.maketrans("", "", "'’ʼ`.")
STEMMERS = {
    "latin": Stemmer.Stemmer("english", 0),
    "cyrillic": Stemmer.Stemmer("russian", 0),
    "arabic": Stemmer.Stemmer("arabic", 0),
}
# longest first: the endings of Ukrainian that the Russian stemmer leaves standing
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

LIGHT_WEIGHT = 0.3  # of a word that hardly says anything, where others weigh 1
STOP, NEGATION, HEDGE, SCOPE, FIGURE, CALENDAR, SYMBOL, LAND = 1, 2, 4, 8, 16, 32, 64, 128


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """What is known of a spelling. `key` is what equal meaning shares, `weight` that of an ordinary word, `marks`
    the bits STOP … LAND; spellings of one word share their `initial`.
    """

    text: str
    fold: str
    stem: str
    key: str
    marks: int
    weight: float
    capital: bool
    shouted: bool
    digits: str
    initial: str


class Token(NamedTuple):
    """One word, figure or sign of a text, and where it stands: [start, end)."""

    word: Word
    start: int
    end: int


def tokenise(text: str) -> list[Token]:
    """Every word, figure and punctuation mark of `text`, in order."""
    return [Token(word(found[0]), found.start(), found.end()) for found in TOKEN.finditer(text)]


def words(text: str) -> list[Word]:
    """The same without where they stand, in half the time."""
    return list(map(word, TOKEN.findall(text)))


@lru_cache(maxsize=16_384)
def word(text: str) -> Word:
    """What is known of the spelling `text` by itself."""
    folded = fold(text)
    folded = text if folded == text else folded  # one string for both, and for the stem: thousands of words are kept
    stem = stem_of(folded)
    stem = folded if stem == folded else stem
    digits = "" if folded.isalpha() else "".join(filter(str.isdigit, folded))
    meaning = MEANINGS.get(folded) or MEANINGS.get(stem)
    return Word(
        text=text,
        fold=folded,
        stem=stem,
        key=f"={meaning}" if meaning else stem,
        marks=_marks(text, folded),
        weight=LIGHT_WEIGHT if folded in LIGHT else 1.0,
        capital=text[:1].isupper(),
        shouted=len(text) > 1 and text.isupper(),
        digits=digits,
        initial=digits or folded[:1],
    )


def fold(text: str) -> str:
    """Case, accents on Latin letters, apostrophes and abbreviation dots are folded away."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain.translate(APOSTROPHES) if plain[:1].isalpha() else plain.replace("'", "")
    if "LATIN" in unicodedata.name(plain[0], ""):
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return plain.translate(APOSTROPHES) if plain[:1].isalpha() else plain


def script(folded: str) -> str:
    """The writing system of a word by its first letter, in lower case: latin, cyrillic, arabic, hangul …"""
    if folded[:1].isascii() and folded[:1].isalpha():
        return "latin"
    return unicodedata.name(folded[0], "").split(" ")[0].lower() if folded else ""


def stem_of(folded: str) -> str:
    """The part of a word that its inflections share."""
    if len(folded) < 4 or not folded.isalpha():
        return folded
    written = script(folded)
    stemmer = STEMMERS.get(written)
    stem = str(stemmer.stemWord(folded)) if stemmer else folded
    if written == "cyrillic":
        for ending in UKRAINIAN_ENDINGS:
            if stem.endswith(ending) and len(stem) - len(ending) >= 3:
                return stem[: -len(ending)]
        return stem.rstrip("іїєюяьаеоуи") if len(stem) > 4 else stem
    return stem


US = frozenset(("US", "U.S.", "U.S"))  # "us" is a word too
LANDS = frozenset(fold(TOKEN.findall(name)[0]) for names in COUNTRIES.values() for name in names)
MEANINGS = {form: name for word, name in reversed(SAME.items()) for form in (stem_of(word), word)}


def _marks(text: str, folded: str) -> int:
    if not folded or not (folded[0].isalnum()):
        return SYMBOL
    marks = 0
    if folded in STOPS and text not in US:
        marks |= STOP
    if folded in NEGATORS:
        marks |= NEGATION
    if folded in HEDGES:
        marks |= HEDGE
    if folded in SCOPES:
        marks |= SCOPE
    if folded[0].isdigit() or folded in CARDINALS or folded in ORDINALS or folded in SCALES or folded in FRACTIONS:
        marks |= FIGURE
    if folded in MONTHS or folded in WEEKDAYS:
        marks |= CALENDAR
    if folded in LANDS or text in US:
        marks |= LAND
    return marks
