"""Decide the outcome of each match, with a reason.

Every match ends in a `Decision` that is stored, so that nothing is suppressed without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.change_summary import since_last
from monitor.alerts.corroboration import corroboration_gap, reports_of_claim
from monitor.alerts.figure_history import with_figure_history
from monitor.alerts.ids import stable_id
from monitor.alerts.inhibition import Inhibition
from monitor.alerts.silences import REASON_BY_MODE, Silence, find_silence
from monitor.model import (
    Alert,
    AlertFinding,
    Decision,
    Finding,
    Match,
    Moment,
    Novelty,
    PendingMatch,
    PriorClaim,
    Reason,
    Update,
)
from monitor.ruleset.rule import NO_ALIASES, QueryAliases, Rule
from monitor.ruleset.severity import severity_of
from monitor.ruleset.thresholds import threshold_crossings


class AlertHistory(Protocol):
    """What deciding looks up in the past: earlier alerts, claims and held matches."""

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return which of these texts, made by `dedup_key`, the rule has alerted on in this story."""

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return the times of the rule's alerts on the story since a moment, oldest first."""

    def last_alert(self, rule: str, story: str) -> Alert | None:
        """Return the rule's last alert on the story."""

    def prior_claims(self, texts: Sequence[str]) -> Sequence[PriorClaim]:
        """Return the claims that say the same as one of these texts, in any words."""

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches held for corroboration that a source of one of these claims could confirm."""

    def silences(self, now: Moment) -> Sequence[Silence]:
        """Return the active silences."""


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that matched, with the findings as seen from its sources."""

    rule: Rule
    findings: tuple[Finding, ...]
    match: Match

    @property
    def fired_findings(self) -> list[Finding]:
        """The findings that fire the rule, in the order of the update."""
        return [self.findings[i] for i in self.match.finding_indexes]

    @property
    def crossed_limits(self) -> list[str]:
        """A description of each figure that crosses the rule's limit in a fired finding."""
        return [text for finding in self.fired_findings for text in threshold_crossings(self.rule, finding)]

    @property
    def story(self) -> str:
        """The story of the alert: that of the first fired finding."""
        return self.fired_findings[0].story


def decide(
    update: Update,
    rule_matches: Sequence[RuleMatch],
    history: AlertHistory,
    *,
    baseline: bool,
    now: Moment,
    aliases: QueryAliases = NO_ALIASES,
    inhibition: Inhibition | None = None,
) -> tuple[Decision, ...]:
    """Return one decision for each rule that matched; more if silences cover some of its findings.

    `aliases` are those that the queries of silences may use. `inhibition` records the alerts.
    """
    if baseline:
        detail = f"first poll of {update.source}"
        return tuple(Decision(rule_match.match, Reason.BASELINE, detail) for rule_match in rule_matches)
    silences = history.silences(now) if rule_matches else ()
    inhibition = inhibition or Inhibition()
    match_by_rule = {rule_match.rule.name: rule_match for rule_match in rule_matches}
    decisions: dict[str, tuple[Decision, ...]] = {}
    for name in inhibition.in_order(match_by_rule):  # a rule after those that inhibit it
        decided = decide_match(update, match_by_rule[name], history, silences, aliases, inhibition, now)
        decisions[name] = tuple(decided)
        inhibition.alerted |= {(name, decision.alert.story) for decision in decisions[name] if decision.alert}
    return tuple(decision for name in match_by_rule for decision in decisions[name])


