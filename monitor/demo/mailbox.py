"""A real SMTP server on the loopback interface that writes each mail it takes as an `.eml` file.

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
    """A mail as it came, and the file that holds it."""

    path: Path
    message: EmailMessage


class Mailbox:
    """Takes mail for anybody on a free port of 127.0.0.1; also a context manager.

    Files are `NNN-subject.eml` in `folder`, numbered in the order in which the mails came; `received` lists them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.received: list[ReceivedMail] = []
        self._controller: Controller | None = None

    def start(self) -> int:
        """Begin to take mail; returns the port. OSError if the folder or a port cannot be had."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(self, hostname=MAIL_HOST, port=_find_free_port())
        self._controller.start()
        self.port = int(self._controller.port)
        return self.port

    def stop(self) -> None:
        """Close the port; what was received stays. Twice is as good as once."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail; the name is aiosmtpd's."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        message = BytesParser(EmailMessage, policy=default).parsebytes(raw)
        path = self.folder / f"{len(self.received) + 1:03}-{_subject_slug(message)}.eml"
        path.write_bytes(raw)
        self.received.append(ReceivedMail(path, message))
        return "250 kept"


def _subject_slug(message: EmailMessage) -> str:
    """The subject as part of a file name, in any script."""
    words = NON_WORD_CHARS.sub("-", str(message["subject"] or "")).strip("-").lower()
    return words[:MAX_SLUG_CHARS].rstrip("-") or "no-subject"


def _find_free_port() -> int:
    """A port that was free a moment ago: aiosmtpd does not tell which one it was given."""
    with socket.socket() as probe:
        probe.bind((MAIL_HOST, 0))
        return int(probe.getsockname()[1])
