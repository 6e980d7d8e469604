"""The demo: the daemon at its main job, on the bundled sample source over loopback, in about a minute.

Nothing is pretended. The feed is fetched over HTTP, the mails go through SMTP, the page is the daemon's own; only
the source is ours, and its days pass in seconds.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path

from rich.console import Console

from monitor.config_file import read_config
from monitor.daemon import Daemon, prepare
from monitor.demo.mailbox import Mailbox
from monitor.demo.server import SampleSource
from monitor.demo.story import RULES, STORY, Expect, Step
from monitor.engine import Engine, open_engine
from monitor.store import reports

CONFIG = """\
# Written by `monitor demo`. The ports are those of its last run.
[monitor]
database = "sqlite:///monitor.db"
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
listen = "{listen}"
"""
SETTLED = 2.5  # seconds without anything happening after which a step was silence
PACE = 2.0  # seconds a person gets to read what a step brought


@dataclass(slots=True)
class Demo:
    """What the demo runs: the sample source, the mailbox, and the daemon over both."""

    source: SampleSource
    mailbox: Mailbox
    daemon: Daemon
    console: Console

    @property
    def engine(self) -> Engine:
        return self.daemon.engine


def run(folder: Path, *, stay: bool = False) -> int:
    """Plays the whole story, everything written under `folder`; how many steps came out other than expected."""
    try:
        return asyncio.run(play(folder, stay=stay))
    except KeyboardInterrupt:
        return 0


async def play(folder: Path, *, stay: bool) -> int:
    """Sets the stage, plays every step and sums up."""
    console = Console(highlight=False)
    async with staged(folder, console) as demo:
        console.print(f"[bold]Claimwatch demo[/]: a feed of war reports, days passing in seconds. Files: {folder}/\n")
        surprises = 0
        for number in range(1, len(STORY) + 1):
            surprises += await show(demo, number, demo.source.advance())
        await sum_up(demo, folder)
        if stay:
            console.print("The daemon goes on, and so does its page. Ctrl-C ends it.")
            await asyncio.Event().wait()
    return surprises


@asynccontextmanager
async def staged(folder: Path, console: Console) -> AsyncIterator[Demo]:
    """The servers on loopback and the daemon, all ended again in the end."""
    fresh(folder)
    async with AsyncExitStack() as stack:
        source = SampleSource()
        feed = await source.start()
        stack.push_async_callback(source.stop)
        mailbox = Mailbox(folder / "mail")
        smtp = mailbox.start()
        stack.callback(mailbox.stop)
        text = CONFIG.format(feed=feed, smtp=smtp, listen=f"127.0.0.1:{free_port()}")
        (folder / "config.toml").write_text(text, encoding="utf-8")
        engine = await stack.enter_async_context(open_engine(read_config(folder / "config.toml", env={})))
        await engine.in_store(prepare, engine)
        yield Demo(source, mailbox, Daemon(engine), console)
'''
