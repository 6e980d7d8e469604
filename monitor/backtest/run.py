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

from monitor.alerts.decide import RuleMatch, decide
from monitor.alerts.dedup import dedup_keys
from monitor.alerts.held import PendingMatch
from monitor.alerts.merge import as_prior_claim, as_prior_claims
from monitor.alerts.release import release_corroborated, release_throttled
from monitor.alerts.same_event import UpdateEchoes
from monitor.alerts.silences import Silence
from monitor.backtest.absences import PastAbsences
from monitor.backtest.stored_update import StoredUpdate
from monitor.compare.lookup import MAX_CANDIDATES
from monitor.model import Alert, Decision, Finding, Moment, Novelty, PriorClaim, Reason, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.match import match_rule, rule_covers_source
from monitor.ruleset.query.lint import distinct_terms
from monitor.ruleset.query.segments import SEGMENT_SHIFT
from monitor.ruleset.rule import Rule, RuleSet, Within
from monitor.text.analysis import NO_SYNONYMS, analyze, index_terms
from monitor.text.split import split_claims

SourceTags: TypeAlias = Mapping[str, tuple[str, ...]]


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
    """The history of a back-test, in memory: alerts sent, prior claims by source, and matches held."""

    alerted_claims: set[tuple[str, str, str]] = field(default_factory=set)
    alerts: dict[tuple[str, str], list[Alert]] = field(default_factory=lambda: defaultdict(list))
    root_by_text: dict[str, str] = field(default_factory=dict)
    prior_claims_by_root: dict[str, dict[tuple[str, str], PriorClaim]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    pending: list[PendingMatch] = field(default_factory=list)
    counted: dict[tuple[str, str], list[PendingMatch]] = field(default_factory=lambda: defaultdict(list))
    throttled_until: dict[int, Moment] = field(default_factory=dict)
    update_numbers: dict[int, int] = field(default_factory=dict)
    last_id: int = 0

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return the claims that the rule has already alerted in this story."""
        return {text for text in texts if (rule, story, text) in self.alerted_claims}

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return the times of the rule's alerts in this story since a moment, oldest first."""
        return [alert.at for alert in self.alerts[rule, story] if alert.at >= since]

    def counted_times(self, rule: str, key: str, since: Moment) -> list[Moment]:
        """Return when the matches that the rule has counted for a key were seen, oldest first."""
        return [match.alert.at for match in self.counted[rule, key] if match.alert.at >= since]

    def counted_matches(self, rule: str, key: str, since: Moment, limit: int) -> list[PendingMatch]:
        """Return the last matches that the rule has counted for a key, oldest first."""
        return [match for match in self.counted[rule, key] if match.alert.at >= since][-limit:]

    def last_alert(self, rule: str, story: str) -> Alert | None:
        return next(reversed(self.alerts[rule, story]), None)

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
        corroborable = (match for match in self.pending if match.reason is Reason.AWAITING_CORROBORATION)
        return [match for match in corroborable if roots & {self.cluster_root(f.claim) for f in match.alert.findings}]

    def candidates(self, terms: Sequence[Sequence[str]]) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the claims of held matches that share most of them, best first."""
        held = [
            (prior, terms_of(prior.text))
            for match in self.pending
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
                self.root_by_text.setdefault(finding.claim.text, self.cluster_root(finding.nearest.text))
                self.record_prior_claim(finding.nearest)
            self.record_prior_claim(current_claim)

    def record_prior_claim(self, prior: PriorClaim) -> None:
        """Record a claim, unless its source has said it in the same words before."""
        self.prior_claims_by_root[self.cluster_root(prior.text)].setdefault((prior.source, prior.text), prior)

    def record_alert(self, alert: Alert) -> None:
        self.alerts[alert.rule, alert.story].append(alert)
        self.mark_alerted(alert)

    def mark_alerted(self, alert: Alert) -> None:
        self.alerted_claims |= {(alert.rule, story, text) for story, text in dedup_keys(alert)}

    def count(self, decision: Decision) -> None:
        """Record a match that is counted, or forget those of a count that it completes."""
        if decision.count_key is None:
            return
        counted = self.counted[decision.match.rule, decision.count_key]
        if decision.counted_since is not None:
            counted.clear()
        elif decision.pending_alert:
            counted.append(PendingMatch(0, decision.reason, decision.pending_alert))
            self.mark_alerted(decision.pending_alert)

    def hold_back(self, decision: Decision, update_number: int) -> None:
        """Record a match that is throttled or awaits corroboration."""
        if decision.pending_alert and decision.reason is not Reason.COUNTED:
            self.last_id += 1
            self.pending.append(PendingMatch(self.last_id, decision.reason, decision.pending_alert))
            self.update_numbers[self.last_id] = update_number
            if decision.throttled_until is not None:
                self.throttled_until[self.last_id] = decision.throttled_until

    def due_matches(self, now: Moment) -> list[PendingMatch]:
        """Return the throttled matches whose window has ended."""
        return [match for match in self.pending if self.throttled_until.get(match.id, now + 1) <= now]

    def release(self, ids: Iterable[int]) -> None:
        """Remove held matches that were released."""
        released_ids = set(ids)
        self.pending = [match for match in self.pending if match.id not in released_ids]


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
    claim_rules = [rule for rule in rules.rules if rule.within is Within.CLAIM]
    context_rules = [rule for rule in rules.rules if rule.within is not Within.CLAIM]
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
    start: Moment | None = None,
) -> list[list[HypotheticalAlert]]:
    """Return for each rule version the alerts it would have sent until `end`. Rules with `absent` wait from `start`.

    `stored_updates` are in the order of their arrival, `tags` by source. Updates that are not relevant to the rules,
    and findings of other novelties than `relevant_novelties`, may be left out.
    """
    runs = [
        (version, InMemoryHistory(), PastAbsences.of(version.all_rules.rules, tags, start), list[HypotheticalAlert]())
        for version in versions
    ]
    for stored_update in stored_updates:
        for version, history, absences, alerts in runs:
            alerts += due_alerts(history, absences, stored_update.recorded_at)
            alerts += backtest_update(version, stored_update, history, absences, tags)
    return [[*alerts, *due_alerts(history, absences, end)] for _, history, absences, alerts in runs]


def due_alerts(history: InMemoryHistory, absences: PastAbsences, now: Moment) -> list[HypotheticalAlert]:
    """Return the alerts that only time brings until now, oldest first."""
    due = [*backtest_releases(history, now), *(HypotheticalAlert(*pair) for pair in absences.due(now))]
    return sorted(due, key=lambda hypothetical: hypothetical.alert.at)


def backtest_update(
    version: RulesByScope,
    stored_update: StoredUpdate,
    history: InMemoryHistory,
    absences: PastAbsences,
    tags: SourceTags,
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
    released = release_corroborated(update, matches, rule_by_name, history, echoes, now=now)
    for decision in decide(update, matches, history, echoes=echoes, baseline=False, now=now, released=released):
        history.hold_back(decision, stored_update.number)
        history.count(decision)
        if decision.reason is Reason.PRESENT:
            absences.mark_present(decision.match, stored_update)
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
    claim_rules = [rule for rule, _ in version.claim_rules.candidate_rules(document)]
    context_rules = reaching_rules(version, document)
    all_claims = split_claims(update.title, update.text, stored_update.ignore_patterns) if context_rules else ()
    for rule in (*claim_rules, *context_rules):
        findings = findings_visible_to(rule, stored_update.findings, tags)
        claims = () if rule.within is Within.CLAIM else all_claims
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
