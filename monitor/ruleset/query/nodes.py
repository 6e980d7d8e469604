"""A compiled query: what its terms find in a reading, when it holds for a document, what it cannot do without.

`meet` answers with the words that made the node hold, or None when it does not hold. A negation that holds has met
no words: the answer is then an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple, Protocol, TypeAlias

from monitor.ruleset.query.figures import COMPARISONS, number_for_word
from monitor.ruleset.query.segments import SEGMENT_SHIFT, SegmentIndex, TermSpan, TermSpans, overlapping_words

ProximityOperator: TypeAlias = Callable[[TermSpans, TermSpans, int], TermSpans]


# A key is a folded word, the beginning of one, a word some edits away, the source of a regex; any number; or that the
# title itself is part of the document.
KeyKind: TypeAlias = Literal["word", "stem", "alike", "regex", "number", "title"]


class IndexKey(NamedTuple):
    """Something that a document may have, where `scope` looks ("" for its own text)."""

    kind: KeyKind
    text: str = ""
    scope: str = ""
    max_edits: int = 0


# One key of each need stands in every document for which a node holds.
RequiredKeys: TypeAlias = frozenset[IndexKey]
KeyFrequency: TypeAlias = Callable[[IndexKey], float]


@dataclass(frozen=True, slots=True)
class MatchWindow:
    """Where the terms of a rule must meet: the segments that each scope sees. `own` are those without a scope."""

    index: SegmentIndex
    segments: frozenset[int]
    segments_by_scope: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def segments_in_scope(self, scope: str) -> frozenset[int]:
        """The segments that a term with this scope ("" for none) looks at."""
        return self.segments_by_scope.get(scope, frozenset()) if scope else self.segments

    def term_spans(self, term: Term) -> TermSpans | None:
        """Where a term stands in this document, or None."""
        return term.cached_spans(self.index, self.segments_in_scope(term.scope)) or None


class Node(Protocol):
    """A part of a query."""

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """The words that made it hold, in order; None if it does not hold."""

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """Sets of keys of each of which one must stand in the document; none if nothing is certain to."""

    def children(self) -> tuple[Node, ...]:
        """The nodes it is made of."""


@dataclass(frozen=True, slots=True)
class Term:
    """What stands at the leaves. `term` is how it was written; equal terms find the same words everywhere."""

    text: str
    scope: str = ""

    def find(self, index: SegmentIndex, segments: Sequence[int]) -> TermSpans:
        """Where it stands in some segments, in order."""
        raise NotImplementedError

    def cached_spans(self, index: SegmentIndex, segments: frozenset[int] | None = None) -> TermSpans:
        """`find`, remembered by the reading; without `segments` it is sought everywhere."""
        return index.cached_spans(self.text, index.all_segments if segments is None else segments, self.find)

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """Where it stands in the document."""
        return window.term_spans(self)

    @property
    def key_scope(self) -> str:
        """The scope of its keys. What `text:` sees is seen without a scope too."""
        return "" if self.scope == "text" else self.scope

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """What stands wherever it is met."""
        raise NotImplementedError

    def children(self) -> tuple[Node, ...]:
        """None: it is a leaf."""
        return ()


@dataclass(frozen=True, slots=True)
class NumberComparison:
    """`soldiers > 10000`: a number said of the words that `of` meets."""

    operand: Node
    comparison: str
    number: float
    text: str

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """The words with their numbers."""
        operand_spans = self.operand.evaluate(window) or []
        spans_with_numbers: set[TermSpan] = set()
        for segment, spans in groupby(sorted(operand_spans), key=lambda span: span[0] >> SEGMENT_SHIFT):
            spans_with_numbers |= self._spans_in_segment(segment, list(spans), window.index)
        return sorted(spans_with_numbers) or None

    def _spans_in_segment(self, segment: int, spans: TermSpans, index: SegmentIndex) -> set[TermSpan]:
        result = set()
        for span in spans:
            _, start, end = index.locate(span[0], span[1])
            quantity = number_for_word(index.texts[segment], start, end)
            if quantity and COMPARISONS[self.comparison](quantity.low, quantity.high, self.number):
                figure_words = overlapping_words(index.word_offsets(segment), quantity.start, quantity.end)
                first_position = segment << SEGMENT_SHIFT
                result |= {span, (first_position + figure_words[0], first_position + figure_words[-1], self.text)}
        return result

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """What the counted words need, and a number."""
        scopes = {term.key_scope for term in positive_terms(self.operand)}
        number_keys = frozenset(IndexKey("number", scope=scope) for scope in scopes)
        return (*self.operand.required_keys(frequency), number_keys)

    def children(self) -> tuple[Node, ...]:
        """What is counted."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class ProximityPair:
    """Two sides whose words must stand to each other as an operator says (NEAR/n, BEFORE/n, SAME SENTENCE)."""

    proximity: ProximityOperator
    left: Node
    right: Node
    distance: int

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """The words of both sides that stand so."""
        left_spans = self.left.evaluate(window)
        right_spans = self.right.evaluate(window) if left_spans else None
        return self.proximity(left_spans, right_spans, self.distance) or None if left_spans and right_spans else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """What both sides need."""
        return self.left.required_keys(frequency) + self.right.required_keys(frequency)

    def children(self) -> tuple[Node, ...]:
        """Both sides."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class And:
    """All must hold."""

    nodes: tuple[Node, ...]

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """The words of all."""
        spans: set[TermSpan] = set()
        for node in self.nodes:
            node_spans = node.evaluate(window)
            if node_spans is None:
                return None
            spans.update(node_spans)
        return sorted(spans)

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """What every part needs."""
        return tuple(keys for node in self.nodes for keys in node.required_keys(frequency))

    def children(self) -> tuple[Node, ...]:
        """All of them."""
        return self.nodes


@dataclass(frozen=True, slots=True)
class Or:
    """One must hold."""

    nodes: tuple[Node, ...]

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """The words of those that hold."""
        matching = [spans for node in self.nodes if (spans := node.evaluate(window)) is not None]
        return sorted({span for spans in matching for span in spans}) if matching else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """The rarest need of each part, joined, if each has one."""
        rarest = [rarest_required_keys(node.required_keys(frequency), frequency) for node in self.nodes]
        return (frozenset().union(*rarest),) if all(rarest) else ()

    def children(self) -> tuple[Node, ...]:
        """All of them."""
        return self.nodes


@dataclass(frozen=True, slots=True)
class Not:
    """It must not hold."""

    node: Node

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """No words: what is absent cannot be pointed at."""
        return [] if self.node.evaluate(window) is None else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """An absence needs no word."""
        return ()

    def children(self) -> tuple[Node, ...]:
        """What must not hold."""
        return (self.node,)


def rarest_required_keys(requirements: tuple[RequiredKeys, ...], frequency: KeyFrequency) -> RequiredKeys:
    """The need that fewest documents will meet; an empty one if there is none."""
    return min(requirements, key=lambda need: sum(map(frequency, need)), default=frozenset())


def matches_without_terms(node: Node) -> bool:
    """Does it hold for a document that has none of its words?"""
    match node:
        case Not():
            return not matches_without_terms(node.node)
        case And():
            return all(map(matches_without_terms, node.nodes))
        case Or():
            return any(map(matches_without_terms, node.nodes))
        case _:
            return False


def positive_terms(node: Node) -> Iterator[Term]:
    """The terms that can be met where it holds: all but those of its negations."""
    if isinstance(node, Term):
        yield node
    elif not isinstance(node, Not):
        for child in node.children():
            yield from positive_terms(child)


def alternatives(node: Node, frequency: KeyFrequency) -> tuple[tuple[RequiredKeys, ...], ...]:
    """For each way in which a query can hold (what OR joins at its top) the needs of that way."""
    if isinstance(node, Or):
        return tuple(required for child in node.nodes for required in alternatives(child, frequency))
    required = node.required_keys(frequency)
    return (required if any(not term.key_scope for term in positive_terms(node)) else (*required, TITLE_REQUIRED),)


# What looks at title and fields alone meets words that can fire in the title alone.
TITLE_REQUIRED: RequiredKeys = frozenset((IndexKey("title"),))


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query and the text it came from."""

    text: str
    root: Node
