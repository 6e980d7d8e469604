"""The nodes of a query that depend on where in an update a text stands, or on how often a term occurs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from monitor.ruleset.query.nodes import (
    KeyFrequency,
    MatchWindow,
    Node,
    ProximityPair,
    RequiredKeys,
    rarest_required_keys,
)
from monitor.ruleset.query.segments import SEGMENT_SHIFT, SegmentIndex, TermSpans

ANY_DISTANCE = 1 << 62  # more than between any two positions


@dataclass(frozen=True, slots=True)
class ParagraphPair(ProximityPair):
    """The operands of SAME PARAGRAPH, which sees the whole paragraphs of a window.

    It matches if at least one of the words is in the window itself, so that a rule can fire on either claim.
    """

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        whole = window.with_whole_paragraphs()
        left_spans = self.left.evaluate(whole)
        right_spans = self.right.evaluate(whole) if left_spans else None
        if not left_spans or not right_spans:
            return None
        left, right = spans_by_paragraph(left_spans, window.index), spans_by_paragraph(right_spans, window.index)
        spans = sorted(
            span
            for paragraph in left.keys() & right.keys()
            for span in self.proximity(left[paragraph], right[paragraph], ANY_DISTANCE)
        )
        return spans if any(span[0] >> SEGMENT_SHIFT in window.segments for span in spans) else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        """The rarest keys of either operand: one of them is in the window."""
        rarest = [rarest_required_keys(side.required_keys(frequency), frequency) for side in (self.left, self.right)]
        return (frozenset().union(*rarest),) if all(rarest) else ()


def spans_by_paragraph(spans: TermSpans, index: SegmentIndex) -> dict[frozenset[int], TermSpans]:
    groups: dict[frozenset[int], TermSpans] = defaultdict(list)
    for span in spans:
        groups[index.paragraph(span[0] >> SEGMENT_SHIFT)].append(span)
    return groups


@dataclass(frozen=True, slots=True)
class FirstWords:
    """`FIRST 50 storm`: matches in the title or among the first `count` words of the text."""

    node: Node
    count: int

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        spans = self.node.evaluate(window) or []
        return [span for span in spans if window.index.is_among_first(span[1], self.count)] or None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return self.node.required_keys(frequency)

    def children(self) -> tuple[Node, ...]:
        return (self.node,)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`ATLEAST 3 storm`: matches if the term occurs at least `count` times in the window."""

    node: Node
    count: int

    def evaluate(self, window: MatchWindow) -> TermSpans | None:
        spans = self.node.evaluate(window) or []
        return spans if occurrences(spans) >= self.count else None

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return self.node.required_keys(frequency)

    def children(self) -> tuple[Node, ...]:
        return (self.node,)


def occurrences(spans: TermSpans) -> int:
    """Return the number of places at which a term begins; several terms may match at one."""
    return len({span[0] for span in spans})


def depends_on_context(node: Node) -> bool:
    """Return whether a node looks beyond the claims of its window."""
    return isinstance(node, (ParagraphPair, FirstWords)) or any(map(depends_on_context, node.children()))
