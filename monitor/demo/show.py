"""The demo: the daemon at its main job, on the bundled sample source over loopback, in about a minute.

Nothing is pretended. The feed is fetched over HTTP, the mails go through SMTP, the page is the daemon's own; only
the source is ours, and its days pass in seconds.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path

from rich.console import Console

from monitor.config.file import read_config
from monitor.daemon import living
from monitor.demo.mailbox import Mailbox
from monitor.demo.server import SampleSource
from monitor.demo.story import RULES, STORY, Expect, Step
from monitor.engine import Engine
from monitor.log import configure
from monitor.model import Alert
from monitor.store import reports

CONFIG = """\
# Written by `monitor demo`. The ports are those of its last run.
[monitor]
database = "sqlite:///monitor.db"
rules = "{rules}"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "eastern-brief"
url = "{feed}"
every = "1s"
[channels.screen]
type = "terminal"
[channels.desk]
type = "email"
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "Claimwatch <monitor@demo.example>"
to = ["reader@demo.example"]
[alerts]
notify = ["screen", "desk"]
[web]
listen = "127.0.0.1:{port}"
url = "http://127.0.0.1:{port}"
"""
PATIENCE = 15.0  # seconds in which a step must have been polled and what it brought delivered
PACE = 2.5  # seconds a person gets to read what a step brought


@dataclass(slots=True)
class Demo:
    """What is on stage: the sample source, the mailbox, the daemon's engine, and where people look."""

    source: SampleSource
    mailbox: Mailbox
    engine: Engine
    console: Console


def run(folder: Path, *, stay: bool = False) -> int:
    """Plays the whole story with its files under `folder`; how many steps came out other than expected.

    `stay` keeps the daemon and its pages going until Ctrl-C.
    """
    configure(stream=(fresh(folder) / "monitor.log").open("w", encoding="utf-8"))
    return asyncio.run(play(folder, stay=stay))


def fresh(folder: Path) -> Path:
    """The folder, without what an earlier run left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("monitor.*"), *folder.glob("mail/*.eml")):
        old.unlink()
    return folder


async def play(folder: Path, *, stay: bool) -> int:
    """Sets the stage, plays every step and sums up."""
    console = Console(highlight=False)
    console.print("[bold]Claimwatch[/] follows a feed of war reports whose days pass in seconds.")
    async with staged(folder, console) as demo:
        console.print(f"Its page: http://{demo.engine.config.web.listen}/   Its mails: {folder}/mail/\n")
        surprises = 0
        for number in range(1, len(STORY) + 1):
            surprises += not await show(demo, number)
        sum_up(demo, surprises)
        if stay:
            console.print("The daemon and its page go on until you press Ctrl-C.")
            await asyncio.Event().wait()
    return surprises


@asynccontextmanager
async def staged(folder: Path, console: Console) -> AsyncIterator[Demo]:
    """The servers on loopback and the daemon, all ended again in the end."""
    async with AsyncExitStack() as stack:
        source = SampleSource()
        feed = await source.start()
        stack.push_async_callback(source.stop)
        mailbox = Mailbox(folder / "mail")
        smtp = mailbox.start()
        stack.callback(mailbox.stop)
        rules = stack.enter_context(as_file(RULES))
        text = CONFIG.format(feed=feed, smtp=smtp, rules=rules, port=free_port())
        (folder / "config.toml").write_text(text, encoding="utf-8")
        engine = await stack.enter_async_context(living(read_config(folder / "config.toml", env={})))
        yield Demo(source, mailbox, engine, console)


async def show(demo: Demo, number: int) -> bool:
    """Plays one step: says what happens, lets the daemon find it, says what came of it. True if as expected."""
    step = STORY[number - 1]
    before = await demo.engine.in_store(alerts_of, demo.engine)
    demo.console.print(f"[bold cyan]{number}/{len(STORY)}[/] [bold]{step.caption}[/]\n    [dim]{step.hint}[/]")
    if number > 1:
        demo.source.advance()
    await settled(demo.engine, time.time() if number > 1 else 0.0)
    told = (await demo.engine.in_store(alerts_of, demo.engine))[len(before) :]
    came = told[0].findings[0].novelty.value if told else step.expect.value if quiet(step) else "silence"
    right = came == step.expect.value and len(told) == (0 if quiet(step) else 1)
    words = f"[dim]{came}[/]" if quiet(step) and right else f"[green]{came}[/]" if right else f"[red]{came}[/]"
    demo.console.print(f"    → {words}, {'as expected' if right else f'although {step.expect.value} was expected'}\n")
    await asyncio.sleep(PACE)
    return right


def quiet(step: Step) -> bool:
    """Should nobody be alerted?"""
    return step.expect in (Expect.BASELINE, Expect.SILENCE)


async def settled(engine: Engine, began: float) -> None:
    """Waits until the source was polled after `began` and nothing is owed to any channel."""
    async with asyncio.timeout(PATIENCE):
        while not await engine.in_store(at_rest, engine, began):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the store rings no bell


def at_rest(engine: Engine, began: float) -> bool:
    """Has a poll that began after the moment been committed, and all that it brought been sent?"""
    with engine.store.read() as conn:
        state = reports.status(conn, engine.clock())
    return (state.last_poll or 0.0) > began and state.oldest_owed is None


def alerts_of(engine: Engine) -> list[Alert]:
    """Every alert so far, oldest first."""
    with engine.store.read() as conn:
        return [row.alert for row in reversed(reports.alerts(conn, limit=1000))]


def sum_up(demo: Demo, surprises: int) -> None:
    """What the reader has seen, and where it lies."""
    mails = [received.path for received in demo.mailbox.received]
    demo.console.print(f"[bold]{len(STORY)} steps, {len(mails)} alerts[/], each once here and once by mail:")
    for path in mails:
        demo.console.print(f"    {path}", soft_wrap=True)
    if surprises:
        demo.console.print(f"[red]{surprises} steps came out other than expected.[/]")


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
