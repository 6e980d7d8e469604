"""Decide the outcome of each match, with a reason.

Every match ends in a `Decision` that is stored, so that nothing is suppressed without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Protocol

from monitor.alerts.change_summary import since_last
from monitor.alerts.corroboration import corroboration_gap, reports_of_claim
from monitor.alerts.counting import CountHistory, count_match, count_story, counted_for
from monitor.alerts.figure_history import with_figure_history
from monitor.alerts.ids import stable_id
from monitor.alerts.silences import REASON_BY_MODE, Silence, find_silence
from monitor.alerts.spoken_time import duration_text
from monitor.alerts.throttling import throttled_until
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
from monitor.ruleset.rule import NO_ALIASES, MatchCount, QueryAliases, Rule
from monitor.ruleset.thresholds import threshold_crossings


class AlertHistory(CountHistory, Protocol):
    """What deciding looks up in the past: earlier alerts, claims, held and counted matches."""

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return which of these texts, made by `dedup_key`, the rule has alerted on in this story."""

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
    timezone: tzinfo = UTC,
) -> tuple[Decision, ...]:
    """Return one decision for each rule that matched; more if silences cover some of its findings, or if its match
    counts for several things.

    `aliases` are those that the queries of silences may use, `timezone` is that of the times in reasons.
    """
    if baseline:
        detail = f"first poll of {update.source}"
        return tuple(Decision(rule_match.match, Reason.BASELINE, detail) for rule_match in rule_matches)
    silences = history.silences(now) if rule_matches else ()
    return tuple(
        decision
        for rule_match in rule_matches
        for decision in decide_match(update, rule_match, history, silences, aliases, now, timezone)
    )


def decide_match(
    update: Update,
    rule_match: RuleMatch,
    history: AlertHistory,
    silences: Sequence[Silence],
    aliases: QueryAliases,
    now: Moment,
    timezone: tzinfo,
) -> Iterator[Decision]:
    """Yield one decision for the findings of each silence, and one for those that no silence covers.

    A match of a rule with `absent` is no alert, so no silence applies to it.
    """
    if rule_match.rule.absent is not None:
        detail = f"the rule alerts after {duration_text(rule_match.rule.absent)} without a match"
        yield Decision(rule_match.match, Reason.PRESENT, detail)
        return
    indexes_by_silence: dict[Silence | None, list[int]] = {}
    for index in rule_match.match.finding_indexes:
        silence = find_silence(silences, rule_match.rule.name, update, rule_match.findings[index], aliases)
        indexes_by_silence.setdefault(silence, []).append(index)
    for silence, indexes in indexes_by_silence.items():
        part = replace(rule_match, match=replace(rule_match.match, finding_indexes=tuple(indexes)))
        if silence is not None:
            yield Decision(part.match, REASON_BY_MODE[silence.mode], silence.decision_detail)
        elif part.rule.count is None:
            yield decide_unsilenced(update, part, history, now)
        else:
            yield from decide_counted(update, part, part.rule.count, history, silences, aliases, now, timezone)


def decide_counted(
    update: Update,
    rule_match: RuleMatch,
    count: MatchCount,
    history: AlertHistory,
    silences: Sequence[Silence],
    aliases: QueryAliases,
    now: Moment,
    timezone: tzinfo,
) -> Iterator[Decision]:
    """Yield a decision for each thing that the match counts for. A silence of a count's story stops that count."""
    uncounted = without_already_alerted(rule_match, history)
    if not uncounted.match.finding_indexes:
        yield Decision(rule_match.match, Reason.ALREADY_ALERTED, "already counted in the same words or bundle")
        return
    alert = build_alert(update, uncounted, now)
    rule, all_counted = uncounted.rule, counted_for(count, update, uncounted.match)
    for counted in all_counted:
        finding = replace(uncounted.fired_findings[0], story=count_story(rule, counted))
        if silence := find_silence(silences, rule.name, update, finding, aliases):
            yield Decision(uncounted.match, REASON_BY_MODE[silence.mode], silence.decision_detail)
        else:
            yield count_match(rule, uncounted.match, alert, counted, history, now, timezone)
    if not all_counted:
        yield Decision(uncounted.match, Reason.COUNTED, f"for nothing: no word of {count.by} matched")


def decide_unsilenced(update: Update, rule_match: RuleMatch, history: AlertHistory, now: Moment) -> Decision:
    unalerted = without_already_alerted(rule_match, history)
    if not unalerted.match.finding_indexes:
        detail = "already alerted on the same words in this story or bundle"
        return Decision(rule_match.match, Reason.ALREADY_ALERTED, detail)
    alert = build_alert(update, unalerted, now)
    last_alert = history.last_alert(alert.rule, alert.story)
    alert = replace(with_figure_history(alert, last_alert), since_last=since_last(alert.findings, last_alert))
    if detail := missing_corroboration(update, unalerted, history):
        return decide_unconfirmed(unalerted, alert, detail, history, now)
    if not unalerted.crossed_limits and (until := throttled_until(unalerted.rule, unalerted.story, history, now)):
        detail = f"more than {unalerted.rule.throttle} for this story"
        return Decision(unalerted.match, Reason.THROTTLED, detail, pending_alert=alert, throttled_until=until)
    return Decision(unalerted.match, Reason.SENT, alert.reason, alert)


def decide_unconfirmed(
    rule_match: RuleMatch, alert: Alert, detail: str, history: AlertHistory, now: Moment
) -> Decision:
    """Hold the match for corroboration. If the rule sets `unconfirmed`, also alert now, with that severity."""
    pending = Decision(rule_match.match, Reason.AWAITING_CORROBORATION, detail, pending_alert=alert)
    severity = rule_match.rule.unconfirmed
    if severity is None or throttled_until(rule_match.rule, rule_match.story, history, now):
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


def build_alert(update: Update, rule_match: RuleMatch, now: Moment) -> Alert:
    """Build the alert of the fired findings. A repeated assessment of the update gives it the same id."""
    claim_texts = [finding.claim.text for finding in rule_match.fired_findings]
    identity = "\n".join((rule_match.rule.name, update.source, update.entry, *claim_texts))
    return Alert(
        id=stable_id("al", identity, str(update.at)),
        rule=rule_match.rule.name,
        title=rule_match.rule.title,
        severity=rule_match.rule.severity,
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
