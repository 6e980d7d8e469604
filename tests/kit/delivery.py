"""What delivery is tested with: alerts to make, a scripted HTTP service, and a scripted mail server with TLS."""

from __future__ import annotations

import asyncio
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

from monitor.deliver.render import Templates, load_templates
from monitor.model import Alert, AlertFinding, Change, Kind, Message, Novelty, Said, Severity

NOON = 1_734_177_600.0  # 2024-12-14T12:00:00Z
DAY = 86400.0
BUILTIN = Path(__file__).parents[2] / "templates"


def builtin_templates(folder: Path | None = None) -> Templates:
    """The templates that ship, with those in `folder` over them."""
    return load_templates(folder, BUILTIN)


def said(text: str, **other: object) -> Said:
    """An earlier claim."""
    return Said(**{"text": text, "source": "wire", "entry": "w1", "at": NOON - DAY, "story": "story-1"} | other)


def finding(claim: str, **other: object) -> AlertFinding:
    """A new finding, or whatever `other` makes of it."""
    made = {
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
    return AlertFinding(**made | other)


def figure_moved() -> AlertFinding:
    """The running example: a number that went up."""
    return finding(
        "Up to 12,000 personnel from North Korea are in Kursk.",
        novelty=Novelty.CHANGED,
        similarity=81.2,
        matched=("personnel", "North Korea"),
        nearest=said("Around 3,000 personnel from North Korea are in Kursk."),
        changes=(Change(Kind.NUMBER, "Around 3,000", "Up to 12,000"),),
    )


def alert(*findings: AlertFinding, **other: object) -> Alert:
    """An alert of one rule."""
    made = {
        "id": "a1",
        "rule": "dprk-deployment",
        "title": "North Korean troops deployed for Russia",
        "severity": Severity.HIGH,
        "story": "story-1",
        "reason": "a claim changed and met the rule",
        "url": "https://isw.example/e1",
        "at": NOON,
        "findings": findings or (figure_moved(),),
    }
    return Alert(**made | other)


def message(*alerts: Alert, **other: object) -> Message:
    """A message with these alerts, or one about the running example."""
    made = {"id": "m1", "channel": "desk", "thread": "story-1", "created": NOON, "alerts": alerts or (alert(),)}
    return Message(**made | other)


@dataclass
class Asked:
    """A request as it came over the wire."""

    head: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """An HTTP service on loopback that answers as scripted: `reply` bytes as they stand, then `endless` letters.

    `answers` are bodies to say one after the other, the last one from then on. `drip` are seconds between two bytes.
    A body with `refuse` in it is answered 400.
    """

    reply: bytes = b""
    answers: list[bytes] = field(default_factory=list)
    endless: bool = False
    silent: bool = False
    drip: float = 0.0
    refuse: bytes | None = None
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    sent: int = 0
    leave: Callable[[], None] = lambda: None

    def answer(self, status: int, body: bytes = b"ok", **headers: str) -> None:
        """From now on answer this."""
        lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.reply = "\r\n".join([*lines, "", ""]).encode() + body

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T000/B000/hidden-token"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append(Asked(head[0], headers, body))
            await self._respond(body, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side left, or the test is over
        finally:
            writer.close()

    async def _respond(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await asyncio.sleep(30)
        if self.refuse and self.refuse in body:
            writer.write(b"HTTP/1.1 400 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        if self.answers:
            self.answer(200, self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
        for byte in self.reply if self.drip else b"":
            writer.write(bytes([byte]))
            await asyncio.sleep(self.drip)
        writer.write(b"" if self.drip else self.reply)
        await writer.drain()
        while self.endless:
            writer.write(b"x" * 65536)
            self.sent += 65536
            await writer.drain()


@asynccontextmanager
async def service(status: int = 200, body: bytes = b"ok") -> AsyncIterator[Service]:
    """A scripted HTTP service."""
    made = Service()
    made.answer(status, body)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await made(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    made.leave = server.close
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Post:
    """A mail as a mail server got it."""

    recipients: list[str]
    content: bytes
    session: int
    tls: bool
    user: str | None

    @property
    def mail(self) -> EmailMessage:
        return BytesParser(policy=default).parsebytes(self.content)  # type: ignore[arg-type, return-value]


@dataclass
class PostOffice:
    """A mail server's script: what it says to each address and to each mail, and what it kept."""

    port: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    verdict: str = "250 kept"
    hang_up: bool = False
    silent: bool = False
    password: str = "correct horse"
    posts: list[Post] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)
    sessions: int = 0
    leave: Callable[[], None] = lambda: None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.silent:
            await asyncio.sleep(30)
        if self.verdict.startswith("250"):
            user = session.auth_data.login.decode() if session.authenticated else None
            assert server.transport is not None
            tls = server.transport.get_extra_info("ssl_object") is not None
            post = Post(list(envelope.rcpt_tos), envelope.content, id(session), tls, user)
            self.posts.append(post)
        if self.hang_up:
            assert server.transport is not None
            server.transport.abort()
        return self.verdict

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        right = given.password.decode() == self.password
        return AuthResult(success=right, handled=False, auth_data=given)

    def drop(self) -> None:
        """Hangs up on everybody."""
        for transport in self.transports:
            transport.abort()
        self.transports.clear()


@asynccontextmanager
async def post_office(
    tls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, login: bool = False
) -> AsyncIterator[PostOffice]:
    """A mail server on loopback, with STARTTLS, TLS from the start, or neither."""
    made = PostOffice()

    class Watched(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.transports.append(transport)  # type: ignore[arg-type]
            made.sessions += 1
            super().connection_made(transport)

    def protocol() -> SMTP:
        return Watched(
            made,
            hostname="mail.example",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=login and tls is not None,
            auth_require_tls=tls is not None,
            authenticator=made.authenticate if login else None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=implicit)
    made.port = server.sockets[0].getsockname()[1]
    made.leave = server.close
    try:
        yield made
    finally:
        server.close()
        made.drop()
        await asyncio.sleep(0)


Say: TypeAlias = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
SMTP_SAYS: dict[str, Say] = {
    "greeting": b"220 mail.example",
    "EHLO": b"250-mail.example\r\n250 AUTH PLAIN",
    "HELO": b"250 mail.example",
    "AUTH": b"235 welcome",
    "NOOP": b"250 fine",
    "MAIL": b"250 fine",
    "RCPT": b"250 fine",
    "DATA": b"354 go on",
    ".": b"250 kept",
    "QUIT": b"221 bye",
    "RSET": b"250 fine",
}


@asynccontextmanager
async def scripted_mail_server(**says: Say) -> AsyncIterator[tuple[int, list[str]]]:
    """A mail server that says to each command what it is told to, whatever a proper one would say: its port, and the
    commands it got. `greeting` is said at the start and `end` after the mail.
    """
    words = SMTP_SAYS | {"." if name == "end" else name: text for name, text in says.items()}
    got: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        verb = "greeting"
        try:
            while verb:
                if callable(said := words[verb]):
                    await said(writer)
                else:
                    writer.write(said + b"\r\n")
                await writer.drain()
                if verb == "DATA" and isinstance(said, bytes) and said.startswith(b"354"):
                    await reader.readuntil(b"\r\n.\r\n")
                    verb = "."
                else:
                    verb = (await reader.readline()).decode().strip().upper()[:4]
                got.append(verb)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side left, or the test is over
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], got
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # both ends need some turns of the loop to close
