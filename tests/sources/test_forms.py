"""Forms and dialogs are text when they hold the page's prose or a selector asks for them."""

from __future__ import annotations

import pytest

from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.text.split import split_claims

URL = "https://harbour.example/notices"
NOTICE = "<p>The ferry from Halvik sails at 14:00 on Friday.</p><ul><li>Pier 3 is closed.</ul>"
PROSE = "".join(f"<p>Line {n} of the ferries leaves the pier of Halvik at {n} o'clock.</p>" for n in range(4, 9))
SEARCH = "<form role=search><label>Search the site</label><input type=search><button>Go</button></form>"
NEWSLETTER = (
    "<form><h3>Newsletter</h3><p>Get the news of the harbour every week. We never share your address.</p>"
    "<input type=email><button>Subscribe</button></form>"
)
LOGIN = "<form><label>User</label><input><label>Password</label><input type=password><a>Forgot it?</a></form>"
COOKIES = (
    "<dialog open><h2>Privacy</h2><p>We use cookies to measure how our pages are used, as do others.</p></dialog>"
)


def lines(body: str, **options: str) -> list[str]:
    page = f"<html><head><title>Harbour</title></head><body>{body}</body></html>"
    feed = parse_page(page.encode(), "text/html; charset=utf-8", URL, ParseOptions("page", URL, **options))  # type: ignore[arg-type]
    return [claim.text for entry in feed.entries for claim in split_claims("", entry.body)]


WHOLE_PAGE_FORMS = {
    "view state": f"<form id=aspnetForm><input type=hidden name=__VIEWSTATE value=x>{NOTICE}</form><div>Port</div>",
    "heading": f"<form method=post><input type=text name=q><h1>Notices</h1>{NOTICE}</form>",
    "main": f"<form><header><input type=search></header><main>{NOTICE}</main></form>",
    "no fields": f"<p>Harbour office</p><form><input type=hidden>{NOTICE}<input type=submit></form>",
    "search field": f"<form><div><input type=text><button>Go</button></div><div>{NOTICE}</div></form><b>Quay 1</b>",
    "long": f"<div>Harbour</div><form><input type=text><select><option>All</select>{NOTICE}{PROSE}</form>",
    "table": "<form><table><tr><td>Line 4<td>delayed<tr><td>Line 5<td>cancelled until Friday</table></form>",
}


@pytest.mark.parametrize("body", WHOLE_PAGE_FORMS.values(), ids=WHOLE_PAGE_FORMS.keys())
def test_a_form_that_holds_the_prose_of_the_page_is_read(body: str) -> None:
    assert {"Pier 3 is closed.", "Line 5 | cancelled until Friday"} & set(lines(body))


@pytest.mark.parametrize("small", [SEARCH, NEWSLETTER, LOGIN, COOKIES, COOKIES.replace(" open", "")])
@pytest.mark.parametrize("wrapped", [False, True])
def test_small_forms_and_cookie_dialogs_stay_out(small: str, wrapped: bool) -> None:
    prose = f"<main>{NOTICE}{PROSE}{small}</main>" if wrapped else f"<div>{NOTICE}{PROSE}</div>{small}"
    assert len(lines(prose)) == 7
    if wrapped:
        assert len(lines(prose, select="main")) == 7


def test_a_small_form_beside_a_short_notice_stays_out() -> None:
    assert lines(f"<p>Pier 3 is closed until Friday.</p>{NEWSLETTER}") == ["Pier 3 is closed until Friday."]


def test_a_form_that_is_all_the_text_of_a_page_is_read() -> None:
    assert lines("<header>Harbour</header><form><input><p>Pier 3 is closed.</p></form>") == ["Pier 3 is closed."]


@pytest.mark.parametrize(
    "options", [{"select": "form .x"}, {"each": ".x"}, {"select": "form", "each": ".x"}, {"select": "#f"}]
)
def test_a_selector_reaches_into_a_form(options: dict[str, str]) -> None:
    body = f"<div>{PROSE}</div><form id=f><input type=text><p class=x>Tickets cost 40 EUR.</p></form>"
    assert lines(body, **options) == ["Tickets cost 40 EUR."]


def test_a_selector_reaches_into_a_closed_dialog_and_no_other_does() -> None:
    body = f"<div>{PROSE}</div><dialog><p class=x>Terms: a ticket is valid for two hours.</p></dialog>"
    assert lines(body, select=".x") == ["Terms: a ticket is valid for two hours."]
    assert len(lines(body)) == 5


def test_a_dialog_with_the_prose_of_the_page_is_read() -> None:
    assert len(lines(f"<dialog open>{PROSE}{NOTICE}</dialog><p>Harbour</p>")) == 8
    assert len(lines(f"<p>Harbour</p><div role=dialog><main>{NOTICE}</main></div>")) == 2
