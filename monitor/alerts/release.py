"""Release held matches: those that are now corroborated, and those whose throttle window has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.alerts.corroboration import corroboration_gap, independent_reports, reports_of_claim
from monitor.alerts.decide import AlertHistory, Situation, confirmed_echoes, counted_echoes
from monitor.alerts.held import PendingMatch, ReleasedMatches
from monitor.alerts.ids import stable_id
from monitor.alerts.merge import as_prior_claim, as_prior_claims, figures_text, merged_findings
from monitor.alerts.rule_match import RuleMatch, build_alert_finding
from monitor.alerts.same_event import Echo, UpdateEchoes, find_echo
from monitor.alerts.silences import not_silenced
from monitor.model import Alert, AlertFinding, Moment, PriorClaim
from monitor.ruleset.rule import Rule
from monitor.text.analysis import Synonyms, analyze, index_terms
from monitor.text.normalize import normalized_key


def release_corroborated(
    situation: Situation, rule_matches: Sequence[RuleMatch], rules: Mapping[str, Rule]
) -> tuple[ReleasedMatches, ...]:
    """Release the held matches that this update's findings confirm, unless they are silenced.

    Matches of one rule that the same finding confirms are about one event and become one alert. What the rule itself
    matched in the update is merged into it.
    """
    pending = pending_echoed(situation.echoes, situation.history)
    if pending:
        pending = not_silenced(pending, situation.silences, situation.aliases)
    confirmed = [
        confirmation for pending_match in pending if (confirmation := confirm(situation, pending_match, rules))
    ]
    matches_by_rule = {rule_match.rule.name: rule_match for rule_match in rule_matches}
    groups = [with_siblings(group, situation.history, situation.echoes.synonyms) for group in by_event(confirmed)]
    return tuple(release(situation, group, matches_by_rule.get(group[0].rule)) for group in groups)


def pending_echoed(echoes: UpdateEchoes, history: AlertHistory) -> list[PendingMatch]:
    """Return the matches held for corroboration that a finding of the update may confirm."""
    if not history.awaits_corroboration():
        return []
    if not history.awaits_corroboration(sorted({prior.text for prior in echoes.candidates(echoes.indexes)})):
        return []  # nothing similar is held, so nothing has to be judged
    return history.pending_for(sorted({echo.prior.text for index in echoes.indexes for echo in echoes.of(index)}))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A held match that is confirmed: the indexes of the findings that do it, and who says what about the event."""

    pending_match: PendingMatch
    indexes: frozenset[int]
    sayings: tuple[PriorClaim, ...]

    @property
    def rule(self) -> str:
        return self.pending_match.alert.rule


def confirm(situation: Situation, pending_match: PendingMatch, rules: Mapping[str, Rule]) -> Confirmation | None:
    """Return the confirmation of a held match; None if sources are still missing, or its rule is gone or expired."""
    echoes, history = situation.echoes, situation.history
    rule = rules.get(pending_match.alert.rule)
    claims = [finding.claim for finding in pending_match.alert.findings]
    prior_claims = history.prior_claims(claims)
    known_keys = {normalized_key(text) for text in (*claims, *(prior.text for prior in prior_claims))}
    confirming: dict[int, tuple[Echo, ...]] = {}
    for index in echoes.indexes if rule else ():
        about = tuple(echo for echo in echoes.of(index) if normalized_key(echo.prior.text) in known_keys)
        if about and rule and not is_alerted_before(rule.name, about, echoes.of(index), history):
            confirming[index] = counted_echoes(rule.name, echoes.of(index), history)
    if rule is None or rule.has_expired(situation.now) or not confirming:
        return None
    texts = sorted({echo.prior.text for of_finding in confirming.values() for echo in of_finding})
    current_claims = as_prior_claims(situation.update, [echoes.findings[index] for index in confirming])
    sayings = (*prior_claims, *history.prior_claims(texts), *current_claims)
    if rule.corroboration > 2:  # what else is held about the event
        siblings = held_siblings([pending_match], history, echoes.synonyms)
        sayings += tuple(as_prior_claim(finding) for sibling in siblings for finding in sibling.alert.findings)
    if corroboration_gap(reports_of_claim(sayings), rule.corroboration):
        return None
    return Confirmation(pending_match, frozenset(confirming), sayings)


def is_alerted_before(rule: str, about: Sequence[Echo], echoes: Sequence[Echo], history: AlertHistory) -> bool:
    """Whether a finding cannot confirm a held match because the rule has alerted on the event.

    Then it has to say what is held; what was alerted, or another figure, does not confirm more than that.
    """
    confirmed = confirmed_echoes(rule, echoes, history)
    is_only_figure = all(echo.is_other_figure for echo in about)
    return bool(confirmed) and (is_only_figure or any(echo.states_finding for echo in confirmed))


