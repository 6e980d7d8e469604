"""Channels with real servers behind them that fail as servers do, through the daemon: who gets what, how often, and
who is told of it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.delivery import HttpService, MailService, http_service, mail_service
from kit.sample_store import page_client
from kit.servers import MailServer
from sqlalchemy import select, update

from monitor.cli.app import run_command_line
from monitor.config_file.load import read_config
from monitor.daemon.scheduler import Daemon
from monitor.model import Severity
from monitor.policy import load_policy
from monitor.runtime import Runtime, open_runtime
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page
from monitor.store.schema import alerts, messages

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OWED = int(os.environ.get("MONITOR_TEST_OWED", "50"))  # mails in the outage of a day
EARLY = 20_833 * 86400.0 + 60  # a minute past midnight: a notice is told once a day
HOUR = 3600.0
CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "wire"
url = "https://wire.example/feed"
[channels.desk]
type = "email"
host = "127.0.0.1"
port = {mail}
tls = "none"
{login}
from = "Claimwatch <monitor@desk.example>"
to = ["a@desk.example", "b@desk.example", "c@desk.example"]
[channels.hook]
type = "webhook"
url = "{hook}"
secret = "{secret}"
fallback = "chat"
[channels.bot]
type = "slack"
token = "xoxb-hidden-token"
channel = "C1"
api = "{bot}"
[channels.chat]
type = "slack"
url = "{chat}"
{own}
[alerts]
notify = ["desk", "hook", "bot", "chat"]
"""
LOGIN = 'username = "monitor"\npassword = "wrong horse"'
POSTED = json.dumps({"ok": True, "channel": "C1", "ts": "1.5"}).encode()


@dataclass
class Town:
    """A daemon and the servers behind its channels; `now` is moved by hand."""

    folder: Path
    office: MailService
    hook: HttpService
    bot: HttpService
    chat: HttpService
    now: float = EARLY
    owed: int = 0

    @asynccontextmanager
    async def daemon(self, *, mail: int = 0, login: str = "", chat: str = "") -> AsyncIterator[Daemon]:
        (self.folder / "rules").mkdir(exist_ok=True)
        (self.folder / "rules/r.yaml").write_text("name: bridges\ntitle: Bridges\nmatch: bridge*\n")
        (self.folder / "config.toml").write_text(
            CONFIG.format(
                mail=mail or self.office.port,
                login=login,
                hook=self.hook.url,
                secret=SECRET,
                bot=f"http://127.0.0.1:{self.bot.port}/api",
                chat=self.chat.url,
                own=chat,
            )
        )
        async with open_runtime(read_config(self.folder / "config.toml", env={}), clock=lambda: self.now) as engine:
            add_sources(engine.store, "wire")
            engine.notifiers["chat"].post_interval = engine.notifiers["bot"].post_interval = 0.0  # type: ignore[attr-defined]
            yield Daemon(engine)

    def owe(self, engine: Runtime, *channels: str, count: int = 1) -> None:
        """Messages about `count` stories, each for all of these channels."""
        for number in range(self.owed, self.owed + count):
            told = example_alert(f"al-{number}", f"News {number}.", at=self.now, severity=Severity.HIGH)
            story, at = f"st-{number}", self.now
            due = [example_message(f"{to}-{number}", told, channel=to, thread=story, created=at) for to in channels]
            commit_texts(
                engine.store,
                [f"News {number}."],
                at,
                entry=f"e{number}",
                decisions=[sent_decision(told)],
                messages=due,
            )
        self.owed += count

    async def deliver(self, daemon: Daemon, seconds: float = 0.0) -> None:
        """Delivers what is due after the clock went on, and what came of that."""
        self.now += seconds
        for _ in range(2):
            await daemon.deliver_due()
            await daemon.finish_tasks()

    def told(self, text: str = "Channel ") -> list[str]:
        """The posts on the chat that are about this."""
        posts = [json.loads(asked.body)["text"] for asked in self.chat.received_requests]
        return [post for post in posts if text in post]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with (
        mail_service() as office,
        http_service(204, b"") as hook,
        http_service(200, POSTED) as bot,
        http_service() as chat,
    ):
        yield Town(tmp_path, office, hook, bot, chat)


