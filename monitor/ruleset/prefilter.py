"""Finds the queries that could match a document without evaluating the others.

Each alternative of a query is indexed under its rarest set of required keys. The words of a document are looked up
once and give the keys present. Candidates are the alternatives indexed under those keys whose other required keys are
in the same window. A set of windows is an integer with one bit per window, so the test for "same window" is one `&`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from monitor.ruleset.document import SHARED_SCOPES, MatchDocument
from monitor.ruleset.query.figures import may_hide_number
from monitor.ruleset.query.nodes import IndexKey, Query, RequiredKeys, alternatives
from monitor.ruleset.query.regex_set import RegexSet
from monitor.ruleset.query.segments import SegmentIndex
from monitor.ruleset.query.word_index import WordIndex

WindowSegments: TypeAlias = frozenset[int]  # segments that terms see together
WindowBits: TypeAlias = int  # a set of windows
KeyNumbers: TypeAlias = tuple[int, ...]  # numbers of keys
Alternative: TypeAlias = tuple[int, tuple[KeyNumbers, ...]]  # the number of a query, and the other keys required
RegexesBySegment: TypeAlias = Mapping[int, Sequence[str]]  # sources of the regexes that may match in each segment
ALWAYS_PRESENT_KEY = -1  # a key that every window has
MAX_SECOND_KEYS = 8  # with more keys, the second set is not part of the index
MAX_WINDOWS_PER_BATCH = 256  # larger integers are slower
# relative frequency of each kind of key, before its length is considered
BASE_FREQUENCY = {"word": 1.0, "stem": 2.0, "alike": 2.0, "regex": 4.0, "number": 1e6, "title": 1e6}


class Prefilter:
    """An index over some queries, which are numbered by their position in the sequence."""

    __slots__ = ("alternatives", "figure_keys", "postings", "regex_keys", "regex_set", "title_key", "word_indexes")

    def __init__(self, queries: Sequence[Query]) -> None:
        uses = Counter(
            key
            for query in queries
            for required in alternatives(query.root, estimated_frequency)
            for any_of in required
            for key in any_of
        )

        def total_frequency(any_of: RequiredKeys) -> float:
            return sum(map(frequency, any_of))

        def frequency(key: IndexKey) -> float:
            return estimated_frequency(key) * (1 + uses[key])

        key_numbers: dict[IndexKey, int] = {}
        self.alternatives: list[Alternative] = []
        self.postings: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, query in enumerate(queries):
            for required in alternatives(query.root, frequency):
                requirements = [
                    tuple(key_numbers.setdefault(key, len(key_numbers)) for key in any_of)
                    for any_of in sorted(required, key=total_frequency)
                ]
                self._add_alternative(number, requirements)
        self.title_key = key_numbers.get(IndexKey("title"))
        self.figure_keys = {key.scope: number for key, number in key_numbers.items() if key.kind == "number"}
        self.regex_keys = {
            (key.scope, key.text): number for key, number in key_numbers.items() if key.kind == "regex"
        }
        self.regex_set = RegexSet(source for _, source in self.regex_keys)
        scopes = {"", *(key.scope for key in key_numbers)}
        self.word_indexes = {
            scope: WordIndex({key: number for key, number in key_numbers.items() if key.scope == scope})
            for scope in scopes
        }

    def _add_alternative(self, query: int, requirements: Sequence[KeyNumbers]) -> None:
        """Index an alternative under each key of its rarest set, paired with each key of the next set if it is small.

        An alternative without required keys is a candidate in every window.
        """
        rarest, *others = requirements or [(ALWAYS_PRESENT_KEY,)]
        second_keys = others.pop(0) if others and len(others[0]) <= MAX_SECOND_KEYS else (ALWAYS_PRESENT_KEY,)
        for key in rarest:
            self.postings[key] += [(second, len(self.alternatives)) for second in second_keys]
        self.alternatives.append((query, tuple(others)))

    def candidates(
        self, document: MatchDocument, windows: Sequence[WindowSegments]
    ) -> dict[int, list[WindowSegments]]:
        """Return the queries that could match, each with the windows in which it could."""
        windows_by_query: dict[int, list[WindowSegments]] = defaultdict(list)
        regexes_by_segment = self._match_regexes(document.index)
        shared_keys = self._shared_keys(document, regexes_by_segment)
        for start in range(0, len(windows), MAX_WINDOWS_PER_BATCH):
            batch = windows[start : start + MAX_WINDOWS_PER_BATCH]
            bits_by_key = self._present_keys(document, batch, shared_keys, regexes_by_segment)
            for query, bits in self._matching_queries(bits_by_key).items():
                windows_by_query[query] += [window for number, window in enumerate(batch) if bits >> number & 1]
        return windows_by_query

    def _matching_queries(self, bits_by_key: Mapping[int, WindowBits]) -> dict[int, WindowBits]:
        """Return the queries of which an alternative has all its required keys in one window, with those windows."""
        bits_by_alternative: dict[int, WindowBits] = {}
        for key in self.postings.keys() & bits_by_key.keys():
            key_bits = bits_by_key[key]
            for second, alternative in self.postings[key]:
                if second in bits_by_key and key_bits & bits_by_key[second]:
                    common_bits = key_bits & bits_by_key[second]
                    bits_by_alternative[alternative] = bits_by_alternative.get(alternative, 0) | common_bits
        bits_by_query: dict[int, WindowBits] = {}
        for alternative, bits in bits_by_alternative.items():
            query, others = self.alternatives[alternative]
            for any_of in others:
                bits &= _union_bits(bits_by_key[key] for key in any_of if key in bits_by_key)
            if bits:
                bits_by_query[query] = bits_by_query.get(query, 0) | bits
        return bits_by_query

    def _present_keys(
        self,
        document: MatchDocument,
        windows: Sequence[WindowSegments],
        shared_keys: set[int],
        regexes_by_segment: RegexesBySegment,
    ) -> dict[int, WindowBits]:
        """Return the keys that are present, each with the windows that have it."""
        all_bits = (1 << len(windows)) - 1
        bits_by_key = dict.fromkeys(shared_keys, all_bits)
        bits_by_key[ALWAYS_PRESENT_KEY] = all_bits
        bits_by_segment = _bits_by_segment(windows)
        bits_by_word = _bits_by_word(document.index, bits_by_segment)
        word_index = self.word_indexes[""]
        for word, bits in bits_by_word.items():
            for key in word_index[word]:
                bits_by_key[key] = bits_by_key.get(key, 0) | bits
        segments_with_regexes = bits_by_segment.keys() & regexes_by_segment.keys()
        for segment in bits_by_segment if "" in self.figure_keys else segments_with_regexes:
            for key in self._non_word_keys(document, segment, "", regexes_by_segment):
                bits_by_key[key] = bits_by_key.get(key, 0) | bits_by_segment[segment]
        if self.title_key is not None:
            bits_by_key[self.title_key] = _union_bits(
                bits_by_segment[segment] for segment in document.title_segments if segment in bits_by_segment
            )
        return bits_by_key

    def _non_word_keys(
        self, document: MatchDocument, segment: int, scope: str, regexes_by_segment: RegexesBySegment
    ) -> Iterator[int]:
        """Yield the keys of a segment that its words do not give: regexes, and numbers that are not a folded word."""
        for source in regexes_by_segment.get(segment, ()):
            if (scope, source) in self.regex_keys:
                yield self.regex_keys[scope, source]
        if scope in self.figure_keys and may_hide_number(document.index.texts[segment]):
            yield self.figure_keys[scope]

    def _shared_keys(self, document: MatchDocument, regexes_by_segment: RegexesBySegment) -> set[int]:
        """Return the keys of the title and the fields, which every window sees."""
        keys: set[int] = set()
        for scope in self.word_indexes.keys() & SHARED_SCOPES:
            for segment in document.shared_segments(scope):
                keys.update(*map(self.word_indexes[scope].__getitem__, document.index.words_by_segment[segment]))
                keys.update(self._non_word_keys(document, segment, scope, regexes_by_segment))
        return keys

    def _match_regexes(self, index: SegmentIndex) -> dict[int, list[str]]:
        """Return the sources of the regexes that may match in each segment, and record the result in the index."""
        regexes_by_segment: dict[int, list[str]] = defaultdict(list)
        if self.regex_set:
            candidates_by_regex = self.regex_set.match_texts(index.folded_texts)
            index.record_regexes(self.regex_set.sources, candidates_by_regex)
            for source, candidates in candidates_by_regex.items():
                for segment in candidates.segments:
                    regexes_by_segment[segment].append(source)
        return regexes_by_segment


def _bits_by_segment(windows: Sequence[WindowSegments]) -> dict[int, WindowBits]:
    """The windows that contain each segment."""
    bits_by_segment: dict[int, WindowBits] = {}
    for number, window in enumerate(windows):
        for segment in window:
            bits_by_segment[segment] = bits_by_segment.get(segment, 0) | 1 << number
    return bits_by_segment


def _bits_by_word(index: SegmentIndex, bits_by_segment: Mapping[int, WindowBits]) -> dict[str, WindowBits]:
    """The windows that contain each word."""
    bits_by_word: dict[str, WindowBits] = {}
    for segment, bits in bits_by_segment.items():
        for word in index.words_by_segment[segment]:
            bits_by_word[word] = bits_by_word.get(word, 0) | bits
    return bits_by_word


def _union_bits(bit_sets: Iterable[WindowBits]) -> WindowBits:
    union = 0
    for bits in bit_sets:
        union |= bits
    return union


def estimated_frequency(key: IndexKey) -> float:
    """The relative frequency of a key, estimated by its length: short words and stems match most texts."""
    return BASE_FREQUENCY[key.kind] / max(1, len(key.text) - key.max_edits)
