from __future__ import annotations

import time

import pytest

from monitor.sources.parse.sanitize import (
    absolute_url,
    clean_line,
    clean_text,
    html_to_line,
)


def test_clean_text_has_no_control_characters_or_surrogates() -> None:
    assert clean_text("a\0b\x1b[31mc\ud800d") == "ab[31mc\ufffdd"
    assert clean_text("\ud83d\ude80 up") == "🚀 up"
    assert clean_text("tab\tline\nend\r") == "tab\tline\nend\r"
    assert clean_text(None) == ""


def test_clean_line_is_one_line() -> None:
    assert clean_line(" two\n lines\t here ") == "two lines here"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("<b>Bold</b> claim", "Bold claim"),
        ("one<br/>two", "one two"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
        ("<a href='x'>link", "link"),
        ("List<String> is now List<Integer>", "List<String> is now List<Integer>"),
        ("The pier is &lt;OPEN&gt;, <b>not</b> <SHUT>", "The pier is <OPEN>, not <SHUT>"),
        ("<my-icon></my-icon>Pier 3", "Pier 3"),
        ("", ""),
    ],
)
def test_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert html_to_line(markup) == text


@pytest.mark.parametrize("hostile", ["<" * 10**6, "<a " * 300_000, "<!--" * 300_000, "&" * 10**6, "&#x" * 300_000])
def test_hostile_markup_is_converted_in_linear_time(hostile: str) -> None:
    started_at = time.process_time()
    html_to_line(hostile)
    assert time.process_time() - started_at < 2


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("/a?b=c", "https://base.example/a?b=c"),
        ("a b", "https://base.example/dir/ab"),
        ("//other.example/a", "https://other.example/a"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:a@b", ""),
        ("http://[::1", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_link_is_an_absolute_http_url_or_empty(link: str | None, found: str) -> None:
    assert absolute_url(link, "https://base.example/dir/feed.xml") == found


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Bridge <b>open</b> &amp; safe", "Bridge open & safe"),
        ("Bridge<script type='x'>location = '/away'</script> open", "Bridge open"),
        ("<STYLE>p {color: red}</STYLE>Bridge open", "Bridge open"),
        ("Bridge <!-- <b>built</b> --> open", "Bridge open"),
        ("Bridge open <!-- never closed", "Bridge open"),
        ("Bridge open <script> for ever", "Bridge open"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
    ],
)
def test_scripts_styles_and_comments_are_removed(markup: str, text: str) -> None:
    assert html_to_line(markup) == text


@pytest.mark.parametrize("piece", ["<script", "<!--", "<style></style", "<script>"])
def test_unclosed_markup_is_converted_in_linear_time(piece: str) -> None:
    started_at = time.process_time()
    html_to_line(piece * 100_000)
    assert time.process_time() - started_at < 2
