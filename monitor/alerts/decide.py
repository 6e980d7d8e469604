"""Decides what becomes of each match, with a named reason.

Every match ends in a `Decision` that is kept: nothing suppressed is invisible. Pure: the past comes through `Past`
and `now` is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from monitor.alerts.chain import chained
from monitor.alerts.ids import made_id
from monitor.alerts.silences import REASONS, Silence, silence_over
from monitor.alerts.since import since_last
from monitor.alerts.voices import on_one_claim, too_few
from monitor.model import (
    Alert,
    AlertFinding,
    Decision,
    Finding,
    Match,
    Moment,
    Novelty,
    Reason,
    Said,
    Update,
    Waiting,
)
from monitor.ruleset.crossing import crossings
from monitor.ruleset.rule import NO_ALIASES, Rule, Vocabulary


class Past(Protocol):
    """What deciding looks back on: the alerts of before."""

    def told(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Which of these claims the rule has alerted of already in this story."""

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """When the rule alerted of the story since a moment, oldest first."""

    def last_told(self, rule: str, story: str) -> Alert | None:
        """The rule's last alert of the story."""

    def sayings_of(self, texts: Sequence[str]) -> Sequence[Said]:
        """Who has said one of these claims, in these or other words."""

    def waiting(self, texts: Sequence[str]) -> list[Waiting]:
        """The matches held for corroboration that one of these claims would confirm."""

    def silences(self, now: Moment) -> Sequence[Silence]:
        """The silences that live."""


@dataclass(frozen=True, slots=True)
class Held:
    """A rule that held, with the findings as its listener hears them."""

    rule: Rule
    findings: tuple[Finding, ...]
    match: Match

    @property
    def fired(self) -> list[Finding]:
        """The findings that fire, in the order they stand."""
        return [self.findings[i] for i in self.match.findings]

    @property
    def crossed(self) -> list[str]:
        """The rule's figures that cross their limit with a finding that fires."""
        return [said for finding in self.fired for said in crossings(self.rule, finding)]

    @property
    def story(self) -> str:
        """The story that the alert belongs to: the first finding's."""
        return self.fired[0].story


def decide(
    update: Update,
    held: Sequence[Held],
    past: Past,
    *,
    baseline: bool,
    now: Moment,
    aliases: Vocabulary = NO_ALIASES,
) -> tuple[Decision, ...]:
    """One decision for each rule that held; more for one that a silence covers in part.

    `aliases` are those of the queries of silences.
    """
    if baseline:
        return tuple(Decision(one.match, Reason.BASELINE, f"first poll of {update.source}") for one in held)
    silences = past.silences(now) if held else ()
    return tuple(decision for one in held for decision in decide_one(update, one, past, silences, aliases, now))


def decide_one(
    update: Update, held: Held, past: Past, silences: Sequence[Silence], aliases: Vocabulary, now: Moment
) -> Iterator[Decision]:
    """What silences cover, each silence by itself, then the rest."""
    parts: dict[Silence | None, list[int]] = {}
    for index in held.match.findings:
        silence = silence_over(silences, held.rule.name, update, held.findings[index], aliases)
        parts.setdefault(silence, []).append(index)
    for silence, indexes in parts.items():
        part = replace(held, match=replace(held.match, findings=tuple(indexes)))
        if silence is None:
            yield decide_aloud(update, part, past, now)
        else:
            yield Decision(part.match, REASONS[silence.mode], silence.why)


def decide_aloud(update: Update, held: Held, past: Past, now: Moment) -> Decision:
    """Told of, or why not."""
    fresh = untold(held, past)
    if not fresh.match.findings:
        return Decision(held.match, Reason.TOLD, "the same words were told in this story")
    alert = alert_for(update, fresh, now)
    last = past.last_told(alert.rule, alert.story)
    alert = replace(chained(alert, last), since_last=since_last(alert.findings, last))
    if detail := uncorroborated(update, fresh, past):
        return unconfirmed(fresh, alert, detail, past, now)
    if not fresh.crossed and (opens := throttled_until(fresh, past, now)):
        detail = f"more than {fresh.rule.throttle} of this story"
        return Decision(fresh.match, Reason.THROTTLED, detail, waiting=alert, opens=opens)
    return Decision(fresh.match, Reason.SENT, alert.reason, alert)


