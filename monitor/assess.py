"""Assess one update against everything said before: the pure middle of the pipeline.

    split → compare → match → decide → route
    └────── compare() ─────┘  └ decide_alerts() ┘

The first half may run on a snapshot of the store beside other work; the second runs under the store's write lock. The
daemon, `replay`, `try`, `explain` and the tests all run this code. It takes `now` as an argument, reads the past
only through `History`, and writes nothing: it returns an `Assessment`, which the store commits in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Protocol

from monitor.alerts.decide import AlertHistory, Situation, baseline_decisions, decide
from monitor.alerts.held import ReleasedMatches
from monitor.alerts.inhibition import Inhibition
from monitor.alerts.preferences import ChannelPreferences
from monitor.alerts.release import release_corroborated
from monitor.alerts.routing import Outbox, Router
from monitor.alerts.rule_match import RuleMatch
from monitor.alerts.same_event import UpdateEchoes
from monitor.alerts.updates import AlertChange, alert_changes, update_messages, wanting_channels
from monitor.compare.baseline import baseline_findings
from monitor.compare.classify import classify_claims, reclassify, reclassify_for_sources
from monitor.compare.lookup import LookupContext, PriorClaims
from monitor.compare.recurrence import DEFAULT_RECURRENCE_S
from monitor.compare.term_vectors import DocumentFrequencies, TermVector, term_vector, term_vectors
from monitor.model import Alert, Claim, Decision, Finding, Message, Moment, Novelty, Update
from monitor.ruleset.document import build_document
from monitor.ruleset.match import match_prepared, rule_covers_source
from monitor.ruleset.rule import Rule, RuleSet
from monitor.text.analysis import NO_SYNONYMS, Synonyms, analyze, index_terms
from monitor.text.split import Pattern, split_claims, split_versions


class History(PriorClaims, DocumentFrequencies, AlertHistory, Outbox, Protocol):
    """What assessing looks up in the past: the claims of the ledger, earlier alerts, pending messages."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules and settings that an update is assessed with.

    `source_tags` has every source, `channels_by_rule` every rule; `preferences` only needs the channels that have
    any. `ignore` has the source's own patterns of text to skip, and its events recur after
    `recurrence` seconds (None: never). `baseline` is true during a source's first poll: its
    claims are stored without comparing them, and no alert is sent. `is_stale` is true for an entry that is old
    although it is new in its source: no alert is sent either. `timezone` is that of the times in the
    reasons of alerts.
    """

    rules: RuleSet
    synonyms: Synonyms = NO_SYNONYMS
    source_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channels_by_rule: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preferences: Mapping[str, ChannelPreferences] = field(default_factory=dict)
    ignore: tuple[Pattern, ...] = ()
    recurrence: Moment | None = DEFAULT_RECURRENCE_S
    baseline: bool = False
    timezone: tzinfo = UTC
    is_stale: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether no alert is sent."""
        return self.baseline or self.is_stale

    def router(self, outbox: Outbox, now: Moment) -> Router:
        """Return the router of alerts at a moment."""
        return Router(self.channels_by_rule, self.preferences, outbox, now)

    def rules_with_updates(self) -> list[str]:
        """Return the rules with a channel that asks for updates of alerts."""
        if not any(channel.updates for channel in self.preferences.values()):
            return []
        rules = self.channels_by_rule
        return [rule for rule in rules if wanting_channels(rule, rules, self.preferences)]

    @property
    def needs_sources(self) -> bool:
        """Whether an update may confirm or change earlier alerts, of rules that it does not match either."""
        return self.rules.needs_corroboration or bool(self.rules_with_updates())


