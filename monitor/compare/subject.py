"""Decides whether two claims are about the same subject, and what their subjects are called.

The same words on the page of another country, or under another heading, are news there. No page states its subject,
so it is inferred from the names. Pages of one series have the same title and different keys (`france#warnings`,
`germany#warnings`), or titles that differ in one name ("France travel advice"). The longest name counts: Guinea and
Equatorial Guinea are two subjects. The entries of a series in time (daily reports) differ only in dates, numbers and
words such as "evening", and are one subject.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from monitor.compare.words import same_word
from monitor.model import ChangeKind, Claim, PriorClaim, Role, Update
from monitor.text.analysis import ClaimAnalysis, ContentTerm, analyze

WORDS = re.compile(r"[^\W_]+")
PASSING = frozenset(  # words that never distinguish two subjects
    "january february march april may june july august september october november december jan feb mar apr jun jul"
    " aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday morning noon afternoon"
    " evening night daily weekly monthly day week month am pm st nd rd th final latest live"
    " update updates updated edition version part page index html htm php aspx amp"
    " of the and".split()
)
HARD = re.compile(r"[/#?&=:;,.|]|\s[-–—]\s")  # separates the parts of a key or title
MAX_OWN_NAME_WORDS = 3  # words in which the name of a subject may differ from another's
SUBJECT_KEY = "@subject"  # key of the term that names the claim's own subject
NAMED_WEIGHT = 0.3  # weight of that term: low, because all such claims share it


class SubjectNames(NamedTuple):
    """The names of the subjects of two sibling entries."""

    own: str
    other: str


def is_other_subject(claim: Claim, update: Update, prior: PriorClaim, *, by_title: bool = True) -> bool:
    """Whether `prior` is from a sibling of this entry, or from a section of it, that is about another subject.

    `by_title` is false for news: two headlines with a few words in common are no catalogue.
    """
    if prior.source != update.source:
        return False
    if prior.entry == update.entry:
        return bool(claim.heading and prior.heading) and not same_topic(claim.heading, prior.heading)
    if update.title.casefold() == prior.title.casefold():
        return bool(update.title) and names_from_keys(update.entry, prior.entry) is not None
    return by_title and claim.role is not Role.TITLE and names_from_titles(update.title, prior.title) is not None


def subject_names(update: Update, prior: PriorClaim) -> SubjectNames | None:
    """Return the names of the subjects of two sibling entries, or None if they are not siblings."""
    if update.title.casefold() == prior.title.casefold():
        return names_from_keys(update.entry, prior.entry)
    return names_from_titles(update.title, prior.title)


@lru_cache(maxsize=1024)
def same_topic(one: str, other: str) -> bool:
    """Whether two headings share a word that is not a date or number, and do not name different places."""
    places = [places_in(text) for text in (one, other)]
    if all(places) and places[0].isdisjoint(places[1]):
        return False
    return bool({word.folded for word in stable_words(one)} & {word.folded for word in stable_words(other)})


@lru_cache(maxsize=1024)
def names_from_keys(one: str, other: str) -> SubjectNames | None:
    """Return the differing names of two keys of one series: they share words, and one has a few more."""
    apart = TitleDiff.of(one, other)
    return apart.names() if apart else None


@lru_cache(maxsize=1024)
def names_from_titles(one: str, other: str) -> SubjectNames | None:
    """Return the differing names of two titles of one series: each has a few own words, or one has a longer name.

    A headline that only adds detail ("Ferry sinks", "Ferry sinks off Halvik") is the same subject.
    """
    apart = TitleDiff.of(one, other)
    if apart is None or not (apart.both or apart.longer_name()):
        return None
    return apart.names()


class TitleWord(NamedTuple):
    """A folded word at [start, end) of a title or key."""

    folded: str
    is_capitalized: bool
    start: int
    end: int


@lru_cache(maxsize=1024)
def stable_words(text: str) -> tuple[TitleWord, ...]:
    """Return the words of a title or key, in order, without times and editions."""
    words = [
        TitleWord(word_match[0].casefold(), word_match[0][0].isupper(), *word_match.span())
        for word_match in WORDS.finditer(text)
    ]
    return tuple(word for word in words if word.folded not in PASSING and not any(map(str.isdigit, word.folded)))


class TitleDiff(NamedTuple):
    """Two titles or keys, and the range of words [start, end) in which each differs from the other."""

    texts: tuple[str, str]
    words: tuple[Sequence[TitleWord], Sequence[TitleWord]]
    spans: tuple[tuple[int, int], tuple[int, int]]

    @staticmethod
    def of(one: str, other: str) -> TitleDiff | None:
        """Return the difference, or None if they share no word, or differ in no word or in too many."""
        words, other_words = stable_words(one), stable_words(other)
        folded = {word.folded for word in words}, {word.folded for word in other_words}
        added = folded[0] - folded[1], folded[1] - folded[0]
        if folded[0].isdisjoint(folded[1]) or not any(added) or max(map(len, added)) > MAX_OWN_NAME_WORDS:
            return None
        left = shared(words, other_words)
        right = shared(words[left:][::-1], other_words[left:][::-1])
        return TitleDiff(
            (one, other), (words, other_words), ((left, len(words) - right), (left, len(other_words) - right))
        )

    @property
    def both(self) -> bool:
        """Whether each has words that the other lacks."""
        folded = [{word.folded for word in words} for words in self.words]
        return bool(folded[0] - folded[1]) and bool(folded[1] - folded[0])

    def longer_name(self) -> bool:
        """Whether the added words are part of a name in both texts: of another place, or capitalized in a text that
        is not in title case."""
        names = self.names()
        places = [places_in(name) for name in names]
        if all(places) and places[0].isdisjoint(places[1]):
            return True
        capitals = [[word.is_capitalized for word in stable_words(name)] for name in names]
        return all(map(all, capitals)) and not all(word.is_capitalized for words in self.words for word in words)

    def names(self) -> SubjectNames:
        """Return the differing words, extended to the full names that they are part of."""
        return SubjectNames(*(full_name_at(*side) for side in zip(self.texts, self.words, self.spans, strict=True)))


def places_in(text: str) -> set[str]:
    return {key for key, term in analyze(text).terms.items() if term.kind is ChangeKind.PLACE}


def shared(one: Sequence[TitleWord], other: Sequence[TitleWord]) -> int:
    """Return the number of equal words at the start of both."""
    return sum(1 for _ in takewhile(lambda pair: pair[0].folded == pair[1].folded, zip(one, other, strict=False)))


def full_name_at(text: str, words: Sequence[TitleWord], span: tuple[int, int]) -> str:
    """Return the name that a range of words is part of: adjacent capitalized words belong to it."""
    start, end = span
    while end < len(words) and words[end].is_capitalized and joined(text, words, end):
        end += 1
    while start > 0 and words[start - 1].is_capitalized and joined(text, words, start):
        start -= 1
    return text[words[start].start : words[end - 1].end] if start < end else ""


def joined(text: str, words: Sequence[TitleWord], index: int) -> bool:
    """Whether the words before and at `index` have no separator between them."""
    return not 0 < index < len(words) or not HARD.search(text[words[index - 1].end : words[index].start])


def mask_subject(claim: ClaimAnalysis, name: str) -> ClaimAnalysis:
    """Return the claim with its subject's name, and words derived from it, replaced by one term for all subjects."""
    subject_name = analyze(name)
    terms = tuple(claim.terms.values())
    hits = [index for index, term in enumerate(terms) if is_of(term, subject_name)]
    if not hits:
        return claim
    kept = [index for index in range(len(terms)) if index not in hits]
    subject = terms[hits[0]]._replace(key=SUBJECT_KEY, kind=ChangeKind.WORDING, weight=NAMED_WEIGHT)
    return replace(
        claim,
        terms={term.key: term for term in (*(terms[index] for index in kept), subject)},
        spans=array("H", [edge for index in (*kept, hits[0]) for edge in claim.spans[2 * index : 2 * index + 2]]),
        weight=claim.weight - sum(terms[index].weight for index in hits) + NAMED_WEIGHT,
    )


def is_of(term: ContentTerm, name: ClaimAnalysis) -> bool:
    """Whether the term is a word of the name, or derived from one."""
    if term.key in name.terms:
        return True
    return (
        term.key[:1] != "@"
        and term.word.is_capitalized
        and any(other.key[:1] != "@" and same_word(term.word, other.word) for other in name.terms.values())
    )
