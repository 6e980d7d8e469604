"""What deciding about matches looks up in the past."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from monitor.alerts.held import PendingMatch
from monitor.alerts.silences import Silence
from monitor.model import Alert, Moment, PriorClaim


class AlertHistory(Protocol):
    """What deciding looks up in the past: earlier alerts, claims and held matches."""

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return which of these texts, made by `dedup_key`, the rule has alerted on in this story."""

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return the times of the rule's alerts on the story since a moment, oldest first."""

    def last_alert(self, rule: str, story: str) -> Alert | None:
        """Return the rule's last alert on the story."""

    def candidates(self, terms: Sequence[Sequence[str]]) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the earlier claims that share most of its rarest terms, best first."""

    def prior_claims(self, texts: Sequence[str]) -> Sequence[PriorClaim]:
        """Return the claims that say the same as one of these texts, in any words."""

    def alerts_of_stories(self, rules: Collection[str], stories: Collection[str]) -> list[Alert]:
        """Return the latest alerts of these rules on these stories, newest first."""

    def awaits_corroboration(self, texts: Sequence[str] | None = None) -> bool:
        """Return whether any match is held for corroboration, if texts are given by a source of one of them."""

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches held for corroboration that a source of one of these claims could confirm."""

    def silences(self, now: Moment) -> Sequence[Silence]:
        """Return the active silences."""
