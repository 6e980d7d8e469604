"""Explains the result of a rule for an update: the words that each term matched, and the first condition that failed.

It evaluates the nodes of the query themselves, so an operator added to the registry needs no change here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.model import Claim, Finding, Match, Novelty, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.match import is_eligible, is_forecast_hit, match_prepared, rule_covers_source
from monitor.ruleset.query.context_nodes import AtLeast, FirstWords, ParagraphPair, occurrences
from monitor.ruleset.query.figures import nearest_number, number_for_word
from monitor.ruleset.query.nodes import MatchWindow, Node, Not, NumberComparison, Or, ProximityPair, Term
from monitor.ruleset.query.operators import OPERATORS, UNLIMITED_DISTANCE
from monitor.ruleset.query.segments import SEGMENT_SHIFT, TermSpans
from monitor.ruleset.query.terms import ANY_TEXT
from monitor.ruleset.rule import Rule
from monitor.text.stated_numbers import NumberKind

NO_MATCH = "the query does not match"
MAX_NAMED_TERMS = 6  # terms of one OR that a message names
ALL_UNCHANGED = "the matched words are in claims that the entry already had, word for word"


@dataclass(frozen=True, slots=True)
class TermHits:
    """One term of a query as written, and the words of the update that it matched.

    `is_spare`: the query does not lack it, because another alternative of its OR matched, or because it is in a NOT.
    """

    term: str
    words: tuple[str, ...]
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """The result of a rule for an update.

    `step` is what failed (`source`, `query` or `novelty`), or `holds` if the rule fires. `why` says why it failed or
    which claim fires. `place` is the text that matched best. `terms` are searched for in the whole update.
    `branches` say of each OR that matched there by which of its alternatives.
    """

    rule: str
    step: str
    why: str
    place: str
    terms: tuple[TermHits, ...]
    branches: tuple[str, ...] = ()


def explain_rule(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim],
    tags: Sequence[str] = (),
) -> RuleExplanation:
    """Explain the result of a rule. `tags` are the source's; `findings` have the novelty for the rule's sources."""
    document = cached_document(update, findings, claims, tags)
    closest, matching = nearest_window(rule, document)
    window = document.window(closest)
    hits, branches = term_hits(rule, document, window), tuple(matched_branches(rule.query.root, window))
    if not rule_covers_source(rule, update.source, tags):
        why = f"{update.source} is not one of its sources: {', '.join(rule.sources or ())}"
        return RuleExplanation(rule.name, "source", why, "", hits)
    text = window_text(document, closest)
    if not matching:
        why = why_no_match(rule.query.root, window)
        return RuleExplanation(rule.name, "query", why, text, hits, branches)
    match = match_prepared(rule, document, findings, rule.windows(document))
    if match is None:
        why = why_not_news(rule, document, findings, matching)
        return RuleExplanation(rule.name, "novelty", why, text, hits, branches)
    fired = findings[match.finding_indexes[0]]
    why = f"a {fired.novelty} claim fires{seen_forecasts(match, findings)}"
    return RuleExplanation(rule.name, "holds", why, fired.claim.text, hits, branches)


def seen_forecasts(match: Match, findings: Sequence[Finding]) -> str:
    """Name the numbers of the match that are forecasts: "; “1,200” is a forecast"."""
    words = [hit.words for hit in match.hits if is_forecast_hit(hit, findings)]
    return "".join(f"; “{word}” is a forecast" for word in dict.fromkeys(words))


def term_hits(rule: Rule, document: MatchDocument, closest: MatchWindow) -> tuple[TermHits, ...]:
    """Return each term with the words it matched anywhere in the update, in the order of the query.

    Which terms are spare is a matter of the window that matches best.
    """
    window = document.window(document.update_window(include_withdrawn=True))
    words_by_term: dict[str, list[str]] = {}
    for term in terms_in_order(rule.query.root):
        words_by_term.setdefault(scoped_term_text(term), []).extend(span_texts(term.evaluate(window) or [], document))
    needed = {scoped_term_text(term) for term in needed_terms(rule.query.root, closest)}
    return tuple(
        TermHits(term, tuple(dict.fromkeys(words)), term not in needed) for term, words in words_by_term.items()
    )


def needed_terms(node: Node, window: MatchWindow) -> Iterator[Term]:
    """Yield the terms that count: all but those in a NOT and in alternatives that a matching OR does not need."""
    if isinstance(node, Term):
        yield node
    elif isinstance(node, Or) and node.evaluate(window) is not None:
        for part in node.nodes:
            if part.evaluate(window) is not None:
                yield from needed_terms(part, window)
    elif not isinstance(node, Not):
        for child in node.children():
            yield from needed_terms(child, window)


def matched_branches(node: Node, window: MatchWindow) -> Iterator[str]:
    """Yield for each outermost OR that matches: `1 of 12 alternatives matched: …`."""
    if isinstance(node, Or) and len(node.nodes) > 1 and node.evaluate(window) is not None:
        matched = [part for part in node.nodes if part.evaluate(window) is not None]
        texts = ", ".join(dict.fromkeys(map(branch_text, matched)))
        yield f"{len(matched)} of {len(node.nodes)} alternatives matched: {texts}"
    elif not isinstance(node, (Not, Term)):
        for child in node.children():
            yield from matched_branches(child, window)


def branch_text(node: Node) -> str:
    """Return the terms of an alternative: `border*` with `closed`, or `rate* > 4%`."""
    terms = list(dict.fromkeys(branch_terms(node)))
    more = f" and {len(terms) - MAX_NAMED_TERMS} more" if len(terms) > MAX_NAMED_TERMS else ""
    return f"{' with '.join(terms[:MAX_NAMED_TERMS])}{more}"


def branch_terms(node: Node) -> Iterator[str]:
    """Yield the terms of a query from left to right in quotes, each number with its comparison."""
    if isinstance(node, NumberComparison):
        yield f"`{node.text}`"
    elif isinstance(node, Term):
        yield quoted_term(node)
    else:
        for child in node.children():
            yield from branch_terms(child)


def terms_in_order(node: Node) -> Iterator[Term]:
    """Yield the terms of a query from left to right."""
    if isinstance(node, Term):
        yield node
    for child in node.children():
        yield from terms_in_order(child)


def scoped_term_text(term: Term) -> str:
    return f"{term.scope}:{term.text}" if term.scope else term.text


def span_texts(spans: TermSpans, document: MatchDocument) -> list[str]:
    texts = []
    for first, last, term in spans:
        if term == ANY_TEXT:
            return ["every claim"]
        segment, start, end = document.index.locate(first, last)
        texts.append(document.index.texts[segment][start:end])
    return texts


def nearest_window(rule: Rule, document: MatchDocument) -> tuple[frozenset[int], list[frozenset[int]]]:
    """Return the window that matches best, and all windows that match, whether news or not."""
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
    """How nearly a node matches, from 0 to 1."""
    if node.evaluate(window) is not None:
        return 1.0
    scores = [match_score(child, window) for child in node.children()] if not isinstance(node, Not) else []
    if not scores:
        return 0.0
    return 0.9 * (max(scores) if isinstance(node, Or) else sum(scores) / len(scores))


def why_no_match(node: Node, window: MatchWindow) -> str:
    """Return the first reason why a node does not match, as a sentence; "" if it matches."""
    if node.evaluate(window) is not None:
        return ""
    match node:
        case Not():
            words = first_hit_text(node.node, window)
            return (
                f"excluded by NOT: “{words}”" if words else "excluded by NOT, though nothing after it is in the text"
            )
        case Or():
            return why_no_alternative_matches(node, window)
        case ParagraphPair():
            return why_side_is_missing(node, window.with_whole_paragraphs()) or why_other_paragraph(node, window)
        case FirstWords() | AtLeast():
            return why_no_match(node.node, window) or why_limit_fails(node, window)
        case ProximityPair():
            return why_side_is_missing(node, window) or why_too_far(node, window)
        case NumberComparison():
            return why_no_match(node.operand, window) or why_figure_fails(node, window)
        case Term():
            return f"no match for {quoted_term(node)}"
        case _:
            return next(filter(None, (why_no_match(child, window) for child in node.children())), NO_MATCH)


def why_no_alternative_matches(node: Or, window: MatchWindow) -> str:
    """Explain the alternative of an OR that matches best; if none matches at all, name its terms."""
    closest = max(node.nodes, key=lambda part: match_score(part, window))
    if match_score(closest, window) > 0:
        return why_no_match(closest, window)
    quoted_terms = list(dict.fromkeys(quoted_term(term) for term in terms_in_order(node)))
    remainder = f" and {len(quoted_terms) - MAX_NAMED_TERMS} more" if len(quoted_terms) > MAX_NAMED_TERMS else ""
    return f"no match for any of {', '.join(quoted_terms[:MAX_NAMED_TERMS])}{remainder}"


def why_side_is_missing(node: ProximityPair, window: MatchWindow) -> str:
    """Explain the operand that has no match; "" if both have one."""
    return why_no_match(node.left, window) or why_no_match(node.right, window)


def why_other_paragraph(node: ParagraphPair, window: MatchWindow) -> str:
    whole = window.with_whole_paragraphs()
    left_text, right_text = first_hit_text(node.left, whole), first_hit_text(node.right, whole)
    return f"SAME PARAGRAPH does not match: “{left_text}” and “{right_text}” are in different paragraphs"


def why_limit_fails(node: FirstWords | AtLeast, window: MatchWindow) -> str:
    """Explain how far into the text a term first occurs, or how often it occurs."""
    spans = node.node.evaluate(window) or []
    found_text = first_hit_text(node.node, window)
    if isinstance(node, AtLeast):
        found_count = f"{occurrences(spans)} of {node.count} times"
        return f"ATLEAST {node.count} does not match: “{found_text}” occurs only {found_count}"
    number = window.index.word_number(spans[0][1])
    where = f"word {number} of the text" if number else "not in the title or text"
    return f"FIRST {node.count} does not match: “{found_text}” is {where}"


def why_too_far(node: ProximityPair, window: MatchWindow) -> str:
    """Explain how far apart the operands are, found with the operator itself."""
    left, right = node.left.evaluate(window) or [], node.right.evaluate(window) or []
    word = next(form.word for form in OPERATORS.values() if form.proximity is node.proximity)
    operator = word.replace("/n", f"/{node.distance}")
    left_text, right_text = first_hit_text(node.left, window), first_hit_text(node.right, window)
    words_apart = required_distance(node, left, right)
    if words_apart is None:
        return f"{operator} does not match: “{left_text}” and “{right_text}” are in different claims or another order"
    return f"{operator} does not match: “{left_text}” and “{right_text}” are {words_apart} words apart"


def required_distance(node: ProximityPair, left: TermSpans, right: TermSpans) -> int | None:
    """Return the smallest distance at which the operator would match; None if no distance is enough."""
    low, high = node.distance + 1, UNLIMITED_DISTANCE
    if not node.proximity(left, right, high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if node.proximity(left, right, middle) else (middle + 1, high)
    return low


def why_figure_fails(node: NumberComparison, window: MatchWindow) -> str:
    """Explain which number is stated for the words, if any, and why it does not count."""
    failure = f"`{node.text}` does not match"
    for text, start, end in operand_places(node, window):
        if number := number_for_word(text, start, end, node.limit.dimension):
            figure, word = text[number.start : number.end], text[start:end]
            if node.admits(number):
                return f"{failure}: the number stated for “{word}” is “{figure}”"
            forecast = f"{failure}: “{figure}” is said of “{word}”, but as a forecast"
            return f"{forecast}; `~{node.text}` admits forecasts" if node.limit.holds(number) else forecast
    for text, start, end in operand_places(node, window):
        if number := nearest_number(text, start, end):
            figure, word = text[number.start : number.end], text[start:end]
            if number.kind is NumberKind.EARLIER:
                return f"{failure}: “{figure}”, near “{word}”, is an earlier value"
            hint = "" if node.limit.dimension else "; write the unit after the number"
            return f"{failure}: “{figure}”, near “{word}”, has another unit{hint}"
    return f"{failure}: no number is stated for “{first_hit_text(node.operand, window)}”"


def operand_places(node: NumberComparison, window: MatchWindow) -> Iterator[tuple[str, int, int]]:
    """Yield the text and the offsets of each match of the words of a number term."""
    for first, last, _ in node.operand.evaluate(window) or []:
        segment, start, end = window.index.locate(first, last)
        yield window.index.texts[segment], start, end


def first_hit_text(node: Node, window: MatchWindow) -> str:
    """Return the first words that a node matched, "" if none."""
    spans = node.evaluate(window) or []
    if not spans:
        return ""
    segment, start, end = window.index.locate(spans[0][0], spans[0][1])
    return window.index.texts[segment][start:end]


def quoted_term(term: Term) -> str:
    return f"`{scoped_term_text(term)}`"


def window_text(document: MatchDocument, segments: frozenset[int]) -> str:
    """Return the text of a window, in the order of the update."""
    return " / ".join(document.index.texts[segment] for segment in sorted(segments))


def why_not_news(
    rule: Rule, document: MatchDocument, findings: Sequence[Finding], windows: Sequence[frozenset[int]]
) -> str:
    """Return why the matched words cannot fire: unchanged, noise, or of a novelty that is not in `on`."""
    hit_segments: dict[int, None] = {}  # in order
    for window_segments in windows:
        for span in rule.query.root.evaluate(document.window(window_segments)) or []:
            if span[0] >> SEGMENT_SHIFT in window_segments:
                hit_segments[span[0] >> SEGMENT_SHIFT] = None
    for segment in hit_segments:
        if segment in document.finding_by_segment:
            finding = findings[document.finding_by_segment[segment]]
            if not is_eligible(rule, finding):
                return why_finding_cannot_fire(rule, finding)
    return ALL_UNCHANGED


def why_finding_cannot_fire(rule: Rule, finding: Finding) -> str:
    if finding.claim.noise:
        return f"the claim is never news: {finding.claim.noise}"
    novelties = ", ".join(novelty for novelty in Novelty if novelty in rule.on)
    prior = finding.nearest
    earlier = f" (earlier in {prior.source}: “{prior.text}”)" if prior and finding.novelty is Novelty.REPEATED else ""
    return f"the claim is {finding.novelty}{earlier}; the rule fires on {novelties}"
