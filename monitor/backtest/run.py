"""Back-test rules on stored updates: which alerts they would have sent, and how two versions of the rules differ.

Matching and deciding use the daemon's own code. Findings are read from the store, so claims are not compared again.
For a rule with `sources` that is an approximation: a repeated or changed claim counts as new if the nearest prior
claim is from another source. Silences are ignored, because they depend on people's current needs and not on the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from heapq import nlargest
from typing import TypeAlias

from monitor.alerts.decide import RuleMatch, as_prior_claims, decide, dedup_keys
from monitor.alerts.held import PendingMatch
from monitor.alerts.inhibition import Inhibition
from monitor.alerts.merge import as_prior_claim
from monitor.alerts.release import release_corroborated, release_throttled
from monitor.alerts.same_event import UpdateEchoes
from monitor.alerts.silences import Silence
from monitor.compare.lookup import MAX_CANDIDATES
from monitor.model import Alert, Decision, Finding, Moment, Novelty, PriorClaim, Reason, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.match import match_prepared, match_rule, rule_covers_source
from monitor.ruleset.query.lint import distinct_terms
from monitor.ruleset.query.segments import SEGMENT_SHIFT
from monitor.ruleset.rule import Rule, RuleSet
from monitor.text.analysis import NO_SYNONYMS, analyze, index_terms
from monitor.text.split import Pattern, split_claims

SourceTags: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """A stored update with its findings. `is_baseline`: from its source's first poll, which sends no alerts."""

    number: int
    update: Update
    recorded_at: Moment
    findings: tuple[Finding, ...]
    ignore_patterns: tuple[Pattern, ...] = ()
    is_baseline: bool = False


@dataclass(frozen=True, slots=True)
class HypotheticalAlert:
    """An alert that would have been sent, with the number of the update that caused it."""

    update_number: int
    alert: Alert


@dataclass(frozen=True, slots=True)
class RulesByScope:
    """A set of rules, split into those that look at single claims and those that look at their context too."""

    all_rules: RuleSet
    claim_rules: RuleSet
    context_rules: tuple[Rule, ...]


