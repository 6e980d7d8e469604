"""Webhooks: the contract's body, signed as Standard Webhooks describes."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import Service, alert, builtin_templates, finding, message, service
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook as Verifier

from monitor.deliver.channels.webhook import Webhook, WebhookSettings
from monitor.deliver.render import render
from monitor.model import Message

OLD = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZA=="
NEW = "whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldw=="
STRANGER = "whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI="


async def send(behind: Service, secret: object, sent: Message | None = None) -> None:
    table = {"name": "siem", "type": "webhook", "url": behind.url, "secret": secret}
    webhook = Webhook(WebhookSettings.model_validate(table), allow_private=["127.0.0.0/8"])
    sent = sent or message()
    try:
        await webhook.send(sent, render(sent, "webhook", builtin_templates(), ZoneInfo("UTC"), None))
    finally:
        await webhook.close()


async def test_the_body_is_the_contracts_and_its_signature_holds() -> None:
    async with service(204, b"") as behind:
        await send(behind, NEW)

    (asked,) = behind.asked
    body = Verifier(NEW).verify(asked.body, asked.headers)
    assert (body["type"], body["timestamp"]) == ("alert.created", "2024-12-14T12:00:00Z")
    assert body["data"]["findings"][0]["changes"] == [
        {"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}
    ]
    assert asked.head.startswith("POST /services/")
    assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize("secret", [[NEW, OLD], f"{NEW} {OLD}"], ids=["list", "blank between"])
async def test_while_a_secret_is_replaced_both_verify(secret: object) -> None:
    async with service() as behind:
        await send(behind, secret)

    (asked,) = behind.asked
    assert Verifier(NEW).verify(asked.body, asked.headers) == Verifier(OLD).verify(asked.body, asked.headers)
    with pytest.raises(Exception, match="No matching signature"):
        Verifier(STRANGER).verify(asked.body, asked.headers)


async def test_every_try_has_the_same_id_and_body() -> None:
    async with service() as behind:
        await send(behind, NEW)
        await send(behind, NEW)

    first, second = behind.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "m1"
    assert first.body == second.body


async def test_text_of_every_script_is_signed_as_it_is_sent() -> None:
    async with service() as behind:
        await send(behind, NEW, message(alert(finding("До 12 000 військових 🚢 \ud800"))))

    (asked,) = behind.asked
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
