"""Derive a source's next state from the result of a poll. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from zoneinfo import ZoneInfo

from monitor.alerts.source_notices import HealthIssue
from monitor.config.models import SourceConfig
from monitor.errors import FetchError, SourceError
from monitor.model import Moment
from monitor.net.response import Response
from monitor.sources.adaptive_interval import PollNews, effective_interval, next_interval
from monitor.sources.health import SUSPICIOUS_SHRINK
from monitor.sources.parse.feed import GARBLED_WARNING, Feed
from monitor.sources.schedule import Schedule
from monitor.sources.state import PollResult, SourceState
from monitor.sources.uplink import OUTAGE_POLL_INTERVAL_S
from monitor.units import DAY

BLOCKED_ERROR_CODES = frozenset({"blocked_address", "unauthorised", "forbidden", "robots"})
GONE_ERROR_CODE = "gone"
GONE_POLLS_BEFORE_PAUSE = 3  # in a row, a day apart
PAUSED_POLL_INTERVAL_S = 30 * DAY  # to notice a source that comes back
SEPARATELY_COUNTED_CODES = frozenset({GONE_ERROR_CODE, SUSPICIOUS_SHRINK})  # a limit applies to each of these alone
STATE_SENTENCES = {
    "paused": "The source is gone",
    "blocked": "The source must not be read",
    "failing": "The source cannot be read",
}
GARBLED_MESSAGE = (
    "Its text looks as if it was decoded with a wrong charset, so rules may not match it. "
    "The site should declare the charset that it sends."
)
ROLLED_OVER_MESSAGE = (
    "The feed has none of the entries of the previous poll, so some were missed in between. "
    "The source is polled every {} min for now."
)
QUIET_MESSAGE = "The source responds, but has had nothing new for unusually long."


@dataclass(frozen=True, slots=True)
class PollContext:
    """One poll of a source.

    `previous` is the state before the poll, `jitter` a random number from 0 to 1, and `quiet_deadline` when the
    source will have been silent for unusually long; None if that is not known.
    """

    source: SourceConfig
    previous: SourceState
    now: Moment
    timezone: ZoneInfo
    jitter: float
    quiet_deadline: Moment | None = None

    def answering_state(self, entries: int) -> str:
        """Return the state of a source that responds; `entries` is how many it has shown."""
        if self.quiet_deadline is not None and self.now > self.quiet_deadline:
            return "quiet"
        return "ok" if entries else "empty"

    def health_issues(self, state: str) -> tuple[HealthIssue, ...]:
        """Return the issues of a source that responds."""
        return (HealthIssue(state, QUIET_MESSAGE),) if state == "quiet" else ()

    def next_interval(self, news: PollNews) -> float:
        """Return the seconds between polls from now on."""
        every, slowest = self.source.every, self.source.slowest
        current = effective_interval(every=every, slowest=slowest, stored_interval=self.previous.adaptive_interval)
        return next_interval(current, news, every=every, slowest=slowest)

    def schedule(self, interval: float) -> Schedule:
        """Return the schedule of the source with this interval, in seconds."""
        return Schedule(interval, self.source.cron, self.timezone)

    def next_poll(self, interval: float, max_age: float | None) -> Moment:
        """Return when to poll a source that responds again."""
        return self.schedule(interval).next_poll(self.now, max_age=max_age, jitter=self.jitter)


def body_hash(body: bytes) -> str:
    """Return a hash to detect a body that is byte for byte the previous one."""
    return blake2b(body, digest_size=16).hexdigest()


def is_unchanged(poll: PollContext, response: Response) -> bool:
    """Return whether there is nothing to parse: a 304, or the same bytes as at the last poll that was read."""
    if poll.previous.body_hash is None:
        return False
    return response.body is None or body_hash(response.body) == poll.previous.body_hash


def unchanged_outcome(poll: PollContext, response: Response) -> PollResult:
    """The outcome of a poll whose response has not changed."""
    state, interval = poll.answering_state(poll.previous.entries), poll.next_interval(PollNews())
    return PollResult(
        polled_at=poll.now,
        state=state,
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next_poll(interval, response.max_age),
        etag=response.etag or poll.previous.etag,
        last_modified=response.last_modified or poll.previous.last_modified,
        body_hash=poll.previous.body_hash,
        is_baselined=True,
        adaptive_interval=interval,
        issues=poll.health_issues(state),
    )


def read_outcome(
    poll: PollContext,
    response: Response,
    feed: Feed,
    news: PollNews,
    *,
    is_complete: bool = True,
    issues: Sequence[HealthIssue] = (),
) -> PollResult:
    """The outcome of a poll that was parsed.

    Without `is_complete` some entries are left for the next poll, so no validator is kept that could make it skip
    them.
    """
    ages = [age for age in (response.max_age, feed.ttl) if age is not None]
    # A source with new entries is not quiet, even if its deadline has passed.
    state = "ok" if news.share else poll.answering_state(len(feed.entries) or poll.previous.entries)
    interval = poll.next_interval(news)
    rollover_message = ROLLED_OVER_MESSAGE.format(round(interval / 60))
    rollover_issues = (HealthIssue("rolled", rollover_message),) if news.entries_missed else ()
    garbled_issues = (HealthIssue("garbled", GARBLED_MESSAGE),) if GARBLED_WARNING in feed.warnings else ()
    return PollResult(
        polled_at=poll.now,
        state=state,
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next_poll(interval, max(ages, default=None)),
        etag=response.etag if is_complete else None,
        last_modified=response.last_modified if is_complete else None,
        body_hash=body_hash(response.body or b"") if is_complete else None,
        is_baselined=is_complete or poll.previous.is_baselined,
        adaptive_interval=interval,
        issues=(*poll.health_issues(state), *rollover_issues, *garbled_issues, *issues),
    )


def failed_outcome(poll: PollContext, error: SourceError) -> PollResult:
    """The outcome of a poll that failed: what is known of the source is kept, and the next poll backs off.

    A source that is gone is polled once a day, and paused once it was gone for three polls in a row.
    """
    failures = consecutive_failures(poll.previous, error.code)
    is_gone = error.code == GONE_ERROR_CODE
    is_paused = is_gone and failures >= GONE_POLLS_BEFORE_PAUSE
    requested_delay = error.retry_after if isinstance(error, FetchError) else None
    state = "paused" if is_paused else "blocked" if error.code in BLOCKED_ERROR_CODES else "failing"
    retry_at = poll.schedule(poll.source.every).next_retry(
        poll.now, failures=failures, retry_after=DAY if is_gone else requested_delay, jitter=poll.jitter
    )
    sentence = f"{error}, for days; it is polled once a month now" if is_paused else str(error)
    return PollResult(
        polled_at=poll.now,
        state=state,
        error=sentence,
        error_code=error.code,
        failures=failures,
        next_poll=poll.now + PAUSED_POLL_INTERVAL_S if is_paused else retry_at,
        etag=poll.previous.etag,
        last_modified=poll.previous.last_modified,
        body_hash=poll.previous.body_hash,
        is_baselined=poll.previous.is_baselined,
        adaptive_interval=poll.previous.adaptive_interval,
        issues=(HealthIssue(state, f"{STATE_SENTENCES[state]}: {sentence}."),),
    )


def unreachable_outcome(poll: PollContext, error: SourceError) -> PollResult:
    """The outcome of a poll that failed because the network of this machine is down: no fault of the source."""
    return replace(
        failed_outcome(poll, error),
        failures=poll.previous.failures,
        error=f"{error}; the network of this machine seems to be down",
        next_poll=poll.now + OUTAGE_POLL_INTERVAL_S,
        issues=(),
    )


def consecutive_failures(previous: SourceState, code: str) -> int:
    """Return how many polls failed in a row, including this one. Some error codes count only their own failures."""
    previous_code = previous.error_code
    is_same_kind = previous_code == code or not {previous_code, code} & SEPARATELY_COUNTED_CODES
    return previous.failures + 1 if is_same_kind else 1
