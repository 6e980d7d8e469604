"""The Slack notifier with an incoming webhook: what it sends, and how it handles replies."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import HttpService, builtin_templates, http_service, make_alert, make_alert_finding, make_message
from pydantic import ValidationError

from monitor.deliver.channels import Receipt
from monitor.deliver.channels.slack import Slack, SlackSettings
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.guard import Guard
from monitor.net.network import Network


async def send(service: HttpService, message: Message | None = None) -> Receipt:
    slack = Slack(
        SlackSettings.model_validate({"name": "osint", "type": "slack", "url": service.url}),
        Network(Guard(["127.0.0.0/8"])),
    )
    message = message or make_message()
    try:
        return await slack.send(
            message, render_message(message, "slack", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
        )
    finally:
        await slack.close()


async def test_slack_gets_blocks_and_a_notification_text_that_mentions_nobody() -> None:
    async with http_service() as service:
        await send(service, make_message(make_alert(make_alert_finding("<!channel> " + "ships & boats " * 90))))

    body = json.loads(service.received_requests[0].body)
    assert body["blocks"][0]["type"] == "header"
    assert body["text"].startswith("[HIGH] &lt;!channel&gt; ships &amp; boats")
    assert len(body["text"]) <= 300
    assert body["unfurl_links"] is False


@pytest.mark.parametrize(
    ("status", "error_code", "permanent"),
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
async def test_the_error_code_of_slack_is_reported(status: int, error_code: str, permanent: bool) -> None:
    async with http_service(status, error_code.encode()) as service:
        with pytest.raises(DeliveryError, match=error_code) as raised:
            await send(service)

    assert raised.value.permanent is permanent


@pytest.mark.parametrize("reply", [b"<html>Please log in</html>", b"", b"not ok"])
async def test_a_200_that_is_not_from_slack_is_retried(reply: bytes) -> None:
    async with http_service(200, reply) as service:
        with pytest.raises(DeliveryError, match='expected "ok" from Slack') as raised:
            await send(service)

    assert not raised.value.permanent


@pytest.mark.parametrize("url", ["", "hooks.example/services/T", "javascript:1"])
def test_an_invalid_url_is_rejected(url: str) -> None:
    with pytest.raises(ValidationError, match="expected a URL"):
        SlackSettings.model_validate({"name": "osint", "type": "slack", "url": url})