def by_event(confirmations: Iterable[Confirmation]) -> list[list[Confirmation]]:
    """Group the confirmations of each rule that have a finding in common."""
    groups: list[list[Confirmation]] = []
    for confirmation in confirmations:
        joined = [group for group in groups if any(is_one_event(confirmation, other) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(other for group in joined for other in group), confirmation])
    return groups


def is_one_event(confirmation: Confirmation, other: Confirmation) -> bool:
    return confirmation.rule == other.rule and not confirmation.indexes.isdisjoint(other.indexes)


def with_siblings(group: Sequence[Confirmation], history: AlertHistory, synonyms: Synonyms) -> Sequence[Confirmation]:
    """Add what else is held about the event, so that it is not sent later as another one."""
    siblings = held_siblings([confirmation.pending_match for confirmation in group], history, synonyms)
    added = [Confirmation(sibling, frozenset(), ()) for sibling in siblings]
    return sorted([*group, *added], key=lambda confirmation: confirmation.pending_match.id)


def held_siblings(matches: Sequence[PendingMatch], history: AlertHistory, synonyms: Synonyms) -> list[PendingMatch]:
    """Return the other held matches of one rule that say only what these do, or give other figures."""
    priors = [as_prior_claim(finding) for match in matches for finding in match.alert.findings]
    similar = history.candidates([index_terms(analyze(prior.text, synonyms)) for prior in priors])
    texts = {prior.text for similar_priors in similar for prior in similar_priors}

    def is_about(finding: AlertFinding) -> bool:
        echoes = (find_echo(prior, finding.claim, finding.published, synonyms) for prior in priors)
        return any(echo is not None and not echo.is_more for echo in echoes)

    return [
        held
        for held in history.pending_for(sorted(texts))
        if held.alert.rule == matches[0].alert.rule
        and held.id not in {match.id for match in matches}
        and all(map(is_about, held.alert.findings))
    ]


def release(situation: Situation, group: Sequence[Confirmation], rule_match: RuleMatch | None) -> ReleasedMatches:
    """Release the held matches of one event as one alert, with what other sources say about it."""
    alerts = [confirmation.pending_match.alert for confirmation in group]
    indexes = frozenset(index for confirmation in group for index in confirmation.indexes)
    merged = indexes & set(rule_match.match.finding_indexes if rule_match else ())
    added = [build_alert_finding(situation.update, rule_match, i) for i in sorted(merged)] if rule_match else []
    sayings = [saying for confirmation in group for saying in confirmation.sayings]
    held = [finding for alert in alerts for finding in alert.findings]
    findings = merged_findings([*held, *added], sayings, situation.echoes.synonyms)
    sources = sorted({report.source for report in independent_reports(reports_of_claim(sayings))})
    figures = figures_text(findings)
    detail = f"confirmed by {', '.join(sources)}" + (f": {figures}" if figures else "")
    lead = next(alert for alert in alerts if findings[0].claim in {finding.claim for finding in alert.findings})
    alert = replace(
        lead,
        id=lead.id if len(alerts) == 1 else stable_id("al", "confirmed", *(alert.id for alert in alerts)),
        story=alerts[0].story,
        findings=findings,
        reason=f"{lead.reason}; {detail}",
        at=situation.now,
        confirms=tuple(id for alert in alerts for id in alert.confirms),
    )
    match_ids = tuple(confirmation.pending_match.id for confirmation in group)
    return ReleasedMatches(match_ids, alert, detail, merged=merged)


def release_throttled(pending: Iterable[PendingMatch], *, now: Moment) -> tuple[ReleasedMatches, ...]:
    """Combine throttled matches that are due into one follow-up for each rule and story."""
    groups: dict[tuple[str, str], list[PendingMatch]] = {}
    for pending_match in pending:
        groups.setdefault((pending_match.alert.rule, pending_match.alert.story), []).append(pending_match)
    return tuple(combine(group, now) for group in groups.values())


def combine(group: Sequence[PendingMatch], now: Moment) -> ReleasedMatches:
    """Release a group of matches, oldest first, as one alert."""
    alerts = [pending_match.alert for pending_match in group]
    detail = f"{len(alerts)} held by the throttle" if len(alerts) > 1 else "held by the throttle"
    match_ids = tuple(pending_match.id for pending_match in group)
    return ReleasedMatches(match_ids, combined_alert(alerts, detail, now), detail)


def combined_alert(alerts: Sequence[Alert], detail: str, now: Moment) -> Alert:
    """Return the last alert with the findings of all, and with the highest severity."""
    latest = alerts[-1]
    several_counts = f"{len(alerts)} counts, the last of {latest.counted}"
    return replace(
        latest,
        id=stable_id("al", "throttle", *(alert.id for alert in alerts)),
        severity=max((alert.severity for alert in alerts), key=lambda severity: severity.rank),
        findings=tuple(finding for alert in alerts for finding in alert.findings),
        reason=f"{latest.reason}; {detail}",
        at=now,
        counted=several_counts if latest.counted and len(alerts) > 1 else latest.counted,
    )
