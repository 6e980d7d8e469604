"""Channels that do not work: what is owed waits in order, nobody is hammered, and somebody else is told."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kit.builders import add_sources, commit_texts, example_alert, example_message, sent_decision

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.deliver.channels import Receipt
from monitor.deliver.render import RenderedMessage
from monitor.errors import DeliveryError
from monitor.model import Message
from monitor.runtime import Runtime, open_runtime
from monitor.store import outbox
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
CONFIG = f"""
[[sources]]
name = "wire"
url = "https://wire.example/feed"
[channels.desk]
type = "webhook"
url = "https://desk.example/"
secret = "{SECRET}"
[channels.chat]
type = "terminal"
[alerts]
notify = ["desk", "chat"]
"""


@dataclass
class Post:
    """A channel that answers as told and keeps what it took; `tries` counts every attempt."""

    error: DeliveryError | None = None
    receipt: Receipt = Receipt("taken")  # noqa: RUF009
    took: list[Message] = field(default_factory=list)
    tries: int = 0

    async def send(self, message: Message, rendered: RenderedMessage) -> Receipt:
        self.tries += 1
        if self.error:
            raise self.error
        self.took.append(message)
        return self.receipt

    async def close(self) -> None:
        pass


@dataclass
class Scene:
    """A daemon whose channels are played; `now` is moved by hand."""

    folder: Path
    desk: Post = field(default_factory=Post)
    chat: Post = field(default_factory=Post)
    now: float = 1_800_000_000.0
    owed: int = 0

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Daemon]:
        async with open_runtime(read_config(self.folder / "config.toml", env={}), clock=lambda: self.now) as engine:
            add_sources(engine.store, "wire")
            engine.notifiers["desk"] = self.desk  # type: ignore[assignment]
            engine.notifiers["chat"] = self.chat  # type: ignore[assignment]
            yield Daemon(engine)

    def owe(self, engine: Runtime, count: int) -> None:
        """`count` messages for the desk, each of a story of its own."""
        for number in range(self.owed, self.owed + count):
            told = example_alert(f"al-{number}", f"News {number}.", at=self.now)
            due = example_message(f"m{number}", told, thread=f"st-{number}", created=self.now)
            commit_texts(
                engine.store,
                [f"News {number}."],
                self.now,
                entry=f"e{number}",
                decisions=[sent_decision(told)],
                messages=[due],
            )
        self.owed += count

    async def deliver(self, daemon: Daemon, seconds: float = 0.0) -> None:
        """Delivers what is due after the clock went on."""
        self.now += seconds
        for _ in range(2):
            await daemon.deliver_due()
            await daemon.finish_tasks()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text("name: bridges\ntitle: Bridges\nmatch: bridge*\n")
    return Scene(tmp_path)


async def test_a_channel_out_of_reach_is_tried_with_one_message_and_then_delivers_in_order(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 5)
        scene.desk.error = DeliveryError("no connection", channel_down=True)
        await scene.deliver(daemon)
        scene.owe(daemon.runtime, 2)
        await scene.deliver(daemon)
        assert scene.desk.tries == 1

        scene.desk.error = None
        await scene.deliver(daemon, 15)
        assert [taken.id for taken in scene.desk.took] == [f"m{number}" for number in range(7)]


async def test_a_refused_login_is_tried_once_in_half_an_hour_and_told_of_elsewhere_once(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.desk.error = DeliveryError("login refused", channel_down=True, retry_after=1800)
        for _ in range(4 * 60):
            scene.owe(daemon.runtime, 1)
            await scene.deliver(daemon, 60)

        assert scene.desk.tries <= 9
        assert [taken.alerts[0].title for taken in scene.chat.took] == ["Channel desk is out of reach"]


async def test_a_message_that_is_never_answered_lets_others_pass_in_the_end(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 2)
        answer = scene.desk.send

        async def hangs(message: Message, rendered: RenderedMessage) -> Receipt:
            scene.desk.error = DeliveryError("no answer", outcome_unknown=True) if message.id == "m0" else None
            return await answer(message, rendered)

        scene.desk.send = hangs  # type: ignore[method-assign]
        for _ in range(40):
            await scene.deliver(daemon, 60)
        assert [taken.id for taken in scene.desk.took] == ["m1"]


async def test_a_message_that_is_refused_holds_up_no_other(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 3)
        scene.desk.error = DeliveryError("mailbox full")
        await scene.deliver(daemon)
        assert scene.desk.tries == 3


async def test_a_day_of_outage_delivers_five_hundred_of_five_hundred_in_order(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.desk.error = DeliveryError("no connection", channel_down=True)
        for _ in range(25):
            scene.owe(daemon.runtime, 20)
            await scene.deliver(daemon, 3456)
        scene.desk.error = None
        await scene.deliver(daemon, 2 * 3600)
        assert [taken.id for taken in scene.desk.took] == [f"m{number}" for number in range(500)]


async def test_a_recipient_that_may_be_reached_later_is_tried_again_alone_and_holds_nobody(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 1)
        scene.desk.receipt = Receipt(
            "taken", {"b@desk.example": "450 greylisted"}, retry_recipients=("b@desk.example",)
        )
        await scene.deliver(daemon)
        assert [row.state for row in rows(daemon.runtime)] == ["retrying"]

        scene.desk.receipt = Receipt("taken")
        scene.owe(daemon.runtime, 1)
        await scene.deliver(daemon, 15)
        assert [(taken.id, taken.remaining_recipients) for taken in scene.desk.took] == [
            ("m0", None),
            ("m0", ("b@desk.example",)),
            ("m1", None),
        ]
        assert {row.state for row in rows(daemon.runtime)} == {"sent"}
        assert scene.chat.took == []


async def test_a_recipient_that_is_refused_for_good_is_told_of_elsewhere(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 1)
        scene.desk.receipt = Receipt("taken", {"b@desk.example": "550 no such user"})
        await scene.deliver(daemon)
        assert {row.state for row in rows(daemon.runtime)} == {"sent"}
        (told,) = scene.chat.took
        assert told.alerts[0].title == "Channel desk does not reach b@desk.example"
        assert "but not b@desk.example: 550 no such user" in told.alerts[0].reason


async def test_each_refused_recipient_is_told_of_once_a_day(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        no = {"b@desk.example": "550 no such user", "c@desk.example": "552 full"}
        scene.desk.receipt = Receipt("taken", no)
        for _ in range(3):
            scene.owe(daemon.runtime, 2)
            await scene.deliver(daemon, 600)
        told = [alert.title for message in scene.chat.took for alert in message.alerts]
        assert sorted(told) == [f"Channel desk does not reach {whom}" for whom in no]

        scene.owe(daemon.runtime, 1)
        await scene.deliver(daemon, 86400)
        assert len(scene.chat.took) == 4


async def test_where_no_other_channel_is_told_the_other_recipients_are(scene: Scene) -> None:
    config = scene.folder / "config.toml"
    config.write_text(config.read_text().replace('["desk", "chat"]', '["desk"]'))
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 1)
        scene.desk.receipt = Receipt("taken", {"b@desk.example": "550 no such user"})
        await scene.deliver(daemon)
        await scene.deliver(daemon, 86400)
        assert [taken.alerts[0].rule for taken in scene.desk.took] == ["bridges", "monitor"]


async def test_a_recipient_that_was_left_to_and_is_refused_in_the_end_is_told_of_as_such(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 1)
        scene.desk.receipt = Receipt(
            "taken", {"b@desk.example": "450 greylisted"}, retry_recipients=("b@desk.example",)
        )
        await scene.deliver(daemon)
        scene.desk.error = DeliveryError("mail server refused every recipient: 550 no such user", permanent=True)
        await scene.deliver(daemon, 15)
        assert [row.state for row in rows(daemon.runtime) if row.channel == "desk"] == ["dead"]
        (told,) = scene.chat.took
        assert told.alerts[0].title == "Channel desk does not reach b@desk.example"


async def test_a_mended_password_is_tried_at_the_next_start_whatever_was_to_be_waited_for(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 3)
        scene.desk.error = DeliveryError("login refused", channel_down=True, retry_after=1800)
        await scene.deliver(daemon)
    scene.desk.error = None

    async with scene.daemon() as daemon:
        prepare_store(daemon.runtime)
        await scene.deliver(daemon, 60)
        assert scene.desk.took == []

    mended = base64.b64encode(b"a new secret of thirty-two bytes").decode()
    config = scene.folder / "config.toml"
    config.write_text(config.read_text().replace(SECRET, f"whsec_{mended}"))
    async with scene.daemon() as daemon:
        prepare_store(daemon.runtime)
        await scene.deliver(daemon)
        assert [taken.id for taken in scene.desk.took] == ["m0", "m1", "m2"]


async def test_a_delivery_that_waits_is_tried_at_once_when_somebody_asks(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 1)
        scene.desk.error = DeliveryError("no connection", channel_down=True, retry_after=3600)
        await scene.deliver(daemon)
        scene.desk.error = None
        with daemon.runtime.store.write() as conn:
            assert outbox.requeue(conn, rows(daemon.runtime)[0].id, scene.now)
        await scene.deliver(daemon, 1)
        assert [taken.id for taken in scene.desk.took] == ["m0"]


async def test_dead_letters_are_told_of_once_a_cause_and_a_retry_is_made_at_once(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 3)
        scene.desk.error = DeliveryError("webhook (desk.example) answered 410 Gone", permanent=True)
        await scene.deliver(daemon)

        (told,) = scene.chat.took
        assert told.alerts[0].rule == "monitor"
        assert "410 Gone" in told.alerts[0].reason
        states = {row.channel: row.state for row in rows(daemon.runtime)}
        assert states == {"desk": "dead", "chat": "sent"}


async def test_a_dead_notice_is_the_end_of_it(scene: Scene) -> None:
    async with scene.daemon() as daemon:
        scene.owe(daemon.runtime, 1)
        scene.desk.error = scene.chat.error = DeliveryError("gone", permanent=True)
        await scene.deliver(daemon)
        await scene.deliver(daemon)
        assert [(row.channel, row.state) for row in rows(daemon.runtime)] == [("chat", "dead"), ("desk", "dead")]


def rows(engine: Runtime) -> list[DeliveryRow]:
    with engine.store.read() as conn:
        return load_delivery_page(conn)
