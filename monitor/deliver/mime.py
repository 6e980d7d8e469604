"""Compose a rendered message as a MIME mail, and check that the mail parses back with the same headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, UnstructuredHeader
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from email.utils import parseaddr
from hashlib import sha256
from typing import Any

from monitor.deliver.grouping import batched_alert_count
from monitor.deliver.render import RenderedMessage
from monitor.deliver.sanitize import sanitize_header
from monitor.errors import DeliveryError
from monitor.model import Message

MAX_LINE_CHARS = 76  # the limit of RFC 2047 for a line with an encoded word
MACHINE_READ_HEADERS = ("In-Reply-To", "References", "List-Unsubscribe")


class EncodedWordPolicy(EmailPolicy):
    """Encodes a header that is not ASCII as a whole, and never encodes ids and addresses, which programs read.

    The standard policy mixes encoded and plain words, which adds or drops spaces where lines are folded.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        text = str(value)
        if name in MACHINE_READ_HEADERS and text.isascii():
            folded = text
        elif isinstance(value, UnstructuredHeader) and not text.isascii():
            folded = Header(text, "utf-8", maxlinelen=MAX_LINE_CHARS, header_name=name).encode(linesep=self.linesep)
        else:
            return super().fold_binary(name, value)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


# Every server accepts 7-bit text; long lines and other scripts are sent as quoted-printable or base64.
MAIL_POLICY = EncodedWordPolicy(linesep="\r\n", cte_type="7bit", max_line_length=MAX_LINE_CHARS)


def compose_mail(
    message: Message,
    rendered: RenderedMessage,
    sender: str,
    to: Sequence[str],
    unsubscribe: str | None = None,
    *,
    threads: bool = True,
) -> EmailMessage:
    """Return the mail as plain text and HTML. `sender` and `to` are as in the config: `Desk <desk@example.org>`.

    `threads`: whether mail programs are to show the mails of a story as one thread.

    The date is when the message was created, not the time of this attempt: every attempt sends the same mail, and
    mail programs sort by the time of the news.
    """
    mail = EmailMessage(policy=MAIL_POLICY)
    from_address = parse_mailbox(sender)
    mail["Subject"] = rendered.subject
    mail["From"] = from_address
    mail["To"] = [parse_mailbox(text) for text in to]
    mail["Date"] = datetime.fromtimestamp(message.created, UTC)
    mail["Message-ID"] = f"<{_message_id_token(message.id)}@{from_address.domain}>"
    if threads and not batched_alert_count(message):
        # The mail that these headers refer to is never sent; all replies to it are still shown as one thread.
        story_id = f"<story-{_message_id_token(message.thread)}@{from_address.domain}>"
        mail["In-Reply-To"] = story_id
        mail["References"] = story_id
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        if unsubscribe.startswith("https:"):
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    lead = message.alerts[0]
    mail["X-Claimwatch-Rule"] = sanitize_header(", ".join(dict.fromkeys(alert.rule for alert in message.alerts)))
    mail["X-Claimwatch-Severity"] = str(lead.severity)
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    return mail


def serialize_mail(mail: EmailMessage) -> bytes:
    """Return the mail as bytes. Raises DeliveryError if it does not parse back with the same headers."""
    content = mail.as_bytes(policy=MAIL_POLICY)
    reparsed = BytesParser(policy=MAIL_POLICY).parsebytes(content)
    parts = list(mail.walk())
    if [part.keys() for part in reparsed.walk()] != [part.keys() for part in parts]:
        raise DeliveryError("the composed mail does not parse back with the same headers", permanent=True)
    return content


def parse_mailbox(text: str) -> Address:
    """Parse `Desk <desk@example.org>`."""
    name, spec = parseaddr(text)
    return Address(sanitize_header(name), addr_spec=spec)


def _message_id_token(text: str) -> str:
    """Return the text if it is valid in a Message-ID, else a hash of it."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text) and ".." not in text and text[-1] != ".":
        return text
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
