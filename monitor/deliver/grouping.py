"""Messages that combine alerts: why they do, their title and subject, and the summary at the top. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from monitor.deliver.headline import Headline, alert_headline, finding_headline, headline_of
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Alert, AlertFinding, Message, Novelty, Reason, Severity

FindingKey: TypeAlias = tuple[str, str, str]
BATCH_SENTENCES = {
    Reason.DIGEST: "The alerts since the last digest, most severe first.",
    Reason.QUIET_HOURS: "The alerts of the quiet hours, most severe first.",
}
FLOOD_SENTENCE = "These alerts were raised within a short time. Most severe first."
MAX_SUBJECT_HEADLINE_CHARS = 70  # two of them, and the number of alerts
MAX_COMPARED_HEADLINES = 20  # most severe alerts among which the second headline is looked for


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One alert in a summary. `number` is that of its first finding in the message; `is_shown`: it is shown below."""

    alert: Alert
    number: int
    headline: str
    is_shown: bool


@dataclass(slots=True)
class SummaryGroup:
    """The alerts of one rule and severity. `same_as` are the numbers of those whose claim is listed above already."""

    title: str
    severity: Severity
    lines: list[SummaryLine] = field(default_factory=list)
    same_as: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a message that combines alerts. `unlisted` is the number of alerts beyond its limits."""

    groups: tuple[SummaryGroup, ...] = ()
    unlisted: int = 0


def batched_alert_count(message: Message) -> int:
    """Return the number of alerts if the message combines alerts about several entries or notices, else 0."""
    subjects = {(finding.source, finding.entry) for alert in message.alerts for finding in alert.findings}
    subjects |= {(alert.title, alert.reason) for alert in message.alerts if not alert.findings}
    return len(message.alerts) if len(message.alerts) > 1 and len(subjects) > 1 else 0


def batch_sentence(batch_reason: Reason | None) -> str:
    """Return why a message combines alerts."""
    return BATCH_SENTENCES.get(batch_reason, FLOOD_SENTENCE) if batch_reason else FLOOD_SENTENCE


def batch_title(message: Message) -> str:
    """Return a title such as `27 alerts of 7 rules`, or `3 alerts: Floods` if there is one rule."""
    count, rules = len(message.alerts), len({alert.rule for alert in message.alerts})
    return (
        f"{count:,} alerts of {rules} rules" if rules > 1 else f"{count:,} alerts: {alert_title(message.alerts[0])}"
    )


def batch_subject(message: Message) -> str:
    """Return a subject such as `Digest, 27 alerts: HEADLINE; HEADLINE; …` with the two most severe headlines."""
    by_severity = sorted(message.alerts, key=lambda alert: -alert.severity.rank)
    distinct = list(dict.fromkeys(map(headline_of, by_severity[:MAX_COMPARED_HEADLINES])))
    named = [_shorten_headline(headline) for headline in distinct[:2]]
    start = "Digest, " if message.batch_reason is Reason.DIGEST else ""
    return f"{start}{len(message.alerts):,} alerts: {'; '.join(named)}{'; …' if len(message.alerts) > 2 else ''}"


def _shorten_headline(headline: Headline) -> str:
    """Return the headline; if it is too long, without the value before, and shortened."""
    text = str(headline)
    return text if len(text) <= MAX_SUBJECT_HEADLINE_CHARS else shorten(headline.current, MAX_SUBJECT_HEADLINE_CHARS)


def alert_title(alert: Alert) -> str:
    return sanitize(alert.title) or sanitize(alert.rule) or "Alert without a title"


def summarize(alerts: Sequence[Alert], shown: Collection[int], max_headlines: int, max_chars: int) -> Summary:
    """Return the alerts by severity and rule, in the order given, within the limits.

    `shown` are the numbers of the findings that the message shows in full. `max_chars` counts headlines and links.
    """
    groups: dict[tuple[int, str], SummaryGroup] = {}
    numbers, listed = finding_numbers(alerts), set[int]()
    count = chars = 0
    for count, alert in enumerate(alerts, 1):
        number = numbers[_first_key(alert)]
        line = SummaryLine(alert, number, alert_headline(alert), number in shown)
        chars += len(line.headline) + (0 if line.is_shown else len(alert.url))
        if count > max_headlines or chars > max_chars:
            count -= 1
            break
        key = (-alert.severity.rank, alert.rule)
        group = groups.setdefault(key, SummaryGroup(_group_title(alert), alert.severity))
        if number in listed and not alert.counted:
            group.same_as.append(number)
        else:
            group.lines.append(line)
        listed.add(number)
    order = sorted(groups, key=lambda key: key[0])
    return Summary(tuple(groups[key] for key in order), len(alerts) - count)


def finding_numbers(alerts: Iterable[Alert]) -> dict[FindingKey, int]:
    """Return the number of each distinct finding and of each notice, from 1, in order."""
    numbers: dict[FindingKey, int] = {}
    for alert in alerts:
        for key in map(finding_key, alert.findings) if alert.findings else (_first_key(alert),):
            numbers.setdefault(key, len(numbers) + 1)
    return numbers


def distinct_findings(alerts: Iterable[Alert]) -> list[AlertFinding]:
    """Return each finding once, in order, with the words that matched any of the rules."""
    by_key: dict[FindingKey, AlertFinding] = {}
    for finding in (finding for alert in alerts for finding in alert.findings):
        key = finding_key(finding)
        first = by_key.get(key, finding)
        by_key[key] = replace(first, matched=tuple(dict.fromkeys(first.matched + finding.matched)))
    return list(by_key.values())


def finding_key(finding: AlertFinding) -> FindingKey:
    """Return what identifies a finding, regardless of the rules it matched."""
    return finding.source, finding.entry, finding.claim


def _first_key(alert: Alert) -> FindingKey:
    return finding_key(alert.findings[0]) if alert.findings else ("", alert.title, alert.reason)


def _group_title(alert: Alert) -> str:
    return alert_title(alert) if alert.findings else sanitize(alert.rule)


def findings_in_full(alerts: Sequence[Alert]) -> list[AlertFinding]:
    """Return the distinct findings, in order, without those of which the summary says all."""
    summarized = {_first_key(a) for a in alerts if len(a.findings) == 1 and _is_said_by_headline(a.findings[0])}
    return [finding for finding in distinct_findings(alerts) if finding_key(finding) not in summarized]


def _is_said_by_headline(finding: AlertFinding) -> bool:
    if finding.novelty is not Novelty.NEW or finding.also_said_by or finding.also_on or finding.history:
        return False
    return str(finding_headline(finding)) == sanitize(finding.claim).rstrip(" .,;:")
