"""The nodes of a compiled query: what each matches in a window, and the keys that a matching document must have.

`evaluate` returns the matched words, or None if the node does not match. A negation that matches has no words: it
returns an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple, Protocol, TypeAlias

from monitor.ruleset.query.figures import number_for_word
from monitor.ruleset.query.limits import Limit
from monitor.ruleset.query.segments import SEGMENT_SHIFT, SegmentIndex, TermSpan, TermSpans, overlapping_words
from monitor.text.stated_numbers import NumberKind, StatedNumber

ProximityOperator: TypeAlias = Callable[[TermSpans, TermSpans, int], TermSpans]


# A key is a folded word, a prefix, a word within some edits, a regex, any number, or the title being in the window.
KeyKind: TypeAlias = Literal["word", "stem", "alike", "regex", "number", "title"]


class IndexKey(NamedTuple):
    """Something that a document may have in `scope` ("" for its own text)."""

    kind: KeyKind
    text: str = ""
    scope: str = ""
    max_edits: int = 0


# Every document that a node matches has at least one of these keys.
RequiredKeys: TypeAlias = frozenset[IndexKey]
KeyFrequency: TypeAlias = Callable[[IndexKey], float]


@dataclass(frozen=True, slots=True)
class MatchWindow:
    """The segments that the terms of a query see together: `segments` without a scope, others by scope."""

    index: SegmentIndex
    segments: frozenset[int]
    segments_by_scope: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def segments_in_scope(self, scope: str) -> frozenset[int]:
        """The segments that a term with this scope ("" for none) sees."""
        return self.segments_by_scope.get(scope, frozenset()) if scope else self.segments

    def term_spans(self, term: Term) -> TermSpans | None:
        """The spans of a term in this window, or None."""
        return term.cached_spans(self.index, self.segments_in_scope(term.scope)) or None

    def with_whole_paragraphs(self) -> MatchWindow:
        """The window widened to the paragraphs of its segments."""
        segments = frozenset[int]().union(*map(self.index.paragraph, self.segments))
        if segments == self.segments:
            return self
        text = segments - self.segments_by_scope.get("title", frozenset())
        return MatchWindow(self.index, segments, {**self.segments_by_scope, "text": text})


class Node(Protocol):
    """A part of a query."""

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """Return the spans of the matched words, in order; None if the node does not match."""

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """Sets of keys; a matching document has at least one key of each set."""

    def children(self) -> tuple[Node, ...]:
        """The nodes that this one combines."""


@dataclass(frozen=True, slots=True)
class Term:
    """A leaf of a query. `text` is the term as written; terms with equal text find the same words."""

    text: str
    scope: str = ""

    def find(self, index: SegmentIndex, segments: Sequence[int]) -> TermSpans:
        """Return the spans of the term in these segments, in order."""
        raise NotImplementedError

    def cached_spans(self, index: SegmentIndex, segments: frozenset[int] | None = None) -> TermSpans:
        """Return `find`, cached by the index; None searches all segments."""
        return index.cached_spans(self.text, index.all_segments if segments is None else segments, self.find)

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        return window.term_spans(self)

    @property
    def key_scope(self) -> str:
        """The scope of its keys: terms with `text:` share the keys of terms without a scope."""
        return "" if self.scope == "text" else self.scope

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        raise NotImplementedError

    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class NumberComparison:
    """`soldiers > 10000`: compares the number stated for the words that `operand` matches.

    With `admits_forecasts` (`~soldiers > 10000`) it may be a forecast too.
    """

    operand: Node
    limit: Limit
    text: str
    admits_forecasts: bool = False

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        """Return the spans of the words and of their numbers."""
        operand_spans = self.operand.evaluate(window) or []
        spans_with_numbers: set[TermSpan] = set()
        for segment, spans in groupby(sorted(operand_spans), key=lambda span: span[0] >> SEGMENT_SHIFT):
            spans_with_numbers |= self._spans_in_segment(segment, list(spans), window.index)
        return sorted(spans_with_numbers) or None

    def admits(self, number: StatedNumber) -> bool:
        """Return whether the number is a fact, or else a forecast if the term admits those."""
        return self.admits_forecasts or number.kind is NumberKind.STATED

    def _spans_in_segment(self, segment: int, spans: TermSpans, index: SegmentIndex) -> set[TermSpan]:
        result = set()
        for span in spans:
            _, start, end = index.locate(span[0], span[1])
            number = number_for_word(index.texts[segment], start, end, self.limit.dimension)
            if number and self.admits(number) and self.limit.holds(number):
                figure_words = overlapping_words(index.word_offsets(segment), number.start, number.end)
                first_position = segment << SEGMENT_SHIFT
                result |= {span, (first_position + figure_words[0], first_position + figure_words[-1], self.text)}
        return result

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        scopes = {term.key_scope for term in positive_terms(self.operand)}
        number_keys = frozenset(IndexKey("number", scope=scope) for scope in scopes)
        return (*self.operand.required_keys(frequency), number_keys)

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class ProximityPair:
    """Two operands of a proximity operator: NEAR/n, BEFORE/n or SAME SENTENCE. `distance` is in words."""

    proximity: ProximityOperator
    left: Node
    right: Node
    distance: int

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        left_spans = self.left.evaluate(window)
        right_spans = self.right.evaluate(window) if left_spans else None
        return self.proximity(left_spans, right_spans, self.distance) or None if left_spans and right_spans else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return self.left.required_keys(frequency) + self.right.required_keys(frequency)

    def children(self) -> tuple[Node, ...]:
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class And:
    """Matches if all its nodes match."""

    nodes: tuple[Node, ...]

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        spans: set[TermSpan] = set()
        for node in self.nodes:
            node_spans = node.evaluate(window)
            if node_spans is None:
                return None
            spans.update(node_spans)
        return sorted(spans)

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return tuple(keys for node in self.nodes for keys in node.required_keys(frequency))

    def children(self) -> tuple[Node, ...]:
        return self.nodes


@dataclass(frozen=True, slots=True)
class Or:
    """Matches if any of its nodes matches."""

    nodes: tuple[Node, ...]

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        matching = [spans for node in self.nodes if (spans := node.evaluate(window)) is not None]
        return sorted({span for spans in matching for span in spans}) if matching else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """The union of the rarest keys of each node; nothing if one of them has no keys."""
        rarest = [rarest_required_keys(node.required_keys(frequency), frequency) for node in self.nodes]
        return (frozenset().union(*rarest),) if all(rarest) else ()

    def children(self) -> tuple[Node, ...]:
        return self.nodes


@dataclass(frozen=True, slots=True)
class Not:
    """Matches if its node does not."""

    node: Node

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        return [] if self.node.evaluate(window) is None else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return ()

    def children(self) -> tuple[Node, ...]:
        return (self.node,)


def rarest_required_keys(requirements: tuple[RequiredKeys, ...], frequency: KeyFrequency) -> RequiredKeys:
    """The set of keys that the fewest documents have; an empty set without requirements."""
    return min(requirements, key=lambda keys: sum(map(frequency, keys)), default=frozenset())


def matches_without_terms(node: Node) -> bool:
    """Return whether the node matches a document that has none of its words."""
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
    """The terms outside of negations."""
    if isinstance(node, Term):
        yield node
    elif not isinstance(node, Not):
        for child in node.children():
            yield from positive_terms(child)


def alternatives(node: Node, frequency: KeyFrequency) -> tuple[tuple[RequiredKeys, ...], ...]:
    """The required keys of each alternative of a query, that is, of each operand of its top-level OR."""
    if isinstance(node, Or):
        return tuple(required for child in node.nodes for required in alternatives(child, frequency))
    required = node.required_keys(frequency)
    return (required if any(not term.key_scope for term in positive_terms(node)) else (*required, TITLE_REQUIRED),)


# Terms that see only the title and fields can fire only through a finding that is the title.
TITLE_REQUIRED: RequiredKeys = frozenset((IndexKey("title"),))


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query and the text it came from."""

    text: str
    root: Node
