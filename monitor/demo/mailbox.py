"""An SMTP server on the loopback interface that writes each mail it receives as an `.eml` file.

Needs aiosmtpd: `pip install claimwatch[demo]`.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAIL_HOST = "127.0.0.1"
MAX_SLUG_CHARS = 60
NON_WORD_CHARS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A received mail and its file."""

    path: Path
    message: EmailMessage


class Mailbox:
    """Accepts mail for any address on a free port of 127.0.0.1; also a context manager.

    Files are `NNN-subject.eml` in `folder`, numbered in order of arrival; `received` lists them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.received: list[ReceivedMail] = []
        self._controller: Controller | None = None

    def start(self) -> int:
        """Start the server and return its port. Raises OSError if there is no folder or free port."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(self, hostname=MAIL_HOST, port=_find_free_port())
        self._controller.start()
        self.port = int(self._controller.port)
        return self.port

    def stop(self) -> None:
        """Close the port and keep the received mails. Idempotent."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store one mail. aiosmtpd requires this name."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        message = BytesParser(EmailMessage, policy=default).parsebytes(raw)
        path = self.folder / f"{len(self.received) + 1:03}-{_subject_slug(message)}.eml"
        path.write_bytes(raw)
        self.received.append(ReceivedMail(path, message))
        return "250 kept"


def _subject_slug(message: EmailMessage) -> str:
    """Return the subject as part of a file name; letters of any script are kept."""
    words = NON_WORD_CHARS.sub("-", str(message["subject"] or "")).strip("-").lower()
    return words[:MAX_SLUG_CHARS].rstrip("-") or "no-subject"


def _find_free_port() -> int:
    """Return a free port: aiosmtpd does not report which one it got for port 0."""
    with socket.socket() as probe:
        probe.bind((MAIL_HOST, 0))
        return int(probe.getsockname()[1])
