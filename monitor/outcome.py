"""What a poll came to, as the source's next state: pure, so that every case can be read and tested here."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from zoneinfo import ZoneInfo

from monitor.config import SourceConfig
from monitor.errors import FetchError, SourceError
from monitor.model import Moment
from monitor.sources.cadence import next_poll
from monitor.sources.feed import Feed
from monitor.sources.fetch import Fetched
from monitor.store.sources import PollOutcome, SourceRow

BLOCKED = frozenset({"blocked_address", "unauthorised", "forbidden"})


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a source: its config, its state before, when, and the jitter drawn for it (0 to 1)."""

    source: SourceConfig
    row: SourceRow
    now: Moment
    timezone: ZoneInfo
    jitter: float

    def next(self, *, failures: int = 0, retry_after: float | None = None, max_age: float | None = None) -> Moment:
        """When to look again."""
        return next_poll(
            now=self.now,
            every=self.source.every,
            cron=self.source.cron,
            timezone=self.timezone,
            failures=failures,
            retry_after=retry_after,
            max_age=max_age,
            jitter=self.jitter,
        )


def body_hash(body: bytes) -> str:
    """A hash that tells whether a body is the very bytes of last time."""
    return blake2b(body, digest_size=16).hexdigest()


def unchanged(poll: Poll, fetched: Fetched) -> bool:
    """Is there nothing to parse: 304, or the bytes of last time? Not so while the last good body is unknown."""
    if poll.row.body_hash is None:
        return False
    return fetched.body is None or body_hash(fetched.body) == poll.row.body_hash


def still(poll: Poll, fetched: Fetched) -> PollOutcome:
    """The source answered and says what it said before."""
    return PollOutcome(
        at=poll.now,
        state="ok" if poll.row.entries else "empty",
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next(max_age=fetched.max_age),
        etag=fetched.etag or poll.row.etag,
        last_modified=fetched.last_modified or poll.row.last_modified,
        body_hash=poll.row.body_hash,
        baselined=True,
    )


def read(poll: Poll, fetched: Fetched, feed: Feed) -> PollOutcome:
    """The source answered with something that was parsed."""
    ages = [age for age in (fetched.max_age, feed.ttl) if age is not None]
    return PollOutcome(
        at=poll.now,
        state="ok" if feed.entries or poll.row.entries else "empty",
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next(max_age=max(ages, default=None)),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        body_hash=body_hash(fetched.body or b""),
        baselined=True,
    )


def failed(poll: Poll, error: SourceError) -> PollOutcome:
    """The source could not be read; what is known of it stays, and it is left alone for longer each time."""
    failures = poll.row.failures + 1
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    return PollOutcome(
        at=poll.now,
        state="blocked" if error.code in BLOCKED else "failing",
        error=str(error),
        error_code=error.code,
        failures=failures,
        next_poll=poll.next(failures=failures, retry_after=retry_after),
        etag=poll.row.etag,
        last_modified=poll.row.last_modified,
        body_hash=poll.row.body_hash,
        baselined=poll.row.baselined,
    )