@dataclass(slots=True)
class InMemoryHistory:
    """The history of a back-test, in memory: alerts sent, prior claims by source, and matches held.

    Without `follows_alerts`, alerts do not say what changed since the last one, which would mean comparing claims.
    """

    follows_alerts: bool = True
    alerted_claims: set[tuple[str, str, str]] = field(default_factory=set)
    alerts: dict[tuple[str, str], list[Alert]] = field(default_factory=lambda: defaultdict(list))
    root_by_text: dict[str, str] = field(default_factory=dict)
    prior_claims_by_root: dict[str, dict[tuple[str, str], PriorClaim]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    texts_by_root: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    pending: dict[int, PendingMatch] = field(default_factory=dict)
    pending_by_text: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    throttled_until: dict[int, Moment] = field(default_factory=dict)
    update_numbers: dict[int, int] = field(default_factory=dict)
    last_id: int = 0

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return the claims that the rule has already alerted in this story."""
        return {text for text in texts if (rule, story, text) in self.alerted_claims}

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return the times of the rule's alerts in this story since a moment, oldest first."""
        return [alert.at for alert in self.alerts[rule, story] if alert.at >= since]

    def last_alert(self, rule: str, story: str) -> Alert | None:
        return next(reversed(self.alerts[rule, story]), None) if self.follows_alerts else None

    def prior_claims(self, texts: Sequence[str]) -> list[PriorClaim]:
        """Return every source's first statement of any of these claims, also in other words."""
        roots = dict.fromkeys(map(self.cluster_root, texts))
        return [
            prior
            for root in roots
            if root in self.prior_claims_by_root
            for prior in self.prior_claims_by_root[root].values()
        ]

    def alerts_of_stories(self, rules: Collection[str], stories: Collection[str]) -> list[Alert]:
        """Return none: a back-test sends nothing that could be updated."""
        return []

    def awaits_corroboration(self, texts: Sequence[str] | None = None) -> bool:
        """Return whether any match is held, and a source of one of these claims could confirm it."""
        return bool(self.pending if texts is None else self.pending_for(texts))

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches awaiting corroboration that any of these claims would confirm."""
        roots = {self.cluster_root(text) for text in texts}
        members = roots.union(*(self.texts_by_root[root] for root in roots if root in self.texts_by_root))
        reworded = (text for text in members if self.cluster_root(text) in roots)
        ids = {id for text in reworded for id in self.pending_by_text.get(text, ())}
        matches = (self.pending[id] for id in sorted(ids))
        return [match for match in matches if match.reason is Reason.AWAITING_CORROBORATION]

    def candidates(self, terms: Sequence[Sequence[str]]) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the claims of held matches that share most of them, best first."""
        held = [
            (prior, terms_of(prior.text))
            for match in self.pending.values()
            if match.reason is Reason.AWAITING_CORROBORATION
            for prior in map(as_prior_claim, match.alert.findings)
        ]
        return [[prior for prior, _ in nlargest(MAX_CANDIDATES, held, key=shared_with(query))] for query in terms]

    def silences(self, now: Moment) -> Sequence[Silence]:
        """Return none: a back-test ignores silences."""
        return ()

    def cluster_root(self, text: str) -> str:
        """Return the first claim of which this one is a rewording, or the claim itself."""
        return self.root_by_text.get(text, text)

    def record_findings(self, update: Update, findings: Sequence[Finding]) -> None:
        """Record which source said what, and which claims are rewordings of others."""
        for finding, current_claim in zip(findings, as_prior_claims(update, findings), strict=True):
            if finding.novelty is Novelty.REPEATED and finding.nearest:
                self.record_rewording(finding.claim.text, self.cluster_root(finding.nearest.text))
                self.record_prior_claim(finding.nearest)
            self.record_prior_claim(current_claim)

    def record_rewording(self, text: str, root: str) -> None:
        """Record that a claim says what another does, unless it is known to say what a third one does."""
        if text not in self.root_by_text:
            self.root_by_text[text] = root
            self.texts_by_root[root].add(text)

    def record_prior_claim(self, prior: PriorClaim) -> None:
        """Record a claim, unless its source has said it in the same words before."""
        self.prior_claims_by_root[self.cluster_root(prior.text)].setdefault((prior.source, prior.text), prior)

    def record_alert(self, alert: Alert) -> None:
        self.alerts[alert.rule, alert.story].append(alert)
        self.alerted_claims |= {(alert.rule, story, text) for story, text in dedup_keys(alert)}

    def hold_back(self, decision: Decision, update_number: int) -> None:
        """Record a match that is throttled or awaits corroboration."""
        if decision.pending_alert:
            self.last_id += 1
            self.pending[self.last_id] = PendingMatch(self.last_id, decision.reason, decision.pending_alert)
            for finding in decision.pending_alert.findings:
                self.pending_by_text[finding.claim].add(self.last_id)
            self.update_numbers[self.last_id] = update_number
            if decision.throttled_until is not None:
                self.throttled_until[self.last_id] = decision.throttled_until

    def due_matches(self, now: Moment) -> list[PendingMatch]:
        """Return the throttled matches whose window has ended."""
        return [self.pending[id] for id, until in self.throttled_until.items() if until <= now]

    def release(self, ids: Iterable[int]) -> None:
        """Remove held matches that were released."""
        for id in ids:
            self.throttled_until.pop(id, None)
            if match := self.pending.pop(id, None):
                for finding in match.alert.findings:
                    self.pending_by_text[finding.claim].discard(id)


@lru_cache(maxsize=4096)
def terms_of(text: str) -> frozenset[str]:
    return frozenset(index_terms(analyze(text, NO_SYNONYMS)))


def shared_with(query: Sequence[str]) -> Callable[[tuple[PriorClaim, frozenset[str]]], int]:
    """Return the key that ranks claims by the number of terms that they share with a query."""
    return lambda held: len(held[1].intersection(query))


def relevant_novelties(versions: Sequence[RulesByScope]) -> frozenset[Novelty]:
    """Return the novelties that can matter to any of the rule versions.

    Repeated findings are evidence for a rule with `corroboration`, and may be new for a rule with `sources`.
    """
    rules = [rule for version in versions for rule in version.all_rules.rules]
    if any(rule.corroboration > 1 or rule.sources is not None for rule in rules):
        return frozenset(Novelty)
    return frozenset(novelty for rule in rules for novelty in rule.on)


def split_by_scope(rules: RuleSet) -> RulesByScope:
    claim_rules = [rule for rule in rules.rules if not rule.needs_context]
    context_rules = [rule for rule in rules.rules if rule.needs_context]
    return RulesByScope(rules, RuleSet(tuple(claim_rules)), tuple(context_rules))


def is_relevant(
    versions: Sequence[RulesByScope], tags: SourceTags, update: Update, findings: tuple[Finding, ...]
) -> bool:
    """Return whether an update could matter to any of the rule versions. Outlines of `findings` are enough."""
    if any(rule.corroboration > 1 for version in versions for rule in version.all_rules.rules):
        return bool(findings)
    document = cached_document(update, findings, (), tags.get(update.source, ()))
    return any(
        version.claim_rules.candidate_rules(document) or reaching_rules(version, document) for version in versions
    )


def reaching_rules(version: RulesByScope, document: MatchDocument) -> list[Rule]:
    """Return the context rules that could match: those with a term that matches a finding."""
    return [rule for rule in version.context_rules if hits_a_finding(rule, document)]


def hits_a_finding(rule: Rule, document: MatchDocument) -> bool:
    spans = (span for term in distinct_terms(rule.query.root) for span in term.cached_spans(document.index))
    return any(span[0] >> SEGMENT_SHIFT in document.finding_by_segment for span in spans)


def run_backtest(
    versions: Sequence[RulesByScope],
    stored_updates: Iterable[StoredUpdate],
    tags: SourceTags,
    end: Moment,
    *,
    in_full: bool = True,
) -> list[list[HypotheticalAlert]]:
    """Return for each rule version the alerts it would have sent until `end`; `in_full` with their `since_last`.

    `stored_updates` are in the order of their arrival, `tags` by source. Updates that are not relevant to the rules,
    and findings of other novelties than `relevant_novelties`, may be left out.
    """
    runs = [(version, InMemoryHistory(in_full), list[HypotheticalAlert]()) for version in versions]
    for stored_update in stored_updates:
        for version, history, alerts in runs:
            alerts += backtest_releases(history, stored_update.recorded_at)
            alerts += backtest_update(version, stored_update, history, tags)
    return [[*alerts, *backtest_releases(history, end)] for _, history, alerts in runs]


def backtest_update(
    version: RulesByScope, stored_update: StoredUpdate, history: InMemoryHistory, tags: SourceTags
) -> Iterator[HypotheticalAlert]:
    """Yield the alerts of one update and of the matches that it corroborates."""
    history.record_findings(stored_update.update, stored_update.findings)
    if stored_update.is_baseline:
        return
    update, now = stored_update.update, stored_update.recorded_at
    matches = list(match_stored_update(version, stored_update, tags))
    rule_by_name = {rule.name: rule for rule in version.all_rules.rules}
    is_needed = any(rule.corroboration > 1 for rule in rule_by_name.values())
    echoes = UpdateEchoes(update, stored_update.findings, history, is_needed=is_needed)
    inhibition = Inhibition(version.all_rules.inhibitors)
    released = release_corroborated(update, matches, rule_by_name, history, echoes, now=now, inhibition=inhibition)
    for decision in decide(
        update, matches, history, echoes=echoes, baseline=False, now=now, released=released, inhibition=inhibition
    ):
        history.hold_back(decision, stored_update.number)
        if decision.alert:
            history.record_alert(decision.alert)
            yield HypotheticalAlert(stored_update.number, decision.alert)
    for release in released:
        history.record_alert(release.alert)
        history.release(release.match_ids)
        yield HypotheticalAlert(history.update_numbers[release.match_ids[0]], release.alert)


def match_stored_update(version: RulesByScope, stored_update: StoredUpdate, tags: SourceTags) -> Iterator[RuleMatch]:
    """Yield the matches in an update. It is split into claims only if a context rule needs them."""
    update, source_tags = stored_update.update, tags.get(stored_update.update.source, ())
    document = cached_document(update, stored_update.findings, (), source_tags)
    for rule, windows in version.claim_rules.candidate_rules(document):
        if rule_covers_source(rule, update.source, source_tags):
            findings = findings_visible_to(rule, stored_update.findings, tags)
            if match := match_prepared(rule, document, findings, windows):
                yield RuleMatch(rule, findings, match)
    context_rules = reaching_rules(version, document)
    claims = split_claims(update.title, update.text, stored_update.ignore_patterns) if context_rules else ()
    for rule in context_rules:
        findings = findings_visible_to(rule, stored_update.findings, tags)
        if match := match_rule(rule, update, findings, claims, source_tags):
            yield RuleMatch(rule, findings, match)


def findings_visible_to(rule: Rule, findings: tuple[Finding, ...], tags: SourceTags) -> tuple[Finding, ...]:
    """Return the findings as a rule sees them: new if the nearest prior claim is outside the rule's `sources`."""
    if rule.sources is None:
        return findings
    return tuple(as_new(finding) if is_prior_out_of_scope(rule, finding, tags) else finding for finding in findings)


def is_prior_out_of_scope(rule: Rule, finding: Finding, tags: SourceTags) -> bool:
    prior = finding.nearest
    return prior is not None and not rule_covers_source(rule, prior.source, tags.get(prior.source, ()))


def as_new(finding: Finding) -> Finding:
    """Return the finding as if there were no prior claim."""
    return replace(finding, novelty=Novelty.NEW, similarity=0.0, changes=(), nearest=None)


def backtest_releases(history: InMemoryHistory, now: Moment) -> Iterator[HypotheticalAlert]:
    """Yield the follow-ups of throttles until now, each at the time its window ended."""
    while due := history.due_matches(now):
        opened_at = min(history.throttled_until[match.id] for match in due)
        for release in release_throttled(history.due_matches(opened_at), now=opened_at):
            history.record_alert(release.alert)
            history.release(release.match_ids)
            yield HypotheticalAlert(history.update_numbers[release.match_ids[0]], release.alert)