def states(engine: Runtime, channel: str) -> list[str]:
    """The states of what is owed to a channel, oldest first."""
    return [row.state for row in reversed(rows(engine)) if row.channel == channel]


def rows(engine: Runtime) -> list[DeliveryRow]:
    with engine.store.read() as conn:
        return load_delivery_page(conn, limit=1000)


def ids(office: MailService, whom: str) -> list[str]:
    """The messages that a recipient got, by id."""
    got = [post.parsed["Message-ID"] for post in office.mails if whom in post.recipients]
    return [str(one).strip("<>").partition("@")[0] for one in got]


async def test_a_service_that_hangs_holds_up_no_other(town: Town) -> None:
    town.hook.is_silent = True
    async with town.daemon() as daemon:
        daemon.runtime.notifiers["hook"].deadline = 5.0
        town.owe(daemon.runtime, "hook", "desk", "bot", "chat", count=3)
        await daemon.deliver_due()
        async with asyncio.timeout(4):
            while {"desk", "bot", "chat"} & daemon.send_tasks.keys():
                await asyncio.sleep(0.01)

        assert "hook" in daemon.send_tasks
        assert len(town.office.mails) == len(town.bot.received_requests) == len(town.chat.received_requests) == 3
        daemon.send_tasks["hook"].cancel()
        await daemon.finish_tasks()


async def test_one_recipient_is_greylisted_one_refused_and_one_gets_it_once(town: Town) -> None:
    town.office.refusals = {"b@desk.example": "450 greylisted, come back", "c@desk.example": "550 no such user"}
    async with town.daemon() as daemon:
        town.owe(daemon.runtime, "desk")
        await town.deliver(daemon)
        town.owe(daemon.runtime, "desk")
        await town.deliver(daemon, 1)
        town.office.refusals.pop("b@desk.example")
        for _ in range(3):
            await town.deliver(daemon, 60)

        assert ids(town.office, "a@desk.example") == ["desk-0", "desk-1"]
        assert sorted(ids(town.office, "b@desk.example")) == ["desk-0", "desk-1"]
        assert ids(town.office, "c@desk.example") == []
        assert states(daemon.runtime, "desk") == ["sent", "sent"]
        assert len(town.told("550") + town.told()) == 1


@pytest.mark.parametrize("channel", ["desk", "hook", "chat", "bot"])
async def test_an_answer_that_got_lost_makes_one_more_copy_under_the_same_id(town: Town, channel: str) -> None:
    behind = {"hook": town.hook, "chat": town.chat, "bot": town.bot}.get(channel)
    async with town.daemon() as daemon:
        reply = behind.raw_reply if behind else b""
        town.office.hangs_up = True
        if behind:
            behind.raw_reply = b""
        town.owe(daemon.runtime, channel)
        await town.deliver(daemon)
        assert states(daemon.runtime, channel) == ["retrying"]

        town.office.hangs_up = False
        if behind:
            behind.raw_reply = reply
        for _ in range(3):
            await town.deliver(daemon, 15)
        assert states(daemon.runtime, channel) == ["sent"]

    if behind:
        first, second = behind.received_requests
        assert first.body == second.body
        assert first.headers.get("webhook-id") == second.headers.get("webhook-id")
    else:
        assert ids(town.office, "a@desk.example") == ["desk-0", "desk-0"]


