"""Says what a rule made of an update: each term with the words it met, and what was missing if it did not hold.

It evaluates the query's own nodes and asks each for its parts, so an operator that is added to the registry is
explained without a change here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.model import Claim, Finding, Novelty, Update
from monitor.ruleset.figures import said_of
from monitor.ruleset.match import hold_on, listens, may_fire
from monitor.ruleset.operators import FAR, OPERATORS
from monitor.ruleset.page import Page, page_of
from monitor.ruleset.query import Counted, Document, Node, Not, Or, Pair, Term
from monitor.ruleset.reading import SHIFT, Spans
from monitor.ruleset.rule import Rule

MOST_NAMED = 6  # terms of one list that a sentence names


@dataclass(frozen=True, slots=True)
class TermMet:
    """One term of a query as it was written, and the words of the update that it met, as they stand."""

    term: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What a rule made of an update.

    `step` is how far it came: `source`, `query`, `novelty`, or `holds`. `why` is one sentence: what was missing, or
    which claim fires. `place` is the text that came nearest; `terms` looks at the whole update.
    """

    rule: str
    step: str
    why: str
    place: str
    terms: tuple[TermMet, ...]


def account(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim],
    tags: Sequence[str] = (),
) -> Account:
    """What the rule makes of the update; `tags` are its source's, `findings` as the rule's listener hears them."""
    page = page_of(update, findings, claims, tags)
    terms = terms_met(rule, page)
    if not listens(rule, update.source, tags):
        return Account(rule.name, "source", f"does not listen to {update.source}: {listened(rule)}", "", terms)
    near, held = nearest(rule, page)
    place = text_of(page, near)
    if not held:
        return Account(rule.name, "query", missing(rule.query.root, page.document(near)), place, terms)
    match = hold_on(rule, page, findings, rule.documents(page))
    if match is None:
        return Account(rule.name, "novelty", no_news(rule, page, findings, held), place, terms)
    fired = findings[match.findings[0]]
    return Account(rule.name, "holds", f"a {fired.novelty} claim fires", fired.claim.text, terms)


def listened(rule: Rule) -> str:
    """The sources of a rule, for people."""
    return f"it listens to {', '.join(rule.sources or ())}"


def terms_met(rule: Rule, page: Page) -> tuple[TermMet, ...]:
    """Each term with the words it met anywhere on the page, in the order they are written."""
    whole = page.document(page.whole(withdrawn=True))
    met: dict[str, list[str]] = {}
    for term in leaves_in_order(rule.query.root):
        met.setdefault(written(term), []).extend(words_of(term.meet(whole) or [], page))
    return tuple(TermMet(term, tuple(dict.fromkeys(words))) for term, words in met.items())


def leaves_in_order(node: Node) -> Iterator[Term]:
    """The terms of a query from left to right."""
    if isinstance(node, Term):
        yield node
    for part in node.parts():
        yield from leaves_in_order(part)


def written(term: Term) -> str:
    """A term with its scope."""
    return f"{term.scope}:{term.term}" if term.scope else term.term


def words_of(spans: Spans, page: Page) -> list[str]:
    """The words that stand at some spans, as they stand."""
    found = []
    for first, last, _ in spans:
        segment, start, end = page.reading.place(first, last)
        found.append(page.reading.texts[segment][start:end])
    return found


def nearest(rule: Rule, page: Page) -> tuple[frozenset[int], list[frozenset[int]]]:
    """The document that comes nearest to holding, and all for which the query does hold, news or not."""
    root = rule.query.root
    met = {span[0] >> SHIFT for term in leaves_in_order(root) for span in term.reading_spans(page.reading)}
    own = [one for one in dict.fromkeys(rule.documents(page)) if not one.isdisjoint(met)]
    held = [one for one in own if root.meet(page.document(one)) is not None]
    best = max(held or own, key=lambda one: closeness(root, page.document(one)), default=frozenset())
    return best, held


def closeness(node: Node, document: Document) -> float:
    """How near a node comes to holding, 0 to 1."""
    if node.meet(document) is not None:
        return 1.0
    parts = [closeness(part, document) for part in node.parts()] if not isinstance(node, Not) else []
    if not parts:
        return 0.0
    return 0.9 * (max(parts) if isinstance(node, Or) else sum(parts) / len(parts))


