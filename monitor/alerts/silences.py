"""Silences: which findings cause no alert for a while, and why.

A silence covers a finding if its whole scope (rule, source, story, query) matches. Two modes are narrower: *until the
facts change* lets findings with new facts through, and *not news* covers only findings that resemble its claims. A
covered match is stored with that reason. A match that was held before stays held until the silence ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from monitor.alerts.held import PendingMatch
from monitor.compare.verdict import judge
from monitor.model import (
    Alert,
    Change,
    ChangeKind,
    Claim,
    Finding,
    Moment,
    Novelty,
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
    """Which of the findings in its scope a silence covers."""

    ALL = "all"
    UNTIL_FACTS_CHANGE = "until the facts change"  # those without a new fact
    NOT_NEWS = "not news"  # those that resemble its claims


REASON_BY_MODE = {
    SilenceMode.ALL: Reason.SILENCED,
    SilenceMode.UNTIL_FACTS_CHANGE: Reason.MUTED,
    SilenceMode.NOT_NEWS: Reason.NOT_NEWS,
}
# Changes of these kinds are facts; the others are only wording.
FACT_KINDS = frozenset(ChangeKind) - {ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.WORDING}


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence, active until `until`.

    `rule`, `source`, `story` and the query `match` are its scope; None matches everything. `claims` are those that
    findings are compared with, unless the mode is `ALL`.
    """

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
        """The detail of a decision that this silence caused."""
        return f"silence {self.id}: {self.reason}"

    @property
    def summary(self) -> str:
        """The scope and the mode in a few words."""
        values = {"rule": self.rule, "source": self.source, "story": self.story, "match": self.match}
        scope = ", ".join(f"{name} {value}" for name, value in values.items() if value)
        if self.mode is SilenceMode.ALL:
            return scope
        return f"{scope}, {self.mode}" + (f": {self.claims[0]}" if self.claims else "")


def find_silence(
    silences: Sequence[Silence], rule: str, update: Update, finding: Finding, aliases: QueryAliases
) -> Silence | None:
    """Return the first silence that covers a rule's finding, or None."""
    return next((silence for silence in silences if covers(silence, rule, update, finding, aliases)), None)


def covers(silence: Silence, rule: str, update: Update, finding: Finding, aliases: QueryAliases) -> bool:
    """Return whether the finding is in the scope of the silence and not exempt by its mode."""
    return matches_scope(silence, rule, update, finding, aliases) and not is_exempt(silence, finding)


def matches_scope(silence: Silence, rule: str, update: Update, finding: Finding, aliases: QueryAliases) -> bool:
    """Return whether the rule, source, story and query of the silence all match."""
    return (
        silence.rule in (None, rule)
        and silence.source in (None, update.source)
        and silence.story in (None, finding.story)
        and (silence.match is None or query_matches(silence.match, update, finding, aliases))
    )


def is_exempt(silence: Silence, finding: Finding) -> bool:
    """Return whether the mode of the silence lets the finding through."""
    if silence.mode is SilenceMode.UNTIL_FACTS_CHANGE:
        return has_new_facts(finding, silence.claims)
    return silence.mode is SilenceMode.NOT_NEWS and not repeats_any(finding, silence.claims)


def query_matches(query: str, update: Update, finding: Finding, aliases: QueryAliases) -> bool:
    rule = query_as_rule(query, aliases)
    return rule is not None and match_rule(rule, update, [finding]) is not None


@lru_cache(maxsize=256)
def query_as_rule(query: str, aliases: QueryAliases) -> Rule | None:
    """Return the query as a rule for findings of any novelty; None if it is no longer valid (a removed alias)."""
    compiled, _ = compile_query(query, aliases.nodes)
    return Rule("silence", "", compiled, on=frozenset(Novelty)) if compiled else None


def not_silenced(
    pending: Sequence[PendingMatch], silences: Sequence[Silence], aliases: QueryAliases = NO_ALIASES
) -> list[PendingMatch]:
    """Return the held matches whose findings are not all covered by silences."""
    return [pending_match for pending_match in pending if not is_silenced(pending_match, silences, aliases)]


def is_silenced(pending_match: PendingMatch, silences: Sequence[Silence], aliases: QueryAliases) -> bool:
    """Return whether silences cover every finding of a held match."""
    return bool(silences) and is_silenced_alert(pending_match.alert, silences, aliases)


def is_silenced_alert(alert: Alert, silences: Sequence[Silence], aliases: QueryAliases) -> bool:
    """Return whether silences cover every finding of an alert that has some."""
    return bool(alert.findings) and all(
        find_silence(silences, alert.rule, update, finding, aliases) for update, finding in as_findings(alert)
    )


def silences_about(alert: Alert, silences: Sequence[Silence]) -> list[Silence]:
    """Return the silences with any finding of an alert in their scope; for *not news*, those that cover one.

    Silences whose query uses an alias are left out.
    """
    alert_findings = list(as_findings(alert))

    def concerns_alert(silence: Silence) -> bool:
        predicate = covers if silence.mode is SilenceMode.NOT_NEWS else matches_scope
        return any(predicate(silence, alert.rule, *pair, NO_ALIASES) for pair in alert_findings)

    return [silence for silence in silences if concerns_alert(silence)]


def as_findings(alert: Alert) -> Iterator[tuple[Update, Finding]]:
    """Yield an alert's findings in the form in which they were decided, each with an update, as far as known."""
    for carried in alert.findings:
        update = Update(carried.source, carried.entry, alert.at, "", carried.entry_url, carried.claim)
        finding = Finding(
            claim=Claim(carried.claim, Role.SENTENCE),
            novelty=carried.novelty,
            similarity=carried.similarity,
            changes=carried.changes,
            nearest=carried.nearest,
            story=carried.story or alert.story,
        )
        yield update, finding


def has_new_facts(finding: Finding, claims: Sequence[str]) -> bool:
    """Return whether a fact changed, for a new finding relative to any of the claims."""
    if finding.novelty is Novelty.CHANGED:
        return has_fact_change(finding.changes)
    return finding.novelty is Novelty.NEW and any(
        has_fact_change(verdict.changes) for verdict in verdicts_against(finding, claims)
    )


def repeats_any(finding: Finding, claims: Sequence[str]) -> bool:
    """Return whether the finding says the same facts as any of the claims."""
    nearest_text = finding.nearest.text if finding.nearest else ""
    if nearest_text in claims or finding.claim.text in claims:
        return not has_fact_change(finding.changes)
    return any(verdict.novelty is Novelty.REPEATED for verdict in verdicts_against(finding, claims))


def has_fact_change(changes: Iterable[Change]) -> bool:
    return any(change.kind in FACT_KINDS for change in changes)


def verdicts_against(finding: Finding, claims: Sequence[str]) -> Iterable[Verdict]:
    """Compare the finding with each of the claims."""
    return (judge(claim_analysis(claim), claim_analysis(finding.claim.text), Relation.ELSEWHERE) for claim in claims)


@lru_cache(maxsize=1024)
def claim_analysis(claim: str) -> ClaimAnalysis:
    return analyze(claim, NO_SYNONYMS)
