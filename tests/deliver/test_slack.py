"""Slack's incoming webhook: what it is sent, and what its answers mean."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import HttpService, builtin_templates, http_service, make_alert, make_alert_finding, make_message
from pydantic import ValidationError

from monitor.deliver.channels import Receipt
from monitor.deliver.channels.slack import Slack, SlackSettings
from monitor.deliver.render import render_message
from monitor.errors import DeliveryError
from monitor.model import Message


async def send(behind: HttpService, sent: Message | None = None) -> Receipt:
    slack = Slack(
        SlackSettings.model_validate({"name": "osint", "type": "slack", "url": behind.url}),
        allow_private=["127.0.0.0/8"],
    )
    sent = sent or make_message()
    try:
        return await slack.send(sent, render_message(sent, "slack", builtin_templates(), ZoneInfo("UTC"), None))
    finally:
        await slack.close()


async def test_slack_gets_blocks_and_a_text_for_notifications_that_pings_nobody() -> None:
    async with http_service() as behind:
        await send(behind, make_message(make_alert(make_alert_finding("<!channel> " + "ships & boats " * 90))))

    body = json.loads(behind.received_requests[0].body)
    assert body["blocks"][0]["type"] == "header"
    assert body["text"].startswith("[HIGH] &lt;!channel&gt; ships &amp; boats")
    assert len(body["text"]) <= 300
    assert body["unfurl_links"] is False


@pytest.mark.parametrize(
    ("status", "word", "permanent"),
    [
        (400, "invalid_payload", True),
        (403, "invalid_token", True),
        (403, "action_prohibited", True),
        (404, "no_service", True),
        (404, "channel_not_found", True),
        (410, "channel_is_archived", True),
        (429, "rate_limited", False),
        (500, "rollup_error", False),
        (503, "service_unavailable", False),
    ],
)
async def test_slacks_own_words_are_told(status: int, word: str, permanent: bool) -> None:
    async with http_service(status, word.encode()) as behind:
        with pytest.raises(DeliveryError, match=word) as raised:
            await send(behind)

    assert raised.value.permanent is permanent


@pytest.mark.parametrize("reply", [b"<html>Please log in</html>", b"", b"not ok"])
async def test_somebody_else_who_says_200_did_not_take_it(reply: bytes) -> None:
    async with http_service(200, reply) as behind:
        with pytest.raises(DeliveryError, match="not Slack") as raised:
            await send(behind)

    assert not raised.value.permanent


@pytest.mark.parametrize("url", ["", "hooks.example/services/T", "javascript:1"])
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="expected an address"):
        SlackSettings.model_validate({"name": "osint", "type": "slack", "url": url})
