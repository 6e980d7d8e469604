"""Messages that combine alerts: a digest, quiet hours, a flood."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import builtin_templates, make_alert, make_alert_finding, make_message

from monitor.alerts.ids import group_by_rule
from monitor.deliver.grouping import placements
from monitor.deliver.render import render_message
from monitor.model import Alert, Message, Reason, Severity

FLOOD = make_alert(
    make_alert_finding("The dam of Orsk broke."),
    id="a1",
    rule="floods",
    title="Floods",
    story="s1",
    severity=Severity.LOW,
)
FIRE = make_alert(
    make_alert_finding("A mill burns in Tolna.", entry="e2"), id="a2", rule="fires", title="Fires", story="s2"
)
WATER = make_alert(
    make_alert_finding("Orsk is under water.", entry="e3"), id="a3", rule="floods", title="Floods", story="s1"
)
MORE = make_alert(
    make_alert_finding("The fire in Tolna is out.", entry="e4"), id="a4", rule="fires", title="Fires", story="s2"
)


def digest(*alerts: Alert) -> Message:
    return replace(make_message(*group_by_rule(alerts)), batch_reason=Reason.DIGEST)


def placement_rows(*alerts: Alert) -> list[tuple[str, str, bool]]:
    """Return for each finding the claim, the heading above it, and whether it continues its story."""
    return [
        (key[2], placement.heading, placement.continues_story)
        for key, placement in placements(group_by_rule(alerts)).items()
    ]


def test_each_rule_has_one_heading_above_its_stories() -> None:
    other = make_alert(
        make_alert_finding("Mud in Brevik.", entry="e5"), id="a5", rule="floods", title="Floods", story="s3"
    )
    ordered = group_by_rule([FLOOD, FIRE, other, WATER, MORE])
    assert [alert.id for alert in ordered] == ["a2", "a4", "a5", "a3", "a1"]
    assert placement_rows(*ordered) == [
        ("A mill burns in Tolna.", "Fires", False),
        ("The fire in Tolna is out.", "", True),
        ("Mud in Brevik.", "Floods", False),
        ("Orsk is under water.", "", False),
        ("The dam of Orsk broke.", "", True),
    ]


def test_a_message_of_one_rule_has_no_heading() -> None:
    assert [heading for _, heading, _ in placement_rows(FIRE, MORE)] == ["", ""]


def test_a_finding_shown_under_an_earlier_rule_leaves_the_heading_to_the_next_finding() -> None:
    both = replace(FIRE, id="a9", rule="mills", title="Mills", findings=(*FIRE.findings, *WATER.findings))
    assert [heading for _, heading, _ in placement_rows(FIRE, both)] == ["Fires", "Mills"]


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "other"])
def test_a_digest_has_a_summary_and_a_heading_for_each_rule(channel_type: str) -> None:
    rendered = render_message(
        digest(FLOOD, FIRE, WATER, MORE), channel_type, builtin_templates(), ZoneInfo("UTC"), None
    )
    assert "Digest: 4 alerts of 2 rules" in rendered.subject
    for part in (rendered.text, rendered.html, str(rendered.blocks or "")):
        if part:
            assert "4 alerts since the last digest, grouped by rule" in part
            assert part.index("A mill burns") < part.index("fire in Tolna") < part.index("under water")
            assert part.index("Fires") < part.rindex("A mill burns")
            assert part.index("A mill burns") < part.index("Floods") < part.index("under water")
    assert rendered.note is None


def test_a_digest_mail_shows_all_of_forty_alerts() -> None:
    many = [
        make_alert(make_alert_finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}")
        for n in range(40)
    ]
    rendered = render_message(digest(*many), "email", builtin_templates(), ZoneInfo("UTC"), None)
    assert all(f"Mill {n} burns." in rendered.text for n in range(40))
    assert len(rendered.html) < 200_000


def test_a_digest_of_one_alert_is_rendered_like_a_single_alert() -> None:
    rendered = render_message(digest(FIRE), "email", builtin_templates(), ZoneInfo("UTC"), None)
    assert (rendered.subject, rendered.text, rendered.html) == tuple(
        getattr(render_message(make_message(FIRE), "email", builtin_templates(), ZoneInfo("UTC"), None), part)
        for part in ("subject", "text", "html")
    )


def test_a_slack_digest_stays_within_fifty_blocks_and_counts_the_remaining_findings() -> None:
    many = [
        make_alert(make_alert_finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}")
        for n in range(60)
    ]
    rendered = render_message(digest(*many), "slack", builtin_templates(), ZoneInfo("UTC"), "https://claims.example")
    assert len(rendered.blocks) <= 50
    assert "… and 46 more." in str(rendered.blocks)
    assert str(rendered.blocks).count("https://isw.example/e1|Read it") == 14
