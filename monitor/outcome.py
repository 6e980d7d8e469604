"""What a poll came to, as the source's next state: pure, so that every case can be read and tested here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from zoneinfo import ZoneInfo

from monitor.alerts.upkeep import Cause
from monitor.config import SourceConfig
from monitor.errors import FetchError, SourceError
from monitor.model import Moment
from monitor.sources.cadence import DAY, next_poll
from monitor.sources.feed import Feed
from monitor.sources.fetch import Fetched
from monitor.sources.pace import next_pace, pace
from monitor.sources.shrink import SHRUNK
from monitor.store.sources import PollOutcome, SourceRow

BLOCKED = frozenset({"blocked_address", "unauthorised", "forbidden", "robots"})
GONE = "gone"
GONE_FOR_GOOD = 3  # times running, a day apart
PAUSE = 30 * DAY  # a paused source is asked once more after each
COUNTED_APART = frozenset({GONE, SHRUNK})  # how often each of these came in a row decides something
SAID = {"paused": "It is gone", "blocked": "It may not be read", "failing": "It cannot be read"}
ROLLED = (
    "Nothing that stood in it at one poll was left at the next, so entries were surely missed. "
    "It is looked at every {} min for now."
)
QUIET = "It answers, but nothing new has come from it for longer than is its habit."


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a source: its config, its state before, when, the jitter drawn for it (0 to 1), and the moment
    after which its silence is against its habit, if it has one."""

    source: SourceConfig
    row: SourceRow
    now: Moment
    timezone: ZoneInfo
    jitter: float
    quiet_after: Moment | None = None

    def good(self, entries: int) -> str:
        """The state of a source that answers and has shown so many entries."""
        if self.quiet_after is not None and self.now > self.quiet_after:
            return "quiet"
        return "ok" if entries else "empty"

    def causes(self, state: str) -> tuple[Cause, ...]:
        """What a source that answers gives cause to tell."""
        return (Cause(state, QUIET),) if state == "quiet" else ()

    def every(self, news: float, rolled: bool = False) -> float:
        """Seconds between polls from now on: see `next_pace`."""
        every, slowest = self.source.every, self.source.slowest
        now = pace(every=every, slowest=slowest, pace=self.row.pace)
        return next_pace(now, every=every, slowest=slowest, news=news, rolled=rolled)

    def next(
        self,
        every: float,
        *,
        failures: int = 0,
        retry_after: float | None = None,
        max_age: float | None = None,
    ) -> Moment:
        """When to look again, where `every` is the usual wait in seconds."""
        return next_poll(
            now=self.now,
            every=every,
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
    state, every = poll.good(poll.row.entries), poll.every(0.0)
    return PollOutcome(
        at=poll.now,
        state=state,
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next(every, max_age=fetched.max_age),
        etag=fetched.etag or poll.row.etag,
        last_modified=fetched.last_modified or poll.row.last_modified,
        body_hash=poll.row.body_hash,
        baselined=True,
        pace=every,
        causes=poll.causes(state),
    )


def read(
    poll: Poll,
    fetched: Fetched,
    feed: Feed,
    news: float,
    rolled: bool,
    *,
    whole: bool = True,
    causes: Sequence[Cause] = (),
) -> PollOutcome:
    """The source answered with something that was parsed, of which the share `news` is fresh. `rolled`: entries were
    surely missed. Not `whole`: some of it was left for the next poll, which is to read it again."""
    ages = [age for age in (fetched.max_age, feed.ttl) if age is not None]
    # Who brings news is not quiet.
    state = "ok" if news else poll.good(len(feed.entries) or poll.row.entries)
    every = poll.every(news, rolled)
    missed = (Cause("rolled", ROLLED.format(round(every / 60))),) if rolled else ()
    return PollOutcome(
        at=poll.now,
        state=state,
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next(every, max_age=max(ages, default=None)),
        etag=fetched.etag if whole else None,
        last_modified=fetched.last_modified if whole else None,
        body_hash=body_hash(fetched.body or b"") if whole else None,
        baselined=whole or poll.row.baselined,
        pace=every,
        causes=(*poll.causes(state), *missed, *causes),
    )


def failed(poll: Poll, error: SourceError) -> PollOutcome:
    """The source could not be read; what is known of it stays, and it is left alone for longer each time. One that is
    gone is asked once a day; when it was gone for three days running it is paused."""
    failures = in_a_row(poll.row, error.code)
    gone = error.code == GONE
    paused = gone and failures >= GONE_FOR_GOOD
    asked = error.retry_after if isinstance(error, FetchError) else None
    state = "paused" if paused else "blocked" if error.code in BLOCKED else "failing"
    wait = poll.next(poll.source.every, failures=failures, retry_after=DAY if gone else asked)
    said = f"{error}, for days; it is asked again once a month" if paused else str(error)
    return PollOutcome(
        at=poll.now,
        state=state,
        error=said,
        error_code=error.code,
        failures=failures,
        next_poll=poll.now + PAUSE if paused else wait,
        etag=poll.row.etag,
        last_modified=poll.row.last_modified,
        body_hash=poll.row.body_hash,
        baselined=poll.row.baselined,
        pace=poll.row.pace,
        causes=(Cause(state, f"{SAID[state]}: {said}."),),
    )


def in_a_row(row: SourceRow, code: str) -> int:
    """How many polls have failed in a row, this one included; some failures count those of their own kind only."""
    before = row.error_code
    alike = before == code or not {before, code} & COUNTED_APART
    return row.failures + 1 if alike else 1
