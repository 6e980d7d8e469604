"""Pages polled by the daemon: interstitials, replaced pages, moving lines, pages read in parts for the first time."""

from __future__ import annotations

import pytest
from kit.config import write_rules
from kit.followed_source import FollowedSource, html_page
from kit.pdf_writer import write_pdf

NOTICES = [
    "The ferry from Halvik sails at 14:00 on Friday.",
    "Pier 3 is closed until the end of May.",
    "Tickets are sold in the office at Quay 1.",
    "The lighthouse of Nordby gets a new lamp.",
]
CAPTCHA = html_page("Please confirm that you are not a robot.", title="Harbour")
UNKNOWN = html_page("Palun oodake hetk.", "Teie brauserit kontrollitakse.", "Aitäh!", title="Tere")


def all_findings(followed_source: FollowedSource) -> list[list[str]]:
    return [followed_source.findings(novelty) for novelty in ("new", "changed", "repeated", "withdrawn")]


@pytest.mark.parametrize(
    "options", ['kind = "page"', 'kind = "page"\neach = "main p"', 'kind = "page"\nselect = "main"']
)
@pytest.mark.parametrize(("body", "code"), [(CAPTCHA, "not_the_page"), (UNKNOWN, "suspicious_shrink")])
async def test_another_page_for_a_while_and_the_return_of_the_real_one_find_nothing(
    followed_source: FollowedSource, options: str, body: str, code: str
) -> None:
    followed_source.configure(options)
    await followed_source.poll(html_page(*NOTICES))
    before = all_findings(followed_source)
    for _ in range(2):
        state = await followed_source.poll(body)
        assert (state.state, state.error_code) == ("failing", code)
    assert (await followed_source.poll(html_page(*NOTICES))).state == "ok"
    assert all_findings(followed_source) == before


@pytest.mark.parametrize("options", ['kind = "page"', 'kind = "page"\neach = "main p"'])
async def test_a_page_that_stays_replaced_is_accepted_after_three_rejections(
    followed_source: FollowedSource, options: str
) -> None:
    followed_source.configure(options)
    await followed_source.poll(html_page(*NOTICES))
    codes = [(await followed_source.poll(UNKNOWN)).error_code for _ in range(4)]
    assert codes == ["suspicious_shrink"] * 3 + [None]
    assert "Teie brauserit kontrollitakse." in followed_source.findings("new")


async def test_a_page_of_one_changing_sentence_is_never_suspicious(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    for line in ("All lines run on time.", "Storm closes the harbour of Halvik.", "Line 9 is cancelled."):
        assert (await followed_source.poll(html_page(line))).state == "ok"
    assert "Line 9 is cancelled." in followed_source.findings("new")


@pytest.mark.parametrize("options", ['kind = "page"', 'kind = "page"\neach = "main p"'])
async def test_lines_that_move_at_every_poll_are_reported_once_and_stay_findings(
    followed_source: FollowedSource, options: str, capfd: pytest.CaptureFixture[str]
) -> None:
    followed_source.configure(options)
    for number in range(20, 27):
        state = await followed_source.poll(html_page(*NOTICES, f"{number * 3} people bought this offer"))
        assert state.state == "ok"
        assert ("moving" in followed_source.notices()) == (number >= 24)
    assert '`ignore = ["people bought this offer"]`' in followed_source.notices()["moving"]
    assert capfd.readouterr().out.count("notice: Source notices has lines that change") == 1
    assert "78 people bought this offer" in followed_source.findings("changed")


async def test_a_figure_that_rests_between_its_moves_is_not_reported(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"')
    for number in range(20, 30):
        await followed_source.poll(html_page(*NOTICES, f"The storm killed {number} people"))
        await followed_source.poll()
    assert followed_source.notices() == {}


async def test_a_page_read_in_parts_for_the_first_time_raises_no_alerts(followed_source: FollowedSource) -> None:
    write_rules(followed_source.folder, "name: all\ntitle: All\nmatch: bridge OR ferry\n")
    followed_source.configure('kind = "page"')
    await followed_source.poll(html_page(NOTICES[0]))
    urls = "".join(f"<url><loc>/news/bridge-{n}-opened</loc></url>" for n in range(4))
    await followed_source.poll(f"<urlset>{urls}</urlset>")
    await followed_source.poll(f"<urlset><url><loc>/news/ferry-sank</loc></url>{urls}</urlset>")
    assert "Ferry sank (/news/ferry-sank)" in followed_source.findings("new")
    assert followed_source.alerted_entries() == [
        f"{followed_source.site.url.replace('http:', 'https:').rstrip('/')}/news/ferry-sank"
    ]


async def test_a_changed_link_and_a_changed_pdf_are_findings(followed_source: FollowedSource) -> None:
    followed_source.configure('kind = "page"\nattributes = true')
    await followed_source.poll(html_page(*NOTICES, "<a href=/files/may.pdf>Timetable</a>"))
    await followed_source.poll(html_page(*NOTICES, "<a href=/files/june.pdf>Timetable</a>"))
    assert "Timetable [/files/june.pdf]" in followed_source.findings("changed") + followed_source.findings("new")
    await followed_source.poll(write_pdf([["Notices", *NOTICES]]))
    await followed_source.poll(write_pdf([["Notices", *NOTICES[1:], NOTICES[0].replace("14:00", "16:00")]]))
    assert NOTICES[0].replace("14:00", "16:00") in followed_source.findings("changed")
