"""Channels that fail: messages wait in order, retries are slow, and another channel gets a notice."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision
from kit.config import WEBHOOK_SECRET, notify_table, source_table, terminal_table, webhook_table
from kit.daemon_harness import deliver, folder_config
from kit.databases import write_config_file

from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.runtime import Runtime, open_runtime
from monitor.store import outbox
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page


@dataclass
class FakeNotifier:
    """Raises `error` or returns `receipt`, and records the messages it takes; `attempts` counts every send."""

    error: DeliveryError | None = None
    receipt: Receipt = Receipt("taken")  # noqa: RUF009
    taken: list[Message] = field(default_factory=list)
    attempts: int = 0

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        self.attempts += 1
        if self.error:
            raise self.error
        self.taken.append(message)
        return self.receipt

    async def close(self) -> None:
        pass


@dataclass
class TwoChannelDaemon:
    """A daemon with two fake notifiers and a clock that the test sets."""

    folder: Path
    desk: FakeNotifier = field(default_factory=FakeNotifier)
    chat: FakeNotifier = field(default_factory=FakeNotifier)
    now: float = 1_800_000_000.0
    enqueued_count: int = 0

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Daemon]:
        async with open_runtime(folder_config(self.folder), clock=lambda: self.now) as runtime:
            add_sources(runtime.store, "wire")
            runtime.notifiers["desk"] = self.desk  # type: ignore[assignment]
            runtime.notifiers["chat"] = self.chat  # type: ignore[assignment]
            yield Daemon(runtime)

    def enqueue(self, runtime: Runtime, count: int) -> None:
        """Enqueue `count` messages for `desk`, each of a different story."""
        for number in range(self.enqueued_count, self.enqueued_count + count):
            alert = example_alert(f"al-{number}", f"News {number}.", at=self.now)
            message = example_message(f"m{number}", alert, thread=f"st-{number}", created=self.now)
            commit_texts(
                runtime.store,
                [f"News {number}."],
                self.now,
                entry=f"e{number}",
                decisions=[sent_decision(alert)],
                messages=[message],
            )
        self.enqueued_count += count

    async def deliver(self, daemon: Daemon, seconds: float = 0.0) -> None:
        """Advance the clock and deliver what is due, including the notices that result."""
        self.now += seconds
        await deliver(daemon, rounds=2)


@pytest.fixture
def monitor(tmp_path: Path) -> TwoChannelDaemon:
    config = "".join(
        [
            source_table("wire", "https://wire.example/feed"),
            webhook_table("desk", "https://desk.example/"),
            terminal_table("chat"),
            notify_table("desk", "chat"),
        ]
    )
    write_config_file(tmp_path, config, "name: bridges\ntitle: Bridges\nmatch: bridge*\n")
    return TwoChannelDaemon(tmp_path)


async def test_an_unreachable_channel_is_tried_with_one_message_and_later_delivers_in_order(
    monitor: TwoChannelDaemon,
) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 5)
        monitor.desk.error = DeliveryError("no connection", channel_down=True)
        await monitor.deliver(daemon)
        monitor.enqueue(daemon.runtime, 2)
        await monitor.deliver(daemon)
        assert monitor.desk.attempts == 1

        monitor.desk.error = None
        await monitor.deliver(daemon, 15)
        assert [message.id for message in monitor.desk.taken] == [f"m{number}" for number in range(7)]


async def test_a_refused_login_is_retried_every_half_hour_and_causes_one_notice(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.desk.error = DeliveryError("login refused", channel_down=True, retry_after=1800)
        for _ in range(4 * 60):
            monitor.enqueue(daemon.runtime, 1)
            await monitor.deliver(daemon, 60)

        assert monitor.desk.attempts <= 9
        assert [message.alerts[0].title for message in monitor.chat.taken] == ["Channel desk is out of reach"]


async def test_other_messages_overtake_a_message_that_never_gets_an_answer(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 2)
        original_send = monitor.desk.send

        async def hang_on_first(message: Message, rendered: RenderedMessage) -> Receipt:
            monitor.desk.error = DeliveryError("no answer", outcome_unknown=True) if message.id == "m0" else None
            return await original_send(message, rendered)

        monitor.desk.send = hang_on_first  # type: ignore[method-assign]
        for _ in range(40):
            await monitor.deliver(daemon, 60)
        assert [message.id for message in monitor.desk.taken] == ["m1"]


async def test_a_rejected_message_delays_no_other(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 3)
        monitor.desk.error = DeliveryError("mailbox full")
        await monitor.deliver(daemon)
        assert monitor.desk.attempts == 3


async def test_all_messages_of_a_day_of_outage_are_delivered_in_order(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.desk.error = DeliveryError("no connection", channel_down=True)
        for _ in range(25):
            monitor.enqueue(daemon.runtime, 20)
            await monitor.deliver(daemon, 3456)
        monitor.desk.error = None
        await monitor.deliver(daemon, 2 * 3600)
        assert [message.id for message in monitor.desk.taken] == [f"m{number}" for number in range(500)]


async def test_a_deferred_recipient_is_retried_alone_and_delays_no_message(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 1)
        monitor.desk.receipt = Receipt(
            "taken", {"b@desk.example": "450 greylisted"}, retry_recipients=("b@desk.example",)
        )
        await monitor.deliver(daemon)
        assert [delivery.state for delivery in deliveries(daemon.runtime)] == ["retrying"]

        monitor.desk.receipt = Receipt("taken")
        monitor.enqueue(daemon.runtime, 1)
        await monitor.deliver(daemon, 15)
        assert [(message.id, message.remaining_recipients) for message in monitor.desk.taken] == [
            ("m0", None),
            ("m0", ("b@desk.example",)),
            ("m1", None),
        ]
        assert {delivery.state for delivery in deliveries(daemon.runtime)} == {"sent"}
        assert monitor.chat.taken == []


async def test_a_permanently_rejected_recipient_causes_a_notice_on_another_channel(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 1)
        monitor.desk.receipt = Receipt("taken", {"b@desk.example": "550 no such user"})
        await monitor.deliver(daemon)
        assert {delivery.state for delivery in deliveries(daemon.runtime)} == {"sent"}
        (notice,) = monitor.chat.taken
        assert notice.alerts[0].title == "Channel desk does not reach b@desk.example"
        assert "but not b@desk.example: 550 no such user" in notice.alerts[0].reason


async def test_each_rejected_recipient_causes_one_notice_a_day(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        rejections = {"b@desk.example": "550 no such user", "c@desk.example": "552 full"}
        monitor.desk.receipt = Receipt("taken", rejections)
        for _ in range(3):
            monitor.enqueue(daemon.runtime, 2)
            await monitor.deliver(daemon, 600)
        titles = [alert.title for message in monitor.chat.taken for alert in message.alerts]
        assert sorted(titles) == [f"Channel desk does not reach {recipient}" for recipient in rejections]

        monitor.enqueue(daemon.runtime, 1)
        await monitor.deliver(daemon, 86400)
        assert len(monitor.chat.taken) == 4


async def test_a_notice_goes_to_the_other_recipients_if_there_is_no_other_channel(monitor: TwoChannelDaemon) -> None:
    config = monitor.folder / "config.toml"
    config.write_text(config.read_text().replace('["desk", "chat"]', '["desk"]'))
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 1)
        monitor.desk.receipt = Receipt("taken", {"b@desk.example": "550 no such user"})
        await monitor.deliver(daemon)
        await monitor.deliver(daemon, 86400)
        assert [message.alerts[0].rule for message in monitor.desk.taken] == ["bridges", "monitor"]


async def test_a_deferred_recipient_that_is_finally_rejected_causes_a_recipient_notice(
    monitor: TwoChannelDaemon,
) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 1)
        monitor.desk.receipt = Receipt(
            "taken", {"b@desk.example": "450 greylisted"}, retry_recipients=("b@desk.example",)
        )
        await monitor.deliver(daemon)
        monitor.desk.error = DeliveryError("mail server refused every recipient: 550 no such user", permanent=True)
        await monitor.deliver(daemon, 15)
        assert [delivery.state for delivery in deliveries(daemon.runtime) if delivery.channel == "desk"] == ["dead"]
        (notice,) = monitor.chat.taken
        assert notice.alerts[0].title == "Channel desk does not reach b@desk.example"


async def test_a_corrected_password_is_tried_at_the_next_start_without_waiting(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 3)
        monitor.desk.error = DeliveryError("login refused", channel_down=True, retry_after=1800)
        await monitor.deliver(daemon)
    monitor.desk.error = None

    async with monitor.daemon() as daemon:
        prepare_store(daemon.runtime)
        await monitor.deliver(daemon, 60)
        assert monitor.desk.taken == []

    new_secret = base64.b64encode(b"a new secret of thirty-two bytes").decode()
    config = monitor.folder / "config.toml"
    config.write_text(config.read_text().replace(WEBHOOK_SECRET, f"whsec_{new_secret}"))
    async with monitor.daemon() as daemon:
        prepare_store(daemon.runtime)
        await monitor.deliver(daemon)
        assert [message.id for message in monitor.desk.taken] == ["m0", "m1", "m2"]


async def test_a_requeued_delivery_is_sent_at_once(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 1)
        monitor.desk.error = DeliveryError("no connection", channel_down=True, retry_after=3600)
        await monitor.deliver(daemon)
        monitor.desk.error = None
        with daemon.runtime.store.write() as conn:
            assert outbox.requeue(conn, deliveries(daemon.runtime)[0].id, monitor.now)
        await monitor.deliver(daemon, 1)
        assert [message.id for message in monitor.desk.taken] == ["m0"]


async def test_dead_messages_with_one_cause_cause_one_notice(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 3)
        monitor.desk.error = DeliveryError("webhook (desk.example) answered 410 Gone", permanent=True)
        await monitor.deliver(daemon)

        (notice,) = monitor.chat.taken
        assert notice.alerts[0].rule == "monitor"
        assert "410 Gone" in notice.alerts[0].reason
        states = {delivery.channel: delivery.state for delivery in deliveries(daemon.runtime)}
        assert states == {"desk": "dead", "chat": "sent"}


async def test_a_dead_notice_causes_no_further_notice(monitor: TwoChannelDaemon) -> None:
    async with monitor.daemon() as daemon:
        monitor.enqueue(daemon.runtime, 1)
        monitor.desk.error = monitor.chat.error = DeliveryError("gone", permanent=True)
        await monitor.deliver(daemon)
        await monitor.deliver(daemon)
        assert [(delivery.channel, delivery.state) for delivery in deliveries(daemon.runtime)] == [
            ("chat", "dead"),
            ("desk", "dead"),
        ]


def deliveries(runtime: Runtime) -> list[DeliveryRow]:
    with runtime.store.read() as conn:
        return load_delivery_page(conn)
