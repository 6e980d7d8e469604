"""Reads a text once and keeps everything that comparing needs of it: content words, names and the facts stated.

Readings are cached, for the same claim is compared with many others; `index_terms` gives what the ledger finds
a claim by. Most of what is laid beside a claim is too little like it, which a glance shows without reading.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from monitor.model import Kind
from monitor.text.facts import cues, dates, names, numbers
from monitor.text.lexicon.countries import COUNTRIES
from monitor.text.phrases import PLACES, Phrases, of_groups
from monitor.text.tokens import (
    CALENDAR,
    FIGURE,
    HEDGE,
    LAND,
    LIGHT_WEIGHT,
    NEGATION,
    SCOPE,
    STOP,
    SYMBOL,
    Token,
    Word,
    tokenise,
    words,
)

LONGEST = 20_000  # characters of a text that are read; a claim is a sentence
CACHED = 8_192  # texts of which the reading is kept, or the glance
UNITS = 16_384  # content words kept
TERMS = 32  # index terms of one claim
SILENT = STOP | SYMBOL  # words that are no content
WORDING, PLACE = Kind.WORDING, Kind.PLACE  # looking up a member costs as much as the rest of what is done for a word
KIND_WEIGHT = {Kind.NAME: 1.5, Kind.PLACE: 0.8}  # countries and regions stand in many claims
FACT_WEIGHT = 1.5
CUE_WEIGHT = 0.6
LEAST = 0.75  # of the weight of its plain words a text has at least: a few are part of a fact or a phrase
COUNTRY_KEYS = frozenset(f"@{name}" for name in COUNTRIES)
VOWELS = frozenset("aeiouyаеиіїоуюяєыэё")


@dataclass(frozen=True, slots=True, eq=False)
class Synonyms:
    """Names and the words that mean the same: `(("dprk", ("DPRK", "North Korean*")), …)`; * is any ending.

    Equal tables are one object, by which readings are cached.
    """

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @staticmethod
    def of(mapping: Mapping[str, Sequence[str]]) -> Synonyms:
        """From the `same:` table of the aliases file."""
        return _synonyms(tuple(sorted((name, tuple(words)) for name, words in mapping.items())))


@lru_cache(maxsize=16)
def _synonyms(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> Synonyms:
    return Synonyms(groups)


@lru_cache(maxsize=16)
def _phrases(same: Synonyms) -> tuple[Phrases, ...]:
    """The phrases that stand for one thing: those of countries, then the table's own."""
    return (PLACES, of_groups(same.groups)) if same.groups else (PLACES,)


NO_SYNONYMS = Synonyms.of({})