def missing(node: Node, document: Document) -> str:
    """The first thing that keeps a node from holding, as a sentence; "" if it holds."""
    if node.meet(document) is not None:
        return ""
    match node:
        case Not():
            return f"NOT is not kept: “{first_words(node.node, document)}” stands there"
        case Or():
            return missing_of_any(node, document)
        case Pair():
            return missing_side(node, document) or too_far(node, document)
        case Counted():
            return missing(node.of, document) or other_figure(node, document)
        case Term():
            return f"{quoted(node)} meets nothing"
        case _:
            return next(filter(None, (missing(part, document) for part in node.parts())), "it does not hold")


def missing_of_any(node: Or, document: Document) -> str:
    """Of an OR the part that came nearest, or, if none came near, what could have stood there."""
    best = max(node.nodes, key=lambda part: closeness(part, document))
    if closeness(best, document) > 0:
        return missing(best, document)
    terms = list(dict.fromkeys(quoted(term) for term in leaves_in_order(node)))
    more = f" and {len(terms) - MOST_NAMED} more" if len(terms) > MOST_NAMED else ""
    return f"none of {', '.join(terms[:MOST_NAMED])}{more} meets anything"


def missing_side(node: Pair, document: Document) -> str:
    """The side of a pair that meets nothing."""
    return missing(node.left, document) or missing(node.right, document)


def too_far(node: Pair, document: Document) -> str:
    """How far apart the two sides stand, found with the operator itself."""
    left, right = node.left.meet(document) or [], node.right.meet(document) or []
    word = next(operator.word for operator in OPERATORS.values() if operator.near is node.near)
    asked = word.replace("/n", f"/{node.distance}")
    one, other = first_words(node.left, document), first_words(node.right, document)
    apart = distance(node, left, right)
    if apart is None:
        return f"{asked} does not hold: “{one}” and “{other}” stand in other claims, or in another order"
    return f"{asked} is too far: “{one}” and “{other}” stand {apart} apart"


def distance(node: Pair, left: Spans, right: Spans) -> int | None:
    """The least n with which the operator would hold; None if none is enough."""
    low, high = node.distance + 1, FAR
    if not node.near(left, right, high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if node.near(left, right, middle) else (middle + 1, high)
    return low


def other_figure(node: Counted, document: Document) -> str:
    """The number that was said of the words, which is not the one asked for."""
    for first, last, _ in node.of.meet(document) or []:
        segment, start, end = document.reading.place(first, last)
        text = document.reading.texts[segment]
        if quantity := said_of(text, start, end):
            figure = text[quantity.start : quantity.end]
            return f"`{node.term}` does not hold: “{figure}” is said of “{text[start:end]}”"
    return f"`{node.term}` does not hold: no number is said of “{first_words(node.of, document)}”"


def first_words(node: Node, document: Document) -> str:
    """The first words that a node met, as they stand."""
    spans = node.meet(document) or []
    if not spans:
        return ""
    segment, start, end = document.reading.place(spans[0][0], spans[0][1])
    return document.reading.texts[segment][start:end]


def quoted(term: Term) -> str:
    """A term as a sentence has it."""
    return f"`{written(term)}`"


def text_of(page: Page, own: frozenset[int]) -> str:
    """The text that a document is, in its own order."""
    return " / ".join(page.reading.texts[at] for at in sorted(own))


def no_news(rule: Rule, page: Page, findings: Sequence[Finding], held: Sequence[frozenset[int]]) -> str:
    """Why words that met the query are no news: unchanged, quiet, or of a novelty that the rule is not for."""
    met = [(own, rule.query.root.meet(page.document(own)) or []) for own in held]
    segments = list(
        dict.fromkeys(span[0] >> SHIFT for own, spans in met for span in spans if span[0] >> SHIFT in own)
    )
    found = [findings[page.findings[at]] for at in segments if at in page.findings]
    return next((not_fired(rule, finding) for finding in found if not may_fire(rule, finding)), UNMOVED)


UNMOVED = "the words stand in claims that this update did not bring: the entry had said them before, word for word"


def not_fired(rule: Rule, finding: Finding) -> str:
    """Why a finding cannot fire for the rule."""
    if finding.claim.quiet:
        return f"the claim is never news: {finding.claim.quiet}"
    wanted = ", ".join(novelty for novelty in Novelty if novelty in rule.on)
    said = finding.nearest
    by = f" ({said.source} said so before: “{said.text}”)" if said and finding.novelty is Novelty.REPEATED else ""
    return f"the claim is {finding.novelty}{by}; the rule is for {wanted}"
