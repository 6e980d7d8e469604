"""What every notifier owes: the same meaning of every answer, no secret in any word, and nothing that a feed can do.

A new notifier gets a stage here; the suite does the rest.
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
from monitor.errors import DeliveryError
from monitor.model import Message, Novelty

UTC = ZoneInfo("UTC")
TEMPLATES = builtin_templates()
SIGNING = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
SECRETS = ("hidden-token", "B000/hidden", SIGNING, SIGNING.removeprefix("whsec_"), "correct horse")


@dataclass
class Stage:
    """A channel with what stands behind it: `answer` takes "ok", "later", "never" or "silence"."""

    channel: Notifier
    answer: Callable[[str], None]
    ids: Callable[[], list[str]]
    leave: Callable[[], None] = lambda: None

    async def send(self, sent: Message) -> Receipt:
        kind = next(kind for kind in NOTIFIERS if isinstance(self.channel, notifier_class(kind)))
        return await self.channel.send(sent, render_message(sent, kind, TEMPLATES, UTC, "https://claims.example"))


def http_answers(behind: HttpService) -> Callable[[str], None]:
    def answer(what: str) -> None:
        behind.is_silent = what == "silence"
        behind.answer_with({"ok": 200, "later": 503, "never": 404, "silence": 200}[what])

    return answer


@asynccontextmanager
async def slack() -> AsyncIterator[Stage]:
    async with http_service() as behind:
        channel = made("slack", url=behind.url)
        channel.post_interval = 0.0
        yield Stage(
            channel, http_answers(behind), lambda: ["m1" for _ in behind.received_requests], behind.stop_listening
        )
        await channel.close()


@asynccontextmanager
async def slack_bot() -> AsyncIterator[Stage]:
    async with http_service() as behind:

        def answer(what: str) -> None:
            behind.is_silent = what == "silence"
            said = {"ok": what != "never", "error": "channel_not_found", "channel": "C1", "ts": "1.5"}
            behind.answer_with(503 if what == "later" else 200, json.dumps(said).encode())

        answer("ok")
        channel = made("slack", token="xoxb-hidden-token", channel="C1", api=f"http://127.0.0.1:{behind.port}/api")
        channel.post_interval = 0.0
        yield Stage(channel, answer, lambda: ["m1" for _ in behind.received_requests], behind.stop_listening)
        await channel.close()


@asynccontextmanager
async def webhook() -> AsyncIterator[Stage]:
    async with http_service() as behind:
        channel = made("webhook", url=behind.url, secret=SIGNING)
        yield Stage(channel, http_answers(behind), lambda: webhook_ids(behind), behind.stop_listening)
        await channel.close()


@asynccontextmanager
async def email() -> AsyncIterator[Stage]:
    async with mail_service() as behind:

        def answer(what: str) -> None:
            behind.is_silent = what == "silence"
            behind.data_reply = {"ok": "250 kept", "later": "451 try later", "never": "554 no", "silence": "250"}[
                what
            ]

        channel = made("email", port=behind.port, **MAIL)
        yield Stage(channel, answer, lambda: mail_ids(behind), behind.stop_listening)
        await channel.close()


@asynccontextmanager
async def apprise() -> AsyncIterator[Stage]:
    async with http_service() as behind:
        channel = made("apprise", url=f"json://desk:hidden-token@127.0.0.1:{behind.port}/hook")
        yield Stage(
            channel, http_answers(behind), lambda: ["m1" for _ in behind.received_requests], behind.stop_listening
        )
        await channel.close()


@asynccontextmanager
async def terminal() -> AsyncIterator[Stage]:
    yield Stage(made("terminal"), lambda _: None, list)


MAIL = {"host": "127.0.0.1", "tls": "none", "from": "Claimwatch <monitor@desk.example>", "to": ["a@desk.example"]}
STAGES = {
    "slack": slack,
    "slack as a bot": slack_bot,
    "webhook": webhook,
    "email": email,
    "apprise": apprise,
    "terminal": terminal,
}
REMOTE = sorted(set(STAGES) - {"terminal"})


def made(kind: str, **settings: object) -> Notifier:
    """A channel as the config would make it."""
    its = notifier_class(kind).Settings.model_validate({"name": "desk", "type": kind, **settings})
    return notifier_class(kind)(its, allow_private=["127.0.0.0/8"])


def webhook_ids(behind: HttpService) -> list[str]:
    return [asked.headers["webhook-id"] for asked in behind.received_requests]


def mail_ids(behind: MailService) -> list[str]:
    return [post.parsed["Message-ID"].strip("<>").split("@")[0] for post in behind.mails]


async def refusal(stage: Stage, sent: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await stage.send(sent)
    return raised.value


def test_every_notifier_stands_here_and_describes_its_settings() -> None:
    assert {stage.split()[0] for stage in STAGES} == set(NOTIFIERS)
    for kind in NOTIFIERS:
        own = {
            name: field for name, field in notifier_class(kind).Settings.model_fields.items() if name not in COMMON
        }
        assert [name for name, field in own.items() if not field.description] == []
        assert notifier_class(kind).deadline <= MAX_SEND_DEADLINE_S


COMMON = set(ChannelConfig.model_fields)
DOCS = TEMPLATES_FOLDER.parent / "docs" / "channels.md"


@pytest.mark.parametrize("kind", sorted(STAGES))
async def test_a_message_is_sent_and_told_of_in_one_line(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with STAGES[kind]() as stage:
        receipt = await stage.send(make_message())

    assert receipt.detail.isprintable()
    assert receipt.rejected == {}
    assert stage.ids() == (["m1"] if kind != "terminal" else [])


@pytest.mark.parametrize("kind", REMOTE)
@pytest.mark.parametrize(("answer", "permanent"), [("later", False), ("never", True)])
async def test_an_answer_means_later_or_never(kind: str, answer: str, permanent: bool) -> None:
    async with STAGES[kind]() as stage:
        stage.answer(answer)
        error = await refusal(stage, make_message())

    assert error.permanent is permanent
    assert str(error).isprintable()


@pytest.mark.parametrize("kind", REMOTE)
async def test_silence_ends_at_the_deadline_and_means_later(kind: str) -> None:
    async with STAGES[kind]() as stage:
        stage.answer("silence")
        stage.channel.deadline = 0.2
        async with asyncio.timeout(5):
            error = await refusal(stage, make_message())

    assert not error.permanent
    assert "within 0.2 s" in str(error)


@pytest.mark.parametrize("kind", REMOTE)
async def test_a_channel_works_again_after_trouble_and_keeps_the_id(kind: str) -> None:
    async with STAGES[kind]() as stage:
        for trouble in ("later", "never", "silence"):
            stage.answer(trouble)
            stage.channel.deadline = 0.3
            await refusal(stage, make_message())
        stage.answer("ok")
        stage.channel.deadline = 5.0
        await stage.send(make_message())
        await stage.send(make_message())

    assert set(stage.ids()) == {"m1"}


@pytest.mark.parametrize("kind", REMOTE)
async def test_nobody_there_means_later(kind: str) -> None:
    async with STAGES[kind]() as stage:
        stage.leave()
        error = await refusal(stage, make_message())

    assert not error.permanent


@pytest.mark.parametrize("kind", sorted(STAGES))
async def test_no_secret_is_in_any_error_log_or_repr(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    async with STAGES[kind]() as stage:
        told += [repr(stage.channel), str(vars(stage.channel))] if kind == "terminal" else [repr(stage.channel)]
        told.append((await stage.send(make_message())).detail)
        for answer in ("later", "never"):
            stage.answer(answer)
            if kind != "terminal":
                error = await refusal(stage, make_message())
                told += [str(error), repr(error), repr(error.__cause__)]
        stage.leave()
        if kind != "terminal":
            told.append(str(await refusal(stage, make_message())))

    spoken = "\n".join([*told, caplog.text])
    assert [secret for secret in SECRETS if secret in spoken] == []


@pytest.mark.parametrize("kind", sorted(STAGES))
async def test_hostile_text_is_delivered_like_any_other(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with STAGES[kind]() as stage:
        for text in HOSTILE_TEXTS.values():
            await stage.send(poisoned(text))

    assert "\x1b" not in capsys.readouterr().out
    assert len(stage.ids()) == (len(HOSTILE_TEXTS) if kind != "terminal" else 0)


def poisoned(text: str) -> Message:
    """A message that says the text wherever a feed or a rule could."""
    short = text[:300]
    claim = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        source=short,
        entry_url=short,
        matched=(text[:50],),
        nearest=make_prior_claim(text),
    )
    return make_message(make_alert(claim, title=short, reason=short, rule=short, url=short))


@pytest.mark.parametrize("kind", sorted(STAGES))
async def test_a_channel_can_be_closed_twice_and_unused(kind: str) -> None:
    async with STAGES[kind]() as stage:
        await stage.channel.close()
        assert stage.ids() == []


def test_the_documentation_has_every_type_of_channel_and_every_key() -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    for kind in NOTIFIERS:
        fields = notifier_class(kind).Settings.model_fields
        keys = {field.alias or name for name, field in fields.items() if name not in COMMON}
        assert {key for key in keys if f"`{key}`" not in sections[kind]} == set()
