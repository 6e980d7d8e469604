"""A digest and quiet hours through the daemon: held, kept over a restart, told once when their time has come."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.cli.app import run_command_line
from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.model import Message, Reason, Update
from monitor.polling.ingest import ingest_update
from monitor.runtime import Runtime, open_runtime

CONFIG = """
[[sources]]
name = "wire"
url = "https://wire.example/feed"
[channels.desk]
type = "terminal"
digest = "0 8 * * *"
timezone = "Europe/Kyiv"
[channels.chat]
type = "terminal"
quiet_hours = "22:00-07:00"
[alerts]
notify = ["desk", "chat"]
"""


@dataclass
class Post:
    """A channel that keeps what it takes."""

    took: list[Message] = field(default_factory=list)

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        self.took.append(message)
        return Receipt("taken")

    async def close(self) -> None:
        pass


EVENING = datetime(2026, 3, 10, 22, 30, tzinfo=UTC).timestamp()
EIGHT_IN_KYIV = datetime(2026, 3, 11, 6, tzinfo=UTC).timestamp()
SEVEN = datetime(2026, 3, 11, 7, tzinfo=UTC).timestamp()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text("name: fires\ntitle: Fires\nmatch: burn*\nthrottle: 1 per 2h\n")
    return tmp_path


def say(engine: Runtime, text: str) -> None:
    with engine.store.write() as conn:
        update = Update("wire", text, engine.clock(), text, "", "")
        ingest_update(conn, update, engine.policy, digest=text, memory=1e9, now=engine.clock())


async def lived(folder: Path, now: float, posts: dict[str, Post], *texts: str) -> None:
    """One start of the daemon at a moment, with what is said then."""
    async with open_runtime(read_config(folder / "config.toml", env={}), clock=lambda: now) as engine:
        prepare_store(engine)
        engine.notifiers.update(posts)  # type: ignore[arg-type]
        for text in texts:
            say(engine, text)
        daemon = Daemon(engine)
        await daemon.release_due()
        await daemon.deliver_due()
        await daemon.finish_tasks()


async def test_what_waits_is_kept_over_restarts_and_told_once_when_its_time_has_come(folder: Path) -> None:
    desk, chat = Post(), Post()
    posts = {"desk": desk, "chat": chat}
    await lived(folder, EVENING, posts, "The mill of Halvik burned down", "A warehouse burns in Orsk")
    await lived(folder, EIGHT_IN_KYIV - 1, posts, "A school burns in Tolna")
    assert (desk.took, chat.took) == ([], [])

    await lived(folder, EIGHT_IN_KYIV, posts)
    await lived(folder, SEVEN, posts)
    await lived(folder, SEVEN + 86400, posts)
    for post, reason in ((desk, Reason.DIGEST), (chat, Reason.QUIET_HOURS)):
        (message,) = post.took
        assert (len(message.alerts), message.batch_reason) == (3, reason)


async def test_status_says_that_what_is_gathered_waits(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await lived(folder, EVENING, {"desk": Post(), "chat": Post()}, "The mill of Halvik burned down")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("time.time", lambda: EVENING + 60)
    capsys.readouterr()
    assert run_command_line(["status"]) == 0
    assert re.search(r"^messages +2 pending$", (out := capsys.readouterr().out), re.MULTILINE)
    assert re.search(r"^oldest owed +waits for its time$", out, re.MULTILINE)


async def test_what_a_throttle_lets_out_waits_as_well(folder: Path) -> None:
    desk, chat = Post(), Post()
    posts = {"desk": desk, "chat": chat}
    await lived(folder, EVENING, posts, "Around 300 mills burn in Halvik", "Around 400 mills burn in Halvik")
    await lived(folder, EVENING + 2 * 3600 + 1, posts)
    assert (desk.took, chat.took) == ([], [])
    await lived(folder, SEVEN, posts)
    assert [len(message.alerts) for message in (*desk.took, *chat.took)] == [2, 2]


async def test_the_command_sends_what_a_channel_gathers_while_the_daemon_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    desk, chat = Post(), Post()
    async with open_runtime(read_config(folder / "config.toml", env={})) as engine:
        prepare_store(engine)
        engine.notifiers.update({"desk": desk, "chat": chat})  # type: ignore[arg-type]
        say(engine, "The mill of Halvik burned down")
        daemon = Daemon(engine)
        await daemon.deliver_due()
        await daemon.finish_tasks()
        assert desk.took == []

        codes = [
            await asyncio.to_thread(run_command_line, ["deliveries", "release", "--channel", "desk"])
            for _ in range(2)
        ]
        said = capsys.readouterr()
        await daemon.deliver_due()
        await daemon.finish_tasks()

    assert codes == [0, 1]
    assert said.out == "channel desk: 1 alert can be sent now; `monitor run` sends what is due\n"
    assert said.err == "channel desk gathers nothing\n"
    (message,) = desk.took
    assert (len(message.alerts), message.batch_reason) == (1, Reason.DIGEST)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "monitor: release needs --channel NAME"),
        (["--channel", "dsk"], 'monitor: there is no channel "dsk"; did you mean "desk"?'),
    ],
)
def test_what_to_release_must_be_said(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(folder)
    assert run_command_line(["deliveries", "release", *arguments]) == 2
    assert capsys.readouterr().err.startswith(sentence)
