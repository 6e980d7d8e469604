"""Back-test rules on stored updates: which alerts they would have sent, and how two versions of the rules differ.

Matching and deciding use the daemon's own code. Findings are read from the store, so claims are not compared again.
For a rule with `sources` that is an approximation: a repeated or changed claim counts as new if the nearest prior
claim is from another source. Silences are ignored, because they depend on people's current needs and not on the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from monitor.alerts.decide import Situation, decide
from monitor.alerts.held import ReleasedMatches
from monitor.alerts.inhibition import Inhibition
from monitor.alerts.release import release_corroborated, release_throttled
from monitor.alerts.rule_match import RuleMatch
from monitor.alerts.same_event import UpdateEchoes
from monitor.backtest.absences import PastAbsences
from monitor.backtest.in_memory_history import InMemoryHistory
from monitor.backtest.stored_update import StoredUpdate
from monitor.model import Alert, Finding, Moment, Novelty, Reason, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.match import match_prepared, match_rule, rule_covers_source
from monitor.ruleset.query.lint import distinct_terms
from monitor.ruleset.query.segments import SEGMENT_SHIFT
from monitor.ruleset.rule import Rule, RuleSet
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
    start: Moment | None = None,
    *,
    in_full: bool = True,
) -> list[list[HypotheticalAlert]]:
    """Return for each rule version the alerts it would have sent until `end`; `in_full` with their `since_last`.

    Rules with `absent` wait from `start`.

    `stored_updates` are in the order of their arrival, `tags` by source. Updates that are not relevant to the rules,
    and findings of other novelties than `relevant_novelties`, may be left out.
    """
    runs = [
        VersionRun(version, tags, InMemoryHistory(in_full), PastAbsences.of(version.all_rules.rules, tags, start))
        for version in versions
    ]
    for stored_update in stored_updates:
        for run in runs:
            run.pass_time(stored_update.recorded_at)
            run.add_update(stored_update)
    for run in runs:
        run.pass_time(end)
    return [run.alerts for run in runs]


@dataclass(slots=True)
class VersionRun:
    """The back-test of one version of the rules: what it remembers, and the alerts so far. `tags`: by source."""

    version: RulesByScope
    tags: SourceTags
    history: InMemoryHistory
    absences: PastAbsences
    alerts: list[HypotheticalAlert] = field(default_factory=list)

    def pass_time(self, now: Moment) -> None:
        """Add the alerts that only time brings until now, oldest first."""
        due = [*self.followups(now), *(HypotheticalAlert(*pair) for pair in self.absences.due(now))]
        self.alerts += sorted(due, key=lambda hypothetical: hypothetical.alert.at)

    def followups(self, now: Moment) -> Iterator[HypotheticalAlert]:
        """Yield the follow-ups of throttles until now, each at the time its window ended."""
        history, inhibition = self.history, Inhibition(self.version.all_rules.inhibitors)
        while due := history.due_matches(now):
            opened_at = min(history.throttled_until[match.id] for match in due)
            for release in release_throttled(history.due_matches(opened_at), now=opened_at):
                inhibited_until = inhibition.inhibited_until(release.alert, history, opened_at)
                if inhibited_until is not None:
                    history.throttled_until |= dict.fromkeys(release.match_ids, inhibited_until)
                    continue
                yield self.released(release)

    def add_update(self, stored_update: StoredUpdate) -> None:
        """Add the alerts of one update and of the matches that it corroborates."""
        self.history.record_findings(stored_update.update, stored_update.findings)
        if not stored_update.is_baseline:
            self.alerts += self.alerts_of_update(stored_update)

    def alerts_of_update(self, stored_update: StoredUpdate) -> Iterator[HypotheticalAlert]:
        history, now = self.history, stored_update.recorded_at
        matches = list(match_stored_update(self.version, stored_update, self.tags))
        rule_by_name = {rule.name: rule for rule in self.version.all_rules.rules}
        is_needed = any(rule.corroboration > 1 for rule in rule_by_name.values())
        echoes = UpdateEchoes(stored_update.update, stored_update.findings, history, is_needed=is_needed)
        inhibition = Inhibition(self.version.all_rules.inhibitors)
        situation = Situation(echoes, history, inhibition, now)
        released = release_corroborated(situation, matches, rule_by_name)
        decisions = decide(situation, matches, released)
        released = inhibition.uninhibited(released, history, now)
        for decision in decisions:
            history.hold_back(decision, stored_update.number)
            history.count(decision)
            if decision.reason is Reason.PRESENT:
                self.absences.mark_present(decision.match, stored_update)
            if decision.alert:
                history.record_alert(decision.alert)
                yield HypotheticalAlert(stored_update.number, decision.alert)
        yield from map(self.released, released)

    def released(self, release: ReleasedMatches) -> HypotheticalAlert:
        """Record that held matches are sent, and return their alert."""
        self.history.record_alert(release.alert)
        self.history.release(release.match_ids)
        return HypotheticalAlert(self.history.update_numbers[release.match_ids[0]], release.alert)


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
