"""The mail notifier with a local mail server: TLS, logins, rejected recipients, open and lost connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from zoneinfo import ZoneInfo

import pytest
import trustme
from kit.delivery import MailService, builtin_templates, mail_service, make_message, scripted_smtp_server
from pydantic import ValidationError

from monitor.deliver.channels import LOGIN_RETRY_S, MAX_SEND_DEADLINE_S, Receipt
from monitor.deliver.channels.email import SMTP_REPLY_TIMEOUT_S, Email, EmailSettings
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.pipeline import SEND_LEASE_S

pytestmark = pytest.mark.slow

RENDERED = render_message(make_message(), "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
TABLE = {
    "name": "desk",
    "type": "email",
    "host": "127.0.0.1",
    "tls": "none",
    "from": "Claimwatch <monitor@desk.example>",
    "to": ["a@desk.example", "b@desk.example"],
}
LOGIN = {"username": "monitor", "password": "correct horse"}


@asynccontextmanager
async def open_channel(port: int, **table: object) -> AsyncIterator[Email]:
    email = Email(EmailSettings.model_validate(TABLE | {"port": port} | table), Network(Guard(())))
    try:
        yield email
    finally:
        await email.close()


def channel_to(server: MailService, **table: object) -> AbstractAsyncContextManager[Email]:
    return open_channel(server.port, **table)


async def send(email: Email, name: str = "m1", rendered: RenderedMessage = RENDERED) -> Receipt:
    return await email.send(make_message(id=name), rendered)


async def delivery_error(email: Email) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await send(email)
    return raised.value


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls_context(authority: trustme.CA) -> ssl.SSLContext:
    """The TLS context of a server with a certificate for 127.0.0.1 that `authority` issued."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trust_authority(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> object:
    with authority.cert_pem.tempfile() as file:
        monkeypatch.setenv("SSL_CERT_FILE", file)
        yield


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mails_and_the_login_go_over_tls(
    tls: str, server_tls_context: ssl.SSLContext, trust_authority: object
) -> None:
    tls_options = {"starttls": {"tls": server_tls_context}, "implicit": {"implicit": server_tls_context}}[tls]
    async with mail_service(login=True, **tls_options) as server, channel_to(server, tls=tls, **LOGIN) as email:
        await send(email)

    (mail,) = server.mails
    assert (mail.is_encrypted, mail.user, mail.recipients) == (True, "monitor", ["a@desk.example", "b@desk.example"])
    assert [part.get_content_type() for part in mail.parsed.walk()][1:] == ["text/plain", "text/html"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_an_untrusted_certificate_is_rejected(tls: str, server_tls_context: ssl.SSLContext) -> None:
    tls_options = {"starttls": {"tls": server_tls_context}, "implicit": {"implicit": server_tls_context}}[tls]
    async with mail_service(**tls_options) as server, channel_to(server, tls=tls) as email:
        error = await delivery_error(email)

    assert server.mails == []
    assert not error.permanent
    assert "its certificate is not trusted" in str(error)


async def test_a_server_without_starttls_gets_nothing_unencrypted() -> None:
    async with mail_service() as server, channel_to(server, tls="starttls") as email:
        error = await delivery_error(email)

    assert server.mails == []
    assert "starttls" in str(error).lower()


async def test_a_rejected_login_is_retried_after_half_an_hour_without_revealing_the_password() -> None:
    async with mail_service(login=True) as server, channel_to(server, **LOGIN | {"password": "wrong horse"}) as email:
        error = await delivery_error(email)

    assert (error.permanent, error.retry_after) == (False, LOGIN_RETRY_S)
    assert "rejected the login: 535" in str(error)
    assert "horse" not in str(error) + repr(email)


async def test_a_password_in_a_server_reply_is_redacted() -> None:
    async with mail_service() as server, channel_to(server, **LOGIN) as email:
        server.data_reply = "554 go away with your correct horse, AG1vbml0b3IAY29ycmVjdCBob3JzZQ=="
        server.refusals = {}
        email._settings = email._settings.model_copy(update={"username": None, "password": None})
        error = await delivery_error(email)

    assert "•••, •••" in str(error)


async def test_a_rejected_recipient_is_reported_and_does_not_delay_the_others() -> None:
    async with mail_service() as server, channel_to(server) as email:
        server.refusals = {"b@desk.example": "550 no such user here"}
        receipt = await send(email)

    assert receipt.rejected == {"b@desk.example": "550 no such user here"}
    assert [mail.recipients for mail in server.mails] == [["a@desk.example"]]


async def test_a_temporarily_rejected_recipient_is_retried_alone() -> None:
    async with mail_service() as server, channel_to(server) as email:
        server.refusals = {"b@desk.example": "450 greylisted"}
        first = await send(email)
        server.refusals = {}
        again = await email.send(make_message(remaining_recipients=first.retry_recipients), RENDERED)

    assert (first.retry_recipients, again.retry_recipients, again.rejected) == (("b@desk.example",), (), {})
    assert [mail.recipients for mail in server.mails] == [["a@desk.example"], ["b@desk.example"]]
    assert {mail.parsed["Message-ID"] for mail in server.mails} == {server.mails[0].parsed["Message-ID"]}


@pytest.mark.parametrize(
    ("first", "second", "permanent"),
    [("550 no", "553 no", True), ("550 no", "451 greylisted", False), ("450 full", "452 full", False)],
)
async def test_if_all_recipients_are_rejected_one_temporary_rejection_causes_a_retry(
    first: str, second: str, permanent: bool
) -> None:
    async with mail_service() as server, channel_to(server) as email:
        server.refusals = {"a@desk.example": first, "b@desk.example": second}
        error = await delivery_error(email)

    assert error.permanent is permanent
    assert "a@desk.example: " + first in str(error)


@pytest.mark.parametrize(
    ("verdict", "permanent"),
    [("451 try later", False), ("421 closing", False), ("552 too big", True), ("554 spam", True)],
)
async def test_the_reply_to_the_mail_decides_between_retry_and_dead(verdict: str, permanent: bool) -> None:
    async with mail_service() as server, channel_to(server) as email:
        server.data_reply = verdict
        error = await delivery_error(email)

    assert error.permanent is permanent
    assert verdict in str(error)


LATER, NEVER, CHANNEL, NO_LOGIN = "later", "never", "the channel waits", "no login"
MEANINGS = {LATER: (False, False), NEVER: (True, False), CHANNEL: (False, True), NO_LOGIN: (False, True)}


@pytest.mark.parametrize(
    ("step", "meanings"),
    [
        ("greeting", {421: CHANNEL, 450: CHANNEL, 530: NO_LOGIN, 554: CHANNEL}),
        ("EHLO", {421: CHANNEL, 504: CHANNEL, 550: CHANNEL}),
        ("AUTH", {421: CHANNEL, 432: CHANNEL, 454: CHANNEL, 500: NO_LOGIN, 525: NO_LOGIN}),
        ("AUTH", {530: NO_LOGIN, 534: NO_LOGIN, 535: NO_LOGIN, 538: NO_LOGIN, 554: NO_LOGIN}),
        ("MAIL", {421: CHANNEL, 450: CHANNEL, 452: CHANNEL, 501: CHANNEL, 550: CHANNEL, 553: CHANNEL}),
        ("MAIL", {530: NO_LOGIN, 552: NEVER}),
        ("RCPT", {450: LATER, 451: LATER, 452: LATER, 550: NEVER, 551: NEVER, 552: NEVER, 553: NEVER, 554: NEVER}),
        ("DATA", {421: LATER, 451: LATER, 452: LATER, 503: NEVER, 530: NO_LOGIN, 552: NEVER, 554: NEVER}),
        ("end", {421: LATER, 450: LATER, 451: LATER, 452: LATER, 550: NEVER, 552: NEVER, 554: NEVER, 571: NEVER}),
    ],
)
async def test_a_reply_at_each_step_concerns_the_mail_or_the_channel(step: str, meanings: dict[int, str]) -> None:
    for code, meaning in meanings.items():
        replies = dict.fromkeys(["EHLO", "HELO"] if step == "EHLO" else [step], b"%d so it is" % code)
        async with scripted_smtp_server(**replies) as (port, commands), open_channel(port, **LOGIN) as email:
            error = await delivery_error(email)
            assert (error.permanent, error.channel_down) == MEANINGS[meaning], code
            assert (error.retry_after == LOGIN_RETRY_S) is (meaning == NO_LOGIN), code
            assert f"{code} so it is" in str(error)
            assert ("." in commands) is (step == "end")


@pytest.mark.parametrize("step", ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "end"])
@pytest.mark.parametrize(
    "reply",
    [
        b"x" * 5_000_000,
        b"250-and so on\r\n" * 300_000,
        b"250 \xff\xfe\x00\x1b[2J",
        b"what is this?",
        b"250",
        b"",
        b"-1 no",
        b"99999999999999999999 no",
        b"451 " + "=?utf-8?q?=0d=0aBcc:?= \u202e correct horse AG1vbml0b3IAY29ycmVjdCBob3JzZQ==".encode(),
    ],
    ids=["long line", "many lines", "no text", "no code", "bare code", "empty", "negative", "huge code", "odd text"],
)
async def test_any_server_reply_gives_one_short_line_and_the_channel_still_works(step: str, reply: bytes) -> None:
    async with scripted_smtp_server(**{step: reply}) as (port, _), open_channel(port, **LOGIN) as email:
        email.deadline = 1.0
        async with asyncio.timeout(5):
            try:
                text = (await send(email)).detail
            except DeliveryError as error:
                text = str(error)
                assert not error.permanent
        assert text.isprintable()
        assert len(text) < 300
        assert "horse" not in text
        assert "AG1vbml0" not in text
    async with mail_service() as server:
        email._settings = email._settings.model_copy(update={"port": server.port, "username": None})
        await send(email, "m2")
        await email.close()
    assert [mail.parsed["Message-ID"] for mail in server.mails] == ["<m2@desk.example>"]


