"""What readers get over a day: ten rules, sixty entries and six channels, checked message by message."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default, strict
from itertools import cycle
from pathlib import Path

import pytest
import pytest_asyncio
from kit.config import email_table, loopback_config, notify_table, source_table, toml_table, webhook_table
from kit.daemon_harness import deliver, prepared_runtime
from kit.databases import write_config_file
from kit.delivery import HttpService, MailService, http_service, mail_service
from selectolax.lexbor import LexborHTMLParser

from monitor.daemon.scheduler import Daemon
from monitor.deliver.headline import alert_headline
from monitor.model import Alert, Novelty, Update
from monitor.polling.ingest import ingest_update
from monitor.runtime import Runtime
from monitor.store.reports.alerts import load_alert_page

RULES = {
    "troops": ("Foreign troops", "high", "soldier* OR brigade*"),
    "recalls": ("Vehicle recalls", "medium", "recall*"),
    "deaths": ("Accidents with deaths", "critical", "died OR killed"),
    "ferries": ("Ferries", "low", "ferr*"),
    "rates": ("Interest rates", "medium", "rate*"),
    "flaws": ("Exploited flaws", "high", "exploited"),
    "losses": ("Losses of equipment", "info", "tanks OR drones"),
    "floods": ("Floods", "high", "flood*"),
    "strikes": ("Strikes", "low", "strike"),
    "outages": ("Outages", "medium", "outage*"),
}
TOWNS = [  # sixty, because reports from one town may be one story
    begin + end
    for begin in ("Hal", "Ost", "Bre", "Tol", "Mer", "Kar")
    for end in ("vik", "rand", "sby", "dal", "holm", "sund", "ness", "fors", "mark", "lund")
]
# For each rule, a text with a figure, the same with another figure, and one without.
TEXTS = {
    "troops": (
        "Around {n} soldiers of the Kalla brigade are near {town}.",
        "The brigade left the barracks of {town}.",
    ),
    "recalls": ("Norda recalls {n} vans built in {town}.", "Norda recalls all buses built in {town}."),
    "deaths": (
        "At least {n} people died when a bus left the road near {town}.",
        "A miner died in {town}.",
    ),
    "ferries": ("The ferry to {town} was {n} minutes late.", "The ferry to {town} is cancelled until Friday."),
    "rates": ("The bank of {town} raised its base rate to {n} points.", "The bank of {town} kept its base rate."),
    "flaws": ("A flaw in {n} routers sold in {town} is being exploited.", "The flaw in {town} locks is exploited."),
    "losses": ("The army lost {n} tanks in the battle of {town}.", "Drones hit the depot of {town}."),
    "floods": ("The flood in {town} covers {n} farms.", "A flood cut off {town} from the coast."),
    "strikes": ("About {n} dockers of {town} went on strike.", "The strike of the teachers of {town} is over."),
    "outages": ("The outage in {town} affects {n} homes.", "The outage in {town} began at a substation."),
}
MORNING, MINUTE, HOUR = 1_796_853_600.0, 60.0, 3600.0  # 9 December 2026, 22:00 UTC
SLACK_ACCEPTED = json.dumps({"ok": True, "channel": "C1", "ts": "1.5"}).encode()


@dataclass
class Readers:
    """What each channel received, and the alerts that the store has."""

    mail_server: MailService
    chat: HttpService
    bot: HttpService
    hook: HttpService
    alerts: list[Alert]

    def mails_to(self, name: str) -> list[EmailMessage]:
        """Return the mails to a recipient, parsed strictly."""
        contents = [mail.content for mail in self.mail_server.mails if f"{name}@desk.example" in mail.recipients]
        assert [
            part.defects for content in contents for part in message_from_bytes(content, policy=strict).walk()
        ] == [[] for content in contents for _ in range(3)]
        return [BytesParser(policy=default).parsebytes(content) for content in contents]  # type: ignore[misc]

    def posts(self, service: HttpService) -> list[dict[str, object]]:
        return [json.loads(request.body) for request in service.received_requests]


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def html_of(mail: EmailMessage) -> LexborHTMLParser:
    return LexborHTMLParser(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]


def write_channels(folder: Path, *, mail: int, chat: str, bot: str, hook: str) -> None:
    config = loopback_config(
        toml_table("[web]", url="https://claims.example"),
        source_table("wire", "https://wire.example/feed"),
        email_table("desk", mail, to="desk@desk.example"),
        email_table("gmail", mail, to="gmail@desk.example", threading="subject", severity_marker=False),
        email_table("digest", mail, to="digest@desk.example", digest="0 8 * * *"),
        toml_table("[channels.chat]", type="slack", url=chat),
        toml_table("[channels.bot]", type="slack", token="xoxb-token", channel="C1", api=bot),
        webhook_table("hook", hook),
        notify_table("desk", "gmail", "digest", "chat", "bot", "hook"),
        timezone="UTC",
    )
    rules = (
        f"name: {name}\ntitle: {title}\nseverity: {severity}\nmatch: {query}\n"
        for name, (title, severity, query) in RULES.items()
    )
    write_config_file(folder, config, *rules)


def ingest(runtime: Runtime, entry: str, text: str) -> None:
    with runtime.store.write() as conn:
        update = Update("wire", entry, runtime.clock(), "", f"https://wire.example/{entry}", text)
        ingest_update(conn, update, runtime.policy, digest=text, memory=1e9, now=runtime.clock())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def readers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Readers]:
    """Run a day: sixty entries, half of them revised once, then the digest at eight in the morning."""
    folder = tmp_path_factory.mktemp("readers")
    now = [MORNING]
    async with AsyncExitStack() as stack:
        mail_server = await stack.enter_async_context(mail_service())
        chat, bot, hook = [
            await stack.enter_async_context(http_service(*answer))
            for answer in ((200, b"ok"), (200, SLACK_ACCEPTED), (204, b""))
        ]
        bot_api = f"http://127.0.0.1:{bot.port}/api"
        write_channels(folder, mail=mail_server.port, chat=chat.url, bot=bot_api, hook=hook.url)
        runtime = await stack.enter_async_context(prepared_runtime(folder, lambda: now[0]))
        for name in ("chat", "bot"):
            runtime.notifiers[name].post_interval = 0.0  # type: ignore[attr-defined]
        daemon = Daemon(runtime)
        for number, (rule, town) in enumerate(zip(cycle(TEXTS), TOWNS, strict=False)):
            entry, (figure_text, plain_text) = f"e{number}", TEXTS[rule]
            if number % 2:
                await say(daemon, entry, figure_text.format(n=100 + number, town=town), now)
                await say(daemon, entry, figure_text.format(n=300 + number, town=town), now)
            else:
                await say(daemon, entry, plain_text.format(town=town), now)
        now[0] = MORNING + 10 * HOUR
        for _ in range(3):
            await deliver(daemon)
        with runtime.store.read() as conn:
            alerts = [row.alert for row in load_alert_page(conn, limit=1000)]
        yield Readers(mail_server, chat, bot, hook, alerts)


async def say(daemon: Daemon, entry: str, text: str, now: list[float]) -> None:
    now[0] += 2 * MINUTE
    ingest(daemon.runtime, entry, text)
    await deliver(daemon)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_day_has_alerts_of_every_rule(readers: Readers) -> None:
    assert {alert.rule for alert in readers.alerts} == set(RULES)
    assert sum(alert.findings[0].novelty is Novelty.CHANGED for alert in readers.alerts) == 30
    assert len(readers.alerts) == 90


async def test_every_subject_says_the_news_and_its_source(readers: Readers) -> None:
    mails = readers.mails_to("desk")
    subjects = [str(mail["Subject"]) for mail in mails]
    assert len(subjects) == 90
    assert all(subject.endswith(" · wire") for subject in subjects)
    assert all(len(re.findall(r"[^\W\d_]{3,}", subject)) >= 4 for subject in subjects)
    assert [subject for subject in subjects if "…" in subject] == []
    figures = [
        re.search(r"(\d+) .*\(was (?:[a-z ]*)(\d+)[a-z ]*\)", subject) for subject in subjects if "(was" in subject
    ]
    assert [int(found[1]) - int(found[2]) for found in figures if found] == [200] * 30


async def test_the_first_lines_of_a_mail_have_the_news_the_source_the_old_value_and_why(readers: Readers) -> None:
    for mail in readers.mails_to("desk"):
        lines = text_of(mail).splitlines()
        assert re.sub(r" · wire$", "", str(mail["Subject"])) == lines[0]
        assert lines[1] in {title for title, _, _ in RULES.values()}
        assert " · wire · " in lines[3]
        assert ("\nBefore (wire, " in text_of(mail)) is ("(was" in lines[0])
        assert "Why you received this:" in lines


async def test_the_prior_claim_is_plain_text_and_each_change_is_marked_once(readers: Readers) -> None:
    changed = [html for mail in readers.mails_to("desk") if (html := html_of(mail)).css_first(".before")]
    assert len(changed) == 30
    for html in changed:
        old, new = html.css(".old"), html.css(".now")
        assert (len(old), len(new)) == (1, 1)
        assert old[0].text() in html.css_first(".before div[dir]").text()
        assert html.css(".change") == []


async def test_follow_ups_keep_the_first_subject_where_the_channel_says_so(readers: Readers) -> None:
    first_subjects: dict[str, str] = {}
    follow_ups = 0
    for mail in readers.mails_to("gmail"):
        thread, subject = str(mail["References"]), str(mail["Subject"])
        assert not subject.removeprefix("Re: ").startswith("[")
        if thread in first_subjects:
            follow_ups += 1
            assert subject == f"Re: {first_subjects[thread]}"
            assert text_of(mail).splitlines()[0] not in subject
        first_subjects.setdefault(thread, subject)
    assert follow_ups >= 30


async def test_the_digest_names_every_alert_once_at_the_top(readers: Readers) -> None:
    (mail,) = [mail for mail in readers.mails_to("digest") if "Digest" in str(mail["Subject"])]
    urgent = [alert for alert in readers.alerts if alert.severity.value == "critical"]
    held = [alert for alert in readers.alerts if alert not in urgent]
    assert re.match(rf"\[HIGH\] Digest, {len(held)} alerts: .+; .+; …$", str(mail["Subject"]))
    assert mail["References"] is None
    summary = html_of(mail).css_first(".summary").text()
    assert [alert.id for alert in held if summary.count(alert_headline(alert)) != 1] == []


@pytest.mark.parametrize("channel", ["desk", "gmail", "chat", "bot"])
async def test_each_alert_is_found_by_its_headline_on_every_channel(readers: Readers, channel: str) -> None:
    if channel in ("chat", "bot"):
        texts = [str(post["blocks"]) for post in readers.posts(getattr(readers, channel))]
    else:
        texts = [text_of(mail) for mail in readers.mails_to(channel)]
    everything = "\n".join(texts)
    assert [alert.id for alert in readers.alerts if alert_headline(alert) not in everything] == []


async def test_the_webhook_has_every_alert_exactly_once(readers: Readers) -> None:
    posted = [alert["id"] for post in readers.posts(readers.hook) for alert in post["data"]["alerts"]]  # type: ignore[index]
    assert sorted(posted) == sorted(alert.id for alert in readers.alerts)


async def test_slack_shows_old_and_new_values_without_colors(readers: Readers) -> None:
    posts = [str(post["blocks"]) for post in readers.posts(readers.chat) if "(was" in str(post["blocks"])]
    assert len(posts) == 30
    assert all(
        re.search(r"• .*\d+.* → \*.*\d+.*\*", post) and "Before (" in post and "~" not in post for post in posts
    )


async def test_every_message_about_one_alert_can_be_answered(readers: Readers) -> None:
    for mail in readers.mails_to("desk"):
        links = [
            link.attributes["href"]
            for link in html_of(mail).css("a")
            if "/answer/" in (link.attributes["href"] or "")
        ]
        assert len(links) == 2
        assert mail["List-Unsubscribe-Post"] is None
