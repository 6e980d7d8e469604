"""Tokens of answer links: they permit one answer to one alert until they expire, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import DAY, NOON, make_alert, make_message

from monitor.alerts.answer_links import (
    LINK_LIFETIME_S,
    MAX_SIGNED_ALERTS,
    AnswerLink,
    answer_urls,
    sign_answer,
    verify_answer,
)
from monitor.alerts.feedback import FeedbackKind
from monitor.errors import ExpiredLink, ForgedLink

KEY = b"a key of thirty-two random bytes"
EXPIRY = NOON + 30 * DAY
TOKEN = sign_answer(KEY, FeedbackKind.NOT_NEWS, "al-1f2e", "msg-9c8b", EXPIRY)
WEB_URL = "https://claims.example/monitor/"


@pytest.mark.parametrize("kind", FeedbackKind)
def test_a_token_permits_its_answer_to_its_alert(kind: FeedbackKind) -> None:
    token = sign_answer(KEY, kind, "al-1", "msg-1", EXPIRY)

    assert verify_answer(KEY, token, NOON) == AnswerLink("al-1", kind)


@pytest.mark.parametrize(
    ("part", "forged"),
    [
        ("not-news", "seen"),
        ("al-1f2e", "al-1f2f"),
        ("al-1f2e", "al-1f2"),
        ("msg-9c8b", "msg-9c8c"),
        (str(int(EXPIRY)), str(int(EXPIRY) + 1)),
        (str(int(EXPIRY)), f"0{int(EXPIRY)}"),
        ("al-1f2e.msg-9c8b", "msg-9c8b.al-1f2e"),
        ("al-1f2e.msg-9c8b", "al-1f2emsg-9c8b.x"),
    ],
)
def test_a_token_with_a_changed_field_is_forged(part: str, forged: str) -> None:
    assert part in TOKEN
    with pytest.raises(ForgedLink):
        verify_answer(KEY, TOKEN.replace(part, forged), NOON)


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_a_truncated_token_is_forged(length: int) -> None:
    with pytest.raises(ForgedLink):
        verify_answer(KEY, TOKEN[:length], NOON)


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="utf-8"))
def test_a_token_with_any_other_character_is_forged(position: int, character: str) -> None:
    changed = f"{TOKEN[:position]}{character}{TOKEN[position + 1 :]}"
    if changed != TOKEN:
        with pytest.raises(ForgedLink):
            verify_answer(KEY, changed, NOON)


@pytest.mark.parametrize(
    "text", ["", ".", "....", f"{TOKEN}=", f"{TOKEN}.", f" {TOKEN}", f"{TOKEN}\n", TOKEN.upper()]
)
def test_a_text_that_is_no_token_is_a_forged_link(text: str) -> None:
    with pytest.raises(ForgedLink):
        verify_answer(KEY, text, NOON)


@pytest.mark.parametrize("key", [None, b"", KEY[:-1], KEY.upper()])
def test_a_token_of_another_key_is_forged(key: bytes | None) -> None:
    with pytest.raises(ForgedLink):
        verify_answer(key, TOKEN, NOON)


def test_a_token_is_valid_until_it_expires() -> None:
    assert verify_answer(KEY, TOKEN, EXPIRY - 1).alert_id == "al-1f2e"
    for later in (EXPIRY, EXPIRY + 1, EXPIRY + 1000 * DAY):
        with pytest.raises(ExpiredLink) as expired:
            verify_answer(KEY, TOKEN, later)
        assert expired.value.alert_id == "al-1f2e"


def test_a_forged_token_is_not_called_expired() -> None:
    with pytest.raises(ForgedLink):
        verify_answer(b"other", TOKEN, EXPIRY + DAY)


def test_a_message_has_the_same_links_at_every_try() -> None:
    message = make_message()

    assert answer_urls(message, WEB_URL, KEY) == answer_urls(replace(message, attempt=9), WEB_URL, KEY)
    assert answer_urls(message, WEB_URL, KEY) != answer_urls(replace(message, id="m2"), WEB_URL, KEY)


def test_the_links_of_a_message_expire_after_its_creation() -> None:
    urls = answer_urls(make_message(), WEB_URL, KEY)["a1"]

    for url, kind in ((urls.seen, FeedbackKind.ACK), (urls.not_news, FeedbackKind.NOT_NEWS)):
        token = url.removeprefix("https://claims.example/monitor/answer/")
        assert verify_answer(KEY, token, NOON + LINK_LIFETIME_S - 1) == AnswerLink("a1", kind)
        with pytest.raises(ExpiredLink):
            verify_answer(KEY, token, NOON + LINK_LIFETIME_S)


def test_a_follow_up_has_the_links_of_the_message_that_opened_the_thread_too() -> None:
    opening = make_message(make_alert(id="a0"), id="m0", created=NOON - DAY)
    follow_up = make_message(reply_to=opening)

    urls = answer_urls(follow_up, WEB_URL, KEY)
    assert urls.keys() == {"a0", "a1"}
    assert urls["a0"] == answer_urls(opening, WEB_URL, KEY)["a0"]


@pytest.mark.parametrize("web_url", [None, ""])
def test_there_are_no_links_without_a_web_url(web_url: str | None) -> None:
    assert answer_urls(make_message(), web_url, KEY) == {}


def test_a_notice_has_no_links() -> None:
    notice = replace(make_alert(rule="monitor"), findings=())

    assert answer_urls(make_message(notice), WEB_URL, KEY) == {}


def test_a_huge_batch_is_signed_only_as_far_as_it_can_be_shown() -> None:
    alerts = [make_alert(id=f"a{number}") for number in range(1000)]

    urls = answer_urls(make_message(*alerts), WEB_URL, KEY)
    assert list(urls) == [f"a{number}" for number in range(MAX_SIGNED_ALERTS)]


@given(st.binary(min_size=1, max_size=64))
def test_a_link_has_no_character_that_mail_html_or_slack_would_change(key: bytes) -> None:
    token = sign_answer(key, FeedbackKind.NOT_NEWS, "al-1f", "msg-9c", EXPIRY)

    assert not set(token) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
    assert token[-1].isalnum()
