"""Messages that bring alerts together: a digest, quiet hours, a storm."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import alert, builtin_templates, finding, message

from monitor.deliver.render import render
from monitor.deliver.together import headings, story_by_story
from monitor.model import Alert, Message, Reason, Severity

FLOOD = alert(
    finding("The dam of Orsk broke."), id="a1", rule="floods", title="Floods", story="s1", severity=Severity.LOW
)
FIRE = alert(finding("A mill burns in Tolna.", entry="e2"), id="a2", rule="fires", title="Fires", story="s2")
WATER = alert(finding("Orsk is under water.", entry="e3"), id="a3", rule="floods", title="Floods", story="s1")
MORE = alert(finding("The fire in Tolna is out.", entry="e4"), id="a4", rule="fires", title="Fires", story="s2")


def digest(*alerts: Alert) -> Message:
    return replace(message(*story_by_story(alerts)), gathers=Reason.DIGEST)


def test_alerts_of_a_story_stand_together_and_the_most_severe_story_comes_first() -> None:
    ordered = story_by_story([FLOOD, FIRE, WATER, MORE])
    assert [one.id for one in ordered] == ["a2", "a4", "a3", "a1"]
    assert [title for _, title in headings(ordered)] == ["Fires", "", "Floods", ""]


@pytest.mark.parametrize("channel_type", ["email", "slack", "terminal", "other"])
def test_a_digest_says_what_it_is_and_has_a_heading_for_each_story(channel_type: str) -> None:
    rendered = render(digest(FLOOD, FIRE, WATER, MORE), channel_type, builtin_templates(), ZoneInfo("UTC"), None)
    assert "Digest: 4 alerts of 2 rules" in rendered.subject
    for part in (rendered.text, rendered.html, str(rendered.blocks or "")):
        if part:
            assert "4 alerts since the last digest, story by story" in part
            assert part.index("A mill burns") < part.index("fire in Tolna") < part.index("under water")
            assert part.index("Fires") < part.rindex("A mill burns")
    assert rendered.note is None


def test_a_digest_of_forty_shows_them_all_in_a_mail() -> None:
    many = [alert(finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}") for n in range(40)]
    rendered = render(digest(*many), "email", builtin_templates(), ZoneInfo("UTC"), None)
    assert all(f"Mill {n} burns." in rendered.text for n in range(40))
    assert len(rendered.html) < 200_000


def test_one_alert_alone_is_told_as_ever_whenever_it_comes() -> None:
    alone = render(digest(FIRE), "email", builtin_templates(), ZoneInfo("UTC"), None)
    assert (alone.subject, alone.text, alone.html) == tuple(
        getattr(render(message(FIRE), "email", builtin_templates(), ZoneInfo("UTC"), None), part)
        for part in ("subject", "text", "html")
    )


def test_a_post_about_many_stories_stays_within_fifty_blocks_and_counts_the_rest() -> None:
    many = [alert(finding(f"Mill {n} burns.", entry=f"e{n}"), id=f"a{n}", story=f"s{n}") for n in range(60)]
    rendered = render(digest(*many), "slack", builtin_templates(), ZoneInfo("UTC"), "https://claims.example")
    assert len(rendered.blocks) <= 50
    assert "… and 46 more." in str(rendered.blocks)
    assert str(rendered.blocks).count("https://isw.example/e1|Read it") == 14
