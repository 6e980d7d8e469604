"""What the operator is told of sources, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import NOON, builtin_templates

from monitor.alerts.channel_notices import is_notice
from monitor.alerts.ids import build_message
from monitor.alerts.source_notices import (
    FAILING_NOTICE_POLLS,
    ISSUE_EXPIRY_S,
    NOTICE_TITLES,
    SourceNotice,
    notice_alerts,
    source_alert,
    update_notices,
)
from monitor.deliver.render import render_message
from monitor.model import Alert, HealthIssue, Severity

HOUR, DAY = 3600.0, 86400.0
FAILING = HealthIssue("failing", "It cannot be read: no answer.")
BLOCKED = HealthIssue("blocked", "It may not be read: forbidden.")
QUIET = HealthIssue("quiet", "Nothing new has come.")
FLIPS = HealthIssue("flipping", "“Ferries” goes back and forth.")
REWINDS = HealthIssue("rewound", "It served an older copy.")


@dataclass
class Source:
    """The notices of one source, poll by poll."""

    notices: dict[str, SourceNotice] = field(default_factory=dict)
    failures: int = 0

    def polled(self, now: float, *causes: HealthIssue) -> list[str]:
        """The kinds told of after a poll."""
        return [alert.title.removeprefix("Source wire ") for alert in self.told(now, causes)]

    def told(self, now: float, causes: Sequence[HealthIssue]) -> list[Alert]:
        bad = any(cause in (FAILING, BLOCKED) for cause in causes)
        self.failures = self.failures + 1 if bad else 0
        found = update_notices(self.notices, causes, failures=self.failures, now=NOON + now)
        self.notices |= {notice.kind: notice for notice in found}
        return notice_alerts("wire", found, NOON + now)


def test_a_source_that_fails_is_told_of_once_after_a_day_and_when_it_is_back() -> None:
    source = Source()
    told = [source.polled(hour * HOUR, FAILING) for hour in range(60)]
    assert [hour for hour, kinds in enumerate(told) if kinds] == [24]
    assert source.polled(60 * HOUR) == ["is back"]
    assert source.polled(61 * HOUR) == []


def test_a_source_that_is_looked_at_once_a_day_fails_several_times_before_it_is_told() -> None:
    source = Source()
    told = [source.polled(day * DAY, FAILING) for day in range(6)]
    assert [day for day, kinds in enumerate(told) if kinds] == [FAILING_NOTICE_POLLS - 1]


def test_a_source_that_fails_for_an_hour_is_not_told_of_nor_that_it_is_back() -> None:
    source = Source()
    assert [source.polled(hour * HOUR, *([FAILING] if hour % 2 else [])) for hour in range(100)] == [[]] * 100


def test_how_long_it_failed_is_said() -> None:
    source = Source()
    for hour in range(25):
        told = source.told(hour * HOUR, [FAILING])
    assert told[0].reason == "It cannot be read: no answer. That has been so for 24 hours."
    assert source.told(72 * HOUR, [])[0].reason == "It can be read again. It was failing for 3 days."


def test_a_refusal_is_told_of_when_it_is_repeated() -> None:
    source = Source()
    assert [source.polled(poll * HOUR, BLOCKED) for poll in range(4)] == [[], [], ["is blocked"], []]


def test_a_state_that_flaps_is_told_of_once_a_day() -> None:
    source = Source()
    told = [source.polled(hour * HOUR, *([QUIET] if hour % 2 else [])) for hour in range(48)]
    assert [hour for hour, kinds in enumerate(told) if kinds] == [1, 25]


def test_an_oddity_is_told_of_again_when_it_was_not_seen_for_a_week() -> None:
    source = Source()
    assert source.polled(0, FLIPS) == ["flips between two copies"]
    assert source.polled(3 * DAY, FLIPS) == []
    assert source.polled(3 * DAY + ISSUE_EXPIRY_S) == []
    assert not source.notices["flipping"].is_visible
    assert source.polled(4 * DAY + ISSUE_EXPIRY_S, FLIPS) == ["flips between two copies"]


def test_a_rewind_that_turns_out_to_be_flipping_is_one_notice() -> None:
    source = Source()
    assert source.polled(0, REWINDS) == ["served an older copy of itself"]
    assert source.polled(HOUR, FLIPS) == []
    assert [notice.kind for notice in source.notices.values()] == ["rewound"]


def test_a_poll_repeated_after_a_crash_tells_of_the_same_alert() -> None:
    assert Source().told(0, [FLIPS])[0].id == Source().told(0, [FLIPS])[0].id
    assert Source().told(0, [FLIPS])[0].id != Source().told(DAY, [FLIPS])[0].id


def test_a_state_that_may_soon_pass_is_not_shown_as_a_notice() -> None:
    source = Source()
    source.polled(0, FAILING)
    assert not source.notices["failing"].is_visible
    source.polled(0, FLIPS)
    assert source.notices["flipping"].is_visible


@pytest.mark.parametrize("kind", NOTICE_TITLES)
@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "webhook"])
def test_every_notice_reads_well_on_every_channel(kind: str, channel_type: str) -> None:
    told = source_alert("wire", kind, "What is the matter.", NOON, NOON)
    assert is_notice(told)
    rendered = render_message(
        build_message("desk", [told], NOON), channel_type, builtin_templates(), ZoneInfo("UTC"), None
    )
    shown = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    assert all("What is the matter." in part and told.title in part for part in shown or [rendered.body.decode()])
    assert rendered.note is None


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal"])
def test_many_notices_in_one_message_are_all_told(channel_type: str) -> None:
    told = [
        source_alert(name, "failing", f"{name} cannot be read.", NOON, NOON) for name in ("wire", "press", "desk")
    ]
    rendered = render_message(
        build_message("desk", told, NOON), channel_type, builtin_templates(), ZoneInfo("UTC"), None
    )
    shown = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    for one in told:
        assert all(one.title in part and one.reason in part for part in shown)


def test_what_stops_a_source_weighs_more_than_what_is_odd_about_it() -> None:
    weighed = {kind: source_alert("wire", kind, "", NOON, NOON).severity for kind in NOTICE_TITLES}
    assert weighed["failing"] is weighed["blocked"] is weighed["paused"] is Severity.HIGH
    assert weighed["clock"] is Severity.LOW
