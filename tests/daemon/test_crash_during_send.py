"""A crash between a send and its record sends the message again with the same id; before it, nothing is recorded."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer, PostSink, ReceivedPost
from kit.builders import add_sources, commit_texts, example_alert, sent_decision
from kit.config import loopback_config, notify_table, source_table, terminal_table, webhook_table
from kit.daemon_harness import DaemonHarness, deliver, folder_config
from kit.databases import database_url, write_config_file
from kit.worker_processes import silence_workers

from monitor.alerts.ids import build_message, stable_id
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.model import Message, Severity
from monitor.runtime import Runtime, open_runtime
from monitor.store.connect import open_store
from monitor.store.reports.deliveries import load_delivery_page

NOW = 1_800_000_000.0
RULE = "name: ferries\ntitle: Ferries\nmatch: ferry\n"
FERRY = Bulletin("1", "The ferry to Halvik is cancelled")


@dataclass
class CrashingNotifier:
    """Takes each message; until `is_healthy`, its task ends there, as if the process had died before the record."""

    runtime: Runtime | None = None
    is_healthy: bool = False
    taken_ids: list[str] = field(default_factory=list)
    states_during_send: list[str] = field(default_factory=list)

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        assert self.runtime
        self.taken_ids.append(message.id)
        self.states_during_send += delivery_states(self.runtime)
        if not self.is_healthy:
            raise asyncio.CancelledError
        return Receipt("taken")

    async def close(self) -> None:
        pass


def delivery_states(runtime: Runtime) -> list[str]:
    with runtime.store.read() as conn:
        return [delivery.state for delivery in load_delivery_page(conn)]


@asynccontextmanager
async def started_daemon(folder: Path, notifier: CrashingNotifier) -> AsyncIterator[Daemon]:
    """A daemon with this notifier, started as after a crash."""
    source = source_table("wire", "https://wire.example/feed")
    write_config_file(folder, source + terminal_table("screen") + notify_table("screen"))
    async with open_runtime(folder_config(folder), clock=lambda: NOW) as runtime:
        runtime.notifiers["screen"] = notifier
        notifier.runtime = runtime
        silence_workers(runtime.store)
        await runtime.run_in_store_thread(prepare_store, runtime)
        yield Daemon(runtime)


def enqueue_message(runtime: Runtime) -> Message:
    add_sources(runtime.store, "wire")
    alert = example_alert(text="The ferry is cancelled.", at=NOW)
    message = build_message("screen", [alert], NOW)
    commit_texts(
        runtime.store, ["The ferry is cancelled."], NOW, decisions=[sent_decision(alert)], messages=[message]
    )
    return message


async def test_a_message_is_not_recorded_as_sent_before_it_is_sent(tmp_path: Path) -> None:
    notifier = CrashingNotifier(is_healthy=True)
    async with started_daemon(tmp_path, notifier) as daemon:
        enqueue_message(daemon.runtime)
        await deliver(daemon)

        assert notifier.states_during_send == ["pending"]
        assert delivery_states(daemon.runtime) == ["sent"]


async def test_a_task_that_dies_between_send_and_record_is_repeated_with_the_same_id(tmp_path: Path) -> None:
    notifier = CrashingNotifier()
    async with started_daemon(tmp_path, notifier) as daemon:
        message = enqueue_message(daemon.runtime)
        await deliver(daemon)
        assert delivery_states(daemon.runtime) == ["pending"]

    notifier.is_healthy = True
    for _ in range(2):
        async with started_daemon(tmp_path, notifier) as daemon:
            await deliver(daemon)
            assert delivery_states(daemon.runtime) == ["sent"]

    assert notifier.taken_ids == [message.id, message.id]


class KillingPostSink(PostSink):
    """Kills the process `victim` when it has received its post, before the response."""

    victim: subprocess.Popen[bytes] | None = None

    def answer(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.victim is None:
            super().answer(to, body)
            return
        headers = {name.lower(): value for name, value in to.headers.items()}
        self.posts.append(ReceivedPost(to.path, headers, body))
        self.victim.kill()
        self.victim = None
        to.close_connection = True


def start_round(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "monitor", "run", "--once"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_process_killed_between_send_and_record_sends_the_same_post_again(tmp_path: Path) -> None:
    with FeedServer(FERRY) as feed, KillingPostSink() as hook:
        source = source_table("bulletins", feed.url, first_poll="alert")
        config = loopback_config(source, webhook_table("hook", hook.url), notify_table("hook"))
        write_config_file(tmp_path, config, RULE)
        hook.victim = start_round(tmp_path)
        exit_codes = [hook.victim.wait(timeout=60)]
        with closing(open_store(database_url(tmp_path))) as store:
            silence_workers(store)
        exit_codes += [start_round(tmp_path).wait(timeout=60) for _ in range(2)]

    assert exit_codes == [-signal.SIGKILL, 0, 0]
    first, second = hook.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


async def test_two_daemons_that_read_the_same_feed_give_their_messages_the_same_ids(tmp_path: Path) -> None:
    message_ids = []
    with FeedServer(FERRY) as feed:
        for name in ("one", "two"):
            harness = DaemonHarness(tmp_path / name, feed)
            harness.write_rule(RULE)
            await harness.run_round()
            store = open_store(database_url(tmp_path / name), create=False)
            with store.read() as conn:
                message_ids.append([delivery.message_id for delivery in load_delivery_page(conn)])
            store.close()

    assert len(message_ids[0]) == 1
    assert message_ids[0] == message_ids[1]


PRINT_MESSAGE_ID = """
from kit.builders import example_alert
from monitor.alerts.ids import build_message
print(build_message("desk", [example_alert("al-1"), example_alert("al-2")], 100.0).id)
"""


def test_the_same_alerts_give_the_same_message_id_in_every_process() -> None:
    root = Path(__file__).parents[2]
    ids = {
        subprocess.run(
            [sys.executable, "-c", PRINT_MESSAGE_ID],
            env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert ids == {build_message("desk", [example_alert("al-1"), example_alert("al-2")], NOW).id}


def test_a_message_id_depends_on_the_channel_and_the_alerts_and_on_nothing_else() -> None:
    one, two = example_alert("al-1", severity=Severity.LOW), example_alert("al-2", severity=Severity.HIGH)
    message_id = build_message("desk", [one, two], NOW).id

    assert build_message("desk", [two, one], NOW + 60).id == message_id
    assert build_message("chat", [one, two], NOW).id != message_id
    assert build_message("desk", [one], NOW).id != message_id


@pytest.mark.parametrize(("kind", "parts"), [("al", ("a", "b")), ("al", ("a", "c")), ("msg", ("a", "b"))])
def test_a_stable_id_begins_with_its_kind_and_repeats_for_the_same_parts(kind: str, parts: tuple[str, ...]) -> None:
    others = {stable_id("al", "b", "a"), stable_id("al", "a"), stable_id("roll", *parts)}

    assert stable_id(kind, *parts) == stable_id(kind, *parts)
    assert stable_id(kind, *parts).startswith(f"{kind}-")
    assert stable_id(kind, *parts) not in others
