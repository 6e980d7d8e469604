"""All that assessing may look up of the past, on one connection: the ledger and the alerts told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from monitor.alerts.address import Gathered
from monitor.alerts.silences import Silence
from monitor.compare.gist import Tally
from monitor.compare.stories import Told
from monitor.model import Alert, Moment, Reason, Said, Waiting
from monitor.store import alerts, families, gather, gists, silences
from monitor.store.ledger import Ledger


class Known(Ledger):
    """The ledger since a moment, with the past of the alerts beside it."""

    def commonness(self, words: Collection[int], letters: Collection[int]) -> tuple[Tally, Tally]:
        """How common words are, and groups of letters."""
        return gists.commonness(self._conn, words, letters)

    def akin(self, gist: Mapping[int, float], since: Moment) -> list[Told]:
        """Earlier updates that share the rarest words of a gist."""
        return gists.akin(self._conn, gist, since)

    def told(self, rule: str, story: str, texts: Sequence[str]) -> set[str]:
        """Which of these claims the rule has alerted of already in this story."""
        return alerts.told(self._conn, rule, story, texts)

    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """When the rule alerted of the story since a moment, oldest first."""
        return alerts.alert_times(self._conn, rule, story, since)

    def last_told(self, rule: str, story: str) -> Alert | None:
        """The rule's last alert of the story."""
        return alerts.last_told(self._conn, rule, story)

    def sayings_of(self, texts: Sequence[str]) -> list[Said]:
        """Who has said one of these claims, in these or other words."""
        return families.sayings_of(self._conn, texts)

    def waiting(self, texts: Sequence[str]) -> list[Waiting]:
        """The matches held for corroboration that one of these claims would confirm."""
        return alerts.waiting(self._conn, texts)

    def silences(self, now: Moment) -> list[Silence]:
        """The silences that live."""
        return silences.living(self._conn, now)

    def lately(self, channel: str, since: Moment) -> int:
        """How many messages the channel was owed since a moment."""
        return gather.lately(self._conn, channel, since)

    def gathered(self, channel: str, reason: Reason) -> Gathered | None:
        """The channel's last message that gathered for this reason."""
        return gather.gathered(self._conn, channel, reason)
