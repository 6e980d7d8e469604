"""Decide the outcome of each match, with a reason.

Every match ends in a `Decision` that is stored, so that nothing is suppressed without a trace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import cached_property
from typing import Protocol

from monitor.alerts.change_summary import since_last
from monitor.alerts.corroboration import corroboration_gap, reports_of_claim
from monitor.alerts.counting import CountHistory, count_match, count_story, counted_for
from monitor.alerts.dedup import can_be_duplicate, dedup_key
from monitor.alerts.figure_history import with_figure_history
from monitor.alerts.held import PendingMatch, ReleasedMatches
from monitor.alerts.ids import stable_id
from monitor.alerts.inhibition import Inhibition, inhibition_detail
from monitor.alerts.merge import as_prior_claims, merged_findings
from monitor.alerts.rule_match import RuleMatch, build_alert
from monitor.alerts.same_event import Echo, UpdateEchoes
from monitor.alerts.silences import REASON_BY_MODE, Silence, find_silence
from monitor.alerts.spoken_time import duration_text
from monitor.alerts.throttling import throttled_until
from monitor.model import Alert, Decision, Finding, Moment, PriorClaim, Reason, Update
from monitor.ruleset.rule import NO_ALIASES, MatchCount, QueryAliases, Rule
from monitor.text.normalize import normalized_key


class AlertHistory(CountHistory, Protocol):
    """What deciding looks up in the past: earlier alerts, claims, held and counted matches."""

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return which of these texts, made by `dedup_key`, the rule has alerted on in this story."""

    def last_alert(self, rule: str, story: str) -> Alert | None:
        """Return the rule's last alert on the story."""

    def candidates(self, terms: Sequence[Sequence[str]]) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the earlier claims that share most of its rarest terms, best first."""

    def prior_claims(self, texts: Sequence[str]) -> Sequence[PriorClaim]:
        """Return the claims that say the same as one of these texts, in any words."""

    def alerts_of_stories(self, rules: Collection[str], stories: Collection[str]) -> list[Alert]:
        """Return the latest alerts of these rules on these stories, newest first."""

    def awaits_corroboration(self, texts: Sequence[str] | None = None) -> bool:
        """Return whether any match is held for corroboration, if texts are given by a source of one of them."""

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches held for corroboration that a source of one of these claims could confirm."""

    def silences(self, now: Moment) -> Sequence[Silence]:
        """Return the active silences."""


@dataclass(frozen=True)
class Situation:
    """What the decisions about an update depend on, besides its matches.

    `inhibition` records the alerts of the update. `aliases` are those that the queries of silences may use, and
    `timezone` is that of the times in reasons.
    """

    echoes: UpdateEchoes
    history: AlertHistory
    inhibition: Inhibition
    now: Moment
    aliases: QueryAliases = NO_ALIASES
    timezone: tzinfo = UTC

    @property
    def update(self) -> Update:
        return self.echoes.update

    @cached_property
    def silences(self) -> Sequence[Silence]:
        return self.history.silences(self.now)


def baseline_decisions(update: Update, rule_matches: Sequence[RuleMatch]) -> tuple[Decision, ...]:
    """Return the decisions about an update that causes no alert, because it is of its source's first poll."""
    detail = f"first poll of {update.source}"
    return tuple(Decision(rule_match.match, Reason.BASELINE, detail) for rule_match in rule_matches)


def decide(
    situation: Situation, rule_matches: Sequence[RuleMatch], released: Sequence[ReleasedMatches] = ()
) -> tuple[Decision, ...]:
    """Return one decision for each rule that matched; more if silences cover some of its findings, if they are part
    of an alert that releases held matches (`released`), or if the match counts for several things.

    A released alert that is inhibited is not sent, so its findings are decided here.
    """
    inhibition, history, now = situation.inhibition, situation.history, situation.now
    match_by_rule = {rule_match.rule.name: rule_match for rule_match in rule_matches}
    decisions: dict[str, tuple[Decision, ...]] = {}
    for name in inhibition.in_order([*match_by_rule, *(release.alert.rule for release in released)]):
        sent = inhibition.uninhibited([release for release in released if release.alert.rule == name], history, now)
        inhibition.alerted |= {(name, release.alert.story) for release in sent}
        decisions[name] = tuple(
            decision
            for part in (without_merged(match_by_rule[name], sent) if name in match_by_rule else ())
            for decision in ([part] if isinstance(part, Decision) else decide_match(situation, part))
        )
        inhibition.alerted |= {(name, decision.alert.story) for decision in decisions[name] if decision.alert}
    return tuple(decision for name in match_by_rule for decision in decisions[name])


