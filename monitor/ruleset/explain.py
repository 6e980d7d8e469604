"""Says what a rule made of an update: each term with the words it met, and what was missing if it did not hold.

It evaluates the query's own nodes and asks each for its parts, so an operator that is added to the registry is
explained without a change here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.model import Claim, Finding, Novelty, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.match import is_eligible, match_prepared, rule_covers_source
from monitor.ruleset.query.figures import number_for_word
from monitor.ruleset.query.nodes import MatchWindow, Node, Not, NumberComparison, Or, ProximityPair, Term
from monitor.ruleset.query.operators import OPERATORS, UNLIMITED_DISTANCE
from monitor.ruleset.query.segments import SEGMENT_SHIFT, TermSpans
from monitor.ruleset.rule import Rule

MAX_NAMED_TERMS = 6  # terms of one list that a sentence names


@dataclass(frozen=True, slots=True)
class TermHits:
    """One term of a query as it was written, and the words of the update that it met, as they stand."""

    term: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """What a rule made of an update.

    `step` is how far it came: `source`, `query`, `novelty`, or `holds`. `why` is one sentence: what was missing, or
    which claim fires. `place` is the text that came nearest; `terms` looks at the whole update.
    """

    rule: str
    step: str
    why: str
    place: str
    terms: tuple[TermHits, ...]


def explain_rule(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim],
    tags: Sequence[str] = (),
) -> RuleExplanation:
    """What the rule makes of the update; `tags` are its source's, `findings` as the rule's listener hears them."""
    document = cached_document(update, findings, claims, tags)
    hits = term_hits(rule, document)
    if not rule_covers_source(rule, update.source, tags):
        return RuleExplanation(
            rule.name, "source", f"does not listen to {update.source}: {source_list_text(rule)}", "", hits
        )
    closest, matching = nearest_window(rule, document)
    text = window_text(document, closest)
    if not matching:
        return RuleExplanation(
            rule.name, "query", why_no_match(rule.query.root, document.window(closest)), text, hits
        )
    match = match_prepared(rule, document, findings, rule.windows(document))
    if match is None:
        return RuleExplanation(rule.name, "novelty", why_not_news(rule, document, findings, matching), text, hits)
    fired_finding = findings[match.finding_indexes[0]]
    return RuleExplanation(
        rule.name, "holds", f"a {fired_finding.novelty} claim fires", fired_finding.claim.text, hits
    )


def source_list_text(rule: Rule) -> str:
    """The sources of a rule, for people."""
    return f"it listens to {', '.join(rule.sources or ())}"


def term_hits(rule: Rule, document: MatchDocument) -> tuple[TermHits, ...]:
    """Each term with the words it met anywhere on the page, in the order they are written."""
    window = document.window(document.update_window(include_withdrawn=True))
    words_by_term: dict[str, list[str]] = {}
    for term in terms_in_order(rule.query.root):
        words_by_term.setdefault(scoped_term_text(term), []).extend(span_texts(term.evaluate(window) or [], document))
    return tuple(TermHits(term, tuple(dict.fromkeys(words))) for term, words in words_by_term.items())


def terms_in_order(node: Node) -> Iterator[Term]:
    """The terms of a query from left to right."""
    if isinstance(node, Term):
        yield node
    for child in node.children():
        yield from terms_in_order(child)


def scoped_term_text(term: Term) -> str:
    """A term with its scope."""
    return f"{term.scope}:{term.text}" if term.scope else term.text


def span_texts(spans: TermSpans, document: MatchDocument) -> list[str]:
    """The words that stand at some spans, as they stand."""
    texts = []
    for first, last, _ in spans:
        segment, start, end = document.index.locate(first, last)
        texts.append(document.index.texts[segment][start:end])
    return texts


def nearest_window(rule: Rule, document: MatchDocument) -> tuple[frozenset[int], list[frozenset[int]]]:
    """The document that comes nearest to holding, and all for which the query does hold, news or not."""
    root = rule.query.root
    hit_segments = {
        span[0] >> SEGMENT_SHIFT for term in terms_in_order(root) for span in term.cached_spans(document.index)
    }
    candidates = [
        segments for segments in dict.fromkeys(rule.windows(document)) if not segments.isdisjoint(hit_segments)
    ]
    matching = [segments for segments in candidates if root.evaluate(document.window(segments)) is not None]
    closest = max(
        matching or candidates, key=lambda segments: match_score(root, document.window(segments)), default=frozenset()
    )
    return closest, matching


def match_score(node: Node, window: MatchWindow) -> float:
    """How near a node comes to holding, 0 to 1."""
    if node.evaluate(window) is not None:
        return 1.0
    scores = [match_score(child, window) for child in node.children()] if not isinstance(node, Not) else []
    if not scores:
        return 0.0
    return 0.9 * (max(scores) if isinstance(node, Or) else sum(scores) / len(scores))


def why_no_match(node: Node, window: MatchWindow) -> str:
    """The first thing that keeps a node from holding, as a sentence; "" if it holds."""
    if node.evaluate(window) is not None:
        return ""
    match node:
        case Not():
            return f"NOT is not kept: “{first_hit_text(node.node, window)}” stands there"
        case Or():
            return why_no_alternative_matches(node, window)
        case ProximityPair():
            return why_side_is_missing(node, window) or why_too_far(node, window)
        case NumberComparison():
            return why_no_match(node.operand, window) or why_figure_fails(node, window)
        case Term():
            return f"{quoted_term(node)} meets nothing"
        case _:
            return next(filter(None, (why_no_match(child, window) for child in node.children())), "it does not hold")


def why_no_alternative_matches(node: Or, window: MatchWindow) -> str:
    """Of an OR the part that came nearest, or, if none came near, what could have stood there."""
    closest = max(node.nodes, key=lambda part: match_score(part, window))
    if match_score(closest, window) > 0:
        return why_no_match(closest, window)
    quoted_terms = list(dict.fromkeys(quoted_term(term) for term in terms_in_order(node)))
    remainder = f" and {len(quoted_terms) - MAX_NAMED_TERMS} more" if len(quoted_terms) > MAX_NAMED_TERMS else ""
    return f"none of {', '.join(quoted_terms[:MAX_NAMED_TERMS])}{remainder} meets anything"


def why_side_is_missing(node: ProximityPair, window: MatchWindow) -> str:
    """The side of a pair that meets nothing."""
    return why_no_match(node.left, window) or why_no_match(node.right, window)


def why_too_far(node: ProximityPair, window: MatchWindow) -> str:
    """How far apart the two sides stand, found with the operator itself."""
    left, right = node.left.evaluate(window) or [], node.right.evaluate(window) or []
    word = next(operator.word for operator in OPERATORS.values() if operator.proximity is node.proximity)
    wanted = word.replace("/n", f"/{node.distance}")
    left_text, right_text = first_hit_text(node.left, window), first_hit_text(node.right, window)
    words_apart = required_distance(node, left, right)
    if words_apart is None:
        return f"{wanted} does not hold: “{left_text}” and “{right_text}” stand in other claims, or in another order"
    return f"{wanted} is too far: “{left_text}” and “{right_text}” stand {words_apart} apart"


def required_distance(node: ProximityPair, left: TermSpans, right: TermSpans) -> int | None:
    """The least n with which the operator would hold; None if none is enough."""
    low, high = node.distance + 1, UNLIMITED_DISTANCE
    if not node.proximity(left, right, high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if node.proximity(left, right, middle) else (middle + 1, high)
    return low


def why_figure_fails(node: NumberComparison, window: MatchWindow) -> str:
    """The number that was said of the words, which is not the one asked for."""
    for first, last, _ in node.operand.evaluate(window) or []:
        segment, start, end = window.index.locate(first, last)
        text = window.index.texts[segment]
        if quantity := number_for_word(text, start, end):
            figure = text[quantity.start : quantity.end]
            return f"`{node.text}` does not hold: “{figure}” is said of “{text[start:end]}”"
    return f"`{node.text}` does not hold: no number is said of “{first_hit_text(node.operand, window)}”"


def first_hit_text(node: Node, window: MatchWindow) -> str:
    """The first words that a node met, as they stand."""
    spans = node.evaluate(window) or []
    if not spans:
        return ""
    segment, start, end = window.index.locate(spans[0][0], spans[0][1])
    return window.index.texts[segment][start:end]


def quoted_term(term: Term) -> str:
    """A term as a sentence has it."""
    return f"`{scoped_term_text(term)}`"


def window_text(document: MatchDocument, segments: frozenset[int]) -> str:
    """The text that a document is, in its own order."""
    return " / ".join(document.index.texts[segment] for segment in sorted(segments))


def why_not_news(
    rule: Rule, document: MatchDocument, findings: Sequence[Finding], windows: Sequence[frozenset[int]]
) -> str:
    """Why words that met the query are no news: unchanged, quiet, or of a novelty that the rule is not for."""
    spans_by_window = [
        (window_segments, rule.query.root.evaluate(document.window(window_segments)) or [])
        for window_segments in windows
    ]
    segments = list(
        dict.fromkeys(
            span[0] >> SEGMENT_SHIFT
            for window_segments, spans in spans_by_window
            for span in spans
            if span[0] >> SEGMENT_SHIFT in window_segments
        )
    )
    hit_findings = [
        findings[document.finding_by_segment[segment]]
        for segment in segments
        if segment in document.finding_by_segment
    ]
    return next(
        (why_finding_cannot_fire(rule, finding) for finding in hit_findings if not is_eligible(rule, finding)),
        ALL_UNCHANGED,
    )


ALL_UNCHANGED = (
    "the words stand in claims that this update did not bring: the entry had said them before, word for word"
)


def why_finding_cannot_fire(rule: Rule, finding: Finding) -> str:
    """Why a finding cannot fire for the rule."""
    if finding.claim.noise:
        return f"the claim is never news: {finding.claim.noise}"
    novelties = ", ".join(novelty for novelty in Novelty if novelty in rule.on)
    prior = finding.nearest
    said_by = (
        f" ({prior.source} said so before: “{prior.text}”)" if prior and finding.novelty is Novelty.REPEATED else ""
    )
    return f"the claim is {finding.novelty}{said_by}; the rule is for {novelties}"
