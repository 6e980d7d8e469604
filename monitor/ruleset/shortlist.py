"""Finds the queries that could hold for a document without evaluating the others.

Each way for a query to hold is filed under the keys of its rarest need. A document finds it by looking up its own
words, and leaves it out unless it meets its other needs too. Regexes are all tried at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TypeAlias, TypeVar

from monitor.ruleset.figures import may_hide_number
from monitor.ruleset.lexicon import Lexicon
from monitor.ruleset.manyregexes import ManyRegexes
from monitor.ruleset.page import FIELDS, Page
from monitor.ruleset.query import Key, Query, ways

Place: TypeAlias = frozenset[int]
Numbers: TypeAlias = frozenset[int]  # keys by their numbers
Way: TypeAlias = tuple[int, tuple[Numbers, ...]]  # a query, and what this way for it to hold needs
Matched: TypeAlias = Mapping[int, Sequence[str]]  # the sources of the regexes that match in each segment
SOMETHING = -1  # a key that every text has
T = TypeVar("T")
# how common words are of which a key says so much
BREADTH = {"word": 1.0, "stem": 2.0, "alike": 2.0, "regex": 4.0, "number": 1e6, "title": 1e6}


class Shortlist:
    """The index over some queries, which it names by their place in the sequence."""

    __slots__ = ("filed", "lexicons", "numbers", "regex_keys", "regexes", "title", "untold", "ways")

    def __init__(self, queries: Sequence[Query]) -> None:
        used = Counter(key for query in queries for way in ways(query.root, breadth) for need in way for key in need)

        def weigh(key: Key) -> float:
            return breadth(key) * (1 + used[key])

        keys: dict[Key, int] = {}
        self.ways: list[Way] = []
        self.filed: dict[int, list[tuple[int, Numbers, int]]] = defaultdict(list)
        for at, query in enumerate(queries):
            for way in ways(query.root, weigh):
                rarest_first = sorted(way, key=lambda need: sum(map(weigh, need)))
                self._file(at, [frozenset(keys.setdefault(key, len(keys)) for key in need) for need in rarest_first])
        self.title = keys.get(Key("title"))
        self.numbers = {key.scope: at for key, at in keys.items() if key.kind == "number"}
        self.untold = [at for key, at in keys.items() if key.kind in ("title", "number")]
        self.regex_keys = {(key.scope, key.text): at for key, at in keys.items() if key.kind == "regex"}
        self.regexes = ManyRegexes(source for _, source in self.regex_keys)
        scopes = {"", *(key.scope for key in keys)}
        self.lexicons = {
            scope: Lexicon({key: at for key, at in keys.items() if key.scope == scope}) for scope in scopes
        }

    def _file(self, at: int, needs: Sequence[Numbers]) -> None:
        second = needs[1] if len(needs) > 1 else frozenset((SOMETHING,))
        single = next(iter(second)) if len(second) == 1 else SOMETHING
        for key in needs[0]:
            self.filed[key].append((single, second, len(self.ways)))
        self.ways.append((at, tuple(needs)))

    def candidates(self, page: Page, places: Sequence[Place]) -> dict[int, list[Place]]:
        """The queries that could hold, each with those of the places (segments seen together) where it could."""
        found: dict[int, set[int]] = defaultdict(set)
        matched = self._matched(page)
        everywhere = self._fields(page, matched)
        seen = _union(places)
        words = _union(page.reading.has[at] for at in seen)
        near = self._near(everywhere, words, (source for at in seen for source in matched.get(at, ())))
        if near:
            stands = self._stands(page, places, words, _union(need for _, needs in near for need in needs), matched)
            for at, needs in near:
                for place in _meeting([need for need in needs if everywhere.isdisjoint(need)], stands, len(places)):
                    found[at].add(place)
        return {at: [places[place] for place in sorted(where)] for at, where in found.items()}

    def _stands(
        self, page: Page, places: Sequence[Place], words: Set[str], wanted: Numbers, matched: Matched
    ) -> dict[int, set[int]]:
        """For each wanted key the places, by their numbers, that have it of their own."""
        lexicon = self.lexicons[""]
        telling = {word: wanted.intersection(keys) for word in words if (keys := lexicon[word])}
        telling = {word: keys for word, keys in telling.items() if keys}
        stands: dict[int, set[int]] = defaultdict(set)
        for number, place in enumerate(places):
            for at in place:
                for word in telling.keys() & page.reading.has[at]:
                    for key in telling[word]:
                        stands[key].add(number)
                for key in self._unspelt(page, at, "", matched):
                    stands[key].add(number)
            if self.title is not None and not place.isdisjoint(page.titles):
                stands[self.title].add(number)
        return stands

    def _near(self, everywhere: set[int], words: Set[str], sources: Iterable[str]) -> list[Way]:
        """The ways to hold whose two rarest needs stand somewhere among the words, as far as words tell."""
        keys = everywhere.union(self.untold, (SOMETHING,), *map(self.lexicons[""].__getitem__, words))
        keys.update(self.regex_keys["", source] for source in sources if ("", source) in self.regex_keys)
        met = {
            way
            for key in self.filed.keys() & keys
            for single, second, way in self.filed[key]
            if single in keys and not keys.isdisjoint(second)
        }
        return [self.ways[way] for way in met]

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
                found.update(*map(self.lexicons[scope].__getitem__, page.reading.has[at]))
                found.update(self._unspelt(page, at, scope, matched))
        return found

    def _matched(self, page: Page) -> dict[int, list[str]]:
        """The sources of the regexes that match in each segment; the reading is told of them too."""
        if not self.regexes:
            return {}
        found = self.regexes.matching(page.reading.flat)
        page.reading.matched.update(found)
        matched = defaultdict(list)
        for source, segments in found.items():
            for at in segments:
                matched[at].append(source)
        return matched


def _meeting(needs: Iterable[Numbers], stands: Mapping[int, Set[int]], places: int) -> Set[int]:
    """The places, by their numbers, that have a key of every need."""
    where: Set[int] = frozenset(range(places))
    for need in needs:
        where = where & _union(stands[key] for key in need if key in stands)
        if not where:
            break
    return where


def _union(sets: Iterable[Set[T]]) -> frozenset[T]:
    return frozenset[T]().union(*sets)


def breadth(key: Key) -> float:
    """How common a key is, guessed by its letters: short words and short stems meet most."""
    return BREADTH[key.kind] / max(1, len(key.text) - key.edits)
