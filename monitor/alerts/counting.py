"""Rules with `count`: each match is counted, and the one that completes the count alerts.

The time of a match is when its update was seen. A count that is complete is used up: the next match begins a new one.
The alert carries what was counted and belongs to a story of its own, one for each rule and thing counted by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Protocol

from monitor.alerts.held import PendingMatch
from monitor.alerts.ids import stable_id
from monitor.alerts.spoken_time import clock_time
from monitor.alerts.throttling import AlertTimes, throttled_until
from monitor.model import Alert, Decision, Match, Moment, Reason, Update
from monitor.ruleset.rule import MatchCount, Rule

MAX_COUNT_FINDINGS = 100  # of the alert: those of the latest matches
MAX_NAMED_CLAIMS, MAX_NAMED_CHARS = 3, 80  # in its reason


class CountHistory(AlertTimes, Protocol):
    """What counting looks up: the matches that a rule has counted and not used up yet, by what they count for."""

    def counted_times(self, rule: str, key: str, since: Moment) -> list[Moment]:
        """Return when they were seen, from a moment on, oldest first."""

    def counted_matches(self, rule: str, key: str, since: Moment, limit: int) -> list[PendingMatch]:
        """Return the last `limit` of them, oldest first; each alert has the findings of one match."""


@dataclass(frozen=True, slots=True)
class CountedFor:
    """What a match counts for: the key, which is "" for all matches of the rule, and its name for people."""

    key: str = ""
    name: str = ""


def counted_for(count: MatchCount, update: Update, match: Match) -> list[CountedFor]:
    """Return what a match counts for: nothing if the rule counts by a list of which no word matched."""
    match count.by:
        case "":
            return [CountedFor()]
        case "source":
            return [CountedFor(update.source, f"from {update.source}")]
        case "entry":
            return [CountedFor(f"{update.source}\n{update.entry}", f"in “{update.title or update.entry}”")]
        case _:
            names = matched_entries(count, match)
            return [CountedFor(entry, f"of “{words}”") for entry, words in names.items()]


def matched_entries(count: MatchCount, match: Match) -> dict[str, str]:
    """Return the entries of the list that matched, each with its words in the text.

    Those in the findings that fire, or if there are none, in their surroundings.
    """
    hits = [hit for hit in match.hits if hit.term in count.entry_by_term]
    fired = [hit for hit in hits if hit.finding_index in match.finding_indexes]
    return {count.entry_by_term[hit.term]: hit.words for hit in reversed(fired or hits)}


def count_story(rule: Rule, counted: CountedFor) -> str:
    """Return the story of the alerts about a count; it survives a rename of a rule with an id."""
    return stable_id("st", "count", rule.id or rule.name, counted.key)


def count_match(
    rule: Rule, match: Match, alert: Alert, counted: CountedFor, history: CountHistory, timezone: tzinfo
) -> Decision:
    """Count a match. `alert` is what it would have sent alone, now."""
    count, now = rule.count, alert.at
    assert count is not None
    since = now - count.seconds
    times = [*history.counted_times(rule.name, counted.key, since), now]
    if len(times) < count.number:
        progress = f"{len(times)} of {count.number} in {count_period(count)}"
        detail = " ".join(filter(None, (progress, counted.name)))
        return Decision(match, Reason.COUNTED, detail, pending_alert=alert, count_key=counted.key)
    earlier = history.counted_matches(rule.name, counted.key, since, MAX_COUNT_FINDINGS)
    alerts = [*(pending_match.alert for pending_match in earlier), alert]
    phrase = count_phrase(len(times), counted.name, clock_time(min(times), now, timezone))
    combined = count_alert(rule, alerts, phrase, count_story(rule, counted), now)
    decision = Decision(match, Reason.SENT, combined.reason, combined, count_key=counted.key, counted_since=since)
    if until := throttled_until(rule, combined.story, history, now):
        detail = f"{phrase}; more than {rule.throttle} for this count"
        held = replace(decision, reason=Reason.THROTTLED, detail=detail, alert=None)
        return replace(held, pending_alert=combined, throttled_until=until)
    return decision


def count_period(count: MatchCount) -> str:
    """Return the period as the rule has it: `1h` of `5 per 1h`."""
    return count.text.split()[-1].rpartition("/")[2] if count.text else f"{count.seconds:g}s"


def count_phrase(number: int, name: str, since: str) -> str:
    """Return `5 matches of “Acme” since 14:02`."""
    return " ".join(filter(None, (f"{number:,} matches", name, f"since {since}")))


def count_alert(rule: Rule, alerts: Sequence[Alert], phrase: str, story: str, now: Moment) -> Alert:
    """Return one alert for counted matches, oldest first. If the last one is assessed again, it has the same id."""
    findings = tuple(finding for alert in alerts for finding in alert.findings)[-MAX_COUNT_FINDINGS:]
    return Alert(
        id=stable_id("al", "count", story, *(alert.id for alert in alerts)),
        rule=rule.name,
        title=rule.title,
        severity=max((alert.severity for alert in alerts), key=lambda severity: severity.rank),
        story=story,
        reason=f"{phrase}: {named_claims(finding.claim for finding in findings)}",
        url=findings[0].entry_url,
        at=now,
        findings=findings,
        counted=phrase,
    )


def named_claims(claims: Iterable[str]) -> str:
    """Return the first claims, shortened, and that there are more."""
    distinct = list(dict.fromkeys(claims))
    return "; ".join([*_shortened(distinct[:MAX_NAMED_CLAIMS]), *(["…"] if len(distinct) > MAX_NAMED_CLAIMS else [])])


def _shortened(claims: Iterable[str]) -> Iterator[str]:
    for claim in claims:
        yield claim if len(claim) <= MAX_NAMED_CHARS else f"{claim[: MAX_NAMED_CHARS - 1].rstrip()}…"
