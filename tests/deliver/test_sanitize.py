"""What feeds say cannot do anything in a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.deliver.sanitize import MAX_HEADER_CHARS, redact, safe_web_link, sanitize, sanitize_header, shorten

ANYTHING = st.text(st.characters(), max_size=400)


@given(ANYTHING)
def test_tamed_text_is_one_encodable_line_without_controls(text: str) -> None:
    tamed = sanitize(text)

    tamed.encode("utf-8")
    assert len(tamed.splitlines()) <= 1
    assert not set(tamed) & {chr(code) for code in (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F))}
    assert sanitize(tamed) == tamed


def test_taming_keeps_every_script_and_emoji_as_it_is() -> None:
    for text in ("До 12 000 військових", "أكثر من 3٬000 جندي", "병력 1만 2천 명", "a\u200cb", "👩\u200d🚀 é"):
        assert sanitize(text) == text


@given(ANYTHING)
def test_header_text_never_opens_an_encoded_word_and_is_short(text: str) -> None:
    made = sanitize_header(text)

    assert "=?" not in made
    assert len(made) <= MAX_HEADER_CHARS


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("short enough", 12, "short enough"),
        ("one two three four", 15, "one two three…"),
        ("one two, three", 10, "one two…"),
        ("a" * 30, 10, "a" * 9 + "…"),
        ("ab " + "c" * 30, 10, "ab cccccc…"),
    ],
)
def test_texts_are_shortened_at_a_word_where_one_ends_near(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@given(ANYTHING, st.integers(2, 50))
def test_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org/x",
        "https://",
        "https://example.org/a b",
        "https://example.org/\r\nBcc: x@y.example",
        "https://example.org/\u202e",
        "http://[::1",
        "https:\\\\example.org",
        "https://example.org/" + "x" * 2000,
        "",
    ],
)
def test_what_is_no_plain_web_address_becomes_no_link(url: str) -> None:
    assert safe_web_link(url) == ""


def test_a_web_address_cannot_end_the_link_it_stands_in() -> None:
    assert safe_web_link('https://example.org/?a=1&b="><x>|`') == "https://example.org/?a=1&b=%22%3E%3Cx%3E%7C%60"
    assert safe_web_link("https://example.org/O'Neill_(general)") == "https://example.org/O'Neill_(general)"


def test_masking_takes_the_longest_secret_first() -> None:
    assert redact("at /T/B/token and token", ["token", "/T/B/token", ""]) == "at ••• and •••"
