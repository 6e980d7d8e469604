"""A page is one entry, or one for each match of a selector; what stands in for it is told from it."""

from __future__ import annotations

import pytest

from monitor.errors import ParseError
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.text.split import split_claims

URL = "https://ferries.example/notices"
PAGE = """<!doctype html><html><head><title>Notices | Ferries of Halvik</title></head><body>
<header>Ferries of Halvik</header><nav><a href=/>Start</a></nav>
<main><h1>Notices</h1><p>The pier is closed until Friday.</p><ul><li>Line 4 leaves at nine.</ul>
<div class=weather>Wind is strong.</div></main>
<aside>Buy a year's ticket.</aside><footer>Harbour street 1</footer></body></html>"""
BLOCKS = """<html><body><h1>Incidents</h1>
<div class=incident id=n7><h2>Pier closed</h2><p>Read the <a href="/rules">rules</a>.</p></div>
<div class=incident><h2><a href="/incidents/8?utm_source=x">Ferry aground</a></h2>
  <time datetime="2026-01-02T03:04:05Z">today</time><p>Nobody is hurt.</p></div>
<div class=incident><h2>Fog</h2><div class=incident>All lines are late.</div></div>
</body></html>"""


def read(body: str | bytes, content_type: str = "text/html; charset=utf-8", url: str = URL, **how: str) -> Feed:
    body = body.encode() if isinstance(body, str) else body
    return parse_page(body, content_type, url, ParseOptions("page", URL, **how))  # type: ignore[arg-type]


def failure(body: str | bytes, **how: str) -> ParseError:
    with pytest.raises(ParseError) as raised:
        read(body, **how)
    return raised.value


def claims(feed: Feed) -> list[str]:
    return [claim.text for entry in feed.entries for claim in split_claims(entry.title, entry.body)]


def test_a_page_is_one_entry_of_its_main_part() -> None:
    feed = read(PAGE)
    assert [(entry.key, entry.title, entry.url) for entry in feed.entries] == [(URL, "Notices", URL)]
    assert claims(feed) == [
        "Notices",
        "The pier is closed until Friday.",
        "Line 4 leaves at nine.",
        "Wind is strong.",
    ]


def test_without_a_main_part_what_frames_the_page_is_left_out() -> None:
    assert claims(read(PAGE.replace("main>", "div>"))) == claims(read(PAGE))


def test_a_selector_says_what_counts_each_element_once() -> None:
    assert claims(read(PAGE, select=".weather, main li"))[1:] == ["Line 4 leaves at nine.", "Wind is strong."]
    assert claims(read(PAGE, select="main, .weather"))[1:].count("Wind is strong.") == 1


def test_a_page_with_many_headings_of_the_first_rank_is_called_what_its_tab_says() -> None:
    assert read(PAGE.replace("<p>", "<h1>More</h1><p>")).entries[0].title == "Notices | Ferries of Halvik"


def test_a_redirect_does_not_make_a_page_another_entry() -> None:
    elsewhere = read(PAGE, url="https://ferries.example/notices;jsessionid=1?lang=en").entries[0]
    assert elsewhere.key == read(PAGE).entries[0].key


def test_each_match_is_an_entry_known_by_its_id_its_link_or_its_heading() -> None:
    first, second, third = read(BLOCKS, each=".incident").entries
    assert (first.key, first.title, first.url) == (f"{URL}#n7", "Pier closed", f"{URL}#n7")
    assert (second.key, second.published) == ("https://ferries.example/incidents/8", 1767323045.0)
    assert (third.title, third.url) == ("Fog", URL)
    assert "All lines are late." in claims(Feed("", (third,), None, ()))


def test_an_entry_of_a_page_keeps_its_key_when_it_moves_or_is_edited() -> None:
    keys = {entry.title: entry.key for entry in read(BLOCKS, each=".incident").entries}
    moved = BLOCKS.replace("All lines", "Two lines").replace("<h1>", "<div class=incident id=n9>Storm</div><h1>")
    after = {entry.title: entry.key for entry in read(moved, each=".incident").entries}
    assert after.items() >= keys.items()
    assert len(after) == 4


def test_selected_parts_bound_where_matches_are_looked_for() -> None:
    assert [entry.title for entry in read(BLOCKS, select="#n7", each="h2").entries] == ["Pier closed"]
    assert read(BLOCKS, each=".nothing").entries == ()


def test_markdown_and_plain_text_are_read_as_they_are() -> None:
    markdown = "# Notices\n\n- The pier is closed.\n- Line 4 <b>leaves</b> at nine.\n"
    feed = read(markdown, "text/markdown")
    assert (feed.entries[0].key, feed.entries[0].title) == (URL, "Notices")
    assert claims(feed)[:2] == ["Notices", "The pier is closed."]
    assert claims(read("The pier is closed.\nNobody is hurt.", "text/plain"))


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>Sign in</title><body><form><input type=password></form><p>Enter your name.</p></body></html>",
        "<html><title>Just a moment...</title><body><p>Checking your browser.</p></body></html>",
        "<html><title>x</title><body><div class='g-recaptcha'></div><p>Are you a robot?</p></body></html>",
        "<html><title>503 Service Unavailable</title><body><h1>503</h1><p>nginx</p></body></html>",
        "<html><title>x</title><body><main></main><script>app()</script></body></html>",
        "%PDF-1.7 x",
    ],
)
def test_a_page_that_stands_in_for_another_is_not_the_page(page: str) -> None:
    assert failure(page).code == "not_the_page"


def test_a_page_with_a_small_login_of_its_own_is_the_page() -> None:
    text = "The pier of Halvik is closed for repairs until the end of this week. " * 30
    assert claims(read(f"<html><body><form><input type=password></form><p>{text}</p></body></html>"))
    assert claims(read("<body><input type=password><p class=x>Pier closed.</p></body>", select=".x"))


def test_a_selector_that_meets_nothing_is_said() -> None:
    assert str(failure(PAGE, select=".gone")) == 'nothing on the page meets the selector ".gone"'
    assert failure(b" \n").code == "empty_body"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Паром".encode("cp1251"), "text/html; charset=windows-1251"),
        ("<meta charset=koi8-u>Паром".encode("koi8-u"), "text/html"),
        ("\ufeffПаром".encode("utf-16-le"), "text/html"),
        ("Паром".encode(), "text/html; charset=undefined"),
        ("Паром".encode(), "text/html; charset=punycode"),
        ("<meta charset=utf-16>Паром".encode(), "text/html"),
    ],
)
def test_the_charset_is_the_one_of_mark_header_or_page(body: bytes, content_type: str) -> None:
    assert decode_body(body, content_type).endswith("Паром")


def test_bytes_that_are_no_utf8_are_read_as_browsers_do() -> None:
    assert decode_body(b"caf\xe9 \x93x\x94", "text/html") == "café “x”"
    assert decode_body(b"\x93x\x94", "text/html; charset=iso-8859-1") == "“x”"
