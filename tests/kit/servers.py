"""An HTTP server with an RSS feed, one that records posts, and an SMTP server that records mails."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Bulletin:
    """One item of the served feed; `body` is HTML."""

    guid: str
    title: str
    body: str = ""
    link: str = "https://bulletin.example/item"

    def rss(self) -> str:
        return (
            f"<item><guid isPermaLink='false'>{escape(self.guid)}</guid><title>{escape(self.title)}</title>"
            f"<link>{escape(self.link)}</link><description>{escape(self.body)}</description></item>"
        )


class LoopbackServer:
    """An HTTP server in a thread on a free port of 127.0.0.1; also a context manager."""

    def __init__(self) -> None:
        server_owner = self

        class Exchange(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server_owner.answer(self, b"")

            def do_POST(self) -> None:
                server_owner.answer(self, self.rfile.read(int(self.headers.get("content-length") or 0)))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def __enter__(self) -> Any:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        raise NotImplementedError

    def reply(self, to: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("content-length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)


class FeedServer(LoopbackServer):
    """Serves `bulletins` as RSS with an ETag, and records the status of each response."""

    def __init__(self, *bulletins: Bulletin, validators: bool = True) -> None:
        super().__init__()
        self.bulletins = list(bulletins)
        self.validators = validators
        self.status = 200
        self.answered: list[int] = []

    def rss(self) -> bytes:
        items = "".join(bulletin.rss() for bulletin in self.bulletins)
        return f"<rss version='2.0'><channel><title>Bulletins</title>{items}</channel></rss>".encode()

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        rss = self.rss()
        etag = f'"{hashlib.sha256(rss).hexdigest()[:16]}"'
        is_unchanged = self.validators and to.headers.get("if-none-match") == etag
        status = 304 if is_unchanged and self.status == 200 else self.status
        self.answered.append(status)
        headers = {"content_type": "application/rss+xml"} | ({"etag": etag} if self.validators else {})
        self.reply(to, status, rss if status == 200 else b"", **headers)


@dataclass
class ReceivedPost:
    """A received request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class PostSink(LoopbackServer):
    """Records every post and responds with `status`."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.status = status
        self.posts: list[ReceivedPost] = []

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.status < 400:
            headers = {name.lower(): value for name, value in to.headers.items()}
            self.posts.append(ReceivedPost(to.path, headers, body))
        self.reply(to, self.status, b"ok")


@dataclass
class MailServer:
    """An SMTP server that records accepted mails; it can be stopped and restarted on the same port."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self.mails.append(BytesParser(policy=default).parsebytes(content))  # type: ignore[arg-type]
        return "250 kept"

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port or free_port())
        self.controller.start()
        self.port = self.controller.port

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop(no_assert=True)
            self.controller = None

    def __enter__(self) -> MailServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_for_port(port: int) -> None:
    """Wait until a server listens on a port of 127.0.0.1."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"no server listens on port {port}")


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
