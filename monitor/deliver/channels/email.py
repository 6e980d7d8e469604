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

from monitor.config.models import ChannelConfig
from monitor.deliver.channels import LOGIN_RETRY_S, MAX_SEND_DEADLINE_S, Receipt
from monitor.deliver.channels.fields import Mailbox, Mailboxes, UnsubscribeAddress
from monitor.deliver.mime import compose_mail, parse_mailbox, serialize_mail
from monitor.deliver.render import RenderedMessage
from monitor.deliver.sanitize import redact, sanitize, shorten
from monitor.errors import DeliveryError
from monitor.model import Message

SMTP_STEP_TIMEOUT_S = 60.0  # seconds to connect and log in
# Seconds for the answer to a mail (RFC 5321, 4.5.3.2.6): who gives up sooner sends it again to a server that has it.
SMTP_REPLY_TIMEOUT_S = 600.0
SMTP_LOGIN_CODES = frozenset(
    {530, 534, 535, 538}
)  # RFC 4954: there must be a login, a stronger one, a right one, in TLS
SMTP_TOO_LARGE = 552  # servers that know the size beforehand refuse it with the sender
MAX_MAILS_PER_CONNECTION = 10  # mails over one connection; of more, Exim leaves the rest lying in its queue


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
    deadline = MAX_SEND_DEADLINE_S
    idle_seconds = 5.0  # seconds that a connection is kept for the next mail

    def __init__(self, settings: EmailSettings, *, allow_private: Sequence[str]) -> None:
        # Mail servers are named by the operator and mostly private: `allow_private` does not bind them.
        self._settings = settings
        self._label = f"mail server {settings.host}"
        self._sender = parse_mailbox(settings.sender).addr_spec
        self._to = [parse_mailbox(text).addr_spec for text in settings.to]
        self._secrets = _login_secrets(settings)
        self._smtp: SMTP | None = None
        self._mail_count = 0
        self._close_task: asyncio.Task[None] | None = None

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        content = serialize_mail(
            compose_mail(message, rendered, self._settings.sender, self._settings.to, self._settings.unsubscribe)
        )
        to = [
            recipient
            for recipient in self._to
            if message.remaining_recipients is None or recipient in message.remaining_recipients
        ]
        if not to:
            return Receipt("nobody is left who has not got it")
        self._cancel_close()
        try:
            async with asyncio.timeout(self.deadline):
                rejected, reply = await self._exchange(content, to)
        except TimeoutError:
            self._abort()
            sentence = f"{self._label} did not take the mail within {self.deadline:g} s"
            raise DeliveryError(sentence, outcome_unknown=True) from None
        except BaseException:
            self._abort()
            raise
        self._close_task = asyncio.create_task(self._close_when_idle())
        reasons = {to: self._redacted(f"{code} {text}") for to, (code, text) in rejected.items()}
        retry_recipients = tuple(to for to, (code, _) in rejected.items() if not _is_permanent(code))
        return Receipt(f"{self._label} took it: {self._redacted(reply)}", reasons, retry_recipients=retry_recipients)

    async def _exchange(self, content: bytes, to: Sequence[str]) -> tuple[Mapping[str, tuple[int, str]], str]:
        is_connected = False
        try:
            smtp = await self._open_connection()
            is_connected = True
            return await smtp.sendmail(self._sender, to, content, timeout=SMTP_REPLY_TIMEOUT_S)
        except (SMTPException, OSError, ValueError) as error:
            raise self._delivery_error(error, is_connected) from None

    async def _open_connection(self) -> SMTP:
        """The kept connection if it still answers and has not carried many mails, else a new one."""
        if self._mail_count >= MAX_MAILS_PER_CONNECTION:
            await self._quit()
        if self._smtp is not None:
            self._mail_count += 1
            try:
                await self._smtp.noop(timeout=SMTP_STEP_TIMEOUT_S)
                return self._smtp
            except (SMTPException, OSError):
                self._abort()
        settings, self._mail_count = self._settings, 1
        self._smtp = SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=ssl.create_default_context() if settings.tls != "none" else None,
            timeout=SMTP_STEP_TIMEOUT_S,
        )
        await self._smtp.connect()
        if settings.username is not None:
            password = settings.password.get_secret_value() if settings.password else ""
            await self._smtp.login(settings.username, password)
        return self._smtp

    def _delivery_error(self, error: Exception, is_connected: bool) -> DeliveryError:
        if isinstance(error, SMTPResponseException) and _is_login_failure(error):
            sentence = f"{self._label} refused the login: {self._redacted(f'{error.code} {error.message}')}"
            return DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
        if isinstance(error, SMTPRecipientsRefused):
            rejections = [
                f"{rejection.recipient}: {rejection.code} {rejection.message}" for rejection in error.recipients
            ]
            permanent = all(_is_permanent(rejection.code) for rejection in error.recipients)
            return DeliveryError(
                f"{self._label} refused every recipient: {self._redacted('; '.join(rejections))}", permanent=permanent
            )
        if isinstance(error, SMTPResponseException):
            sentence = f"{self._label} answered {self._redacted(f'{error.code} {error.message}')}"
            # What is said before there is a mail, or of its sender, is as true of every other mail.
            concerns_all_mails = not is_connected or (
                isinstance(error, SMTPSenderRefused) and error.code != SMTP_TOO_LARGE
            )
            return DeliveryError(
                sentence,
                permanent=_is_permanent(error.code) and not concerns_all_mails,
                channel_down=concerns_all_mails,
            )
        if isinstance(error, (SMTPException, OSError)):
            sentence = f"{self._label}: {self._redacted(_failure_text(error))}"
            return DeliveryError(sentence, channel_down=not is_connected, outcome_unknown=is_connected)
        return DeliveryError(f"the mail cannot be sent: {self._redacted(str(error))}", permanent=True)

    def _redacted(self, text: str) -> str:
        return shorten(redact(sanitize(text), self._secrets), 160)

    async def _close_when_idle(self) -> None:
        await asyncio.sleep(self.idle_seconds)
        await self._quit()

    async def _quit(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(SMTPException, OSError):
                await smtp.quit(timeout=SMTP_STEP_TIMEOUT_S / 10)
            smtp.close()

    def _abort(self) -> None:
        if self._smtp is not None:
            if isinstance(self._smtp.transport, asyncio.Transport):
                self._smtp.transport.abort()  # closing TLS would wait for a server that does not work
            self._smtp.close()
        self._smtp = None

    def _cancel_close(self) -> None:
        if self._close_task is not None:
            self._close_task.cancel()
        self._close_task = None

    async def close(self) -> None:
        self._cancel_close()
        await self._quit()


def _is_permanent(code: int) -> bool:
    """Codes that are none, such as 999, mean that no mail server speaks there, today."""
    return 500 <= code < 600


def _is_login_failure(error: SMTPResponseException) -> bool:
    return error.code in SMTP_LOGIN_CODES or (
        isinstance(error, SMTPAuthenticationError) and _is_permanent(error.code)
    )


def _failure_text(error: Exception) -> str:
    """What stopped us from reaching the server, or the server from answering."""
    inner = error.__cause__ or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted: {inner.verify_message}"
    if isinstance(inner, ConnectionRefusedError):
        return "it refuses the connection"
    if isinstance(inner, socket.gaierror):
        return "its name does not resolve"
    return str(error) or type(error).__name__


def _login_secrets(settings: EmailSettings) -> list[str]:
    """The password, and as it goes over the wire: a server may quote a command it did not understand."""
    if settings.password is None:
        return []
    password = settings.password.get_secret_value()
    plain = f"\0{settings.username}\0{password}"
    return [password, *(b64encode(text.encode()).decode() for text in (password, plain))]
