"""E-mail through a real mail server: TLS, logins, refused recipients, kept and lost connections."""

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
from monitor.errors import DeliveryError
from monitor.pipeline import SEND_LEASE_S

RENDERED = render_message(make_message(), "email", builtin_templates(), ZoneInfo("UTC"), None)
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
async def at(port: int, **table: object) -> AsyncIterator[Email]:
    made = Email(EmailSettings.model_validate(TABLE | {"port": port} | table), allow_private=())
    try:
        yield made
    finally:
        await made.close()


def channel(office: MailService, **table: object) -> AbstractAsyncContextManager[Email]:
    return at(office.port, **table)


async def send(email: Email, name: str = "m1", rendered: RenderedMessage = RENDERED) -> Receipt:
    return await email.send(make_message(id=name), rendered)


async def refusal(email: Email) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await send(email)
    return raised.value


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """The TLS of a server whose certificate is good for 127.0.0.1, if one trusts `authority`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> object:
    with authority.cert_pem.tempfile() as file:
        monkeypatch.setenv("SSL_CERT_FILE", file)
        yield


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mails_and_the_login_go_over_tls(tls: str, certified: ssl.SSLContext, trusted: object) -> None:
    kept = {"starttls": {"tls": certified}, "implicit": {"implicit": certified}}[tls]
    async with mail_service(login=True, **kept) as office, channel(office, tls=tls, **LOGIN) as email:
        await send(email)

    (post,) = office.mails
    assert (post.is_encrypted, post.user, post.recipients) == (True, "monitor", ["a@desk.example", "b@desk.example"])
    assert [part.get_content_type() for part in post.parsed.walk()][1:] == ["text/plain", "text/html"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(tls: str, certified: ssl.SSLContext) -> None:
    kept = {"starttls": {"tls": certified}, "implicit": {"implicit": certified}}[tls]
    async with mail_service(**kept) as office, channel(office, tls=tls) as email:
        error = await refusal(email)

    assert office.mails == []
    assert not error.permanent
    assert "its certificate cannot be trusted" in str(error)


async def test_a_server_without_starttls_gets_nothing_in_the_clear() -> None:
    async with mail_service() as office, channel(office, tls="starttls") as email:
        error = await refusal(email)

    assert office.mails == []
    assert "starttls" in str(error).lower()


async def test_a_refused_login_is_tried_again_much_later_and_keeps_its_secret() -> None:
    async with mail_service(login=True) as office, channel(office, **LOGIN | {"password": "wrong horse"}) as email:
        error = await refusal(email)

    assert (error.permanent, error.retry_after) == (False, LOGIN_RETRY_S)
    assert "refused the login: 535" in str(error)
    assert "horse" not in str(error) + repr(email)


async def test_a_password_that_the_server_repeats_is_not_repeated() -> None:
    async with mail_service() as office, channel(office, **LOGIN) as email:
        office.data_reply = "554 go away with your correct horse, AG1vbml0b3IAY29ycmVjdCBob3JzZQ=="
        office.refusals = {}
        email._settings = email._settings.model_copy(update={"username": None, "password": None})
        error = await refusal(email)

    assert "•••, •••" in str(error)


async def test_a_refused_recipient_is_told_of_and_holds_nobody_else() -> None:
    async with mail_service() as office, channel(office) as email:
        office.refusals = {"b@desk.example": "550 no such user here"}
        receipt = await send(email)

    assert receipt.rejected == {"b@desk.example": "550 no such user here"}
    assert [post.recipients for post in office.mails] == [["a@desk.example"]]


async def test_who_may_be_reached_later_is_tried_again_alone() -> None:
    async with mail_service() as office, channel(office) as email:
        office.refusals = {"b@desk.example": "450 greylisted"}
        first = await send(email)
        office.refusals = {}
        again = await email.send(make_message(remaining_recipients=first.retry_recipients), RENDERED)

    assert (first.retry_recipients, again.retry_recipients, again.rejected) == (("b@desk.example",), (), {})
    assert [post.recipients for post in office.mails] == [["a@desk.example"], ["b@desk.example"]]
    assert {post.parsed["Message-ID"] for post in office.mails} == {office.mails[0].parsed["Message-ID"]}


@pytest.mark.parametrize(
    ("first", "second", "permanent"),
    [("550 no", "553 no", True), ("550 no", "451 greylisted", False), ("450 full", "452 full", False)],
)
async def test_when_all_are_refused_one_that_may_yet_be_taken_means_later(
    first: str, second: str, permanent: bool
) -> None:
    async with mail_service() as office, channel(office) as email:
        office.refusals = {"a@desk.example": first, "b@desk.example": second}
        error = await refusal(email)

    assert error.permanent is permanent
    assert "a@desk.example: " + first in str(error)


@pytest.mark.parametrize(
    ("verdict", "permanent"),
    [("451 try later", False), ("421 closing", False), ("552 too big", True), ("554 spam", True)],
)
async def test_what_the_server_says_of_the_mail_means_later_or_never(verdict: str, permanent: bool) -> None:
    async with mail_service() as office, channel(office) as email:
        office.data_reply = verdict
        error = await refusal(email)

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
async def test_what_a_server_says_at_each_step_is_of_the_mail_or_of_the_channel(
    step: str, meanings: dict[int, str]
) -> None:
    for code, meaning in meanings.items():
        says = dict.fromkeys(["EHLO", "HELO"] if step == "EHLO" else [step], b"%d so it is" % code)
        async with scripted_smtp_server(**says) as (port, got), at(port, **LOGIN) as email:
            error = await refusal(email)
            assert (error.permanent, error.channel_down) == MEANINGS[meaning], code
            assert (error.retry_after == LOGIN_RETRY_S) is (meaning == NO_LOGIN), code
            assert f"{code} so it is" in str(error)
            assert ("." in got) is (step == "end")


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
async def test_whatever_a_server_says_ends_in_one_short_line_and_leaves_the_channel_fit(
    step: str, reply: bytes
) -> None:
    async with scripted_smtp_server(**{step: reply}) as (port, _), at(port, **LOGIN) as email:
        email.deadline = 1.0
        async with asyncio.timeout(5):
            try:
                told = (await send(email)).detail
            except DeliveryError as error:
                told = str(error)
                assert not error.permanent
        assert told.isprintable()
        assert len(told) < 300
        assert "horse" not in told
        assert "AG1vbml0" not in told
    async with mail_service() as office:
        email._settings = email._settings.model_copy(update={"port": office.port, "username": None})
        await send(email, "m2")
        await email.close()
    assert [post.parsed["Message-ID"] for post in office.mails] == ["<m2@desk.example>"]


async def test_a_server_that_drips_holds_us_to_the_deadline_only() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with scripted_smtp_server(EHLO=drip) as (port, _), at(port) as email:
        email.deadline = 0.3
        async with asyncio.timeout(3):
            error = await refusal(email)

    assert "within 0.3 s" in str(error)
    assert not error.permanent


async def test_a_server_that_hangs_up_after_the_mail_is_tried_again_with_the_same_id() -> None:
    async with mail_service() as office, channel(office) as email:
        office.hangs_up = True
        error = await refusal(email)
        office.hangs_up = False
        await send(email)

    assert not error.permanent
    assert [post.parsed["Message-ID"] for post in office.mails] == ["<m1@desk.example>"] * 2


def test_a_mail_server_has_ten_minutes_to_take_a_mail_before_it_gets_it_again() -> None:
    assert 600 <= SMTP_REPLY_TIMEOUT_S < Email.deadline <= MAX_SEND_DEADLINE_S < SEND_LEASE_S


async def test_a_server_that_thinks_a_mail_over_gets_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def think(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)
        writer.write(b"250 kept\r\n")

    monkeypatch.setattr("monitor.deliver.channels.email.SMTP_STEP_TIMEOUT_S", 0.3)
    async with scripted_smtp_server(end=think) as (port, got), at(port) as email:
        await send(email)

    assert got.count("MAIL") == 1


async def test_mails_in_a_row_share_a_connection() -> None:
    async with mail_service() as office, channel(office) as email:
        for number in range(5):
            await send(email, f"m{number}")

    assert len({post.session_id for post in office.mails}) == 1
    assert [post.parsed["Message-ID"] for post in office.mails] == [f"<m{n}@desk.example>" for n in range(5)]


async def test_a_kept_connection_that_was_lost_is_opened_anew() -> None:
    async with mail_service() as office, channel(office) as email:
        await send(email, "m1")
        office.drop_connections()
        await send(email, "m2")

    assert [post.parsed["Message-ID"] for post in office.mails] == ["<m1@desk.example>", "<m2@desk.example>"]
    assert len({post.session_id for post in office.mails}) == 2


async def test_after_a_send_that_was_cut_short_the_next_has_a_connection_of_its_own() -> None:
    async with mail_service() as office, channel(office) as email:
        office.is_silent = True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await send(email, "m1")
        office.is_silent = False
        await send(email, "m2")

    assert [post.parsed["Message-ID"] for post in office.mails][-1] == "<m2@desk.example>"
    assert office.session_count == 2


async def test_an_idle_connection_is_closed() -> None:
    async with mail_service() as office, channel(office) as email:
        email.idle_seconds = 0.02
        await send(email)
        (server,) = office.transports
        async with asyncio.timeout(5):
            while not server.is_closing():
                await asyncio.sleep(0.01)
        assert len(office.mails) == 1


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
def test_a_table_that_cannot_work_is_refused(key: str, value: object, expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        EmailSettings.model_validate(TABLE | {key: value})


def test_one_address_needs_no_list() -> None:
    assert EmailSettings.model_validate(TABLE | {"to": "Büro <a@b.example>"}).to == ("Büro <a@b.example>",)
