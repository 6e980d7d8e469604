"""What a poll came to, as the source's next state: pure, so that every case can be read and tested here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from zoneinfo import ZoneInfo

from monitor.config.models import SourceConfig
from monitor.errors import FetchError, SourceError
from monitor.model import HealthIssue, Moment
from monitor.net.response import Response
from monitor.sources.adaptive_interval import effective_interval, next_interval
from monitor.sources.health import SUSPICIOUS_SHRINK
from monitor.sources.parse.feed import Feed
from monitor.sources.schedule import next_poll_time
from monitor.sources.state import PollResult, SourceState
from monitor.units import DAY

BLOCKED_ERROR_CODES = frozenset({"blocked_address", "unauthorised", "forbidden", "robots"})
GONE_ERROR_CODE = "gone"
GONE_POLLS_BEFORE_PAUSE = 3  # times running, a day apart
PAUSED_POLL_INTERVAL_S = 30 * DAY  # a paused source is asked once more after each
SEPARATELY_COUNTED_CODES = frozenset(
    {GONE_ERROR_CODE, SUSPICIOUS_SHRINK}
)  # how often each of these came in a row decides something
STATE_SENTENCES = {"paused": "It is gone", "blocked": "It may not be read", "failing": "It cannot be read"}
ROLLED_OVER_MESSAGE = (
    "Nothing that stood in it at one poll was left at the next, so entries were surely missed. "
    "It is looked at every {} min for now."
)
QUIET_MESSAGE = "It answers, but nothing new has come from it for longer than is its habit."


@dataclass(frozen=True, slots=True)
class PollContext:
    """One poll of a source: its config, its state before, when, the jitter drawn for it (0 to 1), and the moment
    after which its silence is against its habit, if it has one."""

    source: SourceConfig
    previous: SourceState
    now: Moment
    timezone: ZoneInfo
    jitter: float
    quiet_deadline: Moment | None = None

    def answering_state(self, entries: int) -> str:
        """The state of a source that answers and has shown so many entries."""
        if self.quiet_deadline is not None and self.now > self.quiet_deadline:
            return "quiet"
        return "ok" if entries else "empty"

    def health_issues(self, state: str) -> tuple[HealthIssue, ...]:
        """What a source that answers gives cause to tell."""
        return (HealthIssue(state, QUIET_MESSAGE),) if state == "quiet" else ()

    def next_interval(self, changed_share: float, is_rolled_over: bool = False) -> float:
        """Seconds between polls from now on: see `next_pace`."""
        base_interval, slowest = self.source.every, self.source.slowest
        current_pace = effective_interval(
            every=base_interval, slowest=slowest, stored_interval=self.previous.adaptive_interval
        )
        return next_interval(
            current_pace,
            every=base_interval,
            slowest=slowest,
            news_share=changed_share,
            entries_missed=is_rolled_over,
        )

    def next_poll_at(
        self,
        interval: float,
        *,
        failures: int = 0,
        retry_after: float | None = None,
        max_age: float | None = None,
    ) -> Moment:
        """When to look again, where `every` is the usual wait in seconds."""
        return next_poll_time(
            now=self.now,
            every=interval,
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


def is_unchanged(poll: PollContext, response: Response) -> bool:
    """Is there nothing to parse: 304, or the bytes of last time? Not so while the last good body is unknown."""
    if poll.previous.body_hash is None:
        return False
    return response.body is None or body_hash(response.body) == poll.previous.body_hash


def unchanged_outcome(poll: PollContext, response: Response) -> PollResult:
    """The source answered and says what it said before."""
    state, interval = poll.answering_state(poll.previous.entries), poll.next_interval(0.0)
    return PollResult(
        polled_at=poll.now,
        state=state,
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next_poll_at(interval, max_age=response.max_age),
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
    changed_share: float,
    is_rolled_over: bool,
    *,
    is_complete: bool = True,
    issues: Sequence[HealthIssue] = (),
) -> PollResult:
    """The source answered with something that was parsed, of which the share `news` is fresh. `rolled`: entries were
    surely missed. Not `whole`: some of it was left for the next poll, which is to read it again."""
    ages = [age for age in (response.max_age, feed.ttl) if age is not None]
    # Who brings news is not quiet.
    state = "ok" if changed_share else poll.answering_state(len(feed.entries) or poll.previous.entries)
    interval = poll.next_interval(changed_share, is_rolled_over)
    rollover_issues = (
        (HealthIssue("rolled", ROLLED_OVER_MESSAGE.format(round(interval / 60))),) if is_rolled_over else ()
    )
    return PollResult(
        polled_at=poll.now,
        state=state,
        error=None,
        error_code=None,
        failures=0,
        next_poll=poll.next_poll_at(interval, max_age=max(ages, default=None)),
        etag=response.etag if is_complete else None,
        last_modified=response.last_modified if is_complete else None,
        body_hash=body_hash(response.body or b"") if is_complete else None,
        is_baselined=is_complete or poll.previous.is_baselined,
        adaptive_interval=interval,
        issues=(*poll.health_issues(state), *rollover_issues, *issues),
    )


def failed_outcome(poll: PollContext, error: SourceError) -> PollResult:
    """The source could not be read; what is known of it stays, and it is left alone for longer each time. One that is
    gone is asked once a day; when it was gone for three days running it is paused."""
    failures = consecutive_failures(poll.previous, error.code)
    is_gone = error.code == GONE_ERROR_CODE
    is_paused = is_gone and failures >= GONE_POLLS_BEFORE_PAUSE
    requested_delay = error.retry_after if isinstance(error, FetchError) else None
    state = "paused" if is_paused else "blocked" if error.code in BLOCKED_ERROR_CODES else "failing"
    retry_at = poll.next_poll_at(
        poll.source.every, failures=failures, retry_after=DAY if is_gone else requested_delay
    )
    sentence = f"{error}, for days; it is asked again once a month" if is_paused else str(error)
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


def consecutive_failures(previous: SourceState, code: str) -> int:
    """How many polls have failed in a row, this one included; some failures count those of their own kind only."""
    previous_code = previous.error_code
    is_same_kind = previous_code == code or not {previous_code, code} & SEPARATELY_COUNTED_CODES
    return previous.failures + 1 if is_same_kind else 1
