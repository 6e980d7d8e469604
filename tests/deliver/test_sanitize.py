"""Feed text is harmless in messages, headers and links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.deliver.sanitize import MAX_HEADER_CHARS, redact, safe_web_link, sanitize, sanitize_header, shorten

ANY_TEXT = st.text(st.characters(), max_size=400)


@given(ANY_TEXT)
def test_sanitized_text_is_one_encodable_line_without_control_characters(text: str) -> None:
    sanitized = sanitize(text)

    sanitized.encode("utf-8")
    assert len(sanitized.splitlines()) <= 1
    assert not set(sanitized) & {chr(code) for code in (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F))}
    assert sanitize(sanitized) == sanitized


def test_sanitizing_keeps_every_script_and_emoji_unchanged() -> None:
    for text in ("До 12 000 військових", "أكثر من 3٬000 جندي", "병력 1만 2천 명", "a\u200cb", "👩\u200d🚀 é"):
        assert sanitize(text) == text


@given(ANY_TEXT)
def test_header_text_never_begins_an_encoded_word_and_is_short(text: str) -> None:
    header = sanitize_header(text)

    assert "=?" not in header
    assert len(header) <= MAX_HEADER_CHARS


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
def test_text_is_shortened_at_the_end_of_a_word_if_one_is_near(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@given(ANY_TEXT, st.integers(2, 50))
def test_shortened_text_is_within_the_limit(text: str, limit: int) -> None:
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
def test_an_unsafe_url_becomes_no_link(url: str) -> None:
    assert safe_web_link(url) == ""


def test_a_url_cannot_end_the_link_that_contains_it() -> None:
    assert safe_web_link('https://example.org/?a=1&b="><x>|`') == "https://example.org/?a=1&b=%22%3E%3Cx%3E%7C%60"
    assert safe_web_link("https://example.org/O'Neill_(general)") == "https://example.org/O'Neill_(general)"


def test_the_longest_secret_is_redacted_first() -> None:
    assert redact("at /T/B/token and token", ["token", "/T/B/token", ""]) == "at ••• and •••"
