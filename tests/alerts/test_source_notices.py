"""Notices about sources: which, when and how often."""

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
    HealthIssue,
    SourceNotice,
    notice_alerts,
    source_alert,
    update_notices,
)
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Alert, Severity

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

    def poll(self, now: float, *issues: HealthIssue) -> list[str]:
        """The titles of the notices announced after a poll, without the name of the source."""
        return [alert.title.removeprefix("Source wire ") for alert in self.poll_alerts(now, issues)]

    def poll_alerts(self, now: float, issues: Sequence[HealthIssue]) -> list[Alert]:
        has_failed = any(issue in (FAILING, BLOCKED) for issue in issues)
        self.failures = self.failures + 1 if has_failed else 0
        updated = update_notices(self.notices, issues, failures=self.failures, now=NOON + now)
        self.notices |= {notice.kind: notice for notice in updated}
        return notice_alerts("wire", updated, NOON + now)


def test_a_failing_source_is_announced_once_after_a_day_and_when_it_is_back() -> None:
    source = Source()
    announced = [source.poll(hour * HOUR, FAILING) for hour in range(60)]
    assert [hour for hour, titles in enumerate(announced) if titles] == [24]
    assert source.poll(60 * HOUR) == ["is back"]
    assert source.poll(61 * HOUR) == []


def test_a_source_polled_once_a_day_is_announced_after_several_failures() -> None:
    source = Source()
    announced = [source.poll(day * DAY, FAILING) for day in range(6)]
    assert [day for day, titles in enumerate(announced) if titles] == [FAILING_NOTICE_POLLS - 1]


def test_a_source_that_fails_for_an_hour_is_not_announced_nor_its_return() -> None:
    source = Source()
    assert [source.poll(hour * HOUR, *([FAILING] if hour % 2 else [])) for hour in range(100)] == [[]] * 100


def test_notices_say_how_long_a_source_has_failed() -> None:
    source = Source()
    for hour in range(25):
        alerts = source.poll_alerts(hour * HOUR, [FAILING])
    assert alerts[0].reason == "It cannot be read: no answer. This has lasted for 24 hours."
    assert source.poll_alerts(72 * HOUR, [])[0].reason == "It can be read again. It was failing for 3 days."


def test_a_blocked_source_is_announced_after_several_refusals() -> None:
    source = Source()
    assert [source.poll(poll * HOUR, BLOCKED) for poll in range(4)] == [[], [], ["is blocked"], []]


def test_a_flapping_state_is_announced_once_a_day() -> None:
    source = Source()
    announced = [source.poll(hour * HOUR, *([QUIET] if hour % 2 else [])) for hour in range(48)]
    assert [hour for hour, titles in enumerate(announced) if titles] == [1, 25]


def test_an_issue_is_announced_again_if_it_returns_after_a_week() -> None:
    source = Source()
    assert source.poll(0, FLIPS) == ["flips between two copies"]
    assert source.poll(3 * DAY, FLIPS) == []
    assert source.poll(3 * DAY + ISSUE_EXPIRY_S) == []
    assert not source.notices["flipping"].is_visible
    assert source.poll(4 * DAY + ISSUE_EXPIRY_S, FLIPS) == ["flips between two copies"]


def test_a_rewind_that_turns_out_to_be_flipping_is_one_notice() -> None:
    source = Source()
    assert source.poll(0, REWINDS) == ["served an older copy"]
    assert source.poll(HOUR, FLIPS) == []
    assert [notice.kind for notice in source.notices.values()] == ["rewound"]


def test_a_poll_repeated_after_a_crash_gives_the_alert_the_same_id() -> None:
    assert Source().poll_alerts(0, [FLIPS])[0].id == Source().poll_alerts(0, [FLIPS])[0].id
    assert Source().poll_alerts(0, [FLIPS])[0].id != Source().poll_alerts(DAY, [FLIPS])[0].id


def test_a_state_is_not_visible_until_it_is_announced() -> None:
    source = Source()
    source.poll(0, FAILING)
    assert not source.notices["failing"].is_visible
    source.poll(0, FLIPS)
    assert source.notices["flipping"].is_visible


@pytest.mark.parametrize("kind", NOTICE_TITLES)
@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "webhook"])
def test_every_channel_type_renders_every_notice_with_its_title_and_text(kind: str, channel_type: str) -> None:
    notice = source_alert("wire", kind, "The text of the notice.", NOON, NOON)
    assert is_notice(notice)
    message = build_message("desk", [notice], NOON)
    rendered = render_message(message, channel_type, builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    parts = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    parts = parts or [rendered.body.decode()]
    assert all("The text of the notice." in part and notice.title in part for part in parts)
    assert rendered.note is None


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal"])
def test_a_message_of_several_notices_shows_all_of_them(channel_type: str) -> None:
    names = ("wire", "press", "desk")
    notices = [source_alert(name, "failing", f"{name} cannot be read.", NOON, NOON) for name in names]
    message = build_message("desk", notices, NOON)
    rendered = render_message(message, channel_type, builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    parts = [part for part in (rendered.text, rendered.html, str(rendered.blocks or "")) if part]
    for notice in notices:
        assert all(notice.title in part and notice.reason in part for part in parts)


def test_faults_have_a_higher_severity_than_odd_feeds() -> None:
    severities = {kind: source_alert("wire", kind, "", NOON, NOON).severity for kind in NOTICE_TITLES}
    assert severities["failing"] is severities["blocked"] is severities["paused"] is Severity.HIGH
    assert severities["clock"] is Severity.LOW