def unconfirmed(held: Held, alert: Alert, detail: str, past: Past, now: Moment) -> Decision:
    """The match waits for others to say it too; until then it is told as gravely as its rule says, if it does."""
    waits, severity = Decision(held.match, Reason.CORROBORATION, detail, waiting=alert), held.rule.unconfirmed
    if severity is None or throttled_until(held, past, now):
        return waits
    reason = f"{alert.reason}; unconfirmed: {detail}"
    early = replace(alert, id=made_id("al", "unconfirmed", alert.id), severity=severity, reason=reason)
    return replace(waits, detail=f"{detail}; told as {severity} until then", alert=early)


def untold(held: Held, past: Past) -> Held:
    """Without the findings that this rule has told of in their story: one notice on 222 pages is one alert."""
    found = {i: held.findings[i] for i in held.match.findings}
    fresh = tuple(
        i
        for i, finding in found.items()
        if not (
            may_be_told(finding)
            and past.told(held.rule.name, finding.story, [told_as(finding.novelty, finding.claim.text)])
        )
    )
    return replace(held, match=replace(held.match, findings=fresh))


def may_be_told(finding: Finding) -> bool:
    """Can it be the copy of what was told? What is news of its own subject is told again: levels rise and fall."""
    return finding.echo or finding.novelty is Novelty.WITHDRAWN


def told_as(novelty: Novelty, text: str) -> str:
    """What is remembered of telling a claim: that it was taken back is another thing than that it was said."""
    return f"{novelty}: {text}" if novelty is Novelty.WITHDRAWN else text


def told_by(alert: Alert) -> set[tuple[str, str]]:
    """What an alert tells of, to be remembered: the story of each finding, and the claim as `told_as` has it."""
    return {(finding.story or alert.story, told_as(finding.novelty, finding.claim)) for finding in alert.findings}


def uncorroborated(update: Update, held: Held, past: Past) -> str:
    """Why the match waits for independent sources; "" if enough have said it."""
    needed = held.rule.corroboration
    if needed < 2:
        return ""
    repeated = [f.nearest.text for f in held.fired if f.nearest and f.novelty is Novelty.REPEATED]
    said = past.sayings_of([f.claim.text for f in held.fired] + repeated)
    return too_few(on_one_claim([*said, *said_now(update, held.fired)]), needed)


def said_now(update: Update, findings: Iterable[Finding]) -> Iterator[Said]:
    """What the update says by these findings, which the past does not know yet."""
    for finding in findings:
        yield Said(finding.claim.text, update.source, update.entry, update.at, finding.story, url=update.url)


def throttled_until(held: Held, past: Past, now: Moment) -> Moment | None:
    """When the rule may speak of this story again; None if it may now."""
    throttle = held.rule.throttle
    if throttle is None:
        return None
    times = past.alert_times(held.rule.name, held.story, now - throttle.seconds)
    return times[-throttle.count] + throttle.seconds if len(times) >= throttle.count else None


def alert_for(update: Update, held: Held, now: Moment) -> Alert:
    """The alert that tells of the fired findings."""
    name = "\n".join((held.rule.name, update.source, update.entry, *(f.claim.text for f in held.fired)))
    return Alert(
        id=made_id("al", name, str(update.at)),
        rule=held.rule.name,
        title=held.rule.title,
        severity=held.rule.severity,
        story=held.story,
        reason=because(held),
        url=update.url,
        at=now,
        findings=tuple(told_finding(update, held, i) for i in held.match.findings),
    )


def told_finding(update: Update, held: Held, index: int) -> AlertFinding:
    """A finding as the alert carries it, with the words of it that met the rule."""
    finding = held.findings[index]
    return AlertFinding(
        claim=finding.claim.text,
        novelty=finding.novelty,
        similarity=finding.similarity,
        matched=tuple(dict.fromkeys(met.words for met in held.match.because if met.finding == index)),
        source=update.source,
        entry=update.entry,
        entry_url=update.url,
        published=update.at if update.published is None else update.published,
        nearest=finding.nearest,
        changes=finding.changes,
        story=finding.story,
    )


def because(held: Held) -> str:
    """Why the alert fired, for people: what is new and which words met the rule."""
    novelties = ", ".join(dict.fromkeys(str(f.novelty) for f in held.fired))
    met = [m.words for m in held.match.because if m.finding in held.match.findings]
    words = ", ".join(f"“{word}”" for word in dict.fromkeys(met))
    why = f"{words} met rule {held.rule.name}" if words else f"rule {held.rule.name} held"
    return "; ".join((f"{novelties}: {why}", *dict.fromkeys(held.crossed)))