def without_merged(rule_match: RuleMatch, released: Sequence[ReleasedMatches]) -> Iterator[Decision | RuleMatch]:
    """Yield a decision for the findings that are part of a released alert of the rule, then the rest of the match."""
    remaining = rule_match.match.finding_indexes
    for release in released:
        if release.alert.rule == rule_match.rule.name and (merged := release.merged.intersection(remaining)):
            part = replace(rule_match.match, finding_indexes=tuple(sorted(merged)))
            yield Decision(part, Reason.ALREADY_ALERTED, f"part of alert {release.alert.id} as another source")
            remaining = tuple(index for index in remaining if index not in merged)
    if remaining or not rule_match.match.finding_indexes:
        yield replace(rule_match, match=replace(rule_match.match, finding_indexes=remaining))


def decide_match(situation: Situation, rule_match: RuleMatch) -> Iterator[Decision]:
    """Yield one decision for the findings of each silence, and one for those that no silence covers.

    A match of a rule with `absent` is no alert: no silence applies to it, and it counts whenever it is seen.
    """
    rule, inactive = rule_match.rule, rule_match.rule.why_inactive(situation.now)
    if rule.absent is not None:
        detail = f"the rule alerts after {duration_text(rule.absent)} without a match"
        yield Decision(rule_match.match, Reason.PRESENT, "; ".join(filter(None, (detail, inactive))))
        return
    if inactive:
        yield Decision(rule_match.match, Reason.INACTIVE, inactive)
        return
    indexes_by_silence: dict[Silence | None, list[int]] = {}
    for index in rule_match.match.finding_indexes:
        silence = silence_of(situation, rule, rule_match.findings[index])
        indexes_by_silence.setdefault(silence, []).append(index)
    for silence, indexes in indexes_by_silence.items():
        part = replace(rule_match, match=replace(rule_match.match, finding_indexes=tuple(indexes)))
        if silence is not None:
            yield Decision(part.match, REASON_BY_MODE[silence.mode], silence.decision_detail)
        elif rule.count is None:
            yield decide_unsilenced(situation, part)
        else:
            yield from decide_counted(situation, part, rule.count)


def silence_of(situation: Situation, rule: Rule, finding: Finding) -> Silence | None:
    return find_silence(situation.silences, rule.name, situation.update, finding, situation.aliases)


def decide_counted(situation: Situation, rule_match: RuleMatch, count: MatchCount) -> Iterator[Decision]:
    """Yield a decision for each thing that the match counts for. A silence of a count's story stops that count."""
    update, now = situation.update, situation.now
    uncounted = without_already_alerted(situation, rule_match)
    if not uncounted.match.finding_indexes:
        yield Decision(rule_match.match, Reason.ALREADY_ALERTED, "already counted in the same words or bundle")
        return
    if inhibited := decide_inhibited(situation, uncounted):
        yield inhibited
        return
    alert = build_alert(update, uncounted, now)
    rule, all_counted = uncounted.rule, counted_for(count, update, uncounted.match)
    for counted in all_counted:
        finding = replace(uncounted.fired_findings[0], story=count_story(rule, counted))
        if silence := silence_of(situation, rule, finding):
            yield Decision(uncounted.match, REASON_BY_MODE[silence.mode], silence.decision_detail)
        else:
            yield count_match(rule, uncounted.match, alert, counted, situation.history, situation.timezone)
    if not all_counted:
        yield Decision(uncounted.match, Reason.COUNTED, f"for nothing: no word of {count.by} matched")


def decide_inhibited(situation: Situation, rule_match: RuleMatch) -> Decision | None:
    """Return the decision about a match that another rule's alert on the story keeps quiet; None if there is none."""
    inhibitor = situation.inhibition.inhibitor_of(
        rule_match.rule.name, rule_match.story, situation.history, situation.now
    )
    if not inhibitor or rule_match.crossed_limits:
        return None
    return Decision(rule_match.match, Reason.INHIBITED, inhibition_detail(inhibitor))


def decide_unsilenced(situation: Situation, rule_match: RuleMatch) -> Decision:
    update, history, now = situation.update, situation.history, situation.now
    unalerted = without_already_alerted(situation, rule_match)
    if not unalerted.match.finding_indexes:
        detail = "already alerted on the same words in this story or bundle"
        return Decision(rule_match.match, Reason.ALREADY_ALERTED, detail)
    if inhibited := decide_inhibited(situation, unalerted):
        return inhibited
    alert = build_alert(update, unalerted, now)
    last_alert = history.last_alert(alert.rule, alert.story)
    alert = replace(with_figure_history(alert, last_alert), since_last=since_last(alert.findings, last_alert))
    if unalerted.rule.corroboration > 1:
        sayings = event_sayings(situation, unalerted)
        if detail := corroboration_gap(reports_of_claim(sayings), unalerted.rule.corroboration):
            return decide_unconfirmed(situation, unalerted, alert, detail)
        alert = replace(alert, findings=merged_findings(alert.findings, sayings, situation.echoes.synonyms))
    if not unalerted.crossed_limits and (until := throttled_until(unalerted.rule, unalerted.story, history, now)):
        detail = f"more than {unalerted.rule.throttle} for this story"
        return Decision(unalerted.match, Reason.THROTTLED, detail, pending_alert=alert, throttled_until=until)
    return Decision(unalerted.match, Reason.SENT, alert.reason, alert)


