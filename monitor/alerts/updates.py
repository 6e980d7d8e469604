"""Changes of alerts that were sent: another source reports the event, or a figure of it has moved.

Only for rules with a channel that asks for them (`updates = true`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.alerts.corroboration import event_texts, other_sources, reports_of_claim
from monitor.alerts.decide import AlertHistory
from monitor.alerts.ids import stable_id
from monitor.alerts.merge import as_prior_claim, as_prior_claims, figures_by_source
from monitor.alerts.preferences import ChannelPreferences
from monitor.alerts.routing import Router
from monitor.alerts.same_event import UpdateEchoes
from monitor.model import Alert, AlertFinding, FigurePoint, Finding, Message, Novelty, PriorClaim, Update
from monitor.text.normalize import normalized_key

MAX_FIGURES = 12  # of one finding; the oldest and the newest are kept


@dataclass(frozen=True, slots=True)
class AlertChange:
    """The new state of an alert, and what changed it."""

    alert: Alert
    note: str


def alert_changes(
    update: Update, rules: Collection[str], history: AlertHistory, echoes: UpdateEchoes, skipped: Collection[str]
) -> tuple[AlertChange, ...]:
    """Return the alerts of these rules that the update changes. `skipped` are ids of alerts that it confirms."""
    if not rules:
        return ()
    priors_by_index = {index: related_priors(index, echoes) for index in echoes.indexes}
    stories = {prior.story for priors in priors_by_index.values() for prior in priors}
    alerts = history.alerts_of_stories(rules, stories) if stories else []
    outdated = {id for alert in alerts for id in alert.confirms} | set(skipped)
    changes = (
        change_of(alert, update, priors_by_index, history, echoes) for alert in alerts if alert.id not in outdated
    )
    return tuple(change for change in changes if change)


def related_priors(index: int, echoes: UpdateEchoes) -> list[PriorClaim]:
    """Return the earlier claims about the event of a finding, and the one that it changes."""
    finding = echoes.findings[index]
    changed = [finding.nearest] if finding.novelty is Novelty.CHANGED and finding.nearest else []
    return [*(echo.prior for echo in echoes.of(index)), *changed]


def change_of(
    alert: Alert,
    update: Update,
    priors_by_index: Mapping[int, Sequence[PriorClaim]],
    history: AlertHistory,
    echoes: UpdateEchoes,
) -> AlertChange | None:
    """Return the new state of an alert, None if the update adds nothing to it."""
    findings, notes = list(alert.findings), []
    for index, priors in priors_by_index.items():
        (current,) = as_prior_claims(update, [echoes.findings[index]])
        keys = {normalized_key(prior.text) for prior in priors}
        for place, finding in enumerate(findings):
            if not keys.isdisjoint(map(normalized_key, event_texts(finding))):
                findings[place], note = with_report(finding, current, history)
                note = note or follow_up_note(echoes.findings[index])
                notes += [note] if note else []
    changed = replace(alert, findings=tuple(findings))
    return AlertChange(changed, "; ".join(dict.fromkeys(notes))) if notes else None


def with_report(finding: AlertFinding, current: PriorClaim, history: AlertHistory) -> tuple[AlertFinding, str]:
    """Return the finding with a claim of this moment, and what that adds: a source, a figure, or "" for nothing."""
    sayings = [*finding.also_said_by, *history.prior_claims(event_texts(finding))]
    known = {finding.source, *(prior.source for prior in other_sources(finding, sayings))}
    independent = {
        r.source for r in reports_of_claim([as_prior_claim(finding), *sayings, current]) if not r.copied_from
    }
    points = figures_by_source(as_prior_claim(finding), [replace(current, source=f"{current.source}\n")])
    moved = [replace(p, source=current.source) for p in points if p.source == f"{current.source}\n"]
    is_same = any((p.source, p.text) == (m.source, m.text) for p in finding.figures for m in moved)
    if moved and not is_same:
        before = finding.figures or tuple(p for p in points if p.source == finding.source)
        note = ", ".join(f"{point.text} ({point.source})" for point in moved)
        return replace(finding, figures=truncated([*before, *moved])), note
    if current.source in known or current.source not in independent or is_same:
        return finding, ""
    return replace(finding, also_said_by=(*finding.also_said_by, current)), f"also reported by {current.source}"


def follow_up_note(finding: Finding) -> str:
    """Return what a changed claim replaces, `Monday → Wednesday`, "" for other claims."""
    if finding.novelty is not Novelty.CHANGED:
        return ""
    changes = (f"{change.before} → {change.after}" for change in finding.changes if change.before and change.after)
    return ", ".join(changes)


def truncated(points: Sequence[FigurePoint]) -> tuple[FigurePoint, ...]:
    return tuple(points) if len(points) <= MAX_FIGURES else (points[0], *points[-(MAX_FIGURES - 1) :])


def update_messages(changes: Sequence[AlertChange], router: Router, update: Update) -> tuple[Message, ...]:
    """Return a message for each change and each channel that asks for updates and was sent the alert."""
    messages = []
    for change in changes:
        for channel in wanting_channels(change.alert.rule, router.channels_by_rule, router.preferences):
            if sent_id := router.outbox.sent_alert((*change.alert.confirms, change.alert.id), channel):
                state = replace(change.alert, id=sent_id, reason=f"{change.alert.reason}; {change.note}")
                id = stable_id("msg", "update", channel, sent_id, update.source, update.entry, str(update.at))
                messages.append(Message(id, channel, state.story, router.now, (), update=state))
    return tuple(messages)


def wanting_channels(
    rule: str, channels_by_rule: Mapping[str, Sequence[str]], preferences: Mapping[str, ChannelPreferences]
) -> list[str]:
    """Return the channels of a rule that ask for updates."""
    return [name for name in channels_by_rule.get(rule, ()) if name in preferences and preferences[name].updates]
