"""All that assessing may look up of the past, on one connection: the ledger and the alerts told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from monitor.alerts.routing import MessageBatch
from monitor.alerts.silences import Silence
from monitor.compare.stories import StoryCandidate
from monitor.compare.term_vectors import DocumentFrequency
from monitor.model import Alert, Moment, PendingMatch, PriorClaim, Reason
from monitor.store import alerts, corroboration, outbox, silences, story_vectors
from monitor.store.ledger import Ledger


class StoredHistory(Ledger):
    """The ledger since a moment, with the past of the alerts beside it."""

    def document_frequencies(
        self, words: Collection[int], letters: Collection[int]
    ) -> tuple[DocumentFrequency, DocumentFrequency]:
        """How common words are, and groups of letters."""
        return story_vectors.story_document_frequencies(self._conn, words, letters)

    def candidate_stories(self, vector: Mapping[int, float], since: Moment) -> list[StoryCandidate]:
        """Earlier updates that share the rarest words of a gist."""
        return story_vectors.candidate_stories(self._conn, vector, since)

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Which of these claims the rule has alerted of already in this story."""
        return alerts.already_alerted(self._conn, rule, story, texts)

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """When the rule alerted of the story since a moment, oldest first."""
        return alerts.alert_times(self._conn, rule, story, since)

    def last_alert(self, rule: str, story: str) -> Alert | None:
        """The rule's last alert of the story."""
        return alerts.last_alert(self._conn, rule, story)

    def prior_claims(self, texts: Sequence[str]) -> list[PriorClaim]:
        """Who has said one of these claims, in these or other words."""
        return corroboration.prior_claims(self._conn, texts)

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """The matches held for corroboration that one of these claims would confirm."""
        return alerts.pending_for(self._conn, texts)

    def silences(self, now: Moment) -> list[Silence]:
        """The silences that live."""
        return silences.load_active_silences(self._conn, now)

    def recent_message_count(self, channel: str, since: Moment) -> int:
        """How many messages the channel was owed since a moment."""
        return outbox.recent_message_count(self._conn, channel, since)

    def last_batch(self, channel: str, reason: Reason) -> MessageBatch | None:
        """The channel's last message that gathered for this reason."""
        return outbox.last_batch(self._conn, channel, reason)