def decide_match(
    update: Update,
    rule_match: RuleMatch,
    history: AlertHistory,
    silences: Sequence[Silence],
    aliases: QueryAliases,
    inhibition: Inhibition,
    now: Moment,
) -> Iterator[Decision]:
    """Yield one decision for the findings of each silence, and one for those that no silence covers."""
    if detail := rule_match.rule.why_inactive(now):
        yield Decision(rule_match.match, Reason.INACTIVE, detail)
        return
    indexes_by_silence: dict[Silence | None, list[int]] = {}
    for index in rule_match.match.finding_indexes:
        silence = find_silence(silences, rule_match.rule.name, update, rule_match.findings[index], aliases)
        indexes_by_silence.setdefault(silence, []).append(index)
    for silence, indexes in indexes_by_silence.items():
        part = replace(rule_match, match=replace(rule_match.match, finding_indexes=tuple(indexes)))
        if silence is None:
            yield decide_unsilenced(update, part, history, inhibition, now)
        else:
            yield Decision(part.match, REASON_BY_MODE[silence.mode], silence.decision_detail)


def decide_unsilenced(
    update: Update, rule_match: RuleMatch, history: AlertHistory, inhibition: Inhibition, now: Moment
) -> Decision:
    unalerted = without_already_alerted(rule_match, history)
    if not unalerted.match.finding_indexes:
        detail = "already alerted on the same words in this story or bundle"
        return Decision(rule_match.match, Reason.ALREADY_ALERTED, detail)
    inhibitor = inhibition.inhibitor_of(unalerted.rule.name, unalerted.story, history, now)
    if inhibitor and not unalerted.crossed_limits:
        return Decision(unalerted.match, Reason.INHIBITED, f"{inhibitor} has alerted on this story")
    alert = build_alert(update, unalerted, now)
    last_alert = history.last_alert(alert.rule, alert.story)
    alert = replace(with_figure_history(alert, last_alert), since_last=since_last(alert.findings, last_alert))
    if detail := missing_corroboration(update, unalerted, history):
        return decide_unconfirmed(unalerted, alert, detail, history, now)
    if not unalerted.crossed_limits and (until := throttled_until(unalerted, history, now)):
        detail = f"more than {unalerted.rule.throttle} for this story"
        return Decision(unalerted.match, Reason.THROTTLED, detail, pending_alert=alert, throttled_until=until)
    return Decision(unalerted.match, Reason.SENT, alert.reason, alert)


def decide_unconfirmed(
    rule_match: RuleMatch, alert: Alert, detail: str, history: AlertHistory, now: Moment
) -> Decision:
    """Hold the match for corroboration. If the rule sets `unconfirmed`, also alert now, with that severity."""
    pending = Decision(rule_match.match, Reason.AWAITING_CORROBORATION, detail, pending_alert=alert)
    severity = rule_match.rule.unconfirmed
    if severity is None or throttled_until(rule_match, history, now):
        return pending
    reason = f"{alert.reason}; unconfirmed: {detail}"
    early_alert = replace(alert, id=stable_id("al", "unconfirmed", alert.id), severity=severity, reason=reason)
    return replace(pending, detail=f"{detail}; sent as {severity} until then", alert=early_alert)


def without_already_alerted(rule_match: RuleMatch, history: AlertHistory) -> RuleMatch:
    """Drop the findings that this rule has alerted on: an announcement on 222 pages is one alert, and so is a claim
    that several versions of an entry withdraw.
    """

    def is_duplicate(finding: Finding) -> bool:
        scope, key = dedup_key(finding.bundle, finding.story, finding.novelty, finding.claim.text)
        return can_be_duplicate(finding) and bool(history.already_alerted(rule_match.rule.name, scope, [key]))

    indexes = rule_match.match.finding_indexes
    remaining = tuple(i for i in indexes if not is_duplicate(rule_match.findings[i]))
    return replace(rule_match, match=replace(rule_match.match, finding_indexes=remaining))


def can_be_duplicate(finding: Finding) -> bool:
    """Return whether the finding may duplicate an alerted one.

    News about a subject of its own may not, even in the same words: a level that rose, fell and rose again is news.
    """
    return finding.same_words_elsewhere or bool(finding.bundle) or finding.novelty is Novelty.WITHDRAWN


def dedup_key(bundle: str, story: str, novelty: Novelty, text: str) -> tuple[str, str]:
    """Return the scope and the key under which an alerted claim is remembered: its bundle, or its story and words.

    A claim and its withdrawal have different keys.
    """
    if bundle:
        return bundle, bundle
    return story, f"{novelty}: {text}" if novelty is Novelty.WITHDRAWN else text


