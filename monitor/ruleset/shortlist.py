"""Finds the queries that could hold for a document without evaluating the others.

Each way for a query to hold is filed under the keys of its rarest need. A document finds it by looking up its own
words, and leaves it out unless it meets its other needs too. Regexes are all tried at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from monitor.ruleset.figures import may_hide_number
from monitor.ruleset.lexicon import Lexicon
from monitor.ruleset.manyregexes import ManyRegexes
from monitor.ruleset.page import FIELDS, Page
from monitor.ruleset.query import Key, Need, Query, ways

Place: TypeAlias = frozenset[int]
Numbers: TypeAlias = frozenset[int]  # keys by their numbers
# how common words are of which a key says so much
BREADTH = {"word": 1.0, "stem": 2.0, "alike": 2.0, "regex": 4.0, "number": 1e6, "title": 1e6}


class Shortlist:
    """The index over some queries, which it names by their place in the sequence."""

    __slots__ = ("alone", "joined", "keys", "lexicons", "numbers", "regexes", "title")

    def __init__(self, queries: Sequence[Query]) -> None:
        used = Counter(key for query in queries for way in ways(query.root, breadth) for need in way for key in need)

        def weigh(key: Key) -> float:
            return breadth(key) * (1 + used[key])

        self.keys: dict[Key, int] = {}
        self.alone: dict[int, list[int]] = defaultdict(list)
        self.joined: dict[int, list[tuple[Numbers, int, tuple[Numbers, ...]]]] = defaultdict(list)
        for at, query in enumerate(queries):
            for way in ways(query.root, weigh):
                self._file(at, sorted(way, key=lambda need: sum(map(weigh, need))))
        self.title = self.keys.get(Key("title"), -1)
        self.numbers = {key.scope: at for key, at in self.keys.items() if key.kind == "number"}
        self.regexes = ManyRegexes(key.text for key in self.keys if key.kind == "regex")
        self.lexicons = {
            scope: Lexicon({key: at for key, at in self.keys.items() if key.scope == scope})
            for scope in {"", *(key.scope for key in self.keys)}
        }

    def _file(self, at: int, way: Sequence[Need]) -> None:
        rarest, *others = [frozenset(self.keys.setdefault(key, len(self.keys)) for key in need) for need in way]
        for key in rarest:
            if others:
                self.joined[key].append((others[0], at, tuple(others[1:])))
            else:
                self.alone[key].append(at)

    def candidates(self, page: Page, places: Iterable[Place]) -> dict[int, list[Place]]:
        """The queries that could hold, each with those of the places (segments seen together) where it could."""
        found: dict[int, list[Place]] = defaultdict(list)
        scanned = self._matched(page)
        everywhere = self._fields(page, scanned)
        known: dict[int, set[int]] = {}
        for place in places:
            keys = set(everywhere)
            for segment in place:
                if segment not in known:
                    known[segment] = self._met(page, segment, "", scanned)
                keys |= known[segment]
            if self.title >= 0 and not place.isdisjoint(page.titles):
                keys.add(self.title)
            for at in self._holding(keys):
                found[at].append(place)
        return found

    def _holding(self, keys: set[int]) -> set[int]:
        """The queries whose needs are among the keys."""
        found: set[int] = set()
        for key in keys & self.alone.keys():
            found.update(self.alone[key])
        for key in keys & self.joined.keys():
            for second, at, others in self.joined[key]:
                if not keys.isdisjoint(second) and not any(map(keys.isdisjoint, others)):
                    found.add(at)
        return found

    def _fields(self, page: Page, scanned: dict[int, list[str]]) -> set[int]:
        """The keys of what stands in the title and the fields, which every place sees."""
        scopes = (scope for scope in FIELDS if scope in self.lexicons)
        return {key for scope in scopes for at in page.sees(scope) for key in self._met(page, at, scope, scanned)}

    def _met(self, page: Page, segment: int, scope: str, scanned: dict[int, list[str]]) -> set[int]:
        """The keys of one scope that a segment has."""
        met = set[int]().union(*map(self.lexicons[scope].__getitem__, page.reading.has[segment]))
        for source in scanned.get(segment, ()):
            if (key := self.keys.get(Key("regex", source, scope))) is not None:
                met.add(key)
        number = self.numbers.get(scope)
        if number is not None and met and number not in met and may_hide_number(page.reading.texts[segment]):
            met.add(number)
        return met

    def _matched(self, page: Page) -> dict[int, list[str]]:
        """The sources of the regexes that match in each segment; the reading is told of them too."""
        if not self.regexes:
            return {}
        scanned = {at: found for at, text in enumerate(page.reading.flat) if (found := self.regexes.matching(text))}
        matched = defaultdict(list)
        for at, sources in scanned.items():
            for source in sources:
                matched[source].append(at)
        page.reading.matched.update(matched)
        return scanned


def breadth(key: Key) -> float:
    """How common a key is, guessed by its letters: short words and short stems meet most."""
    return BREADTH[key.kind] / max(1, len(key.text) - key.edits)
