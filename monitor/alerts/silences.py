"""Silences: what people asked not to be told of for a while, and why.

A silence covers a finding when all that it names (rule, source, story, query) fits. A mute lets through what says
something else than the claims it was made for; what somebody called not news covers the like of it. What is covered
is decided with that reason and kept; what was held before waits until the silence has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from monitor.compare.verdict import judge
from monitor.model import (
    Alert,
    Change,
    ChangeKind,
    Claim,
    Finding,
    Moment,
    Novelty,
    PendingMatch,
    Reason,
    Relation,
    Role,
    Update,
    Verdict,
)
from monitor.ruleset.match import match_rule
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import NO_ALIASES, QueryAliases, Rule
from monitor.text.analysis import NO_SYNONYMS, ClaimAnalysis, analyze


class SilenceMode(StrEnum):
    """What a silence lets through of what it fits."""

    ALL = "all"  # nothing
    UNTIL_FACTS_CHANGE = "until the facts change"  # a fact that moved
    NOT_NEWS = "not news"  # all that is not like its claims


REASON_BY_MODE = {
    SilenceMode.ALL: Reason.SILENCED,
    SilenceMode.UNTIL_FACTS_CHANGE: Reason.MUTED,
    SilenceMode.NOT_NEWS: Reason.NOT_NEWS,
}


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence, alive until `until`. What is None is not asked about; `match` is a query. `claims` are those that
    a mute was made for."""

    id: int
    reason: str
    made: Moment
    until: Moment
    rule: str | None = None
    source: str | None = None
    story: str | None = None
    match: str | None = None
    by: str = ""
    mode: SilenceMode = SilenceMode.ALL
    claims: tuple[str, ...] = ()

    @property
    def decision_detail(self) -> str:
        """What a decision says of it."""
        return f"silence {self.id}: {self.reason}"

    @property
    def summary(self) -> str:
        """What it names, in a few words."""
        scope = {"rule": self.rule, "source": self.source, "story": self.story, "match": self.match}
        named = ", ".join(f"{name} {value}" for name, value in scope.items() if value)
        if self.mode is SilenceMode.ALL:
            return named
        return f"{named}, {self.mode}" + (f": {self.claims[0]}" if self.claims else "")


def find_silence(
    silences: Sequence[Silence], rule: str, update: Update, finding: Finding, aliases: QueryAliases
) -> Silence | None:
    """The first silence that covers this finding of a rule, if one does."""
    return next((silence for silence in silences if covers(silence, rule, update, finding, aliases)), None)


def covers(silence: Silence, rule: str, update: Update, finding: Finding, aliases: QueryAliases) -> bool:
    """Does all that the silence names fit, and does it not let the finding through?"""
    return matches_scope(silence, rule, update, finding, aliases) and not is_exempt(silence, finding)


def matches_scope(silence: Silence, rule: str, update: Update, finding: Finding, aliases: QueryAliases) -> bool:
    """Does all that the silence names fit?"""
    return (
        silence.rule in (None, rule)
        and silence.source in (None, update.source)
        and silence.story in (None, finding.story)
        and (silence.match is None or query_matches(silence.match, update, finding, aliases))
    )


def is_exempt(silence: Silence, finding: Finding) -> bool:
    """Is the finding what the silence makes an exception for?"""
    if silence.mode is SilenceMode.UNTIL_FACTS_CHANGE:
        return has_new_facts(finding, silence.claims)
    return silence.mode is SilenceMode.NOT_NEWS and not repeats_any(finding, silence.claims)


def query_matches(query: str, update: Update, finding: Finding, aliases: QueryAliases) -> bool:
    """Does the query hold for the finding?"""
    rule = query_as_rule(query, aliases)
    return rule is not None and match_rule(rule, update, [finding]) is not None


@lru_cache(maxsize=256)
def query_as_rule(query: str, aliases: QueryAliases) -> Rule | None:
    """The query as a rule that takes any finding; None for one that is not understood any more."""
    compiled, _ = compile_query(query, aliases.nodes)
    return Rule("silence", "", compiled, on=frozenset(Novelty)) if compiled else None


def not_silenced(
    pending: Sequence[PendingMatch], silences: Sequence[Silence], aliases: QueryAliases = NO_ALIASES
) -> list[PendingMatch]:
    """The held matches that no silence covers whole."""
    return [pending_match for pending_match in pending if not is_silenced(pending_match, silences, aliases)]


def is_silenced(pending_match: PendingMatch, silences: Sequence[Silence], aliases: QueryAliases) -> bool:
    """Is every finding of the alert that waits covered?"""
    alert = pending_match.alert
    return bool(silences and alert.findings) and all(
        find_silence(silences, alert.rule, update, finding, aliases) for update, finding in as_findings(alert)
    )


def silences_about(alert: Alert, silences: Sequence[Silence]) -> list[Silence]:
    """The silences that name what an alert tells, whatever they let through of it; of what is not news those that
    cover it. Queries that name an alias are left out."""
    alert_findings = list(as_findings(alert))
    predicates = {SilenceMode.NOT_NEWS: covers}
    return [
        silence
        for silence in silences
        if any(
            predicates.get(silence.mode, matches_scope)(silence, alert.rule, *pair, NO_ALIASES)
            for pair in alert_findings
        )
    ]


def as_findings(alert: Alert) -> Iterator[tuple[Update, Finding]]:
    """The findings of an alert as they were decided, each with what is known of its update."""
    for alert_finding in alert.findings:
        claim, story = Claim(alert_finding.claim, Role.SENTENCE), alert_finding.story or alert.story
        finding = Finding(
            claim,
            alert_finding.novelty,
            alert_finding.similarity,
            alert_finding.changes,
            alert_finding.nearest,
            story,
        )
        yield (
            Update(
                alert_finding.source, alert_finding.entry, alert.at, "", alert_finding.entry_url, alert_finding.claim
            ),
            finding,
        )


FACT_KINDS = frozenset(ChangeKind) - {ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.WORDING}


def has_new_facts(finding: Finding, claims: Sequence[str]) -> bool:
    """Has a fact moved?"""
    if finding.novelty is Novelty.CHANGED:
        return has_fact_change(finding.changes)
    return finding.novelty is Novelty.NEW and any(
        has_fact_change(verdict.changes) for verdict in verdicts_against(finding, claims)
    )


def repeats_any(finding: Finding, claims: Sequence[str]) -> bool:
    """Is the finding like one of the claims?"""
    nearest_text = finding.nearest.text if finding.nearest else ""
    if nearest_text in claims or finding.claim.text in claims:
        return not has_fact_change(finding.changes)
    return any(verdict.novelty is Novelty.REPEATED for verdict in verdicts_against(finding, claims))


def has_fact_change(changes: Iterable[Change]) -> bool:
    """Is one of them more than another wording?"""
    return any(change.kind in FACT_KINDS for change in changes)


def verdicts_against(finding: Finding, claims: Sequence[str]) -> Iterable[Verdict]:
    """What the judge says of the finding after each of the claims."""
    return (judge(claim_analysis(claim), claim_analysis(finding.claim.text), Relation.ELSEWHERE) for claim in claims)


@lru_cache(maxsize=1024)
def claim_analysis(claim: str) -> ClaimAnalysis:
    """A claim as it is compared."""
    return analyze(claim, NO_SYNONYMS)
