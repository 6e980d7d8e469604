"""A page is one entry, or one per match of a selector; login, captcha and error pages are recognized."""

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


def parse(body: str | bytes, content_type: str = "text/html; charset=utf-8", url: str = URL, **options: str) -> Feed:
    body = body.encode() if isinstance(body, str) else body
    return parse_page(body, content_type, url, ParseOptions("page", URL, **options))  # type: ignore[arg-type]


def failure(body: str | bytes, **options: str) -> ParseError:
    with pytest.raises(ParseError) as raised:
        parse(body, **options)
    return raised.value


def claims(feed: Feed) -> list[str]:
    return [claim.text for entry in feed.entries for claim in split_claims(entry.title, entry.body)]


def test_a_page_is_one_entry_with_its_main_part() -> None:
    feed = parse(PAGE)
    assert [(entry.key, entry.title, entry.url) for entry in feed.entries] == [(URL, "Notices", URL)]
    assert claims(feed) == [
        "Notices",
        "The pier is closed until Friday.",
        "Line 4 leaves at nine.",
        "Wind is strong.",
    ]


def test_without_a_main_part_headers_and_footers_are_dropped() -> None:
    assert claims(parse(PAGE.replace("main>", "div>"))) == claims(parse(PAGE))


def test_a_selector_chooses_elements_and_counts_each_once() -> None:
    assert claims(parse(PAGE, select=".weather, main li"))[1:] == ["Line 4 leaves at nine.", "Wind is strong."]
    assert claims(parse(PAGE, select="main, .weather"))[1:].count("Wind is strong.") == 1


def test_a_page_with_several_h1_headings_has_the_title_of_its_title_tag() -> None:
    assert parse(PAGE.replace("<p>", "<h1>More</h1><p>")).entries[0].title == "Notices | Ferries of Halvik"


def test_a_redirect_does_not_change_the_key_of_a_page() -> None:
    elsewhere = parse(PAGE, url="https://ferries.example/notices;jsessionid=1?lang=en").entries[0]
    assert elsewhere.key == parse(PAGE).entries[0].key


def test_each_match_is_an_entry_with_a_key_from_its_id_link_or_heading() -> None:
    first, second, third = parse(BLOCKS, each=".incident").entries
    assert (first.key, first.title, first.url) == (f"{URL}#n7", "Pier closed", f"{URL}#n7")
    assert (second.key, second.published) == ("https://ferries.example/incidents/8", 1767323045.0)
    assert (third.title, third.url) == ("Fog", URL)
    assert "All lines are late." in claims(Feed("", (third,), None, ()))


def test_a_page_part_keeps_its_key_when_it_is_moved_or_edited() -> None:
    keys = {entry.title: entry.key for entry in parse(BLOCKS, each=".incident").entries}
    moved = BLOCKS.replace("All lines", "Two lines").replace("<h1>", "<div class=incident id=n9>Storm</div><h1>")
    after = {entry.title: entry.key for entry in parse(moved, each=".incident").entries}
    assert after.items() >= keys.items()
    assert len(after) == 4


def test_matches_are_searched_only_in_the_selected_parts() -> None:
    assert [entry.title for entry in parse(BLOCKS, select="#n7", each="h2").entries] == ["Pier closed"]
    assert parse(BLOCKS, each=".nothing").entries == ()


def test_markdown_and_plain_text_are_read_unchanged() -> None:
    markdown = "# Notices\n\n- The pier is closed.\n- Line 4 <b>leaves</b> at nine.\n"
    feed = parse(markdown, "text/markdown")
    assert (feed.entries[0].key, feed.entries[0].title) == (URL, "Notices")
    assert claims(feed)[:2] == ["Notices", "The pier is closed."]
    assert claims(parse("The pier is closed.\nNobody is hurt.", "text/plain"))


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>Sign in</title><body><form><input type=password></form><p>Enter your name.</p></body></html>",
        "<html><title>Just a moment...</title><body><p>Checking your browser.</p></body></html>",
        "<html><title>x</title><body><div class='g-recaptcha'></div><p>Are you a robot?</p></body></html>",
        "<html><title>503 Service Unavailable</title><body><h1>503</h1><p>nginx</p></body></html>",
        "<html><title>x</title><body><main></main><script>app()</script></body></html>",
        "GIF89a x",
    ],
)
def test_a_login_captcha_or_error_page_is_an_error(page: str) -> None:
    assert failure(page).code == ("needs_javascript" if "<script>" in page else "not_the_page")


def test_a_long_page_with_a_login_form_is_accepted() -> None:
    text = "The pier of Halvik is closed for repairs until the end of this week. " * 30
    assert claims(parse(f"<html><body><form><input type=password></form><p>{text}</p></body></html>"))
    assert claims(parse("<body><input type=password><p class=x>Pier closed.</p></body>", select=".x"))


def test_a_selector_without_match_is_an_error() -> None:
    assert str(failure(PAGE, select=".gone")) == 'the selector ".gone" matches no text on the page'
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
def test_the_charset_comes_from_byte_order_mark_header_or_page(body: bytes, content_type: str) -> None:
    assert decode_body(body, content_type).endswith("Паром")


def test_bytes_that_are_not_utf8_are_decoded_as_browsers_do() -> None:
    assert decode_body(b"caf\xe9 \x93x\x94", "text/html") == "café “x”"
    assert decode_body(b"\x93x\x94", "text/html; charset=iso-8859-1") == "“x”"
