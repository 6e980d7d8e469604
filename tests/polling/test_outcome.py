"""The outcome of a poll: back-off, sources that are gone, blocked or quiet."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from monitor.config.models import SourceConfig
from monitor.cron import DAY
from monitor.errors import FetchError, ParseError, SourceError
from monitor.net.response import Response
from monitor.polling.outcome import (
    PAUSED_POLL_INTERVAL_S,
    PollContext,
    failed_outcome,
    read_outcome,
    unchanged_outcome,
)
from monitor.sources.adaptive_interval import PollNews
from monitor.sources.health import SUSPICIOUS_SHRINK
from monitor.sources.parse.feed import Feed
from monitor.sources.state import PollResult, SourceState

NOW = 1_800_000_000.0
SOURCE = SourceConfig(name="a", url="https://example.org/a", every="15m")  # type: ignore[arg-type]
PREVIOUS = SourceState("a", SOURCE.url, "feed", None, None, "x", "ok", None, 0, NOW, NOW, True, 5)
NOT_MODIFIED = Response(304, SOURCE.url, None, "", None, None, None)
GONE = FetchError("gone", "https://example.org/a was removed permanently (HTTP 410)", status=410)
TIMEOUT = FetchError("timeout", "too slow")
SHRUNK = ParseError(SUSPICIOUS_SHRINK, "small")


def next_state(previous: SourceState, outcome: PollResult) -> SourceState:
    return replace(previous, state=outcome.state, error_code=outcome.error_code, failures=outcome.failures)


def outcome_after(*errors: SourceError, jitter: float = 0.0) -> PollResult:
    """Return the outcome of the last of several failed polls."""
    previous, now = PREVIOUS, NOW
    for error in errors:
        outcome = failed_outcome(PollContext(SOURCE, previous, now, ZoneInfo("UTC"), jitter), error)
        previous, now = next_state(previous, outcome), outcome.next_poll
    return outcome


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_a_source_that_is_gone_is_polled_daily_and_paused_after_three_polls(jitter: float) -> None:
    outcomes = [outcome_after(*[GONE] * times, jitter=jitter) for times in (1, 2, 3, 4)]
    assert [outcome.state for outcome in outcomes] == ["failing", "failing", "paused", "paused"]
    assert all(outcome.next_poll - outcome.polled_at >= DAY for outcome in outcomes)
    assert outcomes[2].next_poll == outcomes[2].polled_at + PAUSED_POLL_INTERVAL_S
    assert outcomes[2].error == f"{GONE}, for days; it is polled once a month now"


def test_a_source_with_cron_that_is_gone_is_polled_daily() -> None:
    source = SOURCE.model_copy(update={"cron": "*/10 * * * *"})
    outcome = failed_outcome(PollContext(source, PREVIOUS, NOW, ZoneInfo("UTC"), 0.0), GONE)
    assert outcome.next_poll >= NOW + DAY - 600


def test_gone_and_shrunk_polls_are_counted_separately_from_other_failures() -> None:
    assert outcome_after(TIMEOUT, TIMEOUT, GONE).state == "failing"
    assert outcome_after(GONE, GONE, TIMEOUT, GONE).state == "failing"
    assert outcome_after(TIMEOUT, TIMEOUT, SHRUNK).failures == 1
    assert outcome_after(SHRUNK, SHRUNK, SHRUNK).failures == 3
    assert outcome_after(TIMEOUT, FetchError("dns", "x"), TIMEOUT).failures == 3


def test_a_source_is_quiet_after_its_quiet_deadline() -> None:
    def state_with(quiet_deadline: float | None, previous: SourceState = PREVIOUS) -> str:
        return unchanged_outcome(
            PollContext(SOURCE, previous, NOW, ZoneInfo("UTC"), 0.0, quiet_deadline), NOT_MODIFIED
        ).state

    assert state_with(NOW - 1) == "quiet"
    assert state_with(NOW) == "ok"
    assert state_with(None) == "ok"
    assert state_with(None, replace(PREVIOUS, entries=0)) == "empty"


def test_an_incomplete_poll_keeps_no_validators() -> None:
    fetched = Response(200, SOURCE.url, b"x", "", '"1"', "Mon", None)
    previous = replace(PREVIOUS, is_baselined=False, body_hash=None)
    complete, incomplete = (
        read_outcome(
            PollContext(SOURCE, previous, NOW, ZoneInfo("UTC"), 0.0),
            fetched,
            Feed("", (), None, ()),
            PollNews(1.0),
            is_complete=is_complete,
        )
        for is_complete in (True, False)
    )
    assert (complete.etag, complete.last_modified, bool(complete.body_hash)) == ('"1"', "Mon", True)
    assert (incomplete.etag, incomplete.last_modified, incomplete.body_hash) == (None, None, None)
    assert (complete.is_baselined, incomplete.is_baselined) == (True, False)


def test_a_page_that_robots_txt_disallows_is_blocked_and_backs_off() -> None:
    forbidden = FetchError("robots", "the site's robots.txt disallows it")
    outcomes = [outcome_after(*[forbidden] * times) for times in (1, 2, 3)]
    assert [outcome.state for outcome in outcomes] == ["blocked"] * 3
    assert [outcome.next_poll - outcome.polled_at for outcome in outcomes] == [900, 1800, 3600]