@pytest.mark.parametrize("channel", ["desk", "hook", "bot"])
async def test_a_refused_login_is_not_hammered_and_one_notice_goes_elsewhere(tmp_path: Path, channel: str) -> None:
    refusal = json.dumps({"ok": False, "error": "invalid_auth"}).encode()
    async with (
        mail_service(login=True) as office,
        http_service(401, b"who are you?") as hook,
        http_service(200, refusal) as bot,
        http_service() as chat,
    ):
        town = Town(tmp_path, office, hook, bot, chat)
        async with town.daemon(login=LOGIN) as daemon:
            tried = []
            for seconds in [300.0] * 36 + [HOUR] * 20:
                town.owe(daemon.runtime, channel)
                await town.deliver(daemon, seconds)
                tries = {
                    "desk": office.session_count,
                    "hook": len(hook.received_requests),
                    "bot": len(bot.received_requests),
                }[channel]
                tried += [town.now] * (tries - len(tried))
            assert min(later - earlier for earlier, later in pairwise(tried)) >= 1800
            assert len(tried) >= 12
            assert town.told() == [f"[HIGH] Channel {channel} is out of reach"]
            assert set(states(daemon.runtime, channel)) <= {"retrying", "pending"}

            office.password = "wrong horse"
            hook.answer_with(204, b"")
            bot.answer_with(200, POSTED)
            await town.deliver(daemon, 1.25 * HOUR)
            assert set(states(daemon.runtime, channel)) == {"sent"}
    if channel == "desk":
        assert ids(office, "a@desk.example") == [f"desk-{number}" for number in range(56)]


