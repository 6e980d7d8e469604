"""Pages, JSON and feeds polled by the daemon: withdrawn claims, shrunk pages, and sources that are gone or quiet."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from kit.followed_source import FollowedSource
from kit.followed_source import html_page as page

LINES = [f"Line {number} of the ferries leaves the pier of Halvik at {number} o'clock." for number in range(4, 16)]
LOGIN = "<html><title>Log in</title><body><form><input type=password></form><p>Enter your name.</p></body></html>"


async def test_each_added_or_removed_claim_of_a_page_is_a_finding(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    withdrawn = "Storm warnings are in force for the northern coast."
    await followed_source.poll(page(withdrawn, *LINES))
    source_state = await followed_source.poll(page(*LINES, "The harbour master of Halvik has resigned."))
    assert (source_state.state, source_state.entries) == ("ok", 1)
    assert followed_source.findings("withdrawn") == [withdrawn]
    assert "The harbour master of Halvik has resigned." in followed_source.findings("new")


async def test_a_login_page_never_withdraws_claims(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    await followed_source.poll(page(*LINES))
    for _ in range(5):
        source_state = await followed_source.poll(LOGIN)
        assert (source_state.state, source_state.error_code) == ("failing", "not_the_page")
    assert (await followed_source.poll(page(*LINES))).state == "ok"
    assert followed_source.findings("withdrawn") == []


async def test_a_shrunk_page_is_accepted_after_three_rejections(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    await followed_source.poll(page(*LINES))
    for _ in range(3):
        source_state = await followed_source.poll(page(LINES[0]))
        assert (source_state.state, source_state.error_code) == ("failing", "suspicious_shrink")
        assert followed_source.findings("withdrawn") == []
    assert (await followed_source.poll()).state == "ok"
    assert followed_source.findings("withdrawn") == LINES[1:]


async def test_a_temporary_shrink_causes_no_findings(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    await followed_source.poll(page(*LINES))
    await followed_source.poll(page(LINES[0]))
    before = followed_source.findings("new")
    source_state = await followed_source.poll(page(*LINES))
    assert (source_state.state, source_state.failures) == ("ok", 0)
    assert (followed_source.findings("new"), followed_source.findings("withdrawn")) == (before, [])


async def test_a_suddenly_empty_list_is_accepted_after_three_rejections(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "json"\nentries = "open"\nfields = { text = "said" }')
    full = json.dumps({"open": [{"id": number, "said": line} for number, line in enumerate(LINES)]})
    assert (await followed_source.poll(full)).entries == len(LINES)
    states = [(await followed_source.poll(json.dumps({"open": []}))).error_code for _ in range(4)]
    assert states == ["suspicious_shrink"] * 3 + [None]


async def test_a_source_gone_for_three_days_is_paused_with_one_notice(
    followed_source: FollowedSource, capfd: pytest.CaptureFixture[str]
) -> None:
    followed_source.configure('kind = "page"')
    await followed_source.poll(page(*LINES))
    states = [(await followed_source.poll(status=410)).state for _ in range(5)]
    assert states == ["failing", "failing", "paused", "paused", "paused"]
    assert capfd.readouterr().out.count("notice: Source notices is paused") == 1
    assert (await followed_source.poll(status=200)).state == "ok"


async def test_a_paused_source_with_a_new_url_is_polled_again(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    await followed_source.poll(page(*LINES))
    for _ in range(3):
        await followed_source.poll(status=410)
    followed_source.now -= 86400
    config = followed_source.folder / "config.toml"
    config.write_text(config.read_text().replace(followed_source.site.url, followed_source.site.url + "moved"))
    assert (await followed_source.poll(status=410)).state == "failing"


async def test_a_source_silent_for_unusually_long_is_quiet_until_its_next_entry(
    followed_source: FollowedSource, capfd: pytest.CaptureFixture[str]
) -> None:
    followed_source.configure('first_poll = "alert"')
    followed_source.site.kind = "application/rss+xml"
    items = [rss(number, followed_source.now - (25 - number) * 86400) for number in range(25)]
    assert (await followed_source.poll(feed(items))).state == "ok"
    followed_source.now += 3 * 86400
    assert [(await followed_source.poll()).state for _ in range(3)] == ["quiet"] * 3
    assert capfd.readouterr().out.count("notice: Source notices has fallen silent") == 1
    assert (await followed_source.poll(feed([*items, rss(99, followed_source.now)]))).state == "ok"


def rss(number: int, at: float) -> str:
    date = datetime.fromtimestamp(at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return f"<item><guid>{number}</guid><title>Ferry {number} has left Halvik</title><pubDate>{date}</pubDate></item>"


def feed(items: list[str]) -> str:
    return f"<rss version='2.0'><channel><title>Ferries</title>{''.join(items)}</channel></rss>"