class Unit(NamedTuple):
    """One content word, or a phrase with one meaning: its key, what it is, and its weight. Readings share them."""

    key: str
    kind: Kind  # WORDING, NAME or PLACE
    weight: float
    word: Word


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text as comparing sees it: its content words by their keys, in order, and its facts. `spans` are the places
    where the units start and end, two for each."""

    text: str
    units: Mapping[str, Unit]
    spans: array[int]
    weight: float
    numbers: tuple[numbers.Quantity, ...]
    dates: tuple[dates.Date, ...]
    cues: tuple[cues.Cue, ...]

    def span(self, unit: Unit) -> tuple[int, int]:
        """Where one of the units stands: [start, end)."""
        place = 2 * list(self.units).index(unit.key)
        return self.spans[place], self.spans[place + 1]


class Glance(NamedTuple):
    """`units` are among others the keys of all that a text has, `weight` is what it hardly weighs less than."""

    units: Mapping[str, None]
    weight: float


@dataclass(slots=True, eq=False)
class _Look:
    """How closely a text was seen so far."""

    reading: Reading | None = None
    glance: Glance | None = None


@lru_cache(maxsize=CACHED)
def _look(text: str, same: Synonyms) -> _Look:
    """The one look at a text that is kept."""
    return _Look()


def read(text: str, same: Synonyms = NO_SYNONYMS) -> Reading:
    """Everything that comparing needs of one text."""
    seen = _look(text, same)
    reading = seen.reading
    if reading is None:
        reading = seen.reading = _read(text, same)
        seen.glance = None
    return reading


def glance(text: str, same: Synonyms = NO_SYNONYMS) -> Reading | Glance:
    """What a text may say: found in a third of the time, if it was not read anyway."""
    seen = _look(text, same)
    if seen.reading is not None:
        return seen.reading
    found = seen.glance = seen.glance or _glance(text, same)
    return found


def _glance(text: str, same: Synonyms) -> Glance:
    """The keys of all words of content, and of all phrases that any word may begin."""
    said = words(text[:LONGEST])
    plain = {word.key: word.weight for word in said if not word.marks}
    keys = {word.key for word in said if not word.marks & SILENT}
    lands = [word for word in said if word.marks & LAND]
    for phrases, begin in zip(_phrases(same), (lands, said), strict=False):
        keys.update(key for _, key in chain.from_iterable(map(phrases.ways, begin)))
    return Glance(dict.fromkeys(keys), LEAST * sum(plain.values()) or LIGHT_WEIGHT)


def _read(text: str, same: Synonyms) -> Reading:
    tokens = tokenise(text[:LONGEST])
    marks = 0
    for token in tokens:
        marks |= token.word.marks
    taken: set[int] = set()
    said_dates = dates.find(tokens, taken) if marks & (FIGURE | CALENDAR) else []
    said_numbers = numbers.find(tokens, taken) if marks & FIGURE else []
    phrases = PLACES.find(tokens, taken) if marks & LAND else {}
    for own in _phrases(same)[1:]:
        phrases |= own.find(tokens, taken)
    said_cues = cues.find(tokens, taken) if marks & (NEGATION | HEDGE | SCOPE) else []
    units, spans = _units(tokens, taken, phrases)
    return Reading(
        text=text,
        units=units,
        spans=spans,
        weight=sum([unit.weight for unit in units.values()])
        + FACT_WEIGHT * (len(said_numbers) + len(said_dates))
        + CUE_WEIGHT * len(said_cues),
        numbers=tuple(said_numbers),
        dates=tuple(said_dates),
        cues=tuple(said_cues),
    )


def _units(
    tokens: Sequence[Token], taken: set[int], phrases: Mapping[int, tuple[str, int]]
) -> tuple[dict[str, Unit], array[int]]:
    """The content words of a text by their keys, in order, each meaning once; and where each starts and ends."""
    named = names.find(tokens)
    units: dict[str, Unit] = {}
    spans = array("H")
    after = 0
    for index, (word, start, end) in enumerate(tokens):
        if index < after:
            continue
        key = word.key
        if index in phrases:
            key, after = phrases[index]
            end = tokens[after - 1].end
        elif word.marks & SILENT or index in taken:
            continue
        if key not in units:
            units[key] = _unit(key, PLACE if key in COUNTRY_KEYS else named.get(index, WORDING), word)
            spans.append(start)
            spans.append(end)
    return units, spans


@lru_cache(maxsize=UNITS)
def _unit(key: str, kind: Kind, word: Word) -> Unit:
    return Unit(key, kind, KIND_WEIGHT.get(kind, word.weight), word)


def index_terms(reading: Reading) -> tuple[str, ...]:
    """The distinct terms, at most `TERMS`, under which the ledger finds a claim again: names, figures, words.

    A name also gives its skeleton, by which misspelt names meet.
    """
    terms: dict[str, None] = {}
    ordered = sorted(reading.units.values(), key=lambda unit: unit.kind is WORDING)
    for quantity in reading.numbers:
        terms[f"#{quantity.low:g}"] = None
    for unit in ordered:
        terms[unit.key] = None
        if unit.kind is not WORDING and not unit.key.startswith("@"):
            terms[skeleton(unit.word.fold)] = None
    return tuple(terms)[:TERMS]


def skeleton(folded: str) -> str:
    """What spellings of one name share: its first letter and its other consonants in order of the alphabet."""
    rest = sorted({letter for letter in folded[1:] if letter not in VOWELS})
    return f"~{folded[:1]}{''.join(rest)}"
