"""Example alerts, a scripted HTTP service and scripted mail servers, for tests of delivery."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import TypeAlias

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from monitor.deliver.render import RenderedMessage, Templates, load_templates
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Message, Novelty, PriorClaim, Severity

NOON = 1_734_177_600.0  # 2024-12-14T12:00:00Z
DAY = 86400.0
TEMPLATES_FOLDER = Path(__file__).parents[2] / "templates"


def builtin_templates(folder: Path | None = None) -> Templates:
    """Return the built-in templates, overridden by those in `folder`."""
    return load_templates(folder, TEMPLATES_FOLDER)


def make_prior_claim(text: str, **overrides: object) -> PriorClaim:
    """Return an example prior claim."""
    return PriorClaim(
        **{"text": text, "source": "wire", "entry": "w1", "at": NOON - DAY, "story": "story-1"} | overrides
    )


def make_alert_finding(claim: str, **overrides: object) -> AlertFinding:
    """Return an example new finding, with some fields overridden."""
    fields = {
        "claim": claim,
        "novelty": Novelty.NEW,
        "similarity": 31.4,
        "matched": (),
        "source": "isw",
        "entry": "e1",
        "entry_url": "https://isw.example/e1",
        "published": NOON - 3600,
        "nearest": None,
        "changes": (),
    }
    return AlertFinding(**fields | overrides)


def make_figure_finding() -> AlertFinding:
    """Return the running example: a changed number."""
    return make_alert_finding(
        "Up to 12,000 personnel from North Korea are in Kursk.",
        novelty=Novelty.CHANGED,
        similarity=81.2,
        matched=("personnel", "North Korea"),
        nearest=make_prior_claim("Around 3,000 personnel from North Korea are in Kursk."),
        changes=(Change(ChangeKind.NUMBER, "Around 3,000", "Up to 12,000"),),
    )


def make_alert(*findings: AlertFinding, **overrides: object) -> Alert:
    """Return an example alert, by default about the running example."""
    fields = {
        "id": "a1",
        "rule": "dprk-deployment",
        "title": "North Korean troops deployed for Russia",
        "severity": Severity.HIGH,
        "story": "story-1",
        "reason": "a claim changed and matched the rule",
        "url": "https://isw.example/e1",
        "at": NOON,
        "findings": findings or (make_figure_finding(),),
    }
    return Alert(**fields | overrides)


def make_message(*alerts: Alert, **overrides: object) -> Message:
    """Return a message with these alerts, or with one about the running example."""
    fields = {
        "id": "m1",
        "channel": "desk",
        "thread": "story-1",
        "created": NOON,
        "alerts": alerts or (make_alert(),),
    }
    return Message(**fields | overrides)


def readable_parts(rendered: RenderedMessage) -> list[str]:
    """Return the parts of a rendered message that people read."""
    blocks = json.dumps(rendered.blocks) if rendered.blocks else ""
    return [part for part in (rendered.text, rendered.html, blocks) if part]


@dataclass
class ReceivedRequest:
    """A request received by a service."""

    request_line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpService:
    """A scripted HTTP service on loopback.

    It responds with the bytes `raw_reply`; with `is_endless`, letters without end follow. `bodies` are sent in turn
    instead, the last one repeatedly. `byte_delay_s` is the delay between two bytes. A request that contains
    `refused_text` gets a 400, one that contains `failing_text` a 500.
    """

    raw_reply: bytes = b""
    bodies: list[bytes] = field(default_factory=list)
    is_endless: bool = False
    is_silent: bool = False
    byte_delay_s: float = 0.0
    refused_text: bytes | None = None
    failing_text: bytes | None = None
    received_requests: list[ReceivedRequest] = field(default_factory=list)
    port: int = 0
    bytes_sent: int = 0
    stop_listening: Callable[[], None] = lambda: None

    def answer_with(self, status: int, body: bytes = b"ok", **headers: str) -> None:
        """Send this response from now on."""
        lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.raw_reply = "\r\n".join([*lines, "", ""]).encode() + body

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T000/B000/hidden-token"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received_requests.append(ReceivedRequest(head[0], headers, body))
            await self._respond(body, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client disconnected, or the test is over
        finally:
            writer.close()

    async def _respond(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        if self.is_silent:
            await asyncio.sleep(30)
        for text, status in ((self.refused_text, b"400 No"), (self.failing_text, b"500 Later")):
            if text and text in body:
                writer.write(b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % status)
                return
        if self.bodies:
            self.answer_with(200, self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0])
        for byte in self.raw_reply if self.byte_delay_s else b"":
            writer.write(bytes([byte]))
            await asyncio.sleep(self.byte_delay_s)
        writer.write(b"" if self.byte_delay_s else self.raw_reply)
        await writer.drain()
        while self.is_endless:
            writer.write(b"x" * 65536)
            self.bytes_sent += 65536
            await writer.drain()


@asynccontextmanager
async def http_service(status: int = 200, body: bytes = b"ok") -> AsyncIterator[HttpService]:
    """Run a scripted HTTP service."""
    script = HttpService()
    script.answer_with(status, body)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await script(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    script.stop_listening = server.close
    try:
        yield script
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class AcceptedMail:
    """A mail received by a mail server."""

    recipients: list[str]
    content: bytes
    session_id: int
    is_encrypted: bool
    user: str | None

    @property
    def parsed(self) -> EmailMessage:
        return BytesParser(policy=default).parsebytes(self.content)  # type: ignore[arg-type, return-value]


@dataclass
class MailService:
    """The script of a mail server: its replies by address and by mail, and the mails it accepted."""

    port: int = 0
    refusals: dict[str, str] = field(default_factory=dict)
    data_reply: str = "250 kept"
    hangs_up: bool = False
    is_silent: bool = False
    password: str = "correct horse"
    mails: list[AcceptedMail] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)
    session_count: int = 0
    stop_listening: Callable[[], None] = lambda: None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.is_silent:
            await asyncio.sleep(30)
        if self.data_reply.startswith("250"):
            user = session.auth_data.login.decode() if session.authenticated else None
            assert server.transport is not None
            tls = server.transport.get_extra_info("ssl_object") is not None
            mail = AcceptedMail(list(envelope.rcpt_tos), envelope.content, id(session), tls, user)
            self.mails.append(mail)
        if self.hangs_up:
            assert server.transport is not None
            server.transport.abort()
        return self.data_reply

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        is_correct = given.password.decode() == self.password
        return AuthResult(success=is_correct, handled=False, auth_data=given)

    def drop_connections(self) -> None:
        """Close every connection."""
        for transport in self.transports:
            transport.abort()
        self.transports.clear()


@asynccontextmanager
async def mail_service(
    tls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, login: bool = False
) -> AsyncIterator[MailService]:
    """Run a mail server on loopback, with STARTTLS (`tls`), implicit TLS, or neither."""
    script = MailService()

    class RecordingSMTP(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            script.transports.append(transport)  # type: ignore[arg-type]
            script.session_count += 1
            super().connection_made(transport)

    def protocol() -> SMTP:
        return RecordingSMTP(
            script,
            hostname="mail.example",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=login and tls is not None,
            auth_require_tls=tls is not None,
            authenticator=script.authenticate if login else None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=implicit)
    script.port = server.sockets[0].getsockname()[1]
    script.stop_listening = server.close
    try:
        yield script
    finally:
        server.close()
        script.drop_connections()
        await asyncio.sleep(0)


SmtpReply: TypeAlias = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
DEFAULT_SMTP_REPLIES: dict[str, SmtpReply] = {
    "greeting": b"220 mail.example",
    "EHLO": b"250-mail.example\r\n250 AUTH PLAIN",
    "HELO": b"250 mail.example",
    "AUTH": b"235 welcome",
    "NOOP": b"250 fine",
    "MAIL": b"250 fine",
    "RCPT": b"250 fine",
    "DATA": b"354 continue",
    ".": b"250 kept",
    "QUIT": b"221 bye",
    "RSET": b"250 fine",
}


@asynccontextmanager
async def scripted_smtp_server(**overrides: SmtpReply) -> AsyncIterator[tuple[int, list[str]]]:
    """Run a mail server that sends a scripted reply to each command, valid or not. Yield its port and the commands.

    `greeting` is sent at the start and `end` after the mail.
    """
    replies = DEFAULT_SMTP_REPLIES | {"." if name == "end" else name: text for name, text in overrides.items()}
    commands: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        verb = "greeting"
        try:
            while verb:
                if callable(reply := replies[verb]):
                    await reply(writer)
                else:
                    writer.write(reply + b"\r\n")
                await writer.drain()
                if verb == "DATA" and isinstance(reply, bytes) and reply.startswith(b"354"):
                    await reader.readuntil(b"\r\n.\r\n")
                    verb = "."
                else:
                    verb = (await reader.readline()).decode().strip().upper()[:4]
                commands.append(verb)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client disconnected, or the test is over
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], commands
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # the event loop needs a moment to close both ends
