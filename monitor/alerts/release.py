"""Lets go of what was held: matches that have found their independent sources, and throttles whose window opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.alerts.decide import Past, said_now
from monitor.alerts.ids import made_id
from monitor.alerts.silences import audible
from monitor.alerts.voices import independent, on_one_claim, too_few
from monitor.model import Alert, Finding, Moment, Novelty, Release, Update, Waiting
from monitor.ruleset.rule import NO_ALIASES, Rule, Vocabulary
from monitor.text.key import text_key


def corroborated(
    update: Update,
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    past: Past,
    *,
    now: Moment,
    aliases: Vocabulary = NO_ALIASES,
) -> tuple[Release, ...]:
    """The held matches that this update's repeated findings confirm."""
    repeats = [f for f in findings if f.novelty is Novelty.REPEATED and f.nearest is not None]
    waiting = past.waiting([f.nearest.text for f in repeats if f.nearest]) if repeats else []
    if waiting:
        waiting = audible(waiting, past.silences(now), aliases)
    return tuple(release for held in waiting if (release := confirm(held, update, repeats, rules, past, now)))


def confirm(
    held: Waiting,
    update: Update,
    repeats: Sequence[Finding],
    rules: Mapping[str, Rule],
    past: Past,
    now: Moment,
) -> Release | None:
    """The release of one held match if enough independent sources have said it by now, and its rule still runs.

    `repeats` are what the update repeats of this and of other things.
    """
    rule = rules.get(held.alert.rule)
    said = past.sayings_of([f.claim for f in held.alert.findings])
    known = {text_key(saying.text) for saying in said}
    again = [f for f in repeats if f.nearest and text_key(f.nearest.text) in known]
    heard = on_one_claim([*said, *said_now(update, again)])
    if rule is None or too_few(heard, rule.corroboration):
        return None
    detail = f"confirmed by {', '.join(sorted(voice.source for voice in independent(heard)))}"
    return Release((held.id,), replace(held.alert, at=now, reason=f"{held.alert.reason}; {detail}"), detail)


def opened(waiting: Iterable[Waiting], *, now: Moment) -> tuple[Release, ...]:
    """One follow-up for each rule and story of the throttled matches whose window has opened."""
    together: dict[tuple[str, str], list[Waiting]] = {}
    for held in waiting:
        together.setdefault((held.alert.rule, held.alert.story), []).append(held)
    return tuple(roll_up(group, now) for group in together.values())


def roll_up(group: Sequence[Waiting], now: Moment) -> Release:
    """All findings of the group, oldest first, as one alert."""
    alerts = [held.alert for held in group]
    detail = f"{len(alerts)} held back by the throttle" if len(alerts) > 1 else "held back by the throttle"
    return Release(tuple(held.id for held in group), rolled(alerts, detail, now), detail)


def rolled(alerts: Sequence[Alert], detail: str, now: Moment) -> Alert:
    """One alert with the findings of several."""
    last = alerts[-1]
    return replace(
        last,
        id=made_id("al", "throttle", *(alert.id for alert in alerts)),
        severity=max((alert.severity for alert in alerts), key=lambda severity: severity.rank),
        findings=tuple(finding for alert in alerts for finding in alert.findings),
        reason=f"{last.reason}; {detail}",
        at=now,
    )
