"""Slack as a bot: threads, the first post brought up to date, and what Slack's words for a failure mean."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import (
    NOON,
    HttpService,
    builtin_templates,
    http_service,
    make_alert,
    make_alert_finding,
    make_message,
)
from pydantic import ValidationError

from monitor.deliver.channels import Receipt
from monitor.deliver.channels.slack import MAX_BURST_POSTS, Slack, SlackSettings
from monitor.deliver.render import render_message
from monitor.errors import DeliveryError
from monitor.model import Message

POSTED = {"ok": True, "channel": "C0123", "ts": "1734177600.000100", "message": {"text": "x" * 20_000}}
FIRST = make_message(id="m0", thread_ref="C0123:1734170000.000100")
FOLLOW_UP = make_message(
    make_alert(
        make_alert_finding("Up to 14,000 personnel from North Korea are in Kursk."), since_last="12,000 → 14,000"
    ),
    id="m1",
    reply_to=FIRST,
)


@asynccontextmanager
async def bot(behind: HttpService) -> AsyncIterator[Slack]:
    settings = {"name": "osint", "type": "slack", "token": "xoxb-1", "channel": "#alerts"}
    where = f"http://127.0.0.1:{behind.port}/api/"
    slack = Slack(SlackSettings.model_validate(settings | {"api": where}), allow_private=["127.0.0.0/8"])
    try:
        yield slack
    finally:
        await slack.close()


async def send(behind: HttpService, sent: Message) -> Receipt:
    async with bot(behind) as slack:
        return await slack.send(sent, render_message(sent, "slack", builtin_templates(), ZoneInfo("UTC"), None))


def calls(behind: HttpService) -> list[tuple[str, dict[str, Any]]]:
    """The methods that were called, with what they were given."""
    return [(asked.request_line.split()[1], json.loads(asked.body)) for asked in behind.received_requests]


def says(behind: HttpService, *answers: dict[str, Any]) -> None:
    """Answers one after the other, the last one from then on."""
    behind.bodies = [json.dumps(answer).encode() for answer in answers]


async def test_a_story_is_opened_by_a_post_that_can_be_followed_up() -> None:
    async with http_service(200, json.dumps(POSTED).encode()) as behind:
        receipt = await send(behind, make_message())

    ((method, body),) = calls(behind)
    assert method == "/api/chat.postMessage"
    assert (body["channel"], "thread_ts" in body) == ("#alerts", False)
    assert behind.received_requests[0].headers["authorization"] == "Bearer xoxb-1"
    assert receipt.thread_ref == "C0123:1734177600.000100"


async def test_a_follow_up_goes_into_the_thread_and_the_first_post_begins_with_it() -> None:
    async with http_service(200, json.dumps(POSTED).encode()) as behind:
        receipt = await send(behind, FOLLOW_UP)

    (_, below), (method, first) = calls(behind)
    assert (below["channel"], below["thread_ts"]) == ("C0123", "1734170000.000100")
    assert below["reply_broadcast"] is False
    assert (method, first["channel"], first["ts"]) == ("/api/chat.update", "C0123", "1734170000.000100")
    shown = [block["text"]["text"] for block in first["blocks"] if block["type"] == "section"]
    assert shown[0].startswith("Latest, in the thread: *Up to 14,000 personnel")
    assert "12,000" in json.dumps(first["blocks"][2:])  # what the first post said still stands
    assert receipt.thread_ref == ""


async def test_a_reply_to_a_post_of_yesterday_is_shown_in_the_channel() -> None:
    late = replace(FOLLOW_UP, created=NOON + 90_000.0)
    async with http_service(200, json.dumps(POSTED).encode()) as behind:
        await send(behind, late)

    assert calls(behind)[0][1]["reply_broadcast"] is True


async def test_a_follow_up_whose_thread_is_gone_opens_a_new_one() -> None:
    async with http_service() as behind:
        says(behind, {"ok": False, "error": "thread_not_found"}, POSTED)
        receipt = await send(behind, FOLLOW_UP)

    assert [body.get("thread_ts") for _, body in calls(behind)] == ["1734170000.000100", None]
    assert receipt.thread_ref == "C0123:1734177600.000100"


async def test_a_first_post_that_cannot_be_edited_costs_no_message() -> None:
    async with http_service() as behind:
        says(behind, POSTED, {"ok": False, "error": "edit_window_closed"})
        receipt = await send(behind, FOLLOW_UP)

    assert "not brought up to date" in receipt.detail
    assert "edit_window_closed" in receipt.detail


@pytest.mark.parametrize(
    ("word", "permanent", "unreached"),
    [
        ("channel_not_found", True, False),
        ("not_in_channel", True, False),
        ("is_archived", True, False),
        ("invalid_blocks", True, False),
        ("internal_error", False, False),
        ("ratelimited", False, False),
        ("invalid_auth", False, True),
        ("token_revoked", False, True),
    ],
)
async def test_slacks_own_words_are_told(word: str, permanent: bool, unreached: bool) -> None:
    async with http_service(200, json.dumps({"ok": False, "error": word}).encode()) as behind:
        with pytest.raises(DeliveryError, match=word) as raised:
            await send(behind, make_message())

    assert (raised.value.permanent, raised.value.channel_down) == (permanent, unreached)
    assert (raised.value.retry_after or 0) >= (1800 if unreached else 0)


@pytest.mark.parametrize("reply", [b"ok", b"<html>Please log in</html>", b"[]", b"{}", b"{" * 70_000])
async def test_somebody_else_who_says_200_did_not_take_it(reply: bytes) -> None:
    async with http_service(200, reply) as behind:
        with pytest.raises(DeliveryError, match="not as Slack") as raised:
            await send(behind, make_message())

    assert not raised.value.permanent


async def test_a_few_posts_come_at_once_and_then_they_keep_their_distance() -> None:
    rendered = render_message(make_message(), "slack", builtin_templates(), ZoneInfo("UTC"), None)
    sent_at = []
    async with http_service(200, json.dumps(POSTED).encode()) as behind, bot(behind) as slack:
        slack.post_interval = 0.5
        for _ in range(MAX_BURST_POSTS + 2):
            await slack.send(make_message(), rendered)
            sent_at.append(time.monotonic())

    assert sent_at[MAX_BURST_POSTS - 1] - sent_at[0] < 0.45
    assert sent_at[MAX_BURST_POSTS + 1] - sent_at[0] >= 0.95


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "https://hooks.example/T", "token": "xoxb-1", "channel": "C1"},
        {"token": "xoxb-1"},
        {"channel": "C1"},
        {"token": "xoxb\n1", "channel": "C1"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="expected") as raised:
        SlackSettings.model_validate({"name": "osint", "type": "slack", **settings})

    assert "xoxb" not in str(raised.value).split("[type")[0]
