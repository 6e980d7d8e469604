"""Matches rules against an update: which hold, on which findings, because of which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.model import Claim, Finding, Match, Met, Novelty, Update
from monitor.ruleset.page import Page, page_of
from monitor.ruleset.query import Key
from monitor.ruleset.reading import SHIFT, Reading, Spans
from monitor.ruleset.rule import Rule, RuleSet, Within


def match(
    rules: RuleSet,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: Sequence[str] = (),
) -> tuple[Match, ...]:
    """One match for each rule that holds for the update. `claims` are all it has, `tags` its source's."""
    candidates = rules.shortlist(update, findings, claims, tags)
    held = (hold(rule, update, findings, claims, tags) for rule in candidates)
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
    page = page_of(update, findings, claims, tags)
    live = {segment for segment, index in page.findings.items() if may_fire(rule, findings[index])}
    met: set[tuple[int, int, str]] = set()
    for own in documents(rule, page, live):
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


def documents(rule: Rule, page: Page, live: set[int]) -> Iterator[frozenset[int]]:
    """The segments of each document that could hold and has a finding that may fire."""
    if not live:
        return
    if rule.within is Within.UPDATE:
        yield page.whole(withdrawn=Novelty.WITHDRAWN in rule.on)
        return
    near = segments_with(rule.query.keys, page.reading)
    joined = page.passages() if rule.within is Within.PASSAGE else map(frozenset, ((at,) for at in sorted(live)))
    for own in joined:
        if not live.isdisjoint(own) and (near is None or not near.isdisjoint(own)):
            yield own


def segments_with(keys: frozenset[Key] | None, reading: Reading) -> set[int] | None:
    """The segments that have a word the query needs; None if that says nothing of where it could hold."""
    if keys is None or any(key.field not in ("", "text") for key in keys):
        return None
    stands = (reading.of_stem(key.word) if key.stem else reading.of_word(key.word) for key in keys)
    return {position >> SHIFT for positions in stands for position in positions}


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
