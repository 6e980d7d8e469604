"""The mail notifier with Exim, a widely used mail server: TLS, a login, and strictly parsed mails.

Needs Debian's `exim4-daemon-light` and root, as `.ci/run` has them. The fixture starts its own Exim with its own
config and spool folder, and stops it; no other Exim is affected.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import strict
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
import trustme
from kit.delivery import builtin_templates, make_alert, make_alert_finding, make_message
from kit.hostile_inputs import HOSTILE_TEXTS
from kit.servers import free_port, wait_for_port

from monitor.deliver.channels import Receipt
from monitor.deliver.channels.email import Email, EmailSettings
from monitor.deliver.render import render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.net.guard import Guard
from monitor.net.network import Network

EXIM = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(EXIM is None or os.geteuid() != 0, reason="needs exim4 and root")

CONFIG = """
exim_user = nobody
exim_group = nogroup
keep_environment =
primary_hostname = mx.desk.example
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {starttls} : {implicit}
tls_on_connect_ports = {implicit}
tls_certificate = {folder}/certificate
tls_privatekey = {folder}/key
tls_advertise_hosts = *
auth_advertise_hosts = ${{if eq{{$tls_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = recipient
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
begin acl
recipient:
  deny message = no such user
       local_parts = nobody-here
  accept authenticated = *
  deny message = who are you
begin routers
all:
  driver = accept
  transport = keep
begin transports
keep:
  driver = appendfile
  maildir_format
  directory = {folder}/mail
  envelope_to_add
  user = nobody
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and {{{{eq{{$auth2}}{{monitor}}}}{{eq{{$auth3}}{{correct horse}}}}}}}}
  server_set_id = $auth2
"""


@dataclass(frozen=True)
class Exim:
    """A running Exim: its folder and its two ports."""

    folder: Path
    starttls: int
    implicit: int

    def mails(self, count: int) -> list[EmailMessage]:
        """Wait for `count` delivered mails and return them, strictly parsed."""
        for _ in range(100):
            files = sorted(self.folder.glob("mail/new/*"))
            if len(files) >= count:
                break
            time.sleep(0.1)
        return [cast(EmailMessage, message_from_bytes(file.read_bytes(), policy=strict)) for file in files]


@pytest.fixture(scope="module")
def exim() -> Iterator[Exim]:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        running = Exim(folder, free_port(), free_port())
        authority.cert_pem.write_to_path(folder / "authority")
        (folder / "certificate").write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(folder / "key")
        config = folder / "config"
        config.write_text(CONFIG.format(folder=folder, starttls=running.starttls, implicit=running.implicit))
        for part in ("spool", "mail"):
            (folder / part).mkdir()
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
        shutil.chown(config, "root", "root")
        patch.setenv("SSL_CERT_FILE", str(folder / "authority"))
        with subprocess.Popen([str(EXIM), "-C", str(config), "-bdf"], stderr=subprocess.DEVNULL) as process:
            try:
                wait_for_port(running.implicit)
                yield running
            finally:
                process.terminate()


async def send(
    exim: Exim, *messages: Message, tls: str = "starttls", password: str = "correct horse"
) -> list[Receipt]:
    """Send messages over one channel to two recipients, one of them unknown to Exim."""
    table = {
        "name": "desk",
        "type": "email",
        "host": "127.0.0.1",
        "port": exim.starttls if tls == "starttls" else exim.implicit,
        "tls": tls,
        "username": "monitor",
        "password": password,
        "from": "Claimwatch <monitor@desk.example>",
        "to": ["desk@desk.example", "nobody-here@desk.example"],
    }
    channel = Email(EmailSettings.model_validate(table), Network(Guard(())))
    try:
        return [
            await channel.send(
                message, render_message(message, "email", builtin_templates(), RenderSettings(ZoneInfo("UTC")))
            )
            for message in messages
        ]
    finally:
        await channel.close()
        await asyncio.sleep(0.05)  # a TLS connection needs some iterations of the event loop to close


async def test_exim_accepts_mails_with_hostile_text_and_delivers_them_intact(exim: Exim) -> None:
    hostile = [
        make_message(make_alert(make_alert_finding(text, source=text[:80]), title=text[:80]))
        for text in HOSTILE_TEXTS.values()
    ]
    messages = [
        Message(f"m{number}", "desk", "story", message.created, message.alerts)
        for number, message in enumerate(hostile)
    ]

    receipts = await send(exim, *messages) + await send(exim, make_message(id="last"), tls="implicit")

    assert {tuple(receipt.rejected) for receipt in receipts} == {("nobody-here@desk.example",)}
    mails = exim.mails(len(messages) + 1)
    ids = [str(mail["Message-ID"]).strip("<>").split("@")[0] for mail in mails]
    assert sorted(ids) == sorted(["last", *(message.id for message in messages)])
    for mail in mails:
        assert [part.defects for part in mail.walk()] == [[], [], []]
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Envelope-to"] == "desk@desk.example"
        assert "(Exim" in mail["Received"] and "esmtpsa" in mail["Received"]
        assert "Bcc" not in mail


async def test_a_wrong_password_is_reported_as_a_rejected_login(exim: Exim) -> None:
    with pytest.raises(DeliveryError, match=r"rejected the login.*535") as raised:
        await send(exim, make_message(), password="wrong horse")

    assert raised.value.channel_down
    assert not raised.value.permanent
    assert "wrong horse" not in str(raised.value)
