"""Finds the queries that could hold for a document without evaluating the others.

Each way for a query to hold is filed under the keys of its rarest need. The words of a page are looked up once and
give the keys that stand in it; the ways filed under those are what is left, and of them those whose other needs stand
in the same place. A set of places is a whole number with one bit for each, so that "in the same place" is one `&`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from monitor.ruleset.figures import may_hide_number
from monitor.ruleset.lexicon import Lexicon
from monitor.ruleset.manyregexes import ManyRegexes
from monitor.ruleset.page import FIELDS, Page
from monitor.ruleset.query import Key, Need, Query, ways
from monitor.ruleset.reading import Reading

Place: TypeAlias = frozenset[int]  # segments that are seen together
Bits: TypeAlias = int  # a set of places
Numbers: TypeAlias = tuple[int, ...]  # keys by their numbers
Way: TypeAlias = tuple[int, tuple[Numbers, ...]]  # a query, and what this way for it to hold needs besides
Matched: TypeAlias = Mapping[int, Sequence[str]]  # the sources of the regexes that match in each segment
SOMETHING = -1  # a key that every place has
MOST_SECONDS = 8  # keys of a second need that a way is filed with
MOST_PLACES = 256  # that are looked at together: larger numbers are slower
# how common words are of which a key says so much
BREADTH = {"word": 1.0, "stem": 2.0, "alike": 2.0, "regex": 4.0, "number": 1e6, "title": 1e6}


class Shortlist:
    """The index over some queries, which it names by their place in the sequence."""

    __slots__ = ("filed", "lexicons", "numbers", "regex_keys", "regexes", "title", "ways")

    def __init__(self, queries: Sequence[Query]) -> None:
        used = Counter(key for query in queries for way in ways(query.root, breadth) for need in way for key in need)

        def rarity(need: Need) -> float:
            return sum(map(weigh, need))

        def weigh(key: Key) -> float:
            return breadth(key) * (1 + used[key])

        keys: dict[Key, int] = {}
        self.ways: list[Way] = []
        self.filed: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for at, query in enumerate(queries):
            for way in ways(query.root, weigh):
                rarest_first = sorted(way, key=rarity)
                self._file(at, [tuple(keys.setdefault(key, len(keys)) for key in need) for need in rarest_first])
        self.title = keys.get(Key("title"))
        self.numbers = {key.scope: at for key, at in keys.items() if key.kind == "number"}
        self.regex_keys = {(key.scope, key.text): at for key, at in keys.items() if key.kind == "regex"}
        self.regexes = ManyRegexes(source for _, source in self.regex_keys)
        scopes = {"", *(key.scope for key in keys)}
        self.lexicons = {
            scope: Lexicon({key: at for key, at in keys.items() if key.scope == scope}) for scope in scopes
        }

    def _file(self, at: int, needs: Sequence[Numbers]) -> None:
        """Files a way under each key of its rarest need, with each key of the next one if those are few. One without
        needs is tried at every place.
        """
        rarest, *others = needs or [(SOMETHING,)]
        seconds = others.pop(0) if others and len(others[0]) <= MOST_SECONDS else (SOMETHING,)
        for key in rarest:
            self.filed[key] += [(second, len(self.ways)) for second in seconds]
        self.ways.append((at, tuple(others)))

    def candidates(self, page: Page, places: Sequence[Place]) -> dict[int, list[Place]]:
        """The queries that could hold, each with those of the places where it could."""
        found: dict[int, list[Place]] = defaultdict(list)
        matched = self._matched(page.reading)
        everywhere = self._fields(page, matched)
        for start in range(0, len(places), MOST_PLACES):
            some = places[start : start + MOST_PLACES]
            stands = self._stands(page, some, everywhere, matched)
            for query, where in self._met(stands).items():
                found[query] += [place for at, place in enumerate(some) if where >> at & 1]
        return found

    def _met(self, stands: Mapping[int, Bits]) -> dict[int, Bits]:
        """The queries all of whose needs stand in one place in some way, with those places."""
        near: dict[int, Bits] = {}
        for key in self.filed.keys() & stands.keys():
            here = stands[key]
            for second, way in self.filed[key]:
                if second in stands and here & stands[second]:
                    near[way] = near.get(way, 0) | here & stands[second]
        found: dict[int, Bits] = {}
        for way, where in near.items():
            query, others = self.ways[way]
            for need in others:
                where &= _either(stands[key] for key in need if key in stands)
            if where:
                found[query] = found.get(query, 0) | where
        return found

    def _stands(self, page: Page, places: Sequence[Place], everywhere: set[int], matched: Matched) -> dict[int, Bits]:
        """The keys that stand anywhere, each with the places that have it."""
        every = (1 << len(places)) - 1
        stands = dict.fromkeys(everywhere, every)
        stands[SOMETHING] = every
        seen = _seen(places)
        words = _words(page.reading, seen)
        for where, keys in zip(words.values(), map(self.lexicons[""].__getitem__, words), strict=True):
            for key in keys:
                stands[key] = stands.get(key, 0) | where
        for at in seen if "" in self.numbers else seen.keys() & matched.keys():
            for key in self._unspelt(page, at, "", matched):
                stands[key] = stands.get(key, 0) | seen[at]
        if self.title is not None:
            stands[self.title] = _either(seen[at] for at in page.titles if at in seen)
        return stands

    def _unspelt(self, page: Page, at: int, scope: str, matched: Matched) -> Iterator[int]:
        """The keys that a segment has by other things than its words: regexes, and numbers that are no words."""
        for source in matched.get(at, ()):
            if (scope, source) in self.regex_keys:
                yield self.regex_keys[scope, source]
        if scope in self.numbers and may_hide_number(page.reading.texts[at]):
            yield self.numbers[scope]

    def _fields(self, page: Page, matched: Matched) -> set[int]:
        """The keys of what stands in the title and the fields, which every place sees."""
        found: set[int] = set()
        for scope in self.lexicons.keys() & FIELDS:
            for at in page.sees(scope):
                found.update(*map(self.lexicons[scope].__getitem__, page.reading.words[at]))
                found.update(self._unspelt(page, at, scope, matched))
        return found

    def _matched(self, reading: Reading) -> dict[int, list[str]]:
        """The sources of the regexes that match in each segment; the reading is told of them too."""
        matched: dict[int, list[str]] = defaultdict(list)
        if self.regexes:
            found = self.regexes.matching(reading.flat)
            reading.tell(self.regexes.sources, found)
            for source, tried in found.items():
                for at in tried.segments:
                    matched[at].append(source)
        return matched


def _seen(places: Sequence[Place]) -> dict[int, Bits]:
    """The places that see each segment."""
    seen: dict[int, Bits] = {}
    for number, place in enumerate(places):
        for at in place:
            seen[at] = seen.get(at, 0) | 1 << number
    return seen


def _words(reading: Reading, seen: Mapping[int, Bits]) -> dict[str, Bits]:
    """The places that have each word."""
    found: dict[str, Bits] = {}
    for at, where in seen.items():
        for word in reading.words[at]:
            found[word] = found.get(word, 0) | where
    return found


def _either(places: Iterable[Bits]) -> Bits:
    joined = 0
    for where in places:
        joined |= where
    return joined


def breadth(key: Key) -> float:
    """How common a key is, guessed by its letters: short words and short stems meet most."""
    return BREADTH[key.kind] / max(1, len(key.text) - key.edits)
