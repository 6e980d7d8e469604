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

from monitor.alerts.decide import AlertHistory, RuleMatch, decide
from monitor.alerts.preferences import ChannelPreferences
from monitor.alerts.release import release_corroborated
from monitor.alerts.routing import Outbox, decisions_with_routing_reasons, releases_with_routing_reasons, route
from monitor.compare.candidates import LookupContext
from monitor.compare.classify import PriorClaims, classify_claims, reclassify_for_sources
from monitor.compare.term_vectors import DocumentFrequencies, TermVector, term_vector
from monitor.model import Alert, Claim, Decision, Finding, Message, Moment, Novelty, ReleasedMatches, Update
from monitor.ruleset.document import build_document
from monitor.ruleset.match import match_prepared, rule_covers_source
from monitor.ruleset.rule import Rule, RuleSet
from monitor.text.analysis import NO_SYNONYMS, Synonyms, analyze, index_terms
from monitor.text.split import Pattern, split_claims


class History(PriorClaims, DocumentFrequencies, AlertHistory, Outbox, Protocol):
    """The look-ups into the past that assessing needs: the ledger's claims, the alerts told, the messages owed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a source is listened to. `tags` maps every source to its tags; `notify` every rule to its channels;
    `wishes` are those of the channels that have any.

    `baseline` is true during a source's first poll, when findings are kept and nobody is told.
    """

    rules: RuleSet
    synonyms: Synonyms = NO_SYNONYMS
    source_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channels_by_rule: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preferences: Mapping[str, ChannelPreferences] = field(default_factory=dict)
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
    index_terms: tuple[tuple[str, ...], ...]
    story: str
    decisions: tuple[Decision, ...] = ()
    released: tuple[ReleasedMatches, ...] = ()
    messages: tuple[Message, ...] = ()
    story_vector: TermVector = field(default_factory=dict)


def assess(update: Update, previous: Update | None, history: History, policy: Policy, now: Moment) -> Assessment:
    """What `update` brings; `before` is the same entry's previous version, or None when the entry is new."""
    claims = split_claims(update.title, update.text, policy.ignore)
    previous_claims = split_claims(previous.title, previous.text, policy.ignore) if previous else None
    story_vector = {} if previous else term_vector(claims, history, policy.synonyms)
    story, findings = classify_claims(update, claims, previous_claims, story_vector, history, policy.synonyms, now)
    rule_matches = match_rules(update, claims, findings, history, policy, now)
    decisions = decide(update, rule_matches, history, baseline=policy.baseline, now=now, aliases=policy.rules.aliases)
    rules_by_name = {rule.name: rule for rule in policy.rules.rules}
    released = (
        ()
        if policy.baseline
        else release_corroborated(update, findings, rules_by_name, history, now=now, aliases=policy.rules.aliases)
    )
    channels_by_rule, preferences = policy.channels_by_rule, policy.preferences
    messages = route(alerts_to_send(decisions, released), channels_by_rule, preferences, history, now)
    return Assessment(
        update=update,
        claims=claims,
        findings=findings,
        index_terms=tuple(index_terms_of(finding, policy.synonyms) for finding in findings),
        story=story,
        decisions=decisions_with_routing_reasons(decisions, messages, channels_by_rule, preferences),
        released=releases_with_routing_reasons(released, messages, channels_by_rule, preferences),
        messages=messages,
        story_vector=story_vector,
    )


def match_rules(
    update: Update,
    claims: Sequence[Claim],
    findings: tuple[Finding, ...],
    history: History,
    policy: Policy,
    now: Moment,
) -> list[RuleMatch]:
    """The rules that hold for the update, each with the findings as its listener hears them."""
    rule_matches = []
    tags = policy.source_tags.get(update.source, ())
    document = build_document(update, findings, claims, tags)
    for rule, windows in policy.rules.candidate_rules(document):
        if rule_covers_source(rule, update.source, tags):
            rule_findings = findings_for_rule(rule, update, findings, history, policy, now)
            if match := match_prepared(rule, document, rule_findings, windows):
                rule_matches.append(RuleMatch(rule, rule_findings, match))
    return rule_matches


def findings_for_rule(
    rule: Rule, update: Update, findings: tuple[Finding, ...], history: History, policy: Policy, now: Moment
) -> tuple[Finding, ...]:
    """News is local to who listens: for a rule with sources only what those said before counts."""
    if rule.sources is None:
        return findings
    source_names = {update.source, *policy.source_tags, *rule.sources}
    sources = frozenset(
        name for name in source_names if rule_covers_source(rule, name, policy.source_tags.get(name, ()))
    )
    return reclassify_for_sources(findings, LookupContext(update, history, policy.synonyms, now, sources))


def index_terms_of(finding: Finding, synonyms: Synonyms) -> tuple[str, ...]:
    """The ledger's index terms of a finding; none for one that is gone, nor for what is never news."""
    if finding.novelty is Novelty.WITHDRAWN or finding.claim.noise:
        return ()
    return index_terms(analyze(finding.claim.text, synonyms))


def alerts_to_send(decisions: Sequence[Decision], released: Sequence[ReleasedMatches]) -> list[Alert]:
    """The alerts that people get."""
    return [decision.alert for decision in decisions if decision.alert] + [release.alert for release in released]
