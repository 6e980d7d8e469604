"""Requirements for every notifier: the same handling of replies, no secret in any text, no effect of feed text.

A new notifier needs a setup here; the parametrized tests then run for it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import (
    TEMPLATES_FOLDER,
    HttpService,
    MailService,
    builtin_templates,
    http_service,
    mail_service,
    make_alert,
    make_alert_finding,
    make_message,
    make_prior_claim,
)
from kit.hostile_inputs import HOSTILE_TEXTS

from monitor.config.models import ChannelConfig
from monitor.deliver.channels import MAX_SEND_DEADLINE_S, NOTIFIERS, Notifier, Receipt, notifier_class
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.model import Message, Novelty
from monitor.net.guard import Guard
from monitor.net.network import Network

pytestmark = pytest.mark.slow

UTC = ZoneInfo("UTC")
TEMPLATES = builtin_templates()
SIGNING_SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
SECRETS = ("hidden-token", "B000/hidden", SIGNING_SECRET, SIGNING_SECRET.removeprefix("whsec_"), "correct horse")


@dataclass
class NotifierSetup:
    """A channel and its service. `set_reply` takes "ok", "later", "never" or "silence"."""

    channel: Notifier
    set_reply: Callable[[str], None]
    received_ids: Callable[[], list[str]]
    stop_service: Callable[[], None] = lambda: None

    async def send(self, message: Message) -> Receipt:
        kind = next(kind for kind in NOTIFIERS if isinstance(self.channel, notifier_class(kind)))
        return await self.channel.send(
            message, render_message(message, kind, TEMPLATES, RenderSettings(UTC, "https://claims.example"))
        )


def http_reply_setter(service: HttpService) -> Callable[[str], None]:
    def set_reply(reply: str) -> None:
        service.is_silent = reply == "silence"
        service.answer_with({"ok": 200, "later": 503, "never": 404, "silence": 200}[reply])

    return set_reply


@asynccontextmanager
async def slack() -> AsyncIterator[NotifierSetup]:
    async with http_service() as service:
        channel = make_channel("slack", url=service.url)
        channel.post_interval = 0.0
        yield NotifierSetup(
            channel,
            http_reply_setter(service),
            lambda: ["m1" for _ in service.received_requests],
            service.stop_listening,
        )
        await channel.close()


@asynccontextmanager
async def slack_bot() -> AsyncIterator[NotifierSetup]:
    async with http_service() as service:

        def set_reply(reply: str) -> None:
            service.is_silent = reply == "silence"
            body = {"ok": reply != "never", "error": "channel_not_found", "channel": "C1", "ts": "1.5"}
            service.answer_with(503 if reply == "later" else 200, json.dumps(body).encode())

        set_reply("ok")
        channel = make_channel(
            "slack", token="xoxb-hidden-token", channel="C1", api=f"http://127.0.0.1:{service.port}/api"
        )
        channel.post_interval = 0.0
        yield NotifierSetup(
            channel, set_reply, lambda: ["m1" for _ in service.received_requests], service.stop_listening
        )
        await channel.close()


@asynccontextmanager
async def webhook() -> AsyncIterator[NotifierSetup]:
    async with http_service() as service:
        channel = make_channel("webhook", url=service.url, secret=SIGNING_SECRET)
        yield NotifierSetup(channel, http_reply_setter(service), lambda: webhook_ids(service), service.stop_listening)
        await channel.close()


@asynccontextmanager
async def email() -> AsyncIterator[NotifierSetup]:
    async with mail_service() as service:

        def set_reply(reply: str) -> None:
            service.is_silent = reply == "silence"
            replies = {"ok": "250 kept", "later": "451 try later", "never": "554 no", "silence": "250"}
            service.data_reply = replies[reply]

        channel = make_channel("email", port=service.port, **MAIL)
        yield NotifierSetup(channel, set_reply, lambda: mail_ids(service), service.stop_listening)
        await channel.close()


@asynccontextmanager
async def apprise() -> AsyncIterator[NotifierSetup]:
    async with http_service() as service:
        channel = make_channel("apprise", url=f"json://desk:hidden-token@127.0.0.1:{service.port}/hook")
        yield NotifierSetup(
            channel,
            http_reply_setter(service),
            lambda: ["m1" for _ in service.received_requests],
            service.stop_listening,
        )
        await channel.close()


@asynccontextmanager
async def terminal() -> AsyncIterator[NotifierSetup]:
    yield NotifierSetup(make_channel("terminal"), lambda _: None, list)


MAIL = {"host": "127.0.0.1", "tls": "none", "from": "Claimwatch <monitor@desk.example>", "to": ["a@desk.example"]}
SETUPS = {
    "slack": slack,
    "slack as a bot": slack_bot,
    "webhook": webhook,
    "email": email,
    "apprise": apprise,
    "terminal": terminal,
}
REMOTE_TYPES = sorted(set(SETUPS) - {"terminal"})


def make_channel(kind: str, **settings: object) -> Notifier:
    """A channel with validated settings, as from the config."""
    validated = notifier_class(kind).Settings.model_validate({"name": "desk", "type": kind, **settings})
    return notifier_class(kind)(validated, Network(Guard(["127.0.0.0/8"])))


def webhook_ids(service: HttpService) -> list[str]:
    return [request.headers["webhook-id"] for request in service.received_requests]


def mail_ids(service: MailService) -> list[str]:
    return [mail.parsed["Message-ID"].strip("<>").split("@")[0] for mail in service.mails]


async def delivery_error(setup: NotifierSetup, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await setup.send(message)
    return raised.value


def test_every_notifier_has_a_setup_and_describes_its_settings() -> None:
    assert {setup.split()[0] for setup in SETUPS} == set(NOTIFIERS)
    for kind in NOTIFIERS:
        own_fields = {
            name: field for name, field in notifier_class(kind).Settings.model_fields.items() if name not in COMMON
        }
        assert [name for name, field in own_fields.items() if not field.description] == []
        assert notifier_class(kind).deadline <= MAX_SEND_DEADLINE_S


COMMON = set(ChannelConfig.model_fields)
DOCS = TEMPLATES_FOLDER.parent / "docs" / "channels.md"


@pytest.mark.parametrize("kind", sorted(SETUPS))
async def test_a_message_is_sent_with_a_receipt_of_one_line(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with SETUPS[kind]() as setup:
        receipt = await setup.send(make_message())

    assert receipt.detail.isprintable()
    assert receipt.rejected == {}
    assert setup.received_ids() == (["m1"] if kind != "terminal" else [])


@pytest.mark.parametrize("kind", REMOTE_TYPES)
@pytest.mark.parametrize(("reply", "permanent"), [("later", False), ("never", True)])
async def test_a_temporary_failure_is_retried_and_a_permanent_one_is_not(
    kind: str, reply: str, permanent: bool
) -> None:
    async with SETUPS[kind]() as setup:
        setup.set_reply(reply)
        error = await delivery_error(setup, make_message())

    assert error.permanent is permanent
    assert str(error).isprintable()


@pytest.mark.parametrize("kind", REMOTE_TYPES)
async def test_a_service_that_does_not_reply_is_retried_after_the_deadline(kind: str) -> None:
    async with SETUPS[kind]() as setup:
        setup.set_reply("silence")
        setup.channel.deadline = 0.2
        async with asyncio.timeout(5):
            error = await delivery_error(setup, make_message())

    assert not error.permanent
    assert "within 0.2 s" in str(error)


@pytest.mark.parametrize("kind", REMOTE_TYPES)
async def test_a_channel_works_again_after_failures_and_retries_keep_the_id(kind: str) -> None:
    async with SETUPS[kind]() as setup:
        for failure in ("later", "never", "silence"):
            setup.set_reply(failure)
            setup.channel.deadline = 0.3
            await delivery_error(setup, make_message())
        setup.set_reply("ok")
        setup.channel.deadline = 5.0
        await setup.send(make_message())
        await setup.send(make_message())

    assert set(setup.received_ids()) == {"m1"}


@pytest.mark.parametrize("kind", REMOTE_TYPES)
async def test_an_unreachable_service_is_retried(kind: str) -> None:
    async with SETUPS[kind]() as setup:
        setup.stop_service()
        error = await delivery_error(setup, make_message())

    assert not error.permanent


@pytest.mark.parametrize("kind", sorted(SETUPS))
async def test_no_secret_is_in_any_error_log_or_repr(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts = []
    async with SETUPS[kind]() as setup:
        texts += [repr(setup.channel)]
        texts += [str(vars(setup.channel))] if kind == "terminal" else []
        texts.append((await setup.send(make_message())).detail)
        for reply in ("later", "never"):
            setup.set_reply(reply)
            if kind != "terminal":
                error = await delivery_error(setup, make_message())
                texts += [str(error), repr(error), repr(error.__cause__)]
        setup.stop_service()
        if kind != "terminal":
            texts.append(str(await delivery_error(setup, make_message())))

    all_text = "\n".join([*texts, caplog.text])
    assert [secret for secret in SECRETS if secret in all_text] == []


@pytest.mark.parametrize("kind", sorted(SETUPS))
async def test_hostile_text_is_delivered_like_any_other_text(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with SETUPS[kind]() as setup:
        for text in HOSTILE_TEXTS.values():
            await setup.send(hostile_message(text))

    assert "\x1b" not in capsys.readouterr().out
    assert len(setup.received_ids()) == (len(HOSTILE_TEXTS) if kind != "terminal" else 0)


def hostile_message(text: str) -> Message:
    """A message with the text wherever text of a feed or a rule can appear."""
    shortened = text[:300]
    claim = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        source=shortened,
        entry_url=shortened,
        matched=(text[:50],),
        nearest=make_prior_claim(text),
    )
    return make_message(make_alert(claim, title=shortened, reason=shortened, rule=shortened, url=shortened))


@pytest.mark.parametrize("kind", sorted(SETUPS))
async def test_a_channel_can_be_closed_twice_without_use(kind: str) -> None:
    async with SETUPS[kind]() as setup:
        await setup.channel.close()
        assert setup.received_ids() == []


def test_the_docs_describe_every_channel_type_and_every_key() -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    for kind in NOTIFIERS:
        fields = notifier_class(kind).Settings.model_fields
        keys = {field.alias or name for name, field in fields.items() if name not in COMMON}
        assert {key for key in keys if f"`{key}`" not in sections[kind]} == set()
