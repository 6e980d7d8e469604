"""The Apprise notifier: what it sends, how it treats failures, and which URLs it rejects."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import HttpService, builtin_templates, http_service, make_alert, make_alert_finding, make_message
from pydantic import ValidationError

from monitor.deliver.channels import LOGIN_RETRY_S
from monitor.deliver.channels.apprise import Apprise, AppriseSettings, fit_to_service
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.guard import Guard
from monitor.net.network import Network


async def send(service: HttpService, message: Message) -> None:
    url = f"json://127.0.0.1:{service.port}/secret-topic"
    channel = Apprise(
        AppriseSettings.model_validate({"name": "phone", "type": "apprise", "url": url}), Network(Guard([]))
    )
    await channel.send(
        message, render_message(message, "apprise", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
    )


async def test_a_service_gets_the_subject_and_the_plain_text() -> None:
    async with http_service() as service:
        await send(service, make_message())

    body = json.loads(service.received_requests[0].body)
    assert body["title"].startswith("[HIGH] Up to 12,000 personnel")
    assert "Around 3,000" in body["message"]


async def test_feed_text_mentions_nobody() -> None:
    async with http_service() as service:
        await send(
            service,
            make_message(make_alert(make_alert_finding("@everyone and @here, <@U123> and <!channel>: ships sail"))),
        )

    body = json.loads(service.received_requests[0].body)
    assert not [
        mention for mention in ("@everyone", "@here", "<@", "<!") if mention in body["title"] + body["message"]
    ]


@pytest.mark.parametrize(
    ("status", "permanent", "channel_down"),
    [
        (404, True, False),
        (400, True, False),
        (429, False, True),
        (500, False, False),
        (503, False, True),
        (401, False, True),
        (407, False, True),
    ],
)
async def test_the_status_that_apprise_reports_decides_between_retry_and_dead(
    status: int, permanent: bool, channel_down: bool
) -> None:
    async with http_service(status, b"no") as service:
        with pytest.raises(DeliveryError, match=f"JSON rejected the message.*{status}") as raised:
            await send(service, make_message())

    assert (raised.value.permanent, raised.value.channel_down) == (permanent, channel_down)
    assert (raised.value.retry_after == LOGIN_RETRY_S) is (status in (401, 407))
    assert "secret-topic" not in str(raised.value)


def test_title_and_text_are_cut_to_the_limits_of_the_service() -> None:
    rendered = RenderedMessage(subject="A subject", text="word " * 100)
    title, text = fit_to_service(rendered, 5, 120)
    assert (len(title) <= 5, len(text) <= 120) == (True, True)
    assert text.endswith("…")

    title, text = fit_to_service(rendered, 0, 4000)
    assert title == ""
    assert text.startswith("A subject\n\nword")


@pytest.mark.parametrize("url", ["", "nosuch://topic", "https://", "tgram://not-a-token"])
def test_a_url_that_apprise_does_not_support_is_rejected(url: str) -> None:
    with pytest.raises(ValidationError, match="expected a URL that Apprise supports"):
        AppriseSettings.model_validate({"name": "phone", "type": "apprise", "url": url})
