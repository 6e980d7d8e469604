"""Matches rules against an update: which hold, on which findings, because of which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from monitor.model import Claim, Finding, Match, Met, Novelty, Update
from monitor.ruleset.page import Page, page_of
from monitor.ruleset.query import Need
from monitor.ruleset.reading import SHIFT, Span, Spans
from monitor.ruleset.rule import Rule, RuleSet, Within


def match(
    rules: RuleSet,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: Sequence[str] = (),
) -> tuple[Match, ...]:
    """One match for each rule that holds for the update. `claims` are all it has, `tags` its source's."""
    page = page_of(update, findings, claims, tags)
    heard = (*update.tags, *tags)
    held = (hold_on(rule, page, findings) for rule in rules.could_hold(page) if listens(rule, update.source, heard))
    return tuple(found for found in held if found)


def hold(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: Sequence[str] = (),
) -> Match | None:
    """How the rule holds for the update, or None. The findings may carry novelty as the rule's listener hears it.

    It holds for a document (see `Within`) when its query does and a word it met stands in a finding that may fire.
    """
    if not listens(rule, update.source, (*update.tags, *tags)):
        return None
    return hold_on(rule, page_of(update, findings, claims, tags), findings)


def hold_on(rule: Rule, page: Page, findings: Sequence[Finding]) -> Match | None:
    """How the rule holds for a page that was read before."""
    near = segments_near(rule, page)
    looked_at = page.findings if near is None or rule.within is not Within.CLAIM else near
    live = {at for at in looked_at if at in page.findings and may_fire(rule, findings[page.findings[at]])}
    met: set[Span] = set()
    for own in documents(rule, page, live, near) if live else ():
        found = rule.query.root.meet(page.document(own)) or []
        stood = [span for span in found if span[0] >> SHIFT in own]
        if any(span[0] >> SHIFT in live for span in stood):
            met.update(stood)
    return matched(rule, page, live, sorted(met)) if met else None


def listens(rule: Rule, source: str, tags: Sequence[str]) -> bool:
    """Does the rule listen to this source, by its name or by a tag?"""
    return rule.sources is None or any(
        name[4:] in tags if name.startswith("tag:") else name == source for name in rule.sources
    )


def may_fire(rule: Rule, finding: Finding) -> bool:
    """Is it news of a kind that the rule is for?"""
    return finding.novelty in rule.on and finding.claim.quiet is None


def documents(rule: Rule, page: Page, live: set[int], near: Set[int] | None) -> Iterator[frozenset[int]]:
    """The segments of each document that could hold and has a finding that may fire."""
    if rule.within is Within.UPDATE:
        yield page.whole(withdrawn=Novelty.WITHDRAWN in rule.on)
    elif rule.within is Within.CLAIM:
        yield from (frozenset((at,)) for at in sorted(live))
    else:
        for own in page.passages():
            if not live.isdisjoint(own) and (near is None or not near.isdisjoint(own)):
                yield own


def segments_near(rule: Rule, page: Page) -> Set[int] | None:
    """The segments where the rule could hold by the words it needs; None if that says nothing of the place."""
    near: set[int] = set()
    for way in rule.query.ways:
        stands = segments_of(way, page, together=rule.within is Within.CLAIM)
        if stands is None:
            return None
        near |= stands
    return near


def segments_of(way: tuple[Need, ...], page: Page, *, together: bool) -> Set[int] | None:
    """The segments that have what this way to hold needs: all of it if it must stand `together`, else one thing."""
    found: Set[int] | None = None
    for need in way:
        stands = segments_with(need, page)
        if stands is not None:
            found = stands if found is None else found & stands
            if not (found and together):
                break
    return found


def segments_with(need: Need, page: Page) -> Set[int] | None:
    """The segments that have a key of the need; None if the title or a field has one, which every segment sees."""
    found: Set[int] = frozenset()
    for key in need:
        scope, _, word = key.rpartition(":")
        stands = page.reading.segments_with(word)
        if not scope:
            found = found | stands if found else stands
        elif not stands.isdisjoint(page.sees(scope)):
            return None
    return found


def matched(rule: Rule, page: Page, live: set[int], spans: Spans) -> Match:
    """The match: findings that fire, and every word met in a finding."""
    because = []
    for first, last, term in spans:
        segment, start, end = page.reading.place(first, last)
        if segment in page.findings:
            words = page.reading.texts[segment][start:end]
            because.append(Met(page.findings[segment], start, end, words, term))
    fired = {page.findings[span[0] >> SHIFT] for span in spans if span[0] >> SHIFT in live}
    return Match(rule.name, tuple(sorted(fired)), tuple(because))