def dedup_keys(alert: Alert) -> set[tuple[str, str]]:
    """Return the `dedup_key` of each finding of an alert."""
    return {dedup_key(f.bundle, f.story or alert.story, f.novelty, f.claim) for f in alert.findings}


def missing_corroboration(update: Update, rule_match: RuleMatch, history: AlertHistory) -> str:
    """Return which independent sources the match still lacks; "" if it has enough."""
    needed = rule_match.rule.corroboration
    if needed < 2:
        return ""
    fired = rule_match.fired_findings
    repeated_texts = [f.nearest.text for f in fired if f.nearest and f.novelty is Novelty.REPEATED]
    prior_claims = history.prior_claims([f.claim.text for f in fired] + repeated_texts)
    return corroboration_gap(reports_of_claim([*prior_claims, *as_prior_claims(update, fired)]), needed)


def as_prior_claims(update: Update, findings: Iterable[Finding]) -> Iterator[PriorClaim]:
    """Yield the claims of findings that the ledger does not have yet."""
    for finding in findings:
        yield PriorClaim(finding.claim.text, update.source, update.entry, update.at, finding.story, url=update.url)


def throttled_until(rule_match: RuleMatch, history: AlertHistory, now: Moment) -> Moment | None:
    """Return when the rule may alert on this story again; None if it may now."""
    throttle = rule_match.rule.throttle
    if throttle is None:
        return None
    times = history.alert_times(rule_match.rule.name, rule_match.story, now - throttle.seconds)
    return times[-throttle.count] + throttle.seconds if len(times) >= throttle.count else None


def build_alert(update: Update, rule_match: RuleMatch, now: Moment) -> Alert:
    """Build the alert of the fired findings. A repeated assessment of the update gives it the same id."""
    claim_texts = [finding.claim.text for finding in rule_match.fired_findings]
    identity = "\n".join((rule_match.rule.name, update.source, update.entry, *claim_texts))
    return Alert(
        id=stable_id("al", identity, str(update.at)),
        rule=rule_match.rule.name,
        title=rule_match.rule.title,
        severity=severity_of(rule_match.rule, update, [finding.claim for finding in rule_match.fired_findings]),
        story=rule_match.story,
        reason=reason_text(rule_match),
        url=update.url,
        at=now,
        findings=tuple(build_alert_finding(update, rule_match, i) for i in rule_match.match.finding_indexes),
    )


def build_alert_finding(update: Update, rule_match: RuleMatch, index: int) -> AlertFinding:
    finding = rule_match.findings[index]
    return AlertFinding(
        claim=finding.claim.text,
        novelty=finding.novelty,
        similarity=finding.similarity,
        matched=tuple(dict.fromkeys(hit.words for hit in rule_match.match.hits if hit.finding_index == index)),
        source=update.source,
        entry=update.entry,
        entry_url=update.url,
        published=update.at if update.published is None else update.published,
        nearest=finding.nearest,
        changes=finding.changes,
        story=finding.story,
        bundle=finding.bundle,
        evidence=finding.evidence,
        entry_title=update.title,
        heading=finding.claim.heading,
    )


def reason_text(rule_match: RuleMatch) -> str:
    """Return why the alert fired, for people: the novelties, the words that matched, the limits crossed."""
    novelties = ", ".join(dict.fromkeys(str(f.novelty) for f in rule_match.fired_findings))
    hit_words = [hit.words for hit in rule_match.match.hits if hit.finding_index in rule_match.match.finding_indexes]
    quoted_words = ", ".join(f"“{word}”" for word in dict.fromkeys(hit_words))
    rule = f"rule {rule_match.rule.name}"
    cause = f"{quoted_words} matched {rule}" if quoted_words else f"{rule} matched"
    return "; ".join((f"{novelties}: {cause}", *dict.fromkeys(rule_match.crossed_limits)))
