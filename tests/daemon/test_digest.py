"""Digests and quiet hours: alerts are held, survive a restart, and are sent once when due."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.config import notify_table, source_table, terminal_table
from kit.daemon_harness import deliver, prepared_runtime
from kit.databases import write_config_file

from monitor.cli.app import run_command_line
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.model import Message, Reason, Update
from monitor.polling.ingest import ingest_update
from monitor.runtime import Runtime


@dataclass
class RecordingNotifier:
    """Records the messages it receives."""

    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        self.messages.append(message)
        return Receipt("taken")

    async def close(self) -> None:
        pass


EVENING = datetime(2026, 3, 10, 22, 30, tzinfo=UTC).timestamp()
EIGHT_IN_KYIV = datetime(2026, 3, 11, 6, tzinfo=UTC).timestamp()
SEVEN = datetime(2026, 3, 11, 7, tzinfo=UTC).timestamp()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = "".join(
        [
            source_table("wire", "https://wire.example/feed"),
            terminal_table("desk", digest="0 8 * * *", timezone="Europe/Kyiv"),
            terminal_table("chat", quiet_hours="22:00-07:00"),
            notify_table("desk", "chat"),
        ]
    )
    write_config_file(tmp_path, config, "name: fires\ntitle: Fires\nmatch: burn*\nthrottle: 1 per 2h\n")
    return tmp_path


def ingest_text(runtime: Runtime, text: str) -> None:
    with runtime.store.write() as conn:
        update = Update("wire", text, runtime.clock(), text, "", "")
        ingest_update(conn, update, runtime.policy, digest=text, memory=1e9, now=runtime.clock())


async def run_daemon_once(folder: Path, now: float, notifiers: dict[str, RecordingNotifier], *texts: str) -> None:
    """Start the daemon at a moment, ingest these texts, deliver what is due, and stop it."""
    async with prepared_runtime(folder, lambda: now) as runtime:
        runtime.notifiers.update(notifiers)  # type: ignore[arg-type]
        for text in texts:
            ingest_text(runtime, text)
        daemon = Daemon(runtime)
        await daemon.release_due()
        await deliver(daemon)


async def test_held_alerts_survive_restarts_and_are_sent_once_when_due(folder: Path) -> None:
    desk, chat = RecordingNotifier(), RecordingNotifier()
    notifiers = {"desk": desk, "chat": chat}
    await run_daemon_once(folder, EVENING, notifiers, "The mill of Halvik burned down", "A warehouse burns in Orsk")
    await run_daemon_once(folder, EIGHT_IN_KYIV - 1, notifiers, "A school burns in Tolna")
    assert (desk.messages, chat.messages) == ([], [])

    await run_daemon_once(folder, EIGHT_IN_KYIV, notifiers)
    await run_daemon_once(folder, SEVEN, notifiers)
    await run_daemon_once(folder, SEVEN + 86400, notifiers)
    for notifier, reason in ((desk, Reason.DIGEST), (chat, Reason.QUIET_HOURS)):
        (message,) = notifier.messages
        assert (len(message.alerts), message.batch_reason) == (3, reason)


async def test_status_shows_that_held_alerts_are_not_due(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_daemon_once(
        folder, EVENING, {"desk": RecordingNotifier(), "chat": RecordingNotifier()}, "The mill of Halvik burned down"
    )
    monkeypatch.chdir(folder)
    monkeypatch.setattr("time.time", lambda: EVENING + 60)
    capsys.readouterr()
    assert run_command_line(["status"]) == 0
    assert re.search(r"^messages +2 pending$", (out := capsys.readouterr().out), re.MULTILINE)
    assert re.search(r"^oldest due +not due yet$", out, re.MULTILINE)


async def test_follow_ups_of_a_throttle_are_held_too(folder: Path) -> None:
    desk, chat = RecordingNotifier(), RecordingNotifier()
    notifiers = {"desk": desk, "chat": chat}
    await run_daemon_once(
        folder, EVENING, notifiers, "Around 300 mills burn in Halvik", "Around 400 mills burn in Halvik"
    )
    await run_daemon_once(folder, EVENING + 2 * 3600 + 1, notifiers)
    assert (desk.messages, chat.messages) == ([], [])
    await run_daemon_once(folder, SEVEN, notifiers)
    assert [len(message.alerts) for message in (*desk.messages, *chat.messages)] == [2, 2]


async def test_deliveries_release_sends_held_alerts_while_the_daemon_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    desk, chat = RecordingNotifier(), RecordingNotifier()
    async with prepared_runtime(folder) as runtime:
        runtime.notifiers.update({"desk": desk, "chat": chat})  # type: ignore[arg-type]
        ingest_text(runtime, "The mill of Halvik burned down")
        daemon = Daemon(runtime)
        await deliver(daemon)
        assert desk.messages == []

        capsys.readouterr()  # without the log of what was sent
        codes = [
            await asyncio.to_thread(run_command_line, ["deliveries", "release", "--channel", "desk"])
            for _ in range(2)
        ]
        output = capsys.readouterr()
        await deliver(daemon)

    assert codes == [0, 1]
    assert output.out == "channel desk: 1 alert released; `monitor run` sends what is due\n"
    assert output.err == "channel desk holds nothing\n"
    (message,) = desk.messages
    assert (len(message.alerts), message.batch_reason) == (1, Reason.DIGEST)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "monitor: release needs --channel NAME"),
        (["--channel", "dsk"], 'monitor: unknown channel "dsk"; did you mean "desk"?'),
    ],
)
def test_deliveries_release_requires_a_known_channel(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(folder)
    assert run_command_line(["deliveries", "release", *arguments]) == 2
    assert capsys.readouterr().err.startswith(sentence)
