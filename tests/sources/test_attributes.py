"""With `attributes`, link targets and image texts are part of a page's text."""

from __future__ import annotations

import pytest

from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.text.split import split_claims

URL = "https://harbour.example/notices/"
PAGE = """<html><head><title>Notices</title></head><body><main>
<p>Read the <a href="rules.pdf">rules</a> before you board.</p>
<p><a href="https://ferries.example/tickets?utm_source=x">Tickets</a></p>
<p><a href="#top">Up</a>
<a href="javascript:x()">Print</a> <a href="mailto:desk@harbour.example?subject=x">Write</a></p>
<figure><img src=a.png alt="The pier of Halvik"><figcaption>Our pier</figcaption></figure>
<ul><li><a href="/map"><img src=m.png alt="Map &lt;2026&gt;"></a></ul></main></body></html>"""


def lines(body: str, *, attributes: bool = True, **options: str) -> list[str]:
    chosen = ParseOptions("page", URL, attributes=attributes, **options)  # type: ignore[arg-type]
    feed = parse_page(body.encode(), "text/html; charset=utf-8", URL, chosen)
    return [claim.text for entry in feed.entries for claim in split_claims("", entry.body)]


def test_link_targets_and_image_texts_are_read() -> None:
    assert lines(PAGE) == [
        "Read the rules [/notices/rules.pdf] before you board.",
        "Tickets [ferries.example › tickets]",
        "Up Print Write [desk@harbour.example]",
        "The pier of Halvik",
        "Our pier",
        "Map <2026> [/map]",
    ]


def test_they_are_left_out_by_default() -> None:
    assert lines(PAGE, attributes=False)[:2] == ["Read the rules before you board.", "Tickets"]
    assert "Our pier" in lines(PAGE, attributes=False)


@pytest.mark.parametrize("options", [{"select": "main a"}, {"each": "a"}, {"each": "p"}])
def test_they_are_read_in_selected_parts(options: dict[str, str]) -> None:
    assert any("[/notices/rules.pdf]" in line for line in lines(PAGE, **options))


def test_a_base_address_applies() -> None:
    page = PAGE.replace("<head>", "<head><base href='https://harbour.example/files/'>")
    assert "Read the rules [/files/rules.pdf] before you board." in lines(page)
