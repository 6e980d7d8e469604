"""Channels with real servers that fail: what the daemon delivers, how often, and which notices it sends."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.config import (
    WEBHOOK_SECRET,
    email_table,
    loopback_config,
    notify_table,
    source_table,
    toml_table,
    webhook_table,
)
from kit.daemon_harness import deliver, folder_config
from kit.databases import all_rows, write_config_file
from kit.delivery import HttpService, MailService, http_service, mail_service
from kit.sample_store import page_client
from kit.servers import MailServer
from sqlalchemy import select, update

from monitor.cli.app import run_command_line
from monitor.daemon.scheduler import Daemon
from monitor.model import Severity
from monitor.policy import load_policy
from monitor.runtime import Runtime, open_runtime
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page
from monitor.store.schema import alerts, messages

OUTAGE_MAILS = int(os.environ.get("MONITOR_TEST_OWED", "50"))  # mails during a day of outage
JUST_AFTER_MIDNIGHT = 20_833 * 86400.0 + 60  # notices are sent once a day
HOUR = 3600.0
RECIPIENTS = ["a@desk.example", "b@desk.example", "c@desk.example"]
LOGIN = {"username": "monitor", "password": "wrong horse"}
POST_ACCEPTED = json.dumps({"ok": True, "channel": "C1", "ts": "1.5"}).encode()


@dataclass
class FourChannelDaemon:
    """A daemon, the servers of its channels, and a clock that the test sets."""

    folder: Path
    mail_server: MailService
    hook: HttpService
    bot: HttpService
    chat: HttpService
    now: float = JUST_AFTER_MIDNIGHT
    enqueued_count: int = 0

    @asynccontextmanager
    async def daemon(
        self,
        *,
        mail_port: int = 0,
        mail_keys: Mapping[str, object] | None = None,
        chat_keys: Mapping[str, object] | None = None,
    ) -> AsyncIterator[Daemon]:
        """Start a daemon, with more keys of its channels desk and chat; `mail_port` is of another mail server."""
        bot_api = f"http://127.0.0.1:{self.bot.port}/api"
        config = loopback_config(
            source_table("wire", "https://wire.example/feed"),
            email_table("desk", mail_port or self.mail_server.port, to=RECIPIENTS, **(mail_keys or {})),
            webhook_table("hook", self.hook.url, fallback="chat"),
            toml_table("[channels.bot]", type="slack", token="xoxb-hidden-token", channel="C1", api=bot_api),
            toml_table("[channels.chat]", type="slack", url=self.chat.url, **(chat_keys or {})),
            notify_table("desk", "hook", "bot", "chat"),
        )
        write_config_file(self.folder, config, "name: bridges\ntitle: Bridges\nmatch: bridge*\n")
        async with open_runtime(folder_config(self.folder), clock=lambda: self.now) as runtime:
            add_sources(runtime.store, "wire")
            runtime.notifiers["chat"].post_interval = runtime.notifiers["bot"].post_interval = 0.0  # type: ignore[attr-defined]
            yield Daemon(runtime)

    def enqueue(self, runtime: Runtime, *channels: str, count: int = 1) -> None:
        """Enqueue messages about `count` stories, each for all of these channels."""
        for number in range(self.enqueued_count, self.enqueued_count + count):
            alert = example_alert(f"al-{number}", f"News {number}.", at=self.now, severity=Severity.HIGH)
            thread, at = f"st-{number}", self.now
            new_messages = [
                example_message(f"{channel}-{number}", alert, channel=channel, thread=thread, created=at)
                for channel in channels
            ]
            commit_texts(
                runtime.store,
                [f"News {number}."],
                at,
                entry=f"e{number}",
                decisions=[sent_decision(alert)],
                messages=new_messages,
            )
        self.enqueued_count += count

    async def deliver(self, daemon: Daemon, seconds: float = 0.0) -> None:
        """Advance the clock and deliver what is due, including the notices that result."""
        self.now += seconds
        await deliver(daemon, rounds=2)

    def chat_posts(self, text: str = "Channel ") -> list[str]:
        """Return the posts on `chat` that contain this text."""
        posts = [json.loads(request.body)["text"] for request in self.chat.received_requests]
        return [post for post in posts if text in post]


@pytest.fixture
async def monitor(tmp_path: Path) -> AsyncIterator[FourChannelDaemon]:
    async with (
        mail_service() as mail_server,
        http_service(204, b"") as hook,
        http_service(200, POST_ACCEPTED) as bot,
        http_service() as chat,
    ):
        yield FourChannelDaemon(tmp_path, mail_server, hook, bot, chat)


def delivery_states(runtime: Runtime, channel: str) -> list[str]:
    """Return the delivery states of a channel, oldest first."""
    return [delivery.state for delivery in reversed(load_deliveries(runtime)) if delivery.channel == channel]


def load_deliveries(runtime: Runtime) -> list[DeliveryRow]:
    with runtime.store.read() as conn:
        return load_delivery_page(conn, limit=1000)


def message_ids_for(mail_server: MailService, recipient: str) -> list[str]:
    """Return the ids of the messages that a recipient received."""
    message_ids = [post.parsed["Message-ID"] for post in mail_server.mails if recipient in post.recipients]
    return [str(message_id).strip("<>").partition("@")[0] for message_id in message_ids]


async def test_a_service_that_hangs_delays_no_other(monitor: FourChannelDaemon) -> None:
    monitor.hook.is_silent = True
    async with monitor.daemon() as daemon:
        daemon.runtime.notifiers["hook"].deadline = 5.0
        monitor.enqueue(daemon.runtime, "hook", "desk", "bot", "chat", count=3)
        await daemon.deliver_due()
        async with asyncio.timeout(4):
            while {"desk", "bot", "chat"} & daemon.send_tasks.keys():
                await asyncio.sleep(0.01)

        assert "hook" in daemon.send_tasks
        assert (
            len(monitor.mail_server.mails)
            == len(monitor.bot.received_requests)
            == len(monitor.chat.received_requests)
            == 3
        )
        daemon.send_tasks["hook"].cancel()
        await daemon.finish_tasks()


async def test_a_mail_reaches_accepted_and_greylisted_recipients_once_and_rejected_ones_cause_a_notice(
    monitor: FourChannelDaemon,
) -> None:
    monitor.mail_server.refusals = {
        "b@desk.example": "450 greylisted, come back",
        "c@desk.example": "550 no such user",
    }
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, "desk")
        await monitor.deliver(daemon)
        monitor.enqueue(daemon.runtime, "desk")
        await monitor.deliver(daemon, 1)
        monitor.mail_server.refusals.pop("b@desk.example")
        for _ in range(3):
            await monitor.deliver(daemon, 60)

        assert message_ids_for(monitor.mail_server, "a@desk.example") == ["desk-0", "desk-1"]
        assert sorted(message_ids_for(monitor.mail_server, "b@desk.example")) == ["desk-0", "desk-1"]
        assert message_ids_for(monitor.mail_server, "c@desk.example") == []
        assert delivery_states(daemon.runtime, "desk") == ["sent", "sent"]
        assert len(monitor.chat_posts("550") + monitor.chat_posts()) == 1


@pytest.mark.parametrize("channel", ["desk", "hook", "chat", "bot"])
async def test_a_lost_response_causes_one_more_copy_with_the_same_id(
    monitor: FourChannelDaemon, channel: str
) -> None:
    service = {"hook": monitor.hook, "chat": monitor.chat, "bot": monitor.bot}.get(channel)
    async with monitor.daemon() as daemon:
        reply = service.raw_reply if service else b""
        monitor.mail_server.hangs_up = True
        if service:
            service.raw_reply = b""
        monitor.enqueue(daemon.runtime, channel)
        await monitor.deliver(daemon)
        assert delivery_states(daemon.runtime, channel) == ["retrying"]

        monitor.mail_server.hangs_up = False
        if service:
            service.raw_reply = reply
        for _ in range(3):
            await monitor.deliver(daemon, 15)
        assert delivery_states(daemon.runtime, channel) == ["sent"]

    if service:
        first, second = service.received_requests
        assert first.body == second.body
        assert first.headers.get("webhook-id") == second.headers.get("webhook-id")
    else:
        assert message_ids_for(monitor.mail_server, "a@desk.example") == ["desk-0", "desk-0"]


@pytest.mark.parametrize("channel", ["desk", "hook", "bot"])
async def test_a_refused_login_is_retried_slowly_and_causes_one_notice_on_another_channel(
    tmp_path: Path, channel: str
) -> None:
    refusal = json.dumps({"ok": False, "error": "invalid_auth"}).encode()
    async with (
        mail_service(login=True) as mail_server,
        http_service(401, b"who are you?") as hook,
        http_service(200, refusal) as bot,
        http_service() as chat,
    ):
        monitor = FourChannelDaemon(tmp_path, mail_server, hook, bot, chat)
        async with monitor.daemon(mail_keys=LOGIN) as daemon:
            attempt_times = []
            for seconds in [300.0] * 36 + [HOUR] * 20:
                monitor.enqueue(daemon.runtime, channel)
                await monitor.deliver(daemon, seconds)
                attempts = {
                    "desk": mail_server.session_count,
                    "hook": len(hook.received_requests),
                    "bot": len(bot.received_requests),
                }[channel]
                attempt_times += [monitor.now] * (attempts - len(attempt_times))
            assert min(later - earlier for earlier, later in pairwise(attempt_times)) >= 1800
            assert len(attempt_times) >= 12
            assert monitor.chat_posts() == [f"[HIGH] Channel {channel} is out of reach"]
            assert set(delivery_states(daemon.runtime, channel)) <= {"retrying", "pending"}

            mail_server.password = "wrong horse"
            hook.answer_with(204, b"")
            bot.answer_with(200, POST_ACCEPTED)
            await monitor.deliver(daemon, 1.25 * HOUR)
            assert set(delivery_states(daemon.runtime, channel)) == {"sent"}
    if channel == "desk":
        assert message_ids_for(mail_server, "a@desk.example") == [f"desk-{number}" for number in range(56)]


async def test_all_mails_of_a_day_without_a_mail_server_are_delivered_in_order(monitor: FourChannelDaemon) -> None:
    with MailServer() as mail:
        async with monitor.daemon(mail_port=mail.port) as daemon:
            mail.stop()
            for _ in range(25):
                monitor.enqueue(daemon.runtime, "desk", count=OUTAGE_MAILS // 25)
                await monitor.deliver(daemon, HOUR)
            assert mail.mails == []
            mail.start()
            await monitor.deliver(daemon, 2 * HOUR)

            assert [str(message_id["Message-ID"]).partition("@")[0] for message_id in mail.mails] == [
                f"<desk-{number}" for number in range(OUTAGE_MAILS)
            ]
            assert delivery_states(daemon.runtime, "desk") == ["sent"] * OUTAGE_MAILS
    assert monitor.chat_posts() == ["[HIGH] Channel desk is out of reach"] * 2  # one a day


async def test_a_message_that_a_service_always_rejects_delays_no_other(monitor: FourChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, "hook", count=4)
        monitor.hook.refused_text = b"News 1."
        await monitor.deliver(daemon)

        assert delivery_states(daemon.runtime, "hook") == ["sent", "dead", "sent", "sent"]
        assert [json.loads(request.body)["data"]["id"] for request in monitor.hook.received_requests] == [
            "al-0",
            "al-1",
            "al-2",
            "al-3",
        ]
        assert monitor.chat_posts() == ["[HIGH] Channel hook has missed an alert"]
        assert monitor.bot.received_requests == monitor.mail_server.mails == []  # only the fallback gets the notice


async def test_a_channel_that_sends_retry_after_is_not_called_before_that(monitor: FourChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.chat.answer_with(429, b"rate_limited", retry_after="120")
        monitor.enqueue(daemon.runtime, "chat", count=3)
        await monitor.deliver(daemon)
        monitor.chat.answer_with(200)
        for _ in range(11):
            await monitor.deliver(daemon, 10)
        assert len(monitor.chat.received_requests) == 1

        await monitor.deliver(daemon, 11)
        assert delivery_states(daemon.runtime, "chat") == ["sent"] * 3


async def test_an_alert_that_cannot_be_decoded_is_dead_and_delays_no_other(monitor: FourChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, "hook", count=3)
        with daemon.runtime.store.write() as conn:
            conn.execute(update(alerts).where(alerts.c.id == "al-0").values(body={"id": "al-0", "rule": "bridges"}))
        await monitor.deliver(daemon)

        assert [json.loads(request.body)["data"]["id"] for request in monitor.hook.received_requests[:2]] == [
            "al-1",
            "al-2",
        ]
        with daemon.runtime.store.read() as conn:
            (dead,) = conn.execute(select(messages.c.id, messages.c.error).where(messages.c.state == "dead"))
        assert dead == ("hook-0", "its content can no longer be read from the database")
        assert monitor.chat_posts() == ["[HIGH] Channel hook has missed an alert"]


async def test_a_follow_up_is_posted_if_the_first_message_of_its_thread_cannot_be_decoded(
    monitor: FourChannelDaemon,
) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, "bot")
        await monitor.deliver(daemon)
        with daemon.runtime.store.write() as conn:
            conn.execute(update(alerts).values(body={}))
            conn.execute(update(messages).values(thread="st-1"))
        monitor.enqueue(daemon.runtime, "bot")
        await monitor.deliver(daemon)

        assert [request.request_line.split()[1] for request in monitor.bot.received_requests] == [
            "/api/chat.postMessage"
        ] * 2
        with daemon.runtime.store.read() as conn:
            assert set(conn.scalars(select(messages.c.state))) == {"sent"}


@pytest.mark.parametrize(
    ("keys", "subjects", "has_references"),
    [
        (
            {},
            ["[HIGH] Bridges: News 0 · wire", "[HIGH] Bridges: News 1 · wire", "[HIGH] Bridges: News 2 · wire"],
            True,
        ),
        (
            {"threading": "subject"},
            [
                "[HIGH] Bridges: News 0 · wire",
                "Re: [HIGH] Bridges: News 0 · wire",
                "Re: [HIGH] Bridges: News 0 · wire",
            ],
            True,
        ),
        (
            {"threading": "none", "severity_marker": False},
            ["Bridges: News 0 · wire", "Bridges: News 1 · wire", "Bridges: News 2 · wire"],
            False,
        ),
    ],
)
async def test_the_mails_of_a_story_are_threaded_as_the_channel_says(
    monitor: FourChannelDaemon, keys: dict[str, object], subjects: list[str], has_references: bool
) -> None:
    async with monitor.daemon(mail_keys=keys) as daemon:
        for _ in range(3):
            monitor.enqueue(daemon.runtime, "desk")
            with daemon.runtime.store.write() as conn:
                conn.execute(update(messages).values(thread="st-0"))
            await monitor.deliver(daemon, 60)

    mails = [mail.parsed for mail in monitor.mail_server.mails]
    assert [mail["Subject"] for mail in mails] == subjects
    assert len({mail["References"] for mail in mails}) == 1
    assert (mails[0]["References"] is not None) is has_references
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]
    assert all(f"Bridges: News {number}" in text.splitlines()[0] for number, text in enumerate(texts))


PASSWORDS = ["wrong horse", *(base64.b64encode(p).decode() for p in (b"wrong horse", b"\0monitor\0wrong horse"))]
ECHOED_SECRETS = {
    "desk": " ".join(PASSWORDS),
    "hook": f"no POST /services/T000/B000/hidden-token signed by {WEBHOOK_SECRET}",
    "bot": "no such token: xoxb-hidden-token",
    "chat": "no such hook: B000/hidden-token",
}
SECRETS = ("hidden-token", "B000/hidden", WEBHOOK_SECRET, WEBHOOK_SECRET.removeprefix("whsec_"), *PASSWORDS)


async def test_secrets_echoed_by_servers_appear_in_no_log_database_listing_or_page(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        mail_service(login=True) as mail_server,
        http_service(400, ECHOED_SECRETS["hook"].encode()) as hook,
        http_service(200, json.dumps({"ok": False, "error": ECHOED_SECRETS["bot"]}).encode()) as bot,
        http_service(500, ECHOED_SECRETS["chat"].encode()) as chat,
    ):
        mail_server.password, mail_server.data_reply = "wrong horse", f"554 {ECHOED_SECRETS['desk']}"
        monitor = FourChannelDaemon(tmp_path, mail_server, hook, bot, chat)
        async with monitor.daemon(mail_keys=LOGIN) as daemon:
            for _ in range(4):
                monitor.enqueue(daemon.runtime, "desk", "hook", "bot", "chat")
                await monitor.deliver(daemon, HOUR)
                mail_server.data_reply = f"451 {ECHOED_SECRETS['desk']}"
                hook.answer_with(401, ECHOED_SECRETS["hook"].encode())
                chat.stop_listening()
            assert {"dead", "retrying"} <= {delivery.state for delivery in load_deliveries(daemon.runtime)}
            outputs = [str(load_deliveries(daemon.runtime)), str(all_rows(daemon.runtime.store))]
            async with page_client(daemon.runtime.store) as web:
                for page in ("/", "/deliveries", "/sources", "/health", "/alerts/al-0", "/api/v1/deliveries"):
                    response = await web.get(page)
                    outputs.append(f"{response.headers} {response.text}")
    monkeypatch.chdir(tmp_path)
    for command in ("deliveries", "status", "alerts", "explain al-0", "check"):
        run_command_line([*command.split(), *(["--json"] if command != "explain al-0" else [])])
    printed = capsys.readouterr()
    outputs += [printed.out, printed.err]
    # "mail.log" is the logger of the test's own mail server.
    outputs += [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    outputs += [file.read_bytes().decode("latin-1") for file in tmp_path.glob("monitor.db*")]

    assert any("•••" in output for output in outputs)
    assert len(printed.out) > 3000
    leaks = [
        (secret, output[: output.find(secret)][-150:]) for secret in SECRETS for output in outputs if secret in output
    ]
    assert leaks == []


async def test_a_channel_template_applies_to_rules_without_their_own(monitor: FourChannelDaemon) -> None:
    (monitor.folder / "templates").mkdir()
    for name in ("brief", "urgent"):
        (monitor.folder / f"templates/{name}.slack.j2").write_text(f"{name}: {{{{ now }}}}")
    async with monitor.daemon(chat_keys={"template": "brief"}) as daemon:
        for rule in ("", "template: urgent"):
            (monitor.folder / "rules/bridges.yaml").write_text(
                f"name: bridges\ntitle: Bridges\nmatch: bridge*\n{rule}\n"
            )
            daemon.runtime.policy = load_policy(daemon.runtime.config)
            monitor.enqueue(daemon.runtime, "chat", "bot")
            await monitor.deliver(daemon)

        chat, bot = (
            [str(json.loads(request.body)["blocks"]) for request in channel.received_requests]
            for channel in (monitor.chat, monitor.bot)
        )
        assert ["brief: Bridges: News 0" in chat[0], "urgent: Bridges: News 1" in chat[1]] == [True, True]
        assert ["brief" in bot[0], "urgent: Bridges: News 1" in bot[1]] == [False, True]
