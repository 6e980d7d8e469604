"""Mail over SMTP, with STARTTLS, implicit TLS or no TLS."""

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
from monitor.net.network import Network

SMTP_STEP_TIMEOUT_S = 60.0  # to connect and log in
# For the reply to a mail (RFC 5321, 4.5.3.2.6): a client that gives up sooner sends the mail twice.
SMTP_REPLY_TIMEOUT_S = 600.0
# RFC 4954: login required, stronger mechanism required, wrong credentials, encryption required.
SMTP_LOGIN_CODES = frozenset({530, 534, 535, 538})
SMTP_TOO_LARGE = 552  # servers that are given the size in advance reject the mail in reply to the sender
MAX_MAILS_PER_CONNECTION = 10  # Exim leaves further mails of a connection in its queue


class EmailSettings(ChannelConfig):
    """The table of a mail channel."""

    host: str = Field(min_length=1, description="the mail server")
    port: int = Field(
        default=587, ge=1, le=65535, description="its port: usually 587 with starttls, 465 with implicit"
    )
    tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="starttls, implicit (TLS from the start) or none"
    )
    username: str | None = Field(default=None, description="the login, if the server requires one")
    password: SecretStr | None = Field(default=None, description="the password, usually ${NAME} or ${file:PATH}")
    sender: Mailbox = Field(alias="from", description='the sender: "Claimwatch <monitor@example.org>"')
    to: Mailboxes = Field(description="the recipients: one address or a list")
    threading: Literal["headers", "subject", "none"] = Field(
        default="headers",
        description="what groups the mails of a story: headers (every subject says the news), subject "
        '(follow-ups keep the first subject with "Re:", as Gmail requires) or none',
    )
    unsubscribe: UnsubscribeAddress | None = Field(
        default=None,
        description="where recipients unsubscribe: mailto:…, or https://… that accepts one-click posts",
    )


class Email:
    """Sends one mail to all recipients, and keeps the connection open for the next mail for a few seconds."""

    Settings: ClassVar[type[ChannelConfig]] = EmailSettings
    deadline = MAX_SEND_DEADLINE_S
    idle_seconds = 5.0  # how long an unused connection stays open

    def __init__(self, settings: EmailSettings, network: Network) -> None:
        # The operator names the mail server, which is often private, so `allow_private` does not apply.
        self._settings = settings
        self._label = f"mail server {settings.host}"
        self._sender = parse_mailbox(settings.sender).addr_spec
        self._to = [parse_mailbox(text).addr_spec for text in settings.to]
        self._secrets = _login_secrets(settings)
        self._smtp: SMTP | None = None
        self._mail_count = 0
        self._close_task: asyncio.Task[None] | None = None

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        settings, remaining = self._settings, message.remaining_recipients
        content = serialize_mail(
            compose_mail(
                message,
                rendered,
                settings.sender,
                settings.to,
                settings.unsubscribe,
                threads=settings.threading != "none",
            )
        )
        recipients = [recipient for recipient in self._to if remaining is None or recipient in remaining]
        if not recipients:
            return Receipt("all recipients have the mail already")
        self._cancel_close()
        try:
            async with asyncio.timeout(self.deadline):
                rejected, reply = await self._exchange(content, recipients)
        except TimeoutError:
            self._abort()
            sentence = f"{self._label} did not accept the mail within {self.deadline:g} s"
            raise DeliveryError(sentence, outcome_unknown=True) from None
        except BaseException:
            self._abort()
            raise
        self._close_task = asyncio.create_task(self._close_when_idle())
        reasons = {recipient: self._redacted(f"{code} {text}") for recipient, (code, text) in rejected.items()}
        retry_recipients = tuple(recipient for recipient, (code, _) in rejected.items() if not _is_permanent(code))
        detail = f"{self._label} accepted the mail: {self._redacted(reply)}"
        opens_thread = settings.threading == "subject" and message.reply_to is None and message.batch_reason is None
        thread_ref = rendered.subject if opens_thread else ""
        return Receipt(detail, reasons, retry_recipients=retry_recipients, thread_ref=thread_ref)

    async def _exchange(self, content: bytes, recipients: Sequence[str]) -> tuple[Mapping[str, tuple[int, str]], str]:
        is_connected = False
        try:
            smtp = await self._open_connection()
            is_connected = True
            return await smtp.sendmail(self._sender, recipients, content, timeout=SMTP_REPLY_TIMEOUT_S)
        except (SMTPException, OSError, ValueError) as error:
            raise self._delivery_error(error, is_connected) from None

    async def _open_connection(self) -> SMTP:
        """Return the open connection if it still responds and has not carried too many mails, else a new one."""
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
            sentence = f"{self._label} rejected the login: {self._redacted(f'{error.code} {error.message}')}"
            return DeliveryError(sentence, retry_after=LOGIN_RETRY_S, channel_down=True)
        if isinstance(error, SMTPRecipientsRefused):
            rejections = "; ".join(
                f"{rejection.recipient}: {rejection.code} {rejection.message}" for rejection in error.recipients
            )
            permanent = all(_is_permanent(rejection.code) for rejection in error.recipients)
            sentence = f"{self._label} rejected every recipient: {self._redacted(rejections)}"
            return DeliveryError(sentence, permanent=permanent)
        if isinstance(error, SMTPResponseException):
            sentence = f"{self._label} answered {self._redacted(f'{error.code} {error.message}')}"
            # A rejection before the mail is transferred, or of the sender, applies to every other mail too.
            rejects_sender = isinstance(error, SMTPSenderRefused) and error.code != SMTP_TOO_LARGE
            applies_to_all_mails = not is_connected or rejects_sender
            permanent = _is_permanent(error.code) and not applies_to_all_mails
            return DeliveryError(sentence, permanent=permanent, channel_down=applies_to_all_mails)
        if isinstance(error, (SMTPException, OSError)):
            sentence = f"{self._label}: {self._redacted(_failure_text(error))}"
            return DeliveryError(sentence, channel_down=not is_connected, outcome_unknown=is_connected)
        return DeliveryError(f"cannot send the mail: {self._redacted(str(error))}", permanent=True)

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
                self._smtp.transport.abort()  # closing TLS would wait for a server that does not respond
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
    # Invalid codes such as 999 come from something other than a mail server, which may be gone later.
    return 500 <= code < 600


def _is_login_failure(error: SMTPResponseException) -> bool:
    return error.code in SMTP_LOGIN_CODES or (
        isinstance(error, SMTPAuthenticationError) and _is_permanent(error.code)
    )


def _failure_text(error: Exception) -> str:
    inner = error.__cause__ or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {inner.verify_message}"
    if isinstance(inner, ConnectionRefusedError):
        return "connection refused"
    if isinstance(inner, socket.gaierror):
        return "the host name does not resolve"
    return str(error) or type(error).__name__


def _login_secrets(settings: EmailSettings) -> list[str]:
    """Return the password as it is and as it is sent: a server may quote a command that it did not understand."""
    if settings.password is None:
        return []
    password = settings.password.get_secret_value()
    plain = f"\0{settings.username}\0{password}"
    return [password, *(b64encode(text.encode()).decode() for text in (password, plain))]
