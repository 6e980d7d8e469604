"""Answer links end to end: a delivered mail is opened on the daemon's own web server, and the answer mutes."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from kit.config import email_table, loopback_config, notify_table, source_table, toml_table
from kit.daemon_harness import deliver, poll, prepared_runtime
from kit.databases import database_url, write_config_file
from kit.delivery import MailService, mail_service
from kit.servers import Bulletin, FeedServer, free_port

from monitor.alerts.answer_links import LINK_LIFETIME_S
from monitor.alerts.feedback import FeedbackKind
from monitor.daemon.health import Health
from monitor.daemon.run import web_pages
from monitor.daemon.scheduler import Daemon
from monitor.store import feedback
from monitor.store.connect import open_store

RULE = "name: ferries\ntitle: Ferries\nmatch: ferr*\n"
NEWS = "The ferry line to Lerwick is closed after the storm damaged the pier on Tuesday."
REWORDED = "The ferry line to Lerwick is shut after the storm wrecked the pier on Tuesday."
OTHER_FACT = "The ferry line to Lerwick is closed after the storm damaged 14 ferries on Tuesday."


@dataclass
class MailingDaemon:
    """A daemon with a mail channel, and a clock that the test sets. Each round is a process of its own."""

    folder: Path
    feed: FeedServer
    mail_server: MailService
    web_url: str
    now: float = 1_800_000_000.0

    async def run_round(self, *links: str, method: str = "POST") -> list[httpx.Response]:
        """Poll, deliver, then open these links on the daemon's web server."""
        self.now += 60
        self.write_config()
        async with (
            prepared_runtime(self.folder, lambda: self.now) as runtime,
            web_pages(runtime, Health(time.monotonic)),
        ):
            daemon = Daemon(runtime)
            await poll(daemon)
            await deliver(daemon)
            async with httpx.AsyncClient() as browser:
                return [await browser.request(method, link) for link in links]

    def write_config(self) -> None:
        listen = self.web_url.removeprefix("http://").partition("/")[0]
        config = loopback_config(
            source_table("bulletins", self.feed.url, every="1s", first_poll="alert"),
            email_table("desk", self.mail_server.port),
            notify_table("desk"),
            toml_table("[web]", listen=listen, url=self.web_url) if self.web_url else "",
        )
        write_config_file(self.folder, config, RULE)

    def stored_answers(self) -> list[tuple[FeedbackKind, str]]:
        store = open_store(database_url(self.folder), create=False)
        with store.read() as conn:
            answers = [(answer.kind, answer.by) for answer in feedback.all_feedback(conn)]
        store.close()
        return answers


def mail_text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def mail_link(mail: EmailMessage, action: str) -> str:
    (link,) = re.findall(rf"http://\S+/answer/{action}\S+", mail_text(mail))
    return link


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[MailingDaemon]:
    with FeedServer(Bulletin("b1", "Traffic", NEWS)) as feed:
        async with mail_service() as mail_server:
            yield MailingDaemon(tmp_path, feed, mail_server, f"http://127.0.0.1:{free_port()}/monitor")


async def test_a_link_of_a_mail_records_the_answer_after_a_restart(daemon: MailingDaemon) -> None:
    await daemon.run_round()
    (mail,) = daemon.mail_server.mails
    link = mail_link(mail.parsed, "seen")
    (page,) = await daemon.run_round(link, method="GET")
    assert page.status_code == 200
    assert "Lerwick" in page.text
    assert daemon.stored_answers() == []

    first, second = await daemon.run_round(link, link)
    assert "Your answer is recorded." in first.text
    assert "recorded already" in second.text
    assert daemon.stored_answers() == [(FeedbackKind.ACK, "link")]


@pytest.mark.parametrize("is_pressed", [True, False])
async def test_not_news_in_a_mail_mutes_similar_claims_until_a_fact_changes(
    daemon: MailingDaemon, is_pressed: bool
) -> None:
    await daemon.run_round()
    (mail,) = daemon.mail_server.mails
    await daemon.run_round(mail_link(mail.parsed, "not-news"), method="POST" if is_pressed else "GET")
    daemon.feed.bulletins = [Bulletin("b1", "Traffic", REWORDED)]
    await daemon.run_round()
    assert len(daemon.mail_server.mails) == (1 if is_pressed else 2)

    daemon.feed.bulletins = [Bulletin("b1", "Traffic", OTHER_FACT)]
    await daemon.run_round()
    assert "14 ferries" in mail_text(daemon.mail_server.mails[-1].parsed)


async def test_a_link_expires(daemon: MailingDaemon) -> None:
    await daemon.run_round()
    link = mail_link(daemon.mail_server.mails[0].parsed, "not-news")
    daemon.now += LINK_LIFETIME_S
    (response,) = await daemon.run_round(link)

    assert response.status_code == 410
    assert daemon.stored_answers() == []


async def test_a_mail_that_is_tried_again_is_the_same(daemon: MailingDaemon) -> None:
    daemon.mail_server.hangs_up = True
    await daemon.run_round()
    daemon.mail_server.hangs_up = False
    daemon.now += 600
    await daemon.run_round()

    first, *later = (mail_text(mail.parsed) for mail in daemon.mail_server.mails)
    assert "/answer/" in first
    assert later == [first]


async def test_without_web_pages_a_mail_names_the_command(daemon: MailingDaemon) -> None:
    daemon.web_url = ""
    await daemon.run_round()

    text = mail_text(daemon.mail_server.mails[0].parsed)
    assert re.search(r"To answer, run monitor ack (al-[0-9a-f]{20}) \(seen\) or monitor not-news \1\s", text)
