"""What a back-test remembers: alerts sent, what sources said, and matches held or counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import nlargest

from monitor.alerts.dedup import dedup_keys
from monitor.alerts.held import PendingMatch
from monitor.alerts.merge import as_prior_claim, as_prior_claims
from monitor.alerts.silences import Silence
from monitor.compare.lookup import MAX_CANDIDATES
from monitor.model import Alert, Decision, Finding, Moment, Novelty, PriorClaim, Reason, Update
from monitor.text.analysis import NO_SYNONYMS, analyze, index_terms


@dataclass(slots=True)
class InMemoryHistory:
    """The history of a back-test, in memory: alerts sent, prior claims by source, and matches held.

    Without `follows_alerts`, alerts do not say what changed since the last one, which would mean comparing claims.
    """

    follows_alerts: bool = True
    alerted_claims: set[tuple[str, str, str]] = field(default_factory=set)
    alerts: dict[tuple[str, str], list[Alert]] = field(default_factory=lambda: defaultdict(list))
    root_by_text: dict[str, str] = field(default_factory=dict)
    prior_claims_by_root: dict[str, dict[tuple[str, str], PriorClaim]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    texts_by_root: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    pending: dict[int, PendingMatch] = field(default_factory=dict)
    pending_by_text: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    counted: dict[tuple[str, str], list[PendingMatch]] = field(default_factory=lambda: defaultdict(list))
    throttled_until: dict[int, Moment] = field(default_factory=dict)
    update_numbers: dict[int, int] = field(default_factory=dict)
    last_id: int = 0

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return the claims that the rule has already alerted in this story."""
        return {text for text in texts if (rule, story, text) in self.alerted_claims}

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return the times of the rule's alerts in this story since a moment, oldest first."""
        return [alert.at for alert in self.alerts[rule, story] if alert.at >= since]

    def counted_times(self, rule: str, key: str, since: Moment) -> list[Moment]:
        """Return when the matches that the rule has counted for a key were seen, oldest first."""
        return [match.alert.at for match in self.counted[rule, key] if match.alert.at >= since]

    def counted_matches(self, rule: str, key: str, since: Moment, limit: int) -> list[PendingMatch]:
        """Return the last matches that the rule has counted for a key, oldest first."""
        return [match for match in self.counted[rule, key] if match.alert.at >= since][-limit:]

    def last_alert(self, rule: str, story: str) -> Alert | None:
        return next(reversed(self.alerts[rule, story]), None) if self.follows_alerts else None

    def prior_claims(self, texts: Sequence[str]) -> list[PriorClaim]:
        """Return every source's first statement of any of these claims, also in other words."""
        roots = dict.fromkeys(map(self.cluster_root, texts))
        return [
            prior
            for root in roots
            if root in self.prior_claims_by_root
            for prior in self.prior_claims_by_root[root].values()
        ]

    def alerts_of_stories(self, rules: Collection[str], stories: Collection[str]) -> list[Alert]:
        """Return none: a back-test sends nothing that could be updated."""
        return []

    def awaits_corroboration(self, texts: Sequence[str] | None = None) -> bool:
        """Return whether any match is held, and a source of one of these claims could confirm it."""
        return bool(self.pending if texts is None else self.pending_for(texts))

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches awaiting corroboration that any of these claims would confirm."""
        roots = {self.cluster_root(text) for text in texts}
        members = roots.union(*(self.texts_by_root[root] for root in roots if root in self.texts_by_root))
        reworded = (text for text in members if self.cluster_root(text) in roots)
        ids = {id for text in reworded for id in self.pending_by_text.get(text, ())}
        matches = (self.pending[id] for id in sorted(ids))
        return [match for match in matches if match.reason is Reason.AWAITING_CORROBORATION]

    def candidates(self, terms: Sequence[Sequence[str]]) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the claims of held matches that share most of them, best first."""
        held = [
            (prior, terms_of(prior.text))
            for match in self.pending.values()
            if match.reason is Reason.AWAITING_CORROBORATION
            for prior in map(as_prior_claim, match.alert.findings)
        ]
        return [[prior for prior, _ in nlargest(MAX_CANDIDATES, held, key=shared_with(query))] for query in terms]

    def silences(self, now: Moment) -> Sequence[Silence]:
        """Return none: a back-test ignores silences."""
        return ()

    def cluster_root(self, text: str) -> str:
        """Return the first claim of which this one is a rewording, or the claim itself."""
        return self.root_by_text.get(text, text)

    def record_findings(self, update: Update, findings: Sequence[Finding]) -> None:
        """Record which source said what, and which claims are rewordings of others."""
        for finding, current_claim in zip(findings, as_prior_claims(update, findings), strict=True):
            if finding.novelty is Novelty.REPEATED and finding.nearest:
                self.record_rewording(finding.claim.text, self.cluster_root(finding.nearest.text))
                self.record_prior_claim(finding.nearest)
            self.record_prior_claim(current_claim)

    def record_rewording(self, text: str, root: str) -> None:
        """Record that a claim says what another does, unless it is known to say what a third one does."""
        if text not in self.root_by_text:
            self.root_by_text[text] = root
            self.texts_by_root[root].add(text)

    def record_prior_claim(self, prior: PriorClaim) -> None:
        """Record a claim, unless its source has said it in the same words before."""
        self.prior_claims_by_root[self.cluster_root(prior.text)].setdefault((prior.source, prior.text), prior)

    def record_alert(self, alert: Alert) -> None:
        self.alerts[alert.rule, alert.story].append(alert)
        self.mark_alerted(alert)

    def mark_alerted(self, alert: Alert) -> None:
        self.alerted_claims |= {(alert.rule, story, text) for story, text in dedup_keys(alert)}

    def count(self, decision: Decision) -> None:
        """Record a match that is counted, or forget those of a count that it completes."""
        if decision.count_key is None:
            return
        counted = self.counted[decision.match.rule, decision.count_key]
        if decision.counted_since is not None:
            counted.clear()
        elif decision.pending_alert:
            counted.append(PendingMatch(0, decision.reason, decision.pending_alert))
            self.mark_alerted(decision.pending_alert)

    def hold_back(self, decision: Decision, update_number: int) -> None:
        """Record a match that is throttled or awaits corroboration."""
        if decision.pending_alert and decision.reason is not Reason.COUNTED:
            self.last_id += 1
            self.pending[self.last_id] = PendingMatch(self.last_id, decision.reason, decision.pending_alert)
            for finding in decision.pending_alert.findings:
                self.pending_by_text[finding.claim].add(self.last_id)
            self.update_numbers[self.last_id] = update_number
            if decision.throttled_until is not None:
                self.throttled_until[self.last_id] = decision.throttled_until

    def due_matches(self, now: Moment) -> list[PendingMatch]:
        """Return the throttled matches whose window has ended."""
        return [self.pending[id] for id, until in self.throttled_until.items() if until <= now]

    def release(self, ids: Iterable[int]) -> None:
        """Remove held matches that were released."""
        for id in ids:
            self.throttled_until.pop(id, None)
            if match := self.pending.pop(id, None):
                for finding in match.alert.findings:
                    self.pending_by_text[finding.claim].discard(id)


@lru_cache(maxsize=4096)
def terms_of(text: str) -> frozenset[str]:
    return frozenset(index_terms(analyze(text, NO_SYNONYMS)))


def shared_with(query: Sequence[str]) -> Callable[[tuple[PriorClaim, frozenset[str]]], int]:
    """Return the key that ranks claims by the number of terms that they share with a query."""
    return lambda held: len(held[1].intersection(query))