async def test_a_server_that_sends_slowly_is_abandoned_at_the_deadline() -> None:
    async def send_bytes_slowly(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with scripted_smtp_server(EHLO=send_bytes_slowly) as (port, _), open_channel(port) as email:
        email.deadline = 0.3
        async with asyncio.timeout(3):
            error = await delivery_error(email)

    assert "within 0.3 s" in str(error)
    assert not error.permanent


async def test_a_lost_connection_after_the_mail_is_retried_with_the_same_id() -> None:
    async with mail_service() as server, channel_to(server) as email:
        server.hangs_up = True
        error = await delivery_error(email)
        server.hangs_up = False
        await send(email)

    assert not error.permanent
    assert [mail.parsed["Message-ID"] for mail in server.mails] == ["<m1@desk.example>"] * 2


def test_a_server_has_ten_minutes_to_reply_before_a_mail_is_sent_again() -> None:
    assert 600 <= SMTP_REPLY_TIMEOUT_S < Email.deadline <= MAX_SEND_DEADLINE_S < SEND_LEASE_S


async def test_a_server_that_replies_late_gets_the_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def reply_late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)
        writer.write(b"250 kept\r\n")

    monkeypatch.setattr("monitor.deliver.channels.email.SMTP_STEP_TIMEOUT_S", 0.3)
    async with scripted_smtp_server(end=reply_late) as (port, commands), open_channel(port) as email:
        await send(email)

    assert commands.count("MAIL") == 1


