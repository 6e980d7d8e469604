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

from monitor.config_file.load import read_config
from monitor.daemon.run import running_daemon
from monitor.demo.mailbox import Mailbox
from monitor.demo.script import DEMO_RULES_FOLDER, SCRIPT, DemoStep, ExpectedOutcome
from monitor.demo.server import SampleSource
from monitor.log import configure_logging
from monitor.model import Alert
from monitor.runtime import Runtime
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.status import load_status

CONFIG_TEMPLATE = """\
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
STEP_TIMEOUT_S = 15.0  # seconds in which a step must have been polled and what it brought delivered
READING_PAUSE_S = 2.5  # seconds a person gets to read what a step brought


@dataclass(slots=True)
class DemoStage:
    """What is on stage: the sample source, the mailbox, the daemon's engine, and where people look."""

    source: SampleSource
    mailbox: Mailbox
    runtime: Runtime
    console: Console


def run_demo(folder: Path, *, keep_running: bool = False) -> int:
    """Plays the whole story with its files under `folder`; how many steps came out other than expected.

    `stay` keeps the daemon and its pages going until Ctrl-C.
    """
    configure_logging(stream=(clean_folder(folder) / "monitor.log").open("w", encoding="utf-8"))
    return asyncio.run(play_script(folder, keep_running=keep_running))


def clean_folder(folder: Path) -> Path:
    """The folder, without what an earlier run left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in (*folder.glob("monitor.*"), *folder.glob("mail/*.eml")):
        leftover.unlink()
    return folder


async def play_script(folder: Path, *, keep_running: bool) -> int:
    """Sets the stage, plays every step and sums up."""
    console = Console(highlight=False)
    console.print("[bold]Claimwatch[/] follows a feed of war reports whose days pass in seconds.")
    async with open_stage(folder, console) as stage:
        console.print(f"Its page: http://{stage.runtime.config.web.listen}/   Its mails: {folder}/mail/\n")
        unexpected_count = 0
        for step_number in range(1, len(SCRIPT) + 1):
            unexpected_count += not await play_step(stage, step_number)
        print_summary(stage, unexpected_count)
        if keep_running:
            console.print("The daemon and its page go on until you press Ctrl-C.")
            await asyncio.Event().wait()
    return unexpected_count


@asynccontextmanager
async def open_stage(folder: Path, console: Console) -> AsyncIterator[DemoStage]:
    """The servers on loopback and the daemon, all ended again in the end."""
    async with AsyncExitStack() as stack:
        sample_source = SampleSource()
        feed_url = await sample_source.start()
        stack.push_async_callback(sample_source.stop)
        mailbox = Mailbox(folder / "mail")
        smtp_port = mailbox.start()
        stack.callback(mailbox.stop)
        rules_folder = stack.enter_context(as_file(DEMO_RULES_FOLDER))
        config_text = CONFIG_TEMPLATE.format(feed=feed_url, smtp=smtp_port, rules=rules_folder, port=find_free_port())
        (folder / "config.toml").write_text(config_text, encoding="utf-8")
        runtime = await stack.enter_async_context(running_daemon(read_config(folder / "config.toml", env={})))
        yield DemoStage(sample_source, mailbox, runtime, console)


async def play_step(stage: DemoStage, step_number: int) -> bool:
    """Plays one step: says what happens, lets the daemon find it, says what came of it. True if as expected."""
    step = SCRIPT[step_number - 1]
    earlier_alerts = await stage.runtime.run_in_store_thread(all_alerts, stage.runtime)
    stage.console.print(f"[bold cyan]{step_number}/{len(SCRIPT)}[/] [bold]{step.caption}[/]\n    [dim]{step.hint}[/]")
    if step_number > 1:
        stage.source.advance()
    await wait_until_settled(stage.runtime, time.time() if step_number > 1 else 0.0)
    new_alerts = (await stage.runtime.run_in_store_thread(all_alerts, stage.runtime))[len(earlier_alerts) :]
    actual = (
        new_alerts[0].findings[0].novelty.value
        if new_alerts
        else step.expected.value
        if expects_silence(step)
        else "silence"
    )
    is_expected = actual == step.expected.value and len(new_alerts) == (0 if expects_silence(step) else 1)
    styled_outcome = (
        f"[dim]{actual}[/]"
        if expects_silence(step) and is_expected
        else f"[green]{actual}[/]"
        if is_expected
        else f"[red]{actual}[/]"
    )
    stage.console.print(
        f"    → {styled_outcome}, {'as expected' if is_expected else f'although {step.expected.value} was expected'}\n"
    )
    await asyncio.sleep(READING_PAUSE_S)
    return is_expected


def expects_silence(step: DemoStep) -> bool:
    """Should nobody be alerted?"""
    return step.expected in (ExpectedOutcome.BASELINE, ExpectedOutcome.SILENCE)


async def wait_until_settled(runtime: Runtime, since: float) -> None:
    """Waits until the source was polled after `began` and nothing is owed to any channel."""
    async with asyncio.timeout(STEP_TIMEOUT_S):
        while not await runtime.run_in_store_thread(is_settled, runtime, since):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the store rings no bell


def is_settled(runtime: Runtime, since: float) -> bool:
    """Has a poll that began after the moment been committed, and all that it brought been sent?"""
    with runtime.store.read() as conn:
        status = load_status(conn, runtime.clock())
    return (status.last_poll or 0.0) > since and status.oldest_owed is None


def all_alerts(runtime: Runtime) -> list[Alert]:
    """Every alert so far, oldest first."""
    with runtime.store.read() as conn:
        return [row.alert for row in reversed(load_alert_page(conn, limit=1000))]


def print_summary(stage: DemoStage, unexpected_count: int) -> None:
    """What the reader has seen, and where it lies."""
    mails = [received.path for received in stage.mailbox.received]
    stage.console.print(f"[bold]{len(SCRIPT)} steps, {len(mails)} alerts[/], each once here and once by mail:")
    for path in mails:
        stage.console.print(f"    {path}", soft_wrap=True)
    if unexpected_count:
        stage.console.print(f"[red]{unexpected_count} steps came out other than expected.[/]")


def find_free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
