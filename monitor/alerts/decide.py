"""Decides what becomes of each match, with a named reason.

Every match ends in a `Decision` that is kept: nothing suppressed is invisible. Pure: the past comes through `Past`
and `now` is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.change_summary import since_last
from monitor.alerts.corroboration import corroboration_gap, reports_of_claim
from monitor.alerts.figure_history import with_figure_history
from monitor.alerts.ids import stable_id
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
from monitor.ruleset.thresholds import threshold_crossings


class AlertHistory(Protocol):
    """What deciding looks back on: the alerts of before."""

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Which of these claims the rule has alerted of already in this story."""

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """When the rule alerted of the story since a moment, oldest first."""

    def last_alert(self, rule: str, story: str) -> Alert | None:
        """The rule's last alert of the story."""

    def prior_claims(self, texts: Sequence[str]) -> Sequence[PriorClaim]:
        """Who has said one of these claims, in these or other words."""

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """The matches held for corroboration that one of these claims would confirm."""

    def silences(self, now: Moment) -> Sequence[Silence]:
        """The silences that live."""


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule that held, with the findings as its listener hears them."""

    rule: Rule
    findings: tuple[Finding, ...]
    match: Match

    @property
    def fired_findings(self) -> list[Finding]:
        """The findings that fire, in the order they stand."""
        return [self.findings[i] for i in self.match.finding_indexes]

    @property
    def crossed_limits(self) -> list[str]:
        """The rule's figures that cross their limit with a finding that fires."""
        return [text for finding in self.fired_findings for text in threshold_crossings(self.rule, finding)]

    @property
    def story(self) -> str:
        """The story that the alert belongs to: the first finding's."""
        return self.fired_findings[0].story


def decide(
    update: Update,
    rule_matches: Sequence[RuleMatch],
    history: AlertHistory,
    *,
    baseline: bool,
    now: Moment,
    aliases: QueryAliases = NO_ALIASES,
) -> tuple[Decision, ...]:
    """One decision for each rule that held; more for one that a silence covers in part.

    `aliases` are those of the queries of silences.
    """
    if baseline:
        return tuple(
            Decision(rule_match.match, Reason.BASELINE, f"first poll of {update.source}")
            for rule_match in rule_matches
        )
    silences = history.silences(now) if rule_matches else ()
    return tuple(
        decision
        for rule_match in rule_matches
        for decision in decide_match(update, rule_match, history, silences, aliases, now)
    )


def decide_match(
    update: Update,
    rule_match: RuleMatch,
    history: AlertHistory,
    silences: Sequence[Silence],
    aliases: QueryAliases,
    now: Moment,
) -> Iterator[Decision]:
    """What silences cover, each silence by itself, then the rest."""
    indexes_by_silence: dict[Silence | None, list[int]] = {}
    for index in rule_match.match.finding_indexes:
        silence = find_silence(silences, rule_match.rule.name, update, rule_match.findings[index], aliases)
        indexes_by_silence.setdefault(silence, []).append(index)
    for silence, indexes in indexes_by_silence.items():
        part = replace(rule_match, match=replace(rule_match.match, finding_indexes=tuple(indexes)))
        if silence is None:
            yield decide_unsilenced(update, part, history, now)
        else:
            yield Decision(part.match, REASON_BY_MODE[silence.mode], silence.decision_detail)


def decide_unsilenced(update: Update, rule_match: RuleMatch, history: AlertHistory, now: Moment) -> Decision:
    """Told of, or why not."""
    unalerted = without_already_alerted(rule_match, history)
    if not unalerted.match.finding_indexes:
        return Decision(rule_match.match, Reason.ALREADY_ALERTED, "the same words were told in this story")
    alert = build_alert(update, unalerted, now)
    last_alert = history.last_alert(alert.rule, alert.story)
    alert = replace(with_figure_history(alert, last_alert), since_last=since_last(alert.findings, last_alert))
    if detail := missing_corroboration(update, unalerted, history):
        return decide_unconfirmed(unalerted, alert, detail, history, now)
    if not unalerted.crossed_limits and (until := throttled_until(unalerted, history, now)):
        detail = f"more than {unalerted.rule.throttle} of this story"
        return Decision(unalerted.match, Reason.THROTTLED, detail, pending_alert=alert, throttled_until=until)
    return Decision(unalerted.match, Reason.SENT, alert.reason, alert)


