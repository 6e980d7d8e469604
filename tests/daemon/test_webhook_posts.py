"""A batch for a webhook that does not fit into one post: every alert is in exactly one, whatever fails between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.config import WEBHOOK_SECRET, loopback_config, notify_table, source_table, terminal_table, webhook_table
from kit.daemon_harness import deliver, folder_config
from kit.databases import write_config_file
from kit.delivery import HttpService, ReceivedRequest, http_service
from kit.worker_processes import silence_workers
from standardwebhooks.webhooks import Webhook as Verifier

from monitor.cli.app import run_command_line
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.webhook_payload import MAX_POST_ALERTS
from monitor.model import Message, Reason
from monitor.runtime import Runtime, open_runtime
from monitor.store.reports.deliveries import load_delivery_page


@dataclass
class HookDaemon:
    """A daemon with a webhook, started as after a crash for each `daemon()`, and a clock that the test sets."""

    folder: Path
    hook: HttpService
    now: float = 1_800_000_000.0

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Daemon]:
        (self.folder / "templates").mkdir(exist_ok=True)
        config = loopback_config(
            source_table("wire", "https://wire.example/feed"),
            webhook_table("hook", self.hook.url, fallback="desk"),
            terminal_table("desk"),
            notify_table("hook"),
            templates="templates",
        )
        write_config_file(self.folder, config)
        async with open_runtime(folder_config(self.folder), clock=lambda: self.now) as runtime:
            silence_workers(runtime.store)
            await runtime.run_in_store_thread(prepare_store, runtime)
            yield Daemon(runtime)

    def enqueue_batch(self, runtime: Runtime, count: int, id: str = "batch") -> list[str]:
        """Enqueue a message of `count` alerts, and return their ids."""
        add_sources(runtime.store, "wire")
        alerts = [example_alert(f"{id}-{number}", f"News {number} of {id}.", at=self.now) for number in range(count)]
        message = replace(example_message(id, *alerts, channel="hook", created=self.now), batch_reason=Reason.FLOOD)
        decisions = [sent_decision(alert) for alert in alerts]
        commit_texts(runtime.store, ["News."], self.now, entry=id, decisions=decisions, messages=[message])
        return [alert.id for alert in alerts]

    async def deliver(self, daemon: Daemon, seconds: float = 0.0) -> None:
        self.now += seconds
        await deliver(daemon)


@pytest.fixture
async def monitor(tmp_path: Path) -> AsyncIterator[HookDaemon]:
    async with http_service(204, b"") as hook:
        yield HookDaemon(tmp_path, hook)


def post_data(request: ReceivedRequest) -> dict[str, Any]:
    """Return the `data` of a post with a valid signature."""
    data: dict[str, Any] = Verifier(WEBHOOK_SECRET).verify(request.body, request.headers)["data"]
    return data


def alert_ids(request: ReceivedRequest) -> list[str]:
    return [alert["id"] for alert in post_data(request)["alerts"]]


def post_ids(requests: Sequence[ReceivedRequest]) -> list[str]:
    return [request.headers["webhook-id"] for request in requests]


def delivery_states(runtime: Runtime) -> dict[str, str]:
    with runtime.store.read() as conn:
        return {row.alert_id: row.state for row in load_delivery_page(conn, limit=20_000, channel="hook")}


async def test_each_of_ten_thousand_alerts_of_one_batch_is_in_exactly_one_post(monitor: HookDaemon) -> None:
    async with monitor.daemon() as daemon:
        ids = monitor.enqueue_batch(daemon.runtime, 10_000)
        await monitor.deliver(daemon)
        states = delivery_states(daemon.runtime)

    posts = monitor.hook.received_requests
    assert [id for post in posts for id in alert_ids(post)] == ids
    assert len(posts) == len(set(post_ids(posts))) == 10_000 / MAX_POST_ALERTS
    assert [post_data(post)["more"] for post in posts] == list(range(9_800, -1, -MAX_POST_ALERTS))
    assert max(len(post.body) for post in posts) < 1_000_000
    assert states == dict.fromkeys(ids, "sent")


async def test_a_post_that_fails_is_repeated_with_its_alerts_before_the_next(monitor: HookDaemon) -> None:
    async with monitor.daemon() as daemon:
        ids = monitor.enqueue_batch(daemon.runtime, 450)
        monitor.hook.failing_text = b"News 250 of batch."
        await monitor.deliver(daemon)
        later_ids = monitor.enqueue_batch(daemon.runtime, 1, "later")
        for _ in range(2):
            await monitor.deliver(daemon, 3600)
        assert len(monitor.hook.received_requests) == 4
        expected_states = ["sent"] * 200 + ["retrying"] * 200 + ["pending"] * 51
        assert delivery_states(daemon.runtime) == dict(zip([*ids, *later_ids], expected_states, strict=True))

        monitor.hook.failing_text = None
        await monitor.deliver(daemon, 3600)
        assert set(delivery_states(daemon.runtime).values()) == {"sent"}

    first, *tries, third, later = monitor.hook.received_requests
    assert len(set(post_ids(tries))) == 1
    assert len({request.body for request in tries}) == 1
    assert [alert_ids(request) for request in (first, tries[0], third, later)] == [
        ids[:200],
        ids[200:400],
        ids[400:],
        later_ids,
    ]


class DyingNotifier:
    """Passes each message on; at the one of this number its task ends after the send, as if the process had died."""

    def __init__(self, notifier: Any, dies_at: int) -> None:
        self.notifier, self.dies_at, self.count = notifier, dies_at, 0

    async def send(self, message: Message, rendered: Any) -> Any:
        receipt = await self.notifier.send(message, rendered)
        self.count += 1
        if self.count == self.dies_at:
            raise asyncio.CancelledError
        return receipt

    async def close(self) -> None:
        await self.notifier.close()


@pytest.mark.parametrize("dies_at", [1, 2, 3])
async def test_after_a_crash_the_post_in_flight_is_repeated_and_the_rest_follows(
    monitor: HookDaemon, dies_at: int
) -> None:
    async with monitor.daemon() as daemon:
        ids = monitor.enqueue_batch(daemon.runtime, 450)
        daemon.runtime.notifiers["hook"] = DyingNotifier(daemon.runtime.notifiers["hook"], dies_at)
        await monitor.deliver(daemon)
    assert len(monitor.hook.received_requests) == dies_at

    async with monitor.daemon() as daemon:
        await monitor.deliver(daemon)
        assert delivery_states(daemon.runtime) == dict.fromkeys(ids, "sent")

    posts = monitor.hook.received_requests
    assert len(posts) == 4
    assert (post_ids(posts)[dies_at], posts[dies_at].body) == (post_ids(posts)[dies_at - 1], posts[dies_at - 1].body)
    del posts[dies_at]
    assert [id for post in posts for id in alert_ids(post)] == ids
    assert len(set(post_ids(posts))) == 3


async def test_a_refused_post_delays_no_other_and_can_be_retried(
    monitor: HookDaemon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with monitor.daemon() as daemon:
        ids = monitor.enqueue_batch(daemon.runtime, 450)
        monitor.hook.refused_text = b"News 250 of batch."
        await monitor.deliver(daemon)
        states = delivery_states(daemon.runtime)
        assert states == {id: "dead" if 200 <= int(id.split("-")[1]) < 400 else "sent" for id in ids}
        await monitor.deliver(daemon)
        assert "missed an alert" in capsys.readouterr().out

    monkeypatch.chdir(monitor.folder)
    assert run_command_line(["deliveries", "--channel", "hook", "--limit", "500", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    dead_id = next(row["id"] for row in listed if row["state"] == "dead")
    assert run_command_line(["deliveries", "retry", str(dead_id)]) == 0

    monitor.hook.refused_text = None
    async with monitor.daemon() as daemon:
        await monitor.deliver(daemon, 60)
        assert set(delivery_states(daemon.runtime).values()) == {"sent"}
    _, refused, _, retried = monitor.hook.received_requests
    assert len(set(post_ids([refused, retried]))) == 1
    assert alert_ids(retried) == alert_ids(refused) == ids[200:400]


def write_template(monitor: HookDaemon, text: str) -> None:
    (monitor.folder / "templates").mkdir(exist_ok=True)
    (monitor.folder / "templates/webhook.json.j2").write_text(text)


async def test_a_template_gets_the_alerts_of_its_post_and_is_signed_as_printed(monitor: HookDaemon) -> None:
    write_template(monitor, '{ "alerts": {{ data.alerts|map(attribute="id") }}, "following": {{ data.more }} }')
    async with monitor.daemon() as daemon:
        ids = monitor.enqueue_batch(daemon.runtime, 450)
        await monitor.deliver(daemon)

    bodies = [Verifier(WEBHOOK_SECRET).verify(post.body, post.headers) for post in monitor.hook.received_requests]
    assert bodies == [
        {"alerts": ids[:200], "following": 250},
        {"alerts": ids[200:400], "following": 50},
        {"alerts": ids[400:], "following": 0},
    ]
    assert monitor.hook.received_requests[-1].body.endswith(b'"following": 0 }')


async def test_a_template_that_fails_for_a_post_loses_no_alert(monitor: HookDaemon) -> None:
    write_template(monitor, '{"third": {{ data.alerts[100].id }}}')
    async with monitor.daemon() as daemon:
        ids = monitor.enqueue_batch(daemon.runtime, 250)
        await monitor.deliver(daemon)
        with daemon.runtime.store.read() as conn:
            details = [row.detail for row in load_delivery_page(conn, limit=1)]

    templated, default = monitor.hook.received_requests
    assert json.loads(templated.body) == {"third": ids[100]}
    assert alert_ids(default) == ids[200:]
    fault = "template webhook.json.j2, line 1: list object has no element 100"
    assert post_data(default)["note"] == f"{fault}. The default body is used instead."
    assert details[0] is not None
    assert details[0].endswith(fault)
