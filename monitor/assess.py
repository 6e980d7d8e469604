"""The pure middle: what one update brings, judged against all that was said before.

    split → compare → match → decide

The daemon, `replay`, `try`, `explain` and the tests run this very code. It reads no clock (`now` is handed in)
and writes nothing: it returns an `Assessment`, which the store commits in one transaction. What it may look up of
the past is `Known`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from monitor.alerts.address import Outbox, addressed, decisions_named, releases_named
from monitor.alerts.decide import Held, Past, decide
from monitor.alerts.release import corroborated
from monitor.alerts.wishes import Wish
from monitor.compare.align import Earlier, compare, heard_from
from monitor.compare.elsewhere import Comparison
from monitor.compare.gist import Commonness, Gist, gist_of
from monitor.model import Alert, Claim, Decision, Finding, Message, Moment, Novelty, Release, Update
from monitor.ruleset.match import hold_on, listens
from monitor.ruleset.page import new_page
from monitor.ruleset.rule import Rule, RuleSet
from monitor.text.split import Pattern, split
from monitor.text.words import NO_SYNONYMS, Synonyms, index_terms, read


class Known(Earlier, Commonness, Past, Outbox, Protocol):
    """The look-ups into the past that assessing needs: the ledger's claims, the alerts told, the messages owed."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How a source is listened to. `tags` maps every source to its tags; `notify` every rule to its channels;
    `wishes` are those of the channels that have any.

    `baseline` is true during a source's first poll, when findings are kept and nobody is told.
    """

    rules: RuleSet
    same: Synonyms = NO_SYNONYMS
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notify: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    ignore: tuple[Pattern, ...] = ()
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that one update brings, ready to be committed.

    `findings` are the claims that are not word for word in the entry's previous version, then the withdrawn ones;
    `terms` stands beside them: under which terms the ledger finds each again (empty for a withdrawn one).
    `messages` carry the alerts of `decisions` and `released`. `gist` is by what later updates find this story; only
    a new entry has one.
    """

    update: Update
    claims: tuple[Claim, ...]
    findings: tuple[Finding, ...]
    terms: tuple[tuple[str, ...], ...]
    story: str
    decisions: tuple[Decision, ...] = ()
    released: tuple[Release, ...] = ()
    messages: tuple[Message, ...] = ()
    gist: Gist = field(default_factory=dict)


def assess(update: Update, before: Update | None, known: Known, listening: Listening, now: Moment) -> Assessment:
    """What `update` brings; `before` is the same entry's previous version, or None when the entry is new."""
    claims = split(update.title, update.text, listening.ignore)
    old = split(before.title, before.text, listening.ignore) if before else None
    gist = {} if before else gist_of(claims, known, listening.same)
    story, findings = compare(update, claims, old, gist, known, listening.same, now)
    held = match(update, claims, findings, known, listening, now)
    decisions = decide(update, held, known, baseline=listening.baseline, now=now, aliases=listening.rules.aliases)
    rules = {rule.name: rule for rule in listening.rules.rules}
    released = (
        ()
        if listening.baseline
        else corroborated(update, findings, rules, known, now=now, aliases=listening.rules.aliases)
    )
    notify, wishes = listening.notify, listening.wishes
    messages = addressed(told(decisions, released), notify, wishes, known, now)
    return Assessment(
        update=update,
        claims=claims,
        findings=findings,
        terms=tuple(terms_of(finding, listening.same) for finding in findings),
        story=story,
        decisions=decisions_named(decisions, messages, notify, wishes),
        released=releases_named(released, messages, notify, wishes),
        messages=messages,
        gist=gist,
    )


def match(
    update: Update,
    claims: Sequence[Claim],
    findings: tuple[Finding, ...],
    known: Known,
    listening: Listening,
    now: Moment,
) -> list[Held]:
    """The rules that hold for the update, each with the findings as its listener hears them."""
    held = []
    tags = listening.tags.get(update.source, ())
    page = new_page(update, findings, claims, tags)
    for rule, places in listening.rules.could_hold(page):
        if listens(rule, update.source, tags):
            heard = heard_by(rule, update, findings, known, listening, now)
            if found := hold_on(rule, page, heard, places):
                held.append(Held(rule, heard, found))
    return held


def heard_by(
    rule: Rule, update: Update, findings: tuple[Finding, ...], known: Known, listening: Listening, now: Moment
) -> tuple[Finding, ...]:
    """News is local to who listens: for a rule with sources only what those said before counts."""
    if rule.sources is None:
        return findings
    named = {update.source, *listening.tags, *rule.sources}
    sources = frozenset(name for name in named if listens(rule, name, listening.tags.get(name, ())))
    return heard_from(findings, Comparison(update, known, listening.same, now, sources))


def terms_of(finding: Finding, same: Synonyms) -> tuple[str, ...]:
    """The ledger's index terms of a finding; none for one that is gone, nor for what is never news."""
    if finding.novelty is Novelty.WITHDRAWN or finding.claim.quiet:
        return ()
    return index_terms(read(finding.claim.text, same))


def told(decisions: Sequence[Decision], released: Sequence[Release]) -> list[Alert]:
    """The alerts that people get."""
    return [d.alert for d in decisions if d.alert] + [release.alert for release in released]