async def test_consecutive_mails_share_a_connection() -> None:
    async with mail_service() as server, channel_to(server) as email:
        for number in range(5):
            await send(email, f"m{number}")

    assert len({mail.session_id for mail in server.mails}) == 1
    assert [mail.parsed["Message-ID"] for mail in server.mails] == [f"<m{n}@desk.example>" for n in range(5)]


async def test_a_lost_idle_connection_is_reopened() -> None:
    async with mail_service() as server, channel_to(server) as email:
        await send(email, "m1")
        server.drop_connections()
        await send(email, "m2")

    assert [mail.parsed["Message-ID"] for mail in server.mails] == ["<m1@desk.example>", "<m2@desk.example>"]
    assert len({mail.session_id for mail in server.mails}) == 2


async def test_after_a_cancelled_send_the_next_mail_uses_a_new_connection() -> None:
    async with mail_service() as server, channel_to(server) as email:
        server.is_silent = True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await send(email, "m1")
        server.is_silent = False
        await send(email, "m2")

    assert [mail.parsed["Message-ID"] for mail in server.mails][-1] == "<m2@desk.example>"
    assert server.session_count == 2


async def test_an_idle_connection_is_closed() -> None:
    async with mail_service() as server, channel_to(server) as email:
        email.idle_seconds = 0.02
        await send(email)
        (transport,) = server.transports
        async with asyncio.timeout(5):
            while not transport.is_closing():
                await asyncio.sleep(0.01)
        assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("from", "nobody", "address"),
        ("from", "a@b.example\r\nBcc: x@y.example", "address"),
        ("from", "Büro <büro@b.example>", "address"),
        ("to", [], "at least 1"),
        ("to", ["a@b.example", "b"], "address"),
        ("tls", "ssl", "starttls"),
        ("port", 70000, "65535"),
        ("host", "", "1 character"),
        ("unsubscribe", "http://desk.example/leave", "https"),
        ("unsubscribe", "https://desk.example/> <mailto:x@y.example", "https"),
        ("unsubscribe", "mailto:nobody", "address"),
    ],
)
def test_invalid_settings_are_rejected(key: str, value: object, expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        EmailSettings.model_validate(TABLE | {key: value})


def test_a_single_address_needs_no_list() -> None:
    assert EmailSettings.model_validate(TABLE | {"to": "Büro <a@b.example>"}).to == ("Büro <a@b.example>",)
