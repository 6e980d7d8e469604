"""A compiled query: what its terms find in a reading, when it holds for a document, what it cannot do without.

`meet` answers with the words that made the node hold, or None when it does not hold. A negation that holds has met
no words: the answer is then an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple, Protocol, TypeAlias

from monitor.ruleset.figures import SIGNS, said_of
from monitor.ruleset.reading import SHIFT, Reading, Span, Spans, words_between

Near: TypeAlias = Callable[[Spans, Spans, int], Spans]


# A key is a folded word, the beginning of one, a word some edits away, the source of a regex; any number; or that the
# title itself is part of the document.
Kind: TypeAlias = Literal["word", "stem", "alike", "regex", "number", "title"]


class Key(NamedTuple):
    """Something that a document may have, where `scope` looks ("" for its own text)."""

    kind: Kind
    text: str = ""
    scope: str = ""
    edits: int = 0


# One key of each need stands in every document for which a node holds.
Need: TypeAlias = frozenset[Key]
Weigh: TypeAlias = Callable[[Key], float]


@dataclass(frozen=True, slots=True)
class Document:
    """Where the terms of a rule must meet: the segments that each scope sees. `own` are those without a scope."""

    reading: Reading
    own: frozenset[int]
    scopes: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def sees(self, scope: str) -> frozenset[int]:
        """The segments that a term with this scope ("" for none) looks at."""
        return self.scopes.get(scope, frozenset()) if scope else self.own

    def met(self, term: Term) -> Spans | None:
        """Where a term stands in this document, or None."""
        return term.reading_spans(self.reading, self.sees(term.scope)) or None


class Node(Protocol):
    """A part of a query."""

    def meet(self, document: Document) -> Spans | None:
        """The words that made it hold, in order; None if it does not hold."""

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """Sets of keys of each of which one must stand in the document; none if nothing is certain to."""

    def parts(self) -> tuple[Node, ...]:
        """The nodes it is made of."""


@dataclass(frozen=True, slots=True)
class Term:
    """What stands at the leaves. `term` is how it was written; equal terms find the same words everywhere."""

    term: str
    scope: str = ""

    def find(self, reading: Reading, segments: Sequence[int]) -> Spans:
        """Where it stands in some segments, in order."""
        raise NotImplementedError

    def reading_spans(self, reading: Reading, segments: frozenset[int] | None = None) -> Spans:
        """`find`, remembered by the reading; without `segments` it is sought everywhere."""
        return reading.remember(self.term, reading.everywhere if segments is None else segments, self.find)

    def meet(self, document: Document) -> Spans | None:
        """Where it stands in the document."""
        return document.met(self)

    @property
    def place(self) -> str:
        """The scope of its keys. What `text:` sees is seen without a scope too."""
        return "" if self.scope == "text" else self.scope

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """What stands wherever it is met."""
        raise NotImplementedError

    def parts(self) -> tuple[Node, ...]:
        """None: it is a leaf."""
        return ()


@dataclass(frozen=True, slots=True)
class Counted:
    """`soldiers > 10000`: a number said of the words that `of` meets."""

    of: Node
    sign: str
    number: float
    term: str

    def meet(self, document: Document) -> Spans | None:
        """The words with their numbers."""
        met = self.of.meet(document) or []
        found: set[Span] = set()
        for segment, spans in groupby(sorted(met), key=lambda span: span[0] >> SHIFT):
            found |= self._in(segment, list(spans), document.reading)
        return sorted(found) or None

    def _in(self, segment: int, spans: Spans, reading: Reading) -> set[Span]:
        found = set()
        for span in spans:
            _, start, end = reading.place(span[0], span[1])
            quantity = said_of(reading.texts[segment], start, end)
            if quantity and SIGNS[self.sign](quantity.low, quantity.high, self.number):
                figure = words_between(reading.places(segment), quantity.start, quantity.end)
                base = segment << SHIFT
                found |= {span, (base + figure[0], base + figure[-1], self.term)}
        return found

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """What the counted words need, and a number."""
        places = {leaf.place for leaf in terms_of(self.of)}
        number = frozenset(Key("number", scope=place) for place in places)
        return (*self.of.needs(weigh), number)

    def parts(self) -> tuple[Node, ...]:
        """What is counted."""
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sides whose words must stand to each other as an operator says (NEAR/n, BEFORE/n, SAME SENTENCE)."""

    near: Near
    left: Node
    right: Node
    distance: int

    def meet(self, document: Document) -> Spans | None:
        """The words of both sides that stand so."""
        left = self.left.meet(document)
        right = self.right.meet(document) if left else None
        return self.near(left, right, self.distance) or None if left and right else None

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """What both sides need."""
        return self.left.needs(weigh) + self.right.needs(weigh)

    def parts(self) -> tuple[Node, ...]:
        """Both sides."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class And:
    """All must hold."""

    nodes: tuple[Node, ...]

    def meet(self, document: Document) -> Spans | None:
        """The words of all."""
        met: set[Span] = set()
        for node in self.nodes:
            found = node.meet(document)
            if found is None:
                return None
            met.update(found)
        return sorted(met)

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """What every part needs."""
        return tuple(need for node in self.nodes for need in node.needs(weigh))

    def parts(self) -> tuple[Node, ...]:
        """All of them."""
        return self.nodes


@dataclass(frozen=True, slots=True)
class Or:
    """One must hold."""

    nodes: tuple[Node, ...]

    def meet(self, document: Document) -> Spans | None:
        """The words of those that hold."""
        held = [met for node in self.nodes if (met := node.meet(document)) is not None]
        return sorted({span for met in held for span in met}) if held else None

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """The rarest need of each part, joined, if each has one."""
        rarest = [rarest_of(node.needs(weigh), weigh) for node in self.nodes]
        return (frozenset().union(*rarest),) if all(rarest) else ()

    def parts(self) -> tuple[Node, ...]:
        """All of them."""
        return self.nodes


@dataclass(frozen=True, slots=True)
class Not:
    """It must not hold."""

    node: Node

    def meet(self, document: Document) -> Spans | None:
        """No words: what is absent cannot be pointed at."""
        return [] if self.node.meet(document) is None else None

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """An absence needs no word."""
        return ()

    def parts(self) -> tuple[Node, ...]:
        """What must not hold."""
        return (self.node,)


def rarest_of(needs: tuple[Need, ...], weigh: Weigh) -> Need:
    """The need that fewest documents will meet; an empty one if there is none."""
    return min(needs, key=lambda need: sum(map(weigh, need)), default=frozenset())


def holds_for_silence(node: Node) -> bool:
    """Does it hold for a document that has none of its words?"""
    match node:
        case Not():
            return not holds_for_silence(node.node)
        case And():
            return all(map(holds_for_silence, node.nodes))
        case Or():
            return any(map(holds_for_silence, node.nodes))
        case _:
            return False


def terms_of(node: Node) -> Iterator[Term]:
    """The terms that can be met where it holds: all but those of its negations."""
    if isinstance(node, Term):
        yield node
    elif not isinstance(node, Not):
        for part in node.parts():
            yield from terms_of(part)


def ways(node: Node, weigh: Weigh) -> tuple[tuple[Need, ...], ...]:
    """For each way in which a query can hold (what OR joins at its top) the needs of that way."""
    if isinstance(node, Or):
        return tuple(needs for part in node.nodes for needs in ways(part, weigh))
    needs = node.needs(weigh)
    return (needs if any(not term.place for term in terms_of(node)) else (*needs, TITLE),)


# What looks at title and fields alone meets words that can fire in the title alone.
TITLE: Need = frozenset((Key("title"),))


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query and the text it came from."""

    text: str
    root: Node
