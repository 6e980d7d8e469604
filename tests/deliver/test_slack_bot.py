"""The Slack notifier as a bot: threads, updates of the first post, and the handling of Slack's error codes."""

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
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.guard import Guard
from monitor.net.network import Network

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
async def bot(service: HttpService) -> AsyncIterator[Slack]:
    settings = {"name": "osint", "type": "slack", "token": "xoxb-1", "channel": "#alerts"}
    api_url = f"http://127.0.0.1:{service.port}/api/"
    slack = Slack(SlackSettings.model_validate(settings | {"api": api_url}), Network(Guard(["127.0.0.0/8"])))
    try:
        yield slack
    finally:
        await slack.close()


async def send(service: HttpService, message: Message) -> Receipt:
    async with bot(service) as slack:
        return await slack.send(
            message, render_message(message, "slack", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
        )


def calls(service: HttpService) -> list[tuple[str, dict[str, Any]]]:
    """Return the API methods that were called, with their arguments."""
    return [(request.request_line.split()[1], json.loads(request.body)) for request in service.received_requests]


def set_replies(service: HttpService, *answers: dict[str, Any]) -> None:
    """Reply with `answers` one after the other, and then always with the last."""
    service.bodies = [json.dumps(answer).encode() for answer in answers]


async def test_a_new_story_is_a_post_with_a_thread_reference() -> None:
    async with http_service(200, json.dumps(POSTED).encode()) as service:
        receipt = await send(service, make_message())

    ((method, body),) = calls(service)
    assert method == "/api/chat.postMessage"
    assert (body["channel"], "thread_ts" in body) == ("#alerts", False)
    assert service.received_requests[0].headers["authorization"] == "Bearer xoxb-1"
    assert receipt.thread_ref == "C0123:1734177600.000100"


async def test_a_follow_up_is_a_reply_and_the_first_post_begins_with_it() -> None:
    async with http_service(200, json.dumps(POSTED).encode()) as service:
        receipt = await send(service, FOLLOW_UP)

    (_, reply), (method, first) = calls(service)
    assert (reply["channel"], reply["thread_ts"]) == ("C0123", "1734170000.000100")
    assert reply["reply_broadcast"] is False
    assert (method, first["channel"], first["ts"]) == ("/api/chat.update", "C0123", "1734170000.000100")
    shown = [block["text"]["text"] for block in first["blocks"] if block["type"] == "section"]
    assert shown[0].startswith("Latest in the thread: *Up to 14,000 personnel")
    assert "12,000" in json.dumps(first["blocks"][2:])  # the first post keeps its text
    assert receipt.thread_ref == ""


async def test_a_reply_to_a_post_older_than_a_day_is_shown_in_the_channel() -> None:
    late_follow_up = replace(FOLLOW_UP, created=NOON + 90_000.0)
    async with http_service(200, json.dumps(POSTED).encode()) as service:
        await send(service, late_follow_up)

    assert calls(service)[0][1]["reply_broadcast"] is True


async def test_a_follow_up_to_a_deleted_thread_opens_a_new_one() -> None:
    async with http_service() as service:
        set_replies(service, {"ok": False, "error": "thread_not_found"}, POSTED)
        receipt = await send(service, FOLLOW_UP)

    assert [body.get("thread_ts") for _, body in calls(service)] == ["1734170000.000100", None]
    assert receipt.thread_ref == "C0123:1734177600.000100"


async def test_a_first_post_that_cannot_be_updated_loses_no_message() -> None:
    async with http_service() as service:
        set_replies(service, POSTED, {"ok": False, "error": "edit_window_closed"})
        receipt = await send(service, FOLLOW_UP)

    assert "was not updated" in receipt.detail
    assert "edit_window_closed" in receipt.detail


@pytest.mark.parametrize(
    ("error_code", "permanent", "channel_down"),
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
async def test_the_error_code_of_slack_is_reported(error_code: str, permanent: bool, channel_down: bool) -> None:
    async with http_service(200, json.dumps({"ok": False, "error": error_code}).encode()) as service:
        with pytest.raises(DeliveryError, match=error_code) as raised:
            await send(service, make_message())

    assert (raised.value.permanent, raised.value.channel_down) == (permanent, channel_down)
    assert (raised.value.retry_after or 0) >= (1800 if channel_down else 0)


@pytest.mark.parametrize("reply", [b"ok", b"<html>Please log in</html>", b"[]", b"{}", b"{" * 70_000])
async def test_a_200_that_is_not_from_slack_is_retried(reply: bytes) -> None:
    async with http_service(200, reply) as service:
        with pytest.raises(DeliveryError, match="expected a reply of the Slack API") as raised:
            await send(service, make_message())

    assert not raised.value.permanent


async def test_a_few_posts_are_sent_at_once_and_the_next_at_intervals() -> None:
    rendered = render_message(make_message(), "slack", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    sent_at = []
    async with http_service(200, json.dumps(POSTED).encode()) as service, bot(service) as slack:
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
def test_invalid_settings_are_rejected(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="expected") as raised:
        SlackSettings.model_validate({"name": "osint", "type": "slack", **settings})

    assert "xoxb" not in str(raised.value).split("[type")[0]
