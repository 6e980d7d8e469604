"""E-mail by SMTP, with STARTTLS or TLS from the start."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar, Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from pydantic import Field, SecretStr

from monitor.config import ChannelConfig
from monitor.deliver.channels import AFTER_LOGIN_FAILED, LONGEST_DEADLINE, Receipt
from monitor.deliver.channels.values import Mailbox, Mailboxes, UnsubscribeAddress
from monitor.deliver.mail import address, compose, serialised
from monitor.deliver.render import Rendered
from monitor.deliver.safe import masked, shorten, tame
from monitor.errors import DeliveryError
from monitor.model import Message

STEP_DEADLINE = 60.0  # seconds to connect and log in
# Seconds for the answer to a mail (RFC 5321, 4.5.3.2.6): who gives up sooner sends it again to a server that has it.
ANSWER_DEADLINE = 600.0
NO_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954: there must be a login, a stronger one, a right one, in TLS
TOO_LARGE = 552  # servers that know the size beforehand refuse it with the sender
A_CONNECTION = 10  # mails over one connection; of more, Exim leaves the rest lying in its queue


class EmailSettings(ChannelConfig):
    """An e-mail channel."""

    host: str = Field(min_length=1, description="the mail server")
    port: int = Field(default=587, ge=1, le=65535, description="its port: 587 with starttls, 465 with implicit")
    tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="starttls, implicit (from the start) or none"
    )
    username: str | None = Field(default=None, description="whom to log in as, if the server wants it")
    password: SecretStr | None = Field(default=None, description="the password; may be ${NAME} or ${file:PATH}")
    sender: Mailbox = Field(alias="from", description='who it is from: "Claimwatch <monitor@example.org>"')
    to: Mailboxes = Field(description="who gets it: one address or a list")
    unsubscribe: UnsubscribeAddress | None = Field(
        default=None,
        description="where one asks for no more of it: mailto:…, or https://… that takes one-click posts",
    )


class Email:
    """Sends one mail to all addresses, and keeps the connection for the next for a few seconds."""

    Settings: ClassVar[type[ChannelConfig]] = EmailSettings
    deadline = LONGEST_DEADLINE
    keep = 5.0  # seconds that a connection is kept for the next mail

    def __init__(self, settings: EmailSettings, *, allow_private: Sequence[str]) -> None:
        # Mail servers are named by the operator and mostly private: `allow_private` does not bind them.
        self._settings = settings
        self._host = f"mail server {settings.host}"
        self._sender = address(settings.sender).addr_spec
        self._to = [address(text).addr_spec for text in settings.to]
        self._secrets = _login_secrets(settings)
        self._smtp: SMTP | None = None
        self._carried = 0
        self._closing: asyncio.Task[None] | None = None

    async def send(self, message: Message, rendered: Rendered) -> Receipt:
        content = serialised(
            compose(message, rendered, self._settings.sender, self._settings.to, self._settings.unsubscribe)
        )
        to = [one for one in self._to if message.left_to is None or one in message.left_to]
        if not to:
            return Receipt("nobody is left who has not got it")
        self._stop_closing()
        try:
            async with asyncio.timeout(self.deadline):
                refused, said = await self._exchange(content, to)
        except TimeoutError:
            self._drop()
            sentence = f"{self._host} did not take the mail within {self.deadline:g} s"
            raise DeliveryError(sentence, unanswered=True) from None
        except BaseException:
            self._drop()
            raise
        self._closing = asyncio.create_task(self._close_when_idle())
        reasons = {to: self._said(f"{code} {text}") for to, (code, text) in refused.items()}
        later = tuple(to for to, (code, _) in refused.items() if not _is_final(code))
        return Receipt(f"{self._host} took it: {self._said(said)}", reasons, later=later)

    async def _exchange(self, content: bytes, to: Sequence[str]) -> tuple[Mapping[str, tuple[int, str]], str]:
        reached = False
        try:
            smtp = await self._connected()
            reached = True
            return await smtp.sendmail(self._sender, to, content, timeout=ANSWER_DEADLINE)
        except (SMTPException, OSError, ValueError) as error:
            raise self._failure(error, reached) from None

    async def _connected(self) -> SMTP:
        """The kept connection if it still answers and has not carried many mails, else a new one."""
        if self._carried >= A_CONNECTION:
            await self._quit()
        if self._smtp is not None:
            self._carried += 1
            try:
                await self._smtp.noop(timeout=STEP_DEADLINE)
                return self._smtp
            except (SMTPException, OSError):
                self._drop()
        settings, self._carried = self._settings, 1
        self._smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=ssl.create_default_context() if settings.tls != "none" else None,
            timeout=STEP_DEADLINE,
        )
        await self._smtp.connect()
        if settings.username is not None:
            password = settings.password.get_secret_value() if settings.password else ""
            await self._smtp.login(settings.username, password)
        return self._smtp

    def _failure(self, error: Exception, reached: bool) -> DeliveryError:
        if isinstance(error, SMTPResponseException) and _no_login(error):
            sentence = f"{self._host} refused the login: {self._said(f'{error.code} {error.message}')}"
            return DeliveryError(sentence, retry_after=AFTER_LOGIN_FAILED, unreached=True)
        if isinstance(error, SMTPRecipientsRefused):
            refusals = [f"{one.recipient}: {one.code} {one.message}" for one in error.recipients]
            permanent = all(_is_final(one.code) for one in error.recipients)
            return DeliveryError(
                f"{self._host} refused every recipient: {self._said('; '.join(refusals))}", permanent=permanent
            )
        if isinstance(error, SMTPResponseException):
            sentence = f"{self._host} answered {self._said(f'{error.code} {error.message}')}"
            # What is said before there is a mail, or of its sender, is as true of every other mail.
            of_all = not reached or (isinstance(error, SMTPSenderRefused) and error.code != TOO_LARGE)
            return DeliveryError(sentence, permanent=_is_final(error.code) and not of_all, unreached=of_all)
        if isinstance(error, (SMTPException, OSError)):
            sentence = f"{self._host}: {self._said(_cause(error))}"
            return DeliveryError(sentence, unreached=not reached, unanswered=reached)
        return DeliveryError(f"the mail cannot be sent: {self._said(str(error))}", permanent=True)

    def _said(self, text: str) -> str:
        return shorten(masked(tame(text), self._secrets), 160)

    async def _close_when_idle(self) -> None:
        await asyncio.sleep(self.keep)
        await self._quit()

    async def _quit(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(SMTPException, OSError):
                await smtp.quit(timeout=STEP_DEADLINE / 10)
            smtp.close()

    def _drop(self) -> None:
        if self._smtp is not None:
            if isinstance(self._smtp.transport, asyncio.Transport):
                self._smtp.transport.abort()  # closing TLS would wait for a server that does not work
            self._smtp.close()
        self._smtp = None

    def _stop_closing(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self._closing = None

    async def close(self) -> None:
        self._stop_closing()
        await self._quit()


def _is_final(code: int) -> bool:
    """Codes that are none, such as 999, mean that no mail server speaks there, today."""
    return 500 <= code < 600


def _no_login(error: SMTPResponseException) -> bool:
    return error.code in NO_LOGIN or (isinstance(error, SMTPAuthenticationError) and _is_final(error.code))


def _cause(error: Exception) -> str:
    """What stopped us from reaching the server, or the server from answering."""
    beneath = error.__cause__ or error
    if isinstance(beneath, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted: {beneath.verify_message}"
    if isinstance(beneath, ConnectionRefusedError):
        return "it refuses the connection"
    if isinstance(beneath, socket.gaierror):
        return "its name does not resolve"
    return str(error) or type(error).__name__


def _login_secrets(settings: EmailSettings) -> list[str]:
    """The password, and as it goes over the wire: a server may quote a command it did not understand."""
    if settings.password is None:
        return []
    password = settings.password.get_secret_value()
    plain = f"\0{settings.username}\0{password}"
    return [password, *(b64encode(text.encode()).decode() for text in (password, plain))]
