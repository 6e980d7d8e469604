"""Messages that combine alerts: a digest, quiet hours, a flood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import builtin_templates, make_alert, make_alert_finding, make_message

from monitor.alerts.ids import group_by_rule
from monitor.deliver.grouping import summarize
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
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


def outline(*alerts: Alert, shown: Collection[int] = range(40)) -> list[tuple[str, str, list[str], list[int]]]:
    """Return each group of the summary: rule title, severity, lines as `NUMBER HEADLINE`, and repeats."""
    summary = summarize(group_by_rule(alerts), shown, 100, 10_000)
    return [
        (
            group.title,
            str(group.severity),
            [f"{line.number} {line.headline}{' (below)' if line.is_shown else ''}" for line in group.lines],
            group.same_as,
        )
        for group in summary.groups
    ]


def test_a_count_has_a_line_though_another_rule_alerts_on_its_first_match() -> None:
    count = replace(FLOOD, id="a5", rule="many", title="Many floods", counted="2 matches since 14:02")
    assert outline(FLOOD, replace(count, findings=(*FLOOD.findings, *WATER.findings))) == [
        ("Floods", "low", ["1 The dam of Orsk broke (below)"], []),
        ("Many floods", "low", ["1 2 matches since 14:02: The dam of Orsk broke (below)"], []),
    ]


def test_a_summary_lists_the_alerts_by_severity_and_rule() -> None:
    assert outline(FLOOD, FIRE, WATER, MORE) == [
        ("Fires", "high", ["1 A mill burns in Tolna (below)", "2 The fire in Tolna is out (below)"], []),
        ("Floods", "high", ["3 Orsk is under water (below)"], []),
        ("Floods", "low", ["4 The dam of Orsk broke (below)"], []),
    ]


def test_a_summary_knows_what_the_message_shows_in_full() -> None:
    ((_, _, lines, _),) = outline(FIRE, MORE, shown=[2])
    assert lines == ["1 A mill burns in Tolna", "2 The fire in Tolna is out (below)"]


def test_a_claim_that_matched_two_rules_is_listed_once() -> None:
    both = replace(FIRE, id="a9", rule="mills", title="Mills")
    assert outline(FIRE, WATER, both) == [
        ("Fires", "high", ["1 A mill burns in Tolna (below)"], []),
        ("Floods", "high", ["2 Orsk is under water (below)"], []),
        ("Mills", "high", [], [1]),
    ]


def test_alerts_beyond_the_limits_of_a_summary_are_counted() -> None:
    alerts = group_by_rule([FLOOD, FIRE, WATER, MORE])
    assert summarize(alerts, (), 3, 10_000).unlisted == 1
    assert summarize(alerts, (), 9, 100).unlisted == 2
    assert summarize(alerts, (), 9, 10_000).unlisted == 0


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "other"])
def test_a_digest_names_each_alert_once_above_the_claims(channel_type: str) -> None:
    rendered = render_message(
        digest(FLOOD, FIRE, WATER, MORE), channel_type, builtin_templates(), RenderSettings(ZoneInfo("UTC"))
    )
    assert rendered.subject == "[HIGH] Digest, 4 alerts: A mill burns in Tolna; The fire in Tolna is out; …"
    for part in (rendered.text, rendered.html.partition("<body")[2], str(rendered.blocks or "")):
        if part:
            assert "4 alerts of 2 rules" in part
            assert "The alerts since the last digest, most severe first." in part
            assert part.index("Fires") < part.index("A mill burns") < part.index("fire in Tolna is out")
            assert part.index("fire in Tolna is out") < part.index("Floods") < part.index("The dam of Orsk broke")
            assert part.count("A mill burns") == 1  # its headline says all of it
    assert rendered.note is None


def test_a_message_of_one_rule_has_its_title_and_no_rule_beside_each_claim() -> None:
    rendered = render_message(digest(FIRE, MORE), "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    assert rendered.subject == "[HIGH] Digest, 2 alerts: A mill burns in Tolna; The fire in Tolna is out"
    assert rendered.text.startswith("[HIGH] 2 alerts: Fires\n")
    assert rendered.text.count("Fires") == 3  # the title, the summary, and why


def test_the_subject_of_a_batch_names_the_two_most_severe_headlines() -> None:
    urgent = make_alert(
        make_alert_finding("The dam at Brevik failed.", entry="e7"), id="a7", severity=Severity.CRITICAL
    )
    message = make_message(*group_by_rule([FLOOD, FIRE, urgent]))
    rendered = render_message(message, "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    assert rendered.subject == "[CRITICAL] 3 alerts: The dam at Brevik failed; A mill burns in Tolna; …"


def test_a_digest_mail_shows_all_of_forty_alerts() -> None:
    many = [
        make_alert(make_alert_finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}")
        for n in range(40)
    ]
    rendered = render_message(digest(*many), "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    assert all(f"Mill {n} burns ·" in rendered.text for n in range(40))
    assert len(rendered.html) < 200_000


def test_a_digest_of_one_alert_is_rendered_like_a_single_alert() -> None:
    rendered = render_message(digest(FIRE), "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    assert (rendered.subject, rendered.text, rendered.html) == tuple(
        getattr(
            render_message(make_message(FIRE), "email", builtin_templates(), RenderSettings(ZoneInfo("UTC"))), part
        )
        for part in ("subject", "text", "html")
    )


def test_a_slack_digest_stays_within_fifty_blocks_and_links_to_the_alerts_it_does_not_list() -> None:
    many = [
        make_alert(make_alert_finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}")
        for n in range(60)
    ]
    rendered = render_message(
        digest(*many), "slack", builtin_templates(), RenderSettings(ZoneInfo("UTC"), "https://claims.example")
    )
    assert len(rendered.blocks) <= 50
    text = str(rendered.blocks)
    assert all(f"Mill {n} burns" in text for n in range(40))
    assert "20 more alerts do not fit here: <https://claims.example/?message=m1|all alerts of this message>" in text


def test_a_mail_of_a_storm_names_five_hundred_alerts_and_where_the_others_are() -> None:
    many = [
        make_alert(make_alert_finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}")
        for n in range(700)
    ]
    rendered = render_message(digest(*many), "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    for part in (rendered.text, rendered.html):
        assert all(f"Mill {n} burns" in part for n in range(500))
        assert "Mill 500 burns" not in part
        assert "200 more alerts do not fit here" in part
        assert "monitor alerts --message m1" in part
