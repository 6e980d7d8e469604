"""The stored history that `assess` reads: the ledger, stories, alerts, silences and recent messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from monitor.alerts.held import PendingMatch
from monitor.alerts.routing import MessageBatch
from monitor.alerts.silences import Silence
from monitor.compare.overlap import Lookups
from monitor.compare.stories import StoryCandidate
from monitor.compare.term_vectors import DocumentFrequency
from monitor.model import Alert, Moment, PriorClaim, Reason
from monitor.store import alert_updates, alerts, corroboration, counts, outbox, silences, story_vectors
from monitor.store.ledger import Ledger
from monitor.store.story_vectors import StoryFrequencies


class StoredHistory(Ledger):
    """The `History` of the store, read on one connection; the ledger from `since` on."""

    def __init__(self, conn: Connection, *, since: Moment, frequencies: StoryFrequencies | None = None) -> None:
        super().__init__(conn, since=since)
        self._story_words: frozenset[int] = frozenset()
        self._frequencies = frequencies or StoryFrequencies(conn)

    def lookups(self) -> Lookups:
        """Return what was looked up so far."""
        return Lookups(tuple(self.looked_up_terms), self._story_words, frozenset(self.looked_up_texts))

    def document_frequencies(self, words: Collection[int]) -> tuple[DocumentFrequency, DocumentFrequency]:
        """Return the document frequencies of words, over stories, and of all n-grams, over entries."""
        return self._frequencies.of(words)

    def candidate_stories(self, vector: Mapping[int, float], since: Moment) -> list[StoryCandidate]:
        """Return stories active since a moment that share the heaviest words of a term vector."""
        self._story_words = frozenset(story_vectors.heaviest_words(vector))
        return story_vectors.candidate_stories(self._conn, vector, self._frequencies, since)

    def already_alerted(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Return the claims that the rule has already alerted on in this story."""
        return alerts.already_alerted(self._conn, rule, story, texts)

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return when the rule alerted on the story since a moment, oldest first."""
        return alerts.alert_times(self._conn, rule, story, since)

    def counted_times(self, rule: str, key: str, since: Moment) -> list[Moment]:
        """Return when the matches that the rule has counted for a key were seen, oldest first."""
        return counts.counted_times(self._conn, rule, key, since)

    def counted_matches(self, rule: str, key: str, since: Moment, limit: int) -> list[PendingMatch]:
        """Return the last matches that the rule has counted for a key, oldest first."""
        return counts.counted_matches(self._conn, rule, key, since, limit)

    def last_alert(self, rule: str, story: str) -> Alert | None:
        """Return the rule's last alert on the story."""
        return alerts.last_alert(self._conn, rule, story)

    def prior_claims(self, texts: Sequence[str]) -> list[PriorClaim]:
        """Return the sayings of these claims, in these or other words."""
        return corroboration.prior_claims(self._conn, texts)

    def awaits_corroboration(self, texts: Sequence[str] | None = None) -> bool:
        """Return whether any match is held for corroboration, if texts are given by a source of one of them."""
        return alerts.awaits_corroboration(self._conn, texts)

    def pending_for(self, texts: Sequence[str]) -> list[PendingMatch]:
        """Return the matches awaiting corroboration that one of these claims would confirm."""
        return alerts.pending_for(self._conn, texts)

    def silences(self, now: Moment) -> list[Silence]:
        """Return the silences that have not ended."""
        return silences.load_active_silences(self._conn, now)

    def recent_message_count(self, channel: str, begin: Moment, end: Moment) -> int:
        """Count those of the channel's last BURST_LIMIT messages that were created in a time."""
        return outbox.recent_message_count(self._conn, channel, begin, end)

    def sent_alert(self, alert_ids: Sequence[str], channel: str) -> str | None:
        """Return the first of these alerts that the channel was sent."""
        return alert_updates.sent_alert(self._conn, alert_ids, channel)

    def alerts_of_stories(self, rules: Collection[str], stories: Collection[str]) -> list[Alert]:
        """Return the latest alerts of these rules on these stories."""
        return alert_updates.alerts_of_stories(self._conn, rules, stories)

    def last_batch(self, channel: str, reason: Reason) -> MessageBatch | None:
        """Return the channel's last batch message for this reason."""
        return outbox.last_batch(self._conn, channel, reason)
