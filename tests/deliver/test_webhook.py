"""Webhooks: the contract's body, signed as Standard Webhooks describes."""

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
from monitor.model import Message

OLD = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZA=="
NEW = "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldw=="
STRANGER = "whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI="


async def send(behind: HttpService, secret: object, sent: Message | None = None) -> None:
    table = {"name": "siem", "type": "webhook", "url": behind.url, "secret": secret}
    webhook = Webhook(WebhookSettings.model_validate(table), allow_private=["127.0.0.0/8"])
    sent = sent or make_message()
    try:
        await webhook.send(sent, render_message(sent, "webhook", builtin_templates(), ZoneInfo("UTC"), None))
    finally:
        await webhook.close()


async def test_the_body_is_the_contracts_and_its_signature_holds() -> None:
    async with http_service(204, b"") as behind:
        await send(behind, NEW)

    (asked,) = behind.received_requests
    body = Verifier(NEW).verify(asked.body, asked.headers)
    assert (body["type"], body["timestamp"]) == ("alert.created", "2024-12-14T12:00:00Z")
    assert body["data"]["findings"][0]["changes"] == [
        {"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}
    ]
    assert asked.request_line.startswith("POST /services/")
    assert asked.headers["content-type"] == "application/json"


def test_a_signature_is_the_one_that_the_standard_publishes() -> None:
    signed = signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_signature_is_what_a_receiver_works_out_by_itself() -> None:
    async with http_service() as behind:
        await send(behind, [NEW, OLD], make_message(make_alert(make_alert_finding("До 12 000 військових 🚢"))))

    (asked,) = behind.received_requests
    head = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode()
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in (NEW, OLD)]
    worked_out = [base64.b64encode(hmac.digest(key, head + asked.body, "sha256")).decode() for key in keys]
    assert asked.headers["webhook-signature"] == " ".join(f"v1,{one}" for one in worked_out)
    assert abs(int(asked.headers["webhook-timestamp"]) - time.time()) < 60


@pytest.mark.parametrize("part", ["id", "timestamp", "body"])
async def test_whoever_changes_a_part_on_the_way_is_found_out(part: str) -> None:
    async with http_service() as behind:
        await send(behind, NEW)

    (asked,) = behind.received_requests
    late = str(int(asked.headers["webhook-timestamp"]) + 1)
    forged = {"id": {"webhook-id": "m2"}, "timestamp": {"webhook-timestamp": late}, "body": {}}[part]
    body = asked.body.replace(b"12,000", b"13,000") if part == "body" else asked.body
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Verifier(NEW).verify(body, asked.headers | forged)


@pytest.mark.parametrize("secret", [[NEW, OLD], f"{NEW} {OLD}"], ids=["list", "blank between"])
async def test_while_a_secret_is_replaced_both_verify(secret: object) -> None:
    async with http_service() as behind:
        await send(behind, secret)

    (asked,) = behind.received_requests
    assert Verifier(NEW).verify(asked.body, asked.headers) == Verifier(OLD).verify(asked.body, asked.headers)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Verifier(STRANGER).verify(asked.body, asked.headers)


async def test_every_try_has_the_same_id_and_body_and_a_time_of_its_own() -> None:
    async with http_service() as behind:
        await send(behind, NEW)
        await asyncio.sleep(1.01)
        await send(behind, NEW)

    first, second = behind.received_requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "m1"
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])


async def test_text_of_every_script_is_signed_as_it_is_sent() -> None:
    async with http_service() as behind:
        await send(behind, NEW, make_message(make_alert(make_alert_finding("До 12 000 військових 🚢 \ud800"))))

    (asked,) = behind.received_requests
    body = Verifier(NEW).verify(asked.body, asked.headers)
    assert body["data"]["findings"][0]["claim"] == "До 12 000 військових 🚢 ?"
    assert json.loads(asked.body.decode("utf-8")) == body


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
def test_a_table_that_cannot_work_is_refused_without_repeating_a_secret(key: str, value: object) -> None:
    table = {"name": "siem", "type": "webhook", "url": "https://siem.example/hook", "secret": NEW}
    with pytest.raises(ValidationError) as raised:
        WebhookSettings.model_validate(table | {key: value})

    messages = [error["msg"] for error in raised.value.errors()]
    assert not any(isinstance(value, str) and value in told for told in messages)


def test_settings_never_show_their_secrets() -> None:
    table = {"name": "siem", "type": "webhook", "url": "https://siem.example/hook-token", "secret": [NEW, OLD]}
    settings = WebhookSettings.model_validate(table)

    assert [secret for secret in (NEW, OLD, "hook-token") if secret in repr(settings) + str(settings)] == []