def decide_unconfirmed(situation: Situation, rule_match: RuleMatch, alert: Alert, detail: str) -> Decision:
    """Hold the match for corroboration. If the rule sets `unconfirmed`, also alert now, with that severity, unless
    the rule has alerted on the event before.
    """
    pending = Decision(rule_match.match, Reason.AWAITING_CORROBORATION, detail, pending_alert=alert)
    severity = rule_match.rule.unconfirmed
    if severity is None or throttled_until(rule_match.rule, rule_match.story, situation.history, situation.now):
        return pending
    if is_known_event(situation, rule_match):
        return replace(pending, detail=f"{detail}; the event was alerted before")
    reason = f"{alert.reason}; unconfirmed: {detail}"
    early_alert = replace(alert, id=stable_id("al", "unconfirmed", alert.id), severity=severity, reason=reason)
    pending_alert = replace(alert, confirms=(early_alert.id,))
    return replace(
        pending, detail=f"{detail}; sent as {severity} until then", alert=early_alert, pending_alert=pending_alert
    )


def event_sayings(situation: Situation, rule_match: RuleMatch) -> list[PriorClaim]:
    """Return what all sources say about the events that fire the rule, the update included."""
    echoes, history = situation.echoes, situation.history
    texts = {finding.claim.text for finding in rule_match.fired_findings}
    for index in rule_match.match.finding_indexes:
        texts |= {echo.prior.text for echo in counted_echoes(rule_match.rule.name, echoes.of(index), history)}
    return [*history.prior_claims(sorted(texts)), *as_prior_claims(situation.update, rule_match.fired_findings)]


def counted_echoes(rule: str, echoes: Sequence[Echo], history: AlertHistory) -> tuple[Echo, ...]:
    """Return the earlier claims whose sources count as sources of the finding.

    If the rule has alerted on the event, another figure or more about it is a further claim with its own sources.
    """
    is_alerted = bool(confirmed_echoes(rule, echoes, history))
    return tuple(echo for echo in echoes if echo.states_finding or not is_alerted)


def alerted_echoes(rule: str, echoes: Sequence[Echo], history: AlertHistory) -> list[Echo]:
    """Return the earlier claims about the event that the rule has alerted on, also as unconfirmed."""
    texts_by_story: dict[str, list[str]] = {}
    for echo in echoes:
        texts_by_story.setdefault(echo.prior.story, []).append(echo.prior.text)
    alerted = {story: history.already_alerted(rule, story, texts) for story, texts in texts_by_story.items()}
    return [echo for echo in echoes if echo.prior.text in alerted[echo.prior.story]]


def confirmed_echoes(rule: str, echoes: Sequence[Echo], history: AlertHistory) -> list[Echo]:
    """Return the earlier claims about the event that the rule has alerted on as confirmed."""
    alerted = alerted_echoes(rule, echoes, history)
    if not alerted:
        return []
    held = [match for match in history.pending_for([echo.prior.text for echo in alerted]) if match.alert.rule == rule]
    unconfirmed = {normalized_key(finding.claim) for match in held for finding in match.alert.findings}
    return [echo for echo in alerted if normalized_key(echo.prior.text) not in unconfirmed]


def is_known_event(situation: Situation, rule_match: RuleMatch) -> bool:
    """Whether the rule has alerted on all of these events: as confirmed, or as unconfirmed by another source."""
    echoes, history = situation.echoes, situation.history
    return all(
        any(
            confirmed_echoes(rule_match.rule.name, [echo], history) or echo.prior.source != echoes.update.source
            for echo in alerted_echoes(rule_match.rule.name, echoes.of(index), history)
        )
        for index in rule_match.match.finding_indexes
    )


def without_already_alerted(situation: Situation, rule_match: RuleMatch) -> RuleMatch:
    """Drop the findings that this rule has alerted on: an announcement on 222 pages is one alert, and so is a claim
    that several versions of an entry withdraw, and a figure that the alert has from another source.
    """
    echoes, history = situation.echoes, situation.history
    needs_sources = rule_match.rule.corroboration > 1

    def is_duplicate(index: int) -> bool:
        finding = rule_match.findings[index]
        if needs_sources and is_alerted_elsewhere(rule_match.rule.name, echoes.of(index), history):
            return True
        scope, key = dedup_key(finding.bundle, finding.story, finding.novelty, finding.claim.text)
        return can_be_duplicate(finding) and bool(history.already_alerted(rule_match.rule.name, scope, [key]))

    indexes = rule_match.match.finding_indexes
    remaining = tuple(i for i in indexes if not is_duplicate(i))
    return replace(rule_match, match=replace(rule_match.match, finding_indexes=remaining))


def is_alerted_elsewhere(rule: str, echoes: Sequence[Echo], history: AlertHistory) -> bool:
    """Whether a confirmed alert of the rule states all of a finding, with the same figure."""
    return any(echo.states_finding for echo in confirmed_echoes(rule, echoes, history))
