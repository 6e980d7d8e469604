"""What a poll comes to: back-off, days of absence, silence."""

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
from monitor.sources.health import SUSPICIOUS_SHRINK
from monitor.sources.parse.feed import Feed
from monitor.sources.state import PollResult, SourceState

NOW = 1_800_000_000.0
SOURCE = SourceConfig(name="a", url="https://example.org/a", every="15m")  # type: ignore[arg-type]
ROW = SourceState("a", SOURCE.url, "feed", None, None, "x", "ok", None, 0, NOW, NOW, True, 5)
SAME = Response(304, SOURCE.url, None, "", None, None, None)
GONE = FetchError("gone", "https://example.org/a says that this address is gone for good (HTTP 410)", status=410)
SLOW = FetchError("timeout", "too slow")
SMALL = ParseError(SUSPICIOUS_SHRINK, "small")


def row_of(row: SourceState, found: PollResult) -> SourceState:
    return replace(row, state=found.state, error_code=found.error_code, failures=found.failures)


def after(*errors: SourceError, jitter: float = 0.0) -> PollResult:
    """The outcome of polls that failed one after the other."""
    row, now = ROW, NOW
    for error in errors:
        found = failed_outcome(PollContext(SOURCE, row, now, ZoneInfo("UTC"), jitter), error)
        row, now = row_of(row, found), found.next_poll
    return found


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_a_source_that_is_gone_is_asked_once_a_day_and_paused_after_three(jitter: float) -> None:
    waits = [after(*[GONE] * times, jitter=jitter) for times in (1, 2, 3, 4)]
    assert [found.state for found in waits] == ["failing", "failing", "paused", "paused"]
    assert all(found.next_poll - found.polled_at >= DAY for found in waits)
    assert waits[2].next_poll == waits[2].polled_at + PAUSED_POLL_INTERVAL_S
    assert waits[2].error == f"{GONE}, for days; it is asked again once a month"


def test_a_cron_falls_on_another_day_too() -> None:
    source = SOURCE.model_copy(update={"cron": "*/10 * * * *"})
    found = failed_outcome(PollContext(source, ROW, NOW, ZoneInfo("UTC"), 0.0), GONE)
    assert found.next_poll >= NOW + DAY - 600


def test_failures_of_other_kinds_are_no_days_of_absence() -> None:
    assert after(SLOW, SLOW, GONE).state == "failing"
    assert after(GONE, GONE, SLOW, GONE).state == "failing"
    assert after(SLOW, SLOW, SMALL).failures == 1
    assert after(SMALL, SMALL, SMALL).failures == 3
    assert after(SLOW, FetchError("dns", "x"), SLOW).failures == 3


def test_a_source_is_quiet_from_the_moment_its_silence_is_against_its_habit() -> None:
    def state(quiet_after: float | None, row: SourceState = ROW) -> str:
        return unchanged_outcome(PollContext(SOURCE, row, NOW, ZoneInfo("UTC"), 0.0, quiet_after), SAME).state

    assert state(NOW - 1) == "quiet"
    assert state(NOW) == "ok"
    assert state(None) == "ok"
    assert state(None, replace(ROW, entries=0)) == "empty"


def test_a_poll_that_left_some_for_the_next_keeps_nothing_by_which_that_could_be_skipped() -> None:
    fetched = Response(200, SOURCE.url, b"x", "", '"1"', "Mon", None)
    row = replace(ROW, is_baselined=False, body_hash=None)
    found = [
        read_outcome(
            PollContext(SOURCE, row, NOW, ZoneInfo("UTC"), 0.0),
            fetched,
            Feed("", (), None, ()),
            1.0,
            False,
            is_complete=whole,
        )
        for whole in (True, False)
    ]
    assert [(one.etag, one.last_modified, bool(one.body_hash), one.is_baselined) for one in found] == [
        ('"1"', "Mon", True, True),
        (None, None, False, False),
    ]


def test_a_page_that_robots_txt_forbids_is_blocked_and_left_alone_for_longer_each_time() -> None:
    forbidden = FetchError("robots", "the site's robots.txt asks programs not to fetch it")
    waits = [after(*[forbidden] * times) for times in (1, 2, 3)]
    assert [found.state for found in waits] == ["blocked"] * 3
    assert [found.next_poll - found.polled_at for found in waits] == [900, 1800, 3600]