async def test_a_day_without_the_mail_server_brings_every_mail_in_order(town: Town) -> None:
    with MailServer() as mail:
        async with town.daemon(mail=mail.port) as daemon:
            mail.stop()
            for _ in range(25):
                town.owe(daemon.runtime, "desk", count=OWED // 25)
                await town.deliver(daemon, HOUR)
            assert mail.mails == []
            mail.start()
            await town.deliver(daemon, 2 * HOUR)

            assert [str(one["Message-ID"]).partition("@")[0] for one in mail.mails] == [
                f"<desk-{number}" for number in range(OWED)
            ]
            assert states(daemon.runtime, "desk") == ["sent"] * OWED
    assert town.told() == ["[HIGH] Channel desk is out of reach"] * 2  # one a day


async def test_a_message_that_a_service_never_takes_holds_up_no_other(town: Town) -> None:
    async with town.daemon() as daemon:
        town.owe(daemon.runtime, "hook", count=4)
        town.hook.refused_text = b"News 1."
        await town.deliver(daemon)

        assert states(daemon.runtime, "hook") == ["sent", "dead", "sent", "sent"]
        assert [json.loads(asked.body)["data"]["id"] for asked in town.hook.received_requests] == [
            "al-0",
            "al-1",
            "al-2",
            "al-3",
        ]
        assert town.told() == ["[HIGH] Channel hook has missed an alert"]
        assert town.bot.received_requests == town.office.mails == []  # it has a fallback, which is told alone


async def test_who_asks_for_patience_is_left_alone_for_as_long(town: Town) -> None:
    async with town.daemon() as daemon:
        town.chat.answer_with(429, b"rate_limited", retry_after="120")
        town.owe(daemon.runtime, "chat", count=3)
        await town.deliver(daemon)
        town.chat.answer_with(200)
        for _ in range(11):
            await town.deliver(daemon, 10)
        assert len(town.chat.received_requests) == 1

        await town.deliver(daemon, 11)
        assert states(daemon.runtime, "chat") == ["sent"] * 3


async def test_an_alert_that_cannot_be_read_any_more_is_dead_and_holds_up_no_other(town: Town) -> None:
    async with town.daemon() as daemon:
        town.owe(daemon.runtime, "hook", count=3)
        with daemon.runtime.store.write() as conn:
            conn.execute(update(alerts).where(alerts.c.id == "al-0").values(body={"id": "al-0", "rule": "bridges"}))
        await town.deliver(daemon)

        assert [json.loads(asked.body)["data"]["id"] for asked in town.hook.received_requests[:2]] == ["al-1", "al-2"]
        with daemon.runtime.store.read() as conn:
            (dead,) = conn.execute(select(messages.c.id, messages.c.error).where(messages.c.state == "dead"))
        assert dead == ("hook-0", "what it tells cannot be read from the database any more")
        assert town.told() == ["[HIGH] Channel hook has missed an alert"]


async def test_a_follow_up_is_posted_although_what_opened_its_thread_cannot_be_read(town: Town) -> None:
    async with town.daemon() as daemon:
        town.owe(daemon.runtime, "bot")
        await town.deliver(daemon)
        with daemon.runtime.store.write() as conn:
            conn.execute(update(alerts).values(body={}))
            conn.execute(update(messages).values(thread="st-1"))
        town.owe(daemon.runtime, "bot")
        await town.deliver(daemon)

        assert [asked.request_line.split()[1] for asked in town.bot.received_requests] == [
            "/api/chat.postMessage"
        ] * 2
        with daemon.runtime.store.read() as conn:
            assert set(conn.scalars(select(messages.c.state))) == {"sent"}


PASSWORDS = ["wrong horse", *(base64.b64encode(p).decode() for p in (b"wrong horse", b"\0monitor\0wrong horse"))]
REPEATED = {
    "desk": " ".join(PASSWORDS),
    "hook": f"no POST /services/T000/B000/hidden-token signed by {SECRET}",
    "bot": "no such token: xoxb-hidden-token",
    "chat": "no such hook: B000/hidden-token",
}
SECRETS = ("hidden-token", "B000/hidden", SECRET, SECRET.removeprefix("whsec_"), *PASSWORDS)


async def test_servers_that_repeat_every_secret_bring_none_into_log_database_listings_or_pages(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        mail_service(login=True) as office,
        http_service(400, REPEATED["hook"].encode()) as hook,
        http_service(200, json.dumps({"ok": False, "error": REPEATED["bot"]}).encode()) as bot,
        http_service(500, REPEATED["chat"].encode()) as chat,
    ):
        office.password, office.data_reply = "wrong horse", f"554 {REPEATED['desk']}"
        town = Town(tmp_path, office, hook, bot, chat)
        async with town.daemon(login=LOGIN) as daemon:
            for _ in range(4):
                town.owe(daemon.runtime, "desk", "hook", "bot", "chat")
                await town.deliver(daemon, HOUR)
                office.data_reply = f"451 {REPEATED['desk']}"
                hook.answer_with(401, REPEATED["hook"].encode())
                chat.stop_listening()
            assert {"dead", "retrying"} <= {row.state for row in rows(daemon.runtime)}
            told = [str(rows(daemon.runtime))]
            async with page_client(daemon.runtime.store) as web:
                for page in ("/", "/deliveries", "/sources", "/health", "/alerts/al-0", "/api/deliveries"):
                    answer = await web.get(page)
                    told.append(f"{answer.headers} {answer.text}")
    monkeypatch.chdir(tmp_path)
    for command in ("deliveries", "status", "alerts", "explain al-0", "check"):
        run_command_line([*command.split(), *(["--json"] if command != "explain al-0" else [])])
    spoken = capsys.readouterr()
    told += [spoken.out, spoken.err]
    told += [one.getMessage() for one in caplog.records if one.name != "mail.log"]  # that one is the mail server's
    told += [file.read_bytes().decode("latin-1") for file in tmp_path.glob("monitor.db*")]

    assert any("•••" in one for one in told)
    assert len(spoken.out) > 3000
    found = [(secret, one[: one.find(secret)][-150:]) for secret in SECRETS for one in told if secret in one]
    assert found == []


async def test_a_channels_own_template_writes_what_its_rules_leave_open(town: Town) -> None:
    (town.folder / "templates").mkdir()
    for name in ("brief", "grave"):
        (town.folder / f"templates/{name}.slack.j2").write_text(f"{name}: {{{{ now }}}}")
    async with town.daemon(chat='template = "brief"') as daemon:
        for rule in ("", "template: grave"):
            (town.folder / "rules/r.yaml").write_text(f"name: bridges\ntitle: Bridges\nmatch: bridge*\n{rule}\n")
            daemon.runtime.policy = load_policy(daemon.runtime.config)
            town.owe(daemon.runtime, "chat", "bot")
            await town.deliver(daemon)

        chat, bot = (
            [str(json.loads(asked.body)["blocks"]) for asked in to.received_requests] for to in (town.chat, town.bot)
        )
        assert ["brief: News 0" in chat[0], "grave: News 1" in chat[1]] == [True, True]
        assert ["brief" in bot[0], "grave: News 1" in bot[1]] == [False, True]
