from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import aiosmtplib
import pytest

from monitor.demo.mailbox import Mailbox


def new_mail(subject, text="Up to 12,000 soldiers."):
    message = EmailMessage()
    message["From"] = "monitor@example.org"
    message["To"] = "desk@example.org"
    if subject is not None:
        message["Subject"] = subject
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return message


async def send(port, message):
    await aiosmtplib.send(message, hostname="127.0.0.1", port=port, start_tls=False)


async def test_each_mail_is_a_numbered_file_named_after_its_subject(tmp_path):
    mailbox = Mailbox(tmp_path / "mail")
    port = mailbox.start()
    try:
        for subject in ("Changed: 3,000 → 12,000 soldiers", "Нове: загін у Плехові", "../../etc/passwd", None):
            await send(port, new_mail(subject))
    finally:
        mailbox.stop()
    names = [received.path.name for received in mailbox.received]
    assert names == [
        "001-changed-3-000-12-000-soldiers.eml",
        "002-нове-загін-у-плехові.eml",
        "003-etc-passwd.eml",
        "004-no-subject.eml",
    ]
    assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == names


async def test_the_file_is_a_complete_mail(tmp_path):
    with Mailbox(tmp_path) as mailbox:
        await send(mailbox.port, new_mail("A figure moved"))
    stored = BytesParser(EmailMessage, policy=policy.default).parsebytes(mailbox.received[0].path.read_bytes())
    assert stored["subject"] == mailbox.received[0].message["subject"] == "A figure moved"
    assert [part.get_content_type() for part in stored.iter_parts()] == ["text/plain", "text/html"]


async def test_a_long_subject_is_truncated_in_the_file_name(tmp_path):
    with Mailbox(tmp_path) as mailbox:
        await send(mailbox.port, new_mail("word " * 80))
    assert len(mailbox.received[0].path.name) < 80


async def test_a_stopped_mailbox_rejects_mail_and_can_be_stopped_again(tmp_path):
    mailbox = Mailbox(tmp_path)
    port = mailbox.start()
    mailbox.stop()
    mailbox.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(port, new_mail("Too late"))
