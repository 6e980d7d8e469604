"""The webhook notifier: the documented body, signed as Standard Webhooks specifies."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import HttpService, builtin_templates, http_service, make_alert, make_alert_finding, make_message
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from monitor.deliver.channels.webhook import Webhook, WebhookSettings, signatures
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Message
from monitor.net.guard import Guard
from monitor.net.network import Network

OLD_SECRET = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZA=="
NEW_SECRET = "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldw=="
OTHER_SECRET = "whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI="


async def send(service: HttpService, secret: object, message: Message | None = None) -> None:
    table = {"name": "siem", "type": "webhook", "url": service.url, "secret": secret}
    webhook = Webhook(WebhookSettings.model_validate(table), Network(Guard(["127.0.0.0/8"])))
    message = message or make_message()
    try:
        await webhook.send(
            message, render_message(message, "webhook", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
        )
    finally:
        await webhook.close()


async def test_the_body_has_the_documented_shape_and_a_valid_signature() -> None:
    async with http_service(204, b"") as service:
        await send(service, NEW_SECRET)

    (request,) = service.received_requests
    body = Verifier(NEW_SECRET).verify(request.body, request.headers)
    assert (body["type"], body["timestamp"]) == ("alert.created", "2024-12-14T12:00:00Z")
    assert body["data"]["findings"][0]["changes"] == [
        {"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}
    ]
    assert request.request_line.startswith("POST /services/")
    assert request.headers["content-type"] == "application/json"


def test_the_signature_equals_the_published_example_of_the_standard() -> None:
    signature = signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_signature_equals_one_computed_independently() -> None:
    async with http_service() as service:
        finding = make_alert_finding("До 12 000 військових 🚢")
        await send(service, [NEW_SECRET, OLD_SECRET], make_message(make_alert(finding)))

    (request,) = service.received_requests
    head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in (NEW_SECRET, OLD_SECRET)]
    expected = [base64.b64encode(hmac.digest(key, head + request.body, "sha256")).decode() for key in keys]
    assert request.headers["webhook-signature"] == " ".join(f"v1,{signature}" for signature in expected)
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60


@pytest.mark.parametrize("part", ["id", "timestamp", "body"])
async def test_a_changed_id_timestamp_or_body_fails_verification(part: str) -> None:
    async with http_service() as service:
        await send(service, NEW_SECRET)

    (request,) = service.received_requests
    late = str(int(request.headers["webhook-timestamp"]) + 1)
    forged = {"id": {"webhook-id": "m2"}, "timestamp": {"webhook-timestamp": late}, "body": {}}[part]
    body = request.body.replace(b"12,000", b"13,000") if part == "body" else request.body
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Verifier(NEW_SECRET).verify(body, request.headers | forged)


@pytest.mark.parametrize(
    "secret", [[NEW_SECRET, OLD_SECRET], f"{NEW_SECRET} {OLD_SECRET}"], ids=["list", "separated by a space"]
)
async def test_during_rotation_both_secrets_verify(secret: object) -> None:
    async with http_service() as service:
        await send(service, secret)

    (request,) = service.received_requests
    new, old = (Verifier(key).verify(request.body, request.headers) for key in (NEW_SECRET, OLD_SECRET))
    assert new == old
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Verifier(OTHER_SECRET).verify(request.body, request.headers)


async def test_retries_have_the_same_id_and_body_and_a_new_timestamp() -> None:
    async with http_service() as service:
        await send(service, NEW_SECRET)
        await asyncio.sleep(1.01)
        await send(service, NEW_SECRET)

    first, second = service.received_requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "m1"
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])


async def test_text_in_any_script_is_signed_as_sent() -> None:
    async with http_service() as service:
        finding = make_alert_finding("До 12 000 військових 🚢 \ud800")
        await send(service, NEW_SECRET, make_message(make_alert(finding)))

    (request,) = service.received_requests
    body = Verifier(NEW_SECRET).verify(request.body, request.headers)
    assert body["data"]["findings"][0]["claim"] == "До 12 000 військових 🚢 \ufffd"
    assert json.loads(request.body.decode("utf-8")) == body


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("secret", "c2VjcmV0LXNlY3JldC1zZWNyZXQ="),
        ("secret", "whsec_short"),
        ("secret", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%"),
        ("secret", []),
        ("url", "ftp://siem.example/hook"),
        ("url", "not an address"),
    ],
)
def test_invalid_settings_are_rejected_without_quoting_a_secret(key: str, value: object) -> None:
    table = {"name": "siem", "type": "webhook", "url": "https://siem.example/hook", "secret": NEW_SECRET}
    with pytest.raises(ValidationError) as raised:
        WebhookSettings.model_validate(table | {key: value})

    messages = [error["msg"] for error in raised.value.errors()]
    assert not any(isinstance(value, str) and value in error_message for error_message in messages)


def test_the_repr_of_the_settings_has_no_secret() -> None:
    table = {
        "name": "siem",
        "type": "webhook",
        "url": "https://siem.example/hook-token",
        "secret": [NEW_SECRET, OLD_SECRET],
    }
    settings = WebhookSettings.model_validate(table)

    shown = repr(settings) + str(settings)
    assert [secret for secret in (NEW_SECRET, OLD_SECRET, "hook-token") if secret in shown] == []
