"""Back-test rules on stored updates: which alerts they would have sent, and how two versions of the rules differ.

Matching and deciding use the daemon's own code. Findings are read from the store, so claims are not compared again.
For a rule with `sources` that is an approximation: a repeated or changed claim counts as new if the nearest prior
claim is from another source. Silences are ignored, because they depend on people's current needs and not on the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from monitor.alerts.decide import RuleMatch, as_prior_claims, decide, dedup_keys
from monitor.alerts.release import release_corroborated, release_throttled
from monitor.alerts.silences import Silence
from monitor.backtest.absences import PastAbsences
from monitor.backtest.stored_update import StoredUpdate
from monitor.model import (
    Alert,
    AlertFinding,
    Decision,
    Finding,
    Moment,
    Novelty,
    PendingMatch,
    PriorClaim,
    Reason,
    Update,
)
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.match import match_rule, rule_covers_source
from monitor.ruleset.query.lint import distinct_terms
from monitor.ruleset.query.segments import SEGMENT_SHIFT
from monitor.ruleset.rule import Rule, RuleSet, Within
from monitor.text.split import split_claims

SourceTags: TypeAlias = Mapping[str, tuple[str, ...]]
AlertedClaim: TypeAlias = tuple[str, str, str, str]


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

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches awaiting corroboration that any of these claims would confirm."""
        roots = {self.cluster_root(text) for text in texts}
        corroborable = (match for match in self.pending if match.reason is Reason.AWAITING_CORROBORATION)
        return [match for match in corroborable if roots & {self.cluster_root(f.claim) for f in match.alert.findings}]

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
    matches = list(match_stored_update(version, stored_update, tags))
    for decision in decide(stored_update.update, matches, history, baseline=False, now=stored_update.recorded_at):
        history.hold_back(decision, stored_update.number)
        history.count(decision)
        if decision.reason is Reason.PRESENT:
            absences.mark_present(decision.match, stored_update)
        if decision.alert:
            history.record_alert(decision.alert)
            yield HypotheticalAlert(stored_update.number, decision.alert)
    rule_by_name = {rule.name: rule for rule in version.all_rules.rules}
    for release in release_corroborated(
        stored_update.update, stored_update.findings, rule_by_name, history, now=stored_update.recorded_at
    ):
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


def gained_alerts(
    current: Sequence[HypotheticalAlert], previous: Sequence[HypotheticalAlert], rule_ids: Mapping[str, str]
) -> list[HypotheticalAlert]:
    """Return the alerts of `current`, without the claims that `previous` contains too. `rule_ids`: by rule name."""
    known_claims = {key for alert in previous for key in alerted_claims(alert, rule_ids)}
    remaining = ((alert, findings_not_in(alert, known_claims, rule_ids)) for alert in current)
    return [
        HypotheticalAlert(alert.update_number, replace(alert.alert, findings=findings))
        for alert, findings in remaining
        if findings or (not alert.alert.findings and alerted_absence(alert, rule_ids) not in known_claims)
    ]


def findings_not_in(
    alert: HypotheticalAlert, known_claims: set[AlertedClaim], rule_ids: Mapping[str, str]
) -> tuple[AlertFinding, ...]:
    keyed_findings = zip(alert.alert.findings, alerted_claims(alert, rule_ids), strict=bool(alert.alert.findings))
    return tuple(finding for finding, key in keyed_findings if key not in known_claims)


def alerted_absence(alert: HypotheticalAlert, rule_ids: Mapping[str, str]) -> AlertedClaim:
    """Return the identity of an alert about an absence: the rule id and the update of its last match."""
    return rule_ids.get(alert.alert.rule, alert.alert.rule), "", "", str(alert.update_number)


def alerted_claims(alert: HypotheticalAlert, rule_ids: Mapping[str, str]) -> list[AlertedClaim]:
    """Return the identity of each finding of an alert: rule id, source, entry and claim. An absence has none."""
    rule = rule_ids.get(alert.alert.rule, alert.alert.rule)
    if not alert.alert.findings:
        return [alerted_absence(alert, rule_ids)]
    return [(rule, finding.source, finding.entry, finding.claim) for finding in alert.alert.findings]
