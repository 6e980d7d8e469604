"""Release held matches: those that are now corroborated, and those whose throttle window has ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.alerts.corroboration import corroboration_gap, independent_reports, reports_of_claim
from monitor.alerts.decide import AlertHistory, as_prior_claims
from monitor.alerts.ids import stable_id
from monitor.alerts.silences import not_silenced
from monitor.model import Alert, Finding, Moment, Novelty, PendingMatch, ReleasedMatches, Update
from monitor.ruleset.rule import NO_ALIASES, QueryAliases, Rule
from monitor.text.normalize import normalized_key


def release_corroborated(
    update: Update,
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    history: AlertHistory,
    *,
    now: Moment,
    aliases: QueryAliases = NO_ALIASES,
) -> tuple[ReleasedMatches, ...]:
    """Release the held matches that this update's repeated findings confirm, unless they are silenced."""
    repeats = [f for f in findings if f.novelty is Novelty.REPEATED and f.nearest is not None]
    pending = history.pending_for([f.nearest.text for f in repeats if f.nearest]) if repeats else []
    if pending:
        pending = not_silenced(pending, history.silences(now), aliases)
    return tuple(
        release
        for pending_match in pending
        if (release := confirm(pending_match, update, repeats, rules, history, now))
    )


def confirm(
    pending_match: PendingMatch,
    update: Update,
    repeats: Sequence[Finding],
    rules: Mapping[str, Rule],
    history: AlertHistory,
    now: Moment,
) -> ReleasedMatches | None:
    """Release one held match, or return None if sources are still missing or its rule no longer exists.

    `repeats` are all repeated findings of the update; those about other matches are ignored.
    """
    rule = rules.get(pending_match.alert.rule)
    prior_claims = history.prior_claims([f.claim for f in pending_match.alert.findings])
    known_keys = {normalized_key(prior.text) for prior in prior_claims}
    repeats_of_match = [f for f in repeats if f.nearest and normalized_key(f.nearest.text) in known_keys]
    reports = reports_of_claim([*prior_claims, *as_prior_claims(update, repeats_of_match)])
    if rule is None or corroboration_gap(reports, rule.corroboration):
        return None
    detail = f"confirmed by {', '.join(sorted(report.source for report in independent_reports(reports)))}"
    alert = replace(pending_match.alert, at=now, reason=f"{pending_match.alert.reason}; {detail}")
    return ReleasedMatches((pending_match.id,), alert, detail)


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
