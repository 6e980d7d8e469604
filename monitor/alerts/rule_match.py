"""A rule that matched an update, and the alert that it would send alone."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.alerts.ids import stable_id
from monitor.model import Alert, AlertFinding, Finding, Match, Moment, Update
from monitor.ruleset.match import is_forecast_hit
from monitor.ruleset.rule import Rule
from monitor.ruleset.severity import severity_of
from monitor.ruleset.thresholds import threshold_crossings


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


def build_alert(update: Update, rule_match: RuleMatch, now: Moment) -> Alert:
    """Build the alert of the fired findings. A repeated assessment of the update gives it the same id."""
    claim_texts = [finding.claim.text for finding in rule_match.fired_findings]
    identity = "\n".join((rule_match.rule.name, update.source, update.entry, *claim_texts))
    return Alert(
        id=stable_id("al", identity, str(update.at)),
        rule=rule_match.rule.name,
        title=rule_match.rule.title,
        severity=severity_of(rule_match.rule, update, [finding.claim for finding in rule_match.fired_findings]),
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
    hits = [hit for hit in rule_match.match.hits if hit.finding_index in rule_match.match.finding_indexes]
    quoted = (f"“{hit.words}”" + " (a forecast)" * is_forecast_hit(hit, rule_match.findings) for hit in hits)
    quoted_words = ", ".join(dict.fromkeys(quoted))
    rule = f"rule {rule_match.rule.name}"
    cause = f"{quoted_words} matched {rule}" if quoted_words else f"{rule} matched"
    return "; ".join((f"{novelties}: {cause}", *dict.fromkeys(rule_match.crossed_limits)))