@dataclass(frozen=True, slots=True)
class Comparison:
    """An update compared with the past, and the rules that it matches: what needs no lock of the store.

    `findings` are the claims that are not word for word in the entry's previous version, then the withdrawn ones.
    `index_terms` runs parallel to `findings`: the terms by which the ledger finds each claim again. `story_vector`
    lets later updates find this story; it is empty for a later version of an entry (`is_revision`).
    """

    update: Update
    claims: tuple[Claim, ...]
    story: str
    findings: tuple[Finding, ...]
    story_vector: TermVector = field(default_factory=dict)
    is_revision: bool = False
    index_terms: tuple[tuple[str, ...], ...] = ()
    rule_matches: tuple[RuleMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that one update causes, ready to be committed.

    The first fields are those of its `Comparison`. `messages` carry the alerts of `decisions` and `released`, and the
    updates of `changed_alerts`, which were sent before.
    """

    update: Update
    claims: tuple[Claim, ...]
    findings: tuple[Finding, ...]
    index_terms: tuple[tuple[str, ...], ...]
    story: str
    decisions: tuple[Decision, ...] = ()
    released: tuple[ReleasedMatches, ...] = ()
    messages: tuple[Message, ...] = ()
    changed_alerts: tuple[AlertChange, ...] = ()
    story_vector: TermVector = field(default_factory=dict)


def assess(update: Update, previous: Update | None, history: History, policy: Policy, now: Moment) -> Assessment:
    """Assess an update. `previous` is the previous version of the same entry, None for a new entry."""
    return decide_alerts(compare(update, previous, history, policy, now), history, policy, now)


def compare(update: Update, previous: Update | None, history: History, policy: Policy, now: Moment) -> Comparison:
    """Compare an update with everything said before and match the rules."""
    claims, previous_claims = split(update, previous, policy)
    story_vector = {} if previous else term_vector(claims, history, policy.synonyms)
    is_revision = previous is not None
    context = LookupContext(update, history, policy.synonyms, now, is_revision=is_revision)
    story, findings = classify_claims(context, claims, previous_claims, story_vector, policy.recurrence)
    return matched(Comparison(update, claims, story, findings, story_vector, is_revision), history, policy, now)


def split(
    update: Update, previous: Update | None, policy: Policy
) -> tuple[tuple[Claim, ...], tuple[Claim, ...] | None]:
    """Return the claims of an update, and those of the previous version of its entry, if there is one."""
    if previous is None:
        return split_claims(update.title, update.text, policy.ignore), None
    return split_versions((update.title, update.text), (previous.title, previous.text), policy.ignore)


def compare_again(
    comparison: Comparison, indexes: Sequence[int], history: History, policy: Policy, now: Moment
) -> Comparison:
    """Return the comparison with the findings at these indexes compared again with what others have said.

    The rules are those of `policy`, which may be other ones than before.
    """
    context = LookupContext(comparison.update, history, policy.synonyms, now, is_revision=comparison.is_revision)
    findings = reclassify(context, comparison.claims, comparison.findings, indexes)
    rule_matches = match_rules(comparison.update, comparison.claims, findings, history, policy, now)
    return replace(comparison, findings=findings, rule_matches=tuple(rule_matches))


def compare_baseline(updates: Sequence[Update], history: History, policy: Policy, now: Moment) -> list[Comparison]:
    """Record new entries of a source's first poll, which are not compared with anything, and match the rules."""
    split_updates = [split_claims(update.title, update.text, policy.ignore) for update in updates]
    vectors = term_vectors(split_updates, history, policy.synonyms)
    return [
        matched(Comparison(update, claims, *baseline_findings(update, claims), vector), history, policy, now)
        for update, claims, vector in zip(updates, split_updates, vectors, strict=True)
    ]


def matched(comparison: Comparison, history: History, policy: Policy, now: Moment) -> Comparison:
    """Return a comparison with its index terms and the rules that match it."""
    update, claims, findings = comparison.update, comparison.claims, comparison.findings
    return replace(
        comparison,
        index_terms=tuple(index_terms_of(finding, policy.synonyms) for finding in findings),
        rule_matches=tuple(match_rules(update, claims, findings, history, policy, now)),
    )


def decide_alerts(comparison: Comparison, history: History, policy: Policy, now: Moment) -> Assessment:
    """Decide on the alerts of a compared update. What they depend on must not change until they are committed."""
    update, rule_matches = comparison.update, comparison.rule_matches
    echoes = UpdateEchoes(update, comparison.findings, history, policy.synonyms, is_needed=policy.needs_sources)
    inhibition = Inhibition(policy.rules.inhibitors)
    situation = Situation(echoes, history, inhibition, now, policy.rules.aliases, policy.timezone)
    router = policy.router(history, now)
    released: tuple[ReleasedMatches, ...] = ()
    changed_alerts: tuple[AlertChange, ...] = ()
    if policy.is_silent:  # confirmations are not sent either during a first poll
        decisions = baseline_decisions(update, rule_matches)
    else:
        released = release_corroborated(situation, rule_matches, {rule.name: rule for rule in policy.rules.rules})
        decisions = decide(situation, rule_matches, released)
        released = inhibition.uninhibited(released, history, now)
        confirmed_ids = [id for release in released for id in (release.alert.id, *release.alert.confirms)]
        changed_alerts = alert_changes(update, policy.rules_with_updates(), history, echoes, confirmed_ids)
    messages = (
        *router.route(alerts_to_send(decisions, released)),
        *update_messages(changed_alerts, router, update),
    )
    return Assessment(
        update=update,
        claims=comparison.claims,
        findings=comparison.findings,
        index_terms=comparison.index_terms,
        story=comparison.story,
        decisions=router.explain_decisions(decisions, messages),
        released=router.explain_releases(released, messages),
        messages=messages,
        changed_alerts=changed_alerts,
        story_vector=comparison.story_vector,
    )


def may_alert(comparison: Comparison, policy: Policy) -> bool:
    """Return whether alerts may depend on the update, so that no other one may be decided at the same time."""
    return not policy.is_silent and (bool(comparison.rule_matches) or policy.needs_sources)


def match_rules(
    update: Update,
    claims: Sequence[Claim],
    findings: tuple[Finding, ...],
    history: History,
    policy: Policy,
    now: Moment,
) -> list[RuleMatch]:
    """Return the rules that match the update, each with the findings as seen from the rule's sources."""
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
    """Return the findings as the rule sees them: if it names sources, only their earlier claims count."""
    if rule.sources is None:
        return findings
    source_names = {update.source, *policy.source_tags, *rule.sources}
    sources = frozenset(
        name for name in source_names if rule_covers_source(rule, name, policy.source_tags.get(name, ()))
    )
    return reclassify_for_sources(LookupContext(update, history, policy.synonyms, now, sources), findings)


def index_terms_of(finding: Finding, synonyms: Synonyms) -> tuple[str, ...]:
    """Return the terms that the ledger indexes a finding by; none if it is withdrawn or never news."""
    if finding.novelty is Novelty.WITHDRAWN or finding.claim.noise:
        return ()
    return index_terms(analyze(finding.claim.text, synonyms))


def alerts_to_send(decisions: Sequence[Decision], released: Sequence[ReleasedMatches]) -> list[Alert]:
    """Return the alerts of the decisions, then those of the released matches."""
    return [decision.alert for decision in decisions if decision.alert] + [release.alert for release in released]
