"""The demo: the daemon at work on a bundled sample source over loopback, in about a minute.

Nothing is simulated except the source, whose days pass in seconds: the feed is fetched over HTTP, the mails are sent
with SMTP, and the web page is the daemon's own.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
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
STEP_TIMEOUT_S = 15.0  # for the poll and the delivery of a step
READING_PAUSE_S = 2.5  # for a person to read the result of a step


@dataclass(slots=True)
class DemoStage:
    """The parts of a demo: the sample source, the mailbox, the running daemon and the console."""

    source: SampleSource
    mailbox: Mailbox
    runtime: Runtime
    console: Console


def run_demo(folder: Path, *, keep_running: bool = False) -> int:
    """Play the script with its files in `folder`. Return how many steps had an unexpected result.

    With `keep_running`, the daemon and its web page then run until Ctrl-C.
    """
    configure_logging(stream=(clean_folder(folder) / "monitor.log").open("w", encoding="utf-8"))
    return asyncio.run(play_script(folder, keep_running=keep_running))


def clean_folder(folder: Path) -> Path:
    """Create the folder, or delete the files of an earlier run from it, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in (*folder.glob("monitor.*"), *folder.glob("mail/*.eml")):
        leftover.unlink()
    return folder


async def play_script(folder: Path, *, keep_running: bool) -> int:
    """Start the servers and the daemon, play every step and print a summary."""
    console = Console(highlight=False)
    console.print("[bold]Claimwatch[/] follows a feed of war reports whose days pass in seconds.")
    async with open_stage(folder, console) as stage:
        console.print(f"Web page: http://{stage.runtime.config.web.listen}/   Mails: {folder}/mail/\n")
        unexpected_count = 0
        for step_number in range(1, len(SCRIPT) + 1):
            unexpected_count += not await play_step(stage, step_number)
        print_summary(stage, unexpected_count)
        if keep_running:
            console.print("The daemon and its web page keep running until you press Ctrl-C.")
            await asyncio.Event().wait()
    return unexpected_count


@asynccontextmanager
async def open_stage(folder: Path, console: Console) -> AsyncIterator[DemoStage]:
    """Start the servers on loopback and the daemon, and stop them on exit."""
    async with AsyncExitStack() as stack:
        sample_source = await stack.enter_async_context(SampleSource())
        mailbox = Mailbox(folder / "mail")
        smtp_port = mailbox.start()
        stack.callback(mailbox.stop)
        rules_folder = stack.enter_context(as_file(DEMO_RULES_FOLDER))
        config_text = CONFIG_TEMPLATE.format(
            feed=sample_source.url, smtp=smtp_port, rules=rules_folder, port=find_free_port()
        )
        (folder / "config.toml").write_text(config_text, encoding="utf-8")
        runtime = await stack.enter_async_context(running_daemon(read_config(folder / "config.toml", env={})))
        yield DemoStage(sample_source, mailbox, runtime, console)


async def play_step(stage: DemoStage, step_number: int) -> bool:
    """Play one step, wait until the daemon has polled it, and print the result. Return whether it was as expected."""
    step = SCRIPT[step_number - 1]
    earlier_alerts = await stage.runtime.run_in_store_thread(all_alerts, stage.runtime)
    stage.console.print(f"[bold cyan]{step_number}/{len(SCRIPT)}[/] [bold]{step.caption}[/]\n    [dim]{step.hint}[/]")
    if step_number > 1:
        stage.source.advance()
    await wait_until_settled(stage.runtime, time.time() if step_number > 1 else 0.0)
    new_alerts = (await stage.runtime.run_in_store_thread(all_alerts, stage.runtime))[len(earlier_alerts) :]
    actual = actual_outcome(step, new_alerts)
    is_expected = actual == step.expected.value and len(new_alerts) == (0 if expects_silence(step) else 1)
    if is_expected:
        style = "dim" if expects_silence(step) else "green"
        stage.console.print(f"    → [{style}]{actual}[/], as expected\n")
    else:
        stage.console.print(f"    → [red]{actual}[/], expected {step.expected.value}\n")
    await asyncio.sleep(READING_PAUSE_S)
    return is_expected


def actual_outcome(step: DemoStep, alerts: Sequence[Alert]) -> str:
    if alerts:
        return alerts[0].findings[0].novelty.value
    return step.expected.value if expects_silence(step) else "silence"


def expects_silence(step: DemoStep) -> bool:
    """Return whether the step should cause no alert."""
    return step.expected in (ExpectedOutcome.BASELINE, ExpectedOutcome.SILENCE)


async def wait_until_settled(runtime: Runtime, since: float) -> None:
    """Wait until the source was polled after `since` and no delivery is pending."""
    async with asyncio.timeout(STEP_TIMEOUT_S):
        while not await runtime.run_in_store_thread(is_settled, runtime, since):  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # the store sends no notifications


def is_settled(runtime: Runtime, since: float) -> bool:
    """Return whether a poll after `since` was committed and all its alerts were sent."""
    with runtime.store.read() as conn:
        status = load_status(conn, runtime.clock())
    return (status.last_poll or 0.0) > since and status.oldest_owed is None


def all_alerts(runtime: Runtime) -> list[Alert]:
    """Return every alert so far, oldest first."""
    with runtime.store.read() as conn:
        return [row.alert for row in reversed(load_alert_page(conn, limit=1000))]


def print_summary(stage: DemoStage, unexpected_count: int) -> None:
    """Print the number of alerts and the paths of the mails."""
    mails = [received.path for received in stage.mailbox.received]
    stage.console.print(f"[bold]{len(SCRIPT)} steps, {len(mails)} alerts[/], each printed above and sent by mail:")
    for path in mails:
        stage.console.print(f"    {path}", soft_wrap=True)
    if unexpected_count:
        stage.console.print(f"[red]{unexpected_count} steps had an unexpected result.[/]")


def find_free_port() -> int:
    """Return a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