def decide_unconfirmed(
    rule_match: RuleMatch, alert: Alert, detail: str, history: AlertHistory, now: Moment
) -> Decision:
    """The match waits for others to say it too; until then it is told as gravely as its rule says, if it does."""
    pending, severity = (
        Decision(rule_match.match, Reason.AWAITING_CORROBORATION, detail, pending_alert=alert),
        rule_match.rule.unconfirmed,
    )
    if severity is None or throttled_until(rule_match, history, now):
        return pending
    reason = f"{alert.reason}; unconfirmed: {detail}"
    early_alert = replace(alert, id=stable_id("al", "unconfirmed", alert.id), severity=severity, reason=reason)
    return replace(pending, detail=f"{detail}; told as {severity} until then", alert=early_alert)


def without_already_alerted(rule_match: RuleMatch, history: AlertHistory) -> RuleMatch:
    """Without the findings that this rule has told of in their story: one notice on 222 pages is one alert."""
    findings = {i: rule_match.findings[i] for i in rule_match.match.finding_indexes}
    remaining = tuple(
        i
        for i, finding in findings.items()
        if not (
            can_be_duplicate(finding)
            and history.already_alerted(
                rule_match.rule.name, finding.story, [dedup_key(finding.novelty, finding.claim.text)]
            )
        )
    )
    return replace(rule_match, match=replace(rule_match.match, finding_indexes=remaining))


def can_be_duplicate(finding: Finding) -> bool:
    """Can it be the copy of what was told? What is news of its own subject is told again: levels rise and fall."""
    return finding.same_words_elsewhere or finding.novelty is Novelty.WITHDRAWN


def dedup_key(novelty: Novelty, text: str) -> str:
    """What is remembered of telling a claim: that it was taken back is another thing than that it was said."""
    return f"{novelty}: {text}" if novelty is Novelty.WITHDRAWN else text


def dedup_keys(alert: Alert) -> set[tuple[str, str]]:
    """What an alert tells of, to be remembered: the story of each finding, and the claim as `told_as` has it."""
    return {(finding.story or alert.story, dedup_key(finding.novelty, finding.claim)) for finding in alert.findings}


def missing_corroboration(update: Update, rule_match: RuleMatch, history: AlertHistory) -> str:
    """Why the match waits for independent sources; "" if enough have said it."""
    needed = rule_match.rule.corroboration
    if needed < 2:
        return ""
    repeated_texts = [
        f.nearest.text for f in rule_match.fired_findings if f.nearest and f.novelty is Novelty.REPEATED
    ]
    prior_claims = history.prior_claims([f.claim.text for f in rule_match.fired_findings] + repeated_texts)
    return corroboration_gap(
        reports_of_claim([*prior_claims, *as_prior_claims(update, rule_match.fired_findings)]), needed
    )


def as_prior_claims(update: Update, findings: Iterable[Finding]) -> Iterator[PriorClaim]:
    """What the update says by these findings, which the past does not know yet."""
    for finding in findings:
        yield PriorClaim(finding.claim.text, update.source, update.entry, update.at, finding.story, url=update.url)


def throttled_until(rule_match: RuleMatch, history: AlertHistory, now: Moment) -> Moment | None:
    """When the rule may speak of this story again; None if it may now."""
    throttle = rule_match.rule.throttle
    if throttle is None:
        return None
    times = history.alert_times(rule_match.rule.name, rule_match.story, now - throttle.seconds)
    return times[-throttle.count] + throttle.seconds if len(times) >= throttle.count else None


def build_alert(update: Update, rule_match: RuleMatch, now: Moment) -> Alert:
    """The alert that tells of the fired findings."""
    identity = "\n".join(
        (rule_match.rule.name, update.source, update.entry, *(f.claim.text for f in rule_match.fired_findings))
    )
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
    """A finding as the alert carries it, with the words of it that met the rule."""
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
    )


def reason_text(rule_match: RuleMatch) -> str:
    """Why the alert fired, for people: what is new and which words met the rule."""
    novelties = ", ".join(dict.fromkeys(str(f.novelty) for f in rule_match.fired_findings))
    hit_words = [hit.words for hit in rule_match.match.hits if hit.finding_index in rule_match.match.finding_indexes]
    quoted_words = ", ".join(f"“{word}”" for word in dict.fromkeys(hit_words))
    cause = f"{quoted_words} met rule {rule_match.rule.name}" if quoted_words else f"rule {rule_match.rule.name} held"
    return "; ".join((f"{novelties}: {cause}", *dict.fromkeys(rule_match.crossed_limits)))
