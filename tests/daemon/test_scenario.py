"""The main job end to end, against real servers on loopback: a feed, a mail server and two sinks for posts."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer, MailServer, PostSink
from standardwebhooks import Webhook

from monitor.config_file.load import read_config
from monitor.daemon.run import prepare_store
from monitor.daemon.scheduler import Daemon
from monitor.runtime import Runtime, open_runtime
from monitor.store.connect import open_store
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page
from monitor.store.sources import load_sources

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()

CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "bulletins"
url = "{feed}"
every = "1s"
[channels.desk]
type = "email"
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "Claimwatch <monitor@desk.example>"
to = ["reader@desk.example"]
[channels.chat]
type = "slack"
url = "{slack}services/T0/B0/hidden"
[channels.siem]
type = "webhook"
url = "{hook}hook"
secret = "{secret}"
[alerts]
notify = ["desk", "chat", "siem"]
"""

RULE = """
name: northern-troops
title: Northern troops near the border
match: '"northern* brigade*" OR (northern NEAR/8 (soldier* OR troop*))'
severity: high
"""

OLD = Bulletin("1", "Northern soldiers were seen at the railway station in Halvik", "They came by train.")
NEW = Bulletin("2", "Around 3,000 northern soldiers have been moved to the Halvik district")
REWORDED = Bulletin("3", "About 3,000 northern soldiers were transferred to the Halvik district")
MOVED = Bulletin("4", "Up to 12,000 northern soldiers have been moved to the Halvik district")


@dataclass
class Scene:
    """The servers and the config of one run; `clock` is moved by hand."""

    folder: Path
    feed: FeedServer
    mail: MailServer
    slack: PostSink
    hook: PostSink
    now: float = 1_800_000_000.0

    @property
    def counts(self) -> tuple[int, int, int]:
        return len(self.mail.mails), len(self.slack.posts), len(self.hook.posts)

    async def run(self, *steps: Callable[[Daemon], Awaitable[None]]) -> None:
        """One life of the daemon: opened, the steps, closed. A step each lets the clock go on by a minute."""
        async with open_runtime(read_config(self.folder / "config.toml", env={}), clock=lambda: self.now) as engine:
            await engine.run_in_store_thread(prepare_store, engine)
            daemon = Daemon(engine)
            for step in steps:
                await step(daemon)

    async def round(self, daemon: Daemon) -> None:
        """Polls every source and delivers what is due."""
        self.now += 60
        await daemon.poll_round()
        await daemon.deliver_due()
        await daemon.finish_tasks()

    def publish(self, *bulletins: Bulletin) -> Callable[[Daemon], Awaitable[None]]:
        """A step that puts bulletins into the feed and polls."""

        async def step(daemon: Daemon) -> None:
            self.feed.bulletins[:0] = bulletins
            await self.round(daemon)

        return step


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FeedServer(OLD) as feed, MailServer() as mail, PostSink() as slack, PostSink() as hook:
        (tmp_path / "config.toml").write_text(
            CONFIG.format(feed=feed.url, smtp=mail.port, slack=slack.url, hook=hook.url, secret=SECRET)
        )
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules" / "northern.yaml").write_text(RULE)
        yield Scene(tmp_path, feed, mail, slack, hook)


async def test_first_poll_is_a_baseline_that_alerts_nobody(scene: Scene) -> None:
    await scene.run(scene.round)

    assert scene.counts == (0, 0, 0)


async def test_new_entry_makes_one_alert_on_each_channel(scene: Scene) -> None:
    await scene.run(scene.round, scene.publish(NEW))

    assert scene.counts == (1, 1, 1)
    post = scene.hook.posts[0]
    body = Webhook(SECRET).verify(post.body, post.headers)
    assert body["type"] == "alert.created"
    assert body["data"]["rule"] == "northern-troops"
    assert [(f["claim"], f["novelty"]) for f in body["data"]["findings"]] == [(NEW.title, "new")]
    assert NEW.title in scene.mail.mails[0].get_body(("plain",)).get_content()
    assert "3,000" in scene.slack.posts[0].body.decode()


async def test_restart_neither_loses_nor_repeats(scene: Scene) -> None:
    await scene.run(scene.round, scene.publish(NEW))
    await scene.run(scene.round)

    assert scene.counts == (1, 1, 1)


async def test_restart_between_commit_and_send_sends_what_is_owed(scene: Scene) -> None:
    async def poll_only(daemon: Daemon) -> None:
        scene.feed.bulletins.insert(0, NEW)
        await daemon.poll_round()

    await scene.run(scene.round, poll_only)
    assert scene.counts == (0, 0, 0)
    await scene.run(scene.round)

    assert scene.counts == (1, 1, 1)


async def test_same_claim_in_other_words_is_silence(scene: Scene) -> None:
    await scene.run(scene.round, scene.publish(NEW), scene.publish(REWORDED))

    assert scene.counts == (1, 1, 1)


async def test_moved_number_is_one_changed_alert_with_before_and_after(scene: Scene) -> None:
    await scene.run(scene.round, scene.publish(NEW), scene.publish(MOVED))

    assert scene.counts == (2, 2, 2)
    finding = scene.hook.posts[1].json["data"]["findings"][0]
    assert finding["novelty"] == "changed"
    assert finding["nearest"]["text"] == NEW.title
    [number] = [change for change in finding["changes"] if change["kind"] == "number"]
    assert "3,000" in number["before"]
    assert "12,000" in number["after"]


async def test_304_and_unchanged_body_are_not_parsed(scene: Scene) -> None:
    parsed = 0

    async def counting(daemon: Daemon) -> None:
        nonlocal parsed
        parse = daemon.runtime.parser.parse

        async def count(*args: object, **kwargs: object) -> object:
            nonlocal parsed
            parsed += 1
            return await parse(*args, **kwargs)  # type: ignore[arg-type]

        daemon.runtime.parser.parse = count  # type: ignore[assignment,method-assign]

    await scene.run(counting, scene.round, scene.round)
    assert scene.feed.answered == [200, 304]
    scene.feed.validators = False
    await scene.run(counting, scene.round)
    assert scene.feed.answered == [200, 304, 200]
    assert parsed == 1


async def test_of_a_changed_body_the_new_items_alone_are_parsed(scene: Scene) -> None:
    parsed: list[int] = []

    async def counting(daemon: Daemon) -> None:
        parse = daemon.runtime.parser.parse

        async def count(how: object, body: bytes, *told: object) -> object:
            parsed.append(body.count(b"<item>"))
            return await parse(how, body, *told)  # type: ignore[arg-type]

        daemon.runtime.parser.parse = count  # type: ignore[assignment,method-assign]

    await scene.run(counting, scene.round, scene.publish(NEW, REWORDED), scene.publish(MOVED))

    assert parsed == [1, 2, 1]
    assert scene.counts == (2, 2, 2)


async def test_mail_server_down_for_a_while_gets_each_mail_once(scene: Scene) -> None:
    async def down(daemon: Daemon) -> None:
        scene.mail.stop()

    async def up(daemon: Daemon) -> None:
        scene.mail.start()

    await scene.run(scene.round, down, scene.publish(NEW), scene.round)
    assert scene.counts == (0, 1, 1)
    await scene.run(up, scene.round, scene.round, scene.round)

    assert scene.counts == (1, 1, 1)


async def test_first_retry_comes_within_fifteen_seconds(scene: Scene) -> None:
    async def later(daemon: Daemon) -> None:
        scene.mail.start()
        scene.now += 15
        await daemon.deliver_due()
        await daemon.finish_tasks()

    scene_down = scene.mail.stop
    await scene.run(scene.round)
    scene_down()
    await scene.run(scene.publish(NEW), later)

    assert scene.counts == (1, 1, 1)


async def test_two_rules_that_meet_one_claim_make_one_message_a_channel(scene: Scene) -> None:
    (scene.folder / "rules" / "second.yaml").write_text(
        "name: halvik\ntitle: Halvik district\nmatch: Halvik\nseverity: low\n"
    )
    await scene.run(scene.round, scene.publish(NEW))

    assert scene.counts == (1, 1, 1)
    assert scene.hook.posts[0].json["data"]["rules"] == ["northern-troops", "halvik"]


async def test_broken_feed_is_an_error_of_its_source_and_the_daemon_goes_on(scene: Scene) -> None:
    states: list[tuple[str, str | None]] = []

    async def break_it(daemon: Daemon) -> None:
        scene.feed.status = 500

    async def mend_it(daemon: Daemon) -> None:
        scene.feed.status = 200
        scene.now += 86400

    async def look(daemon: Daemon) -> None:
        states.append(await daemon.runtime.run_in_store_thread(state_of, daemon.runtime))

    await scene.run(scene.round, break_it, scene.round, look, mend_it, scene.publish(NEW), look)

    assert [state for state, _ in states] == ["failing", "ok"]
    assert "500" in (states[0][1] or "")
    assert scene.counts == (1, 1, 1)


def state_of(engine: Runtime) -> tuple[str, str | None]:
    """The one source's state and error."""
    with engine.store.read() as conn:
        [row] = load_sources(conn)
    return row.state, row.error


async def test_broken_template_is_told_of_and_the_message_goes_out_plain(scene: Scene) -> None:
    (scene.folder / "templates").mkdir()
    (scene.folder / "templates" / "slack.j2").write_text("{{ nothing_of_that_name }}")
    await scene.run(scene.round, scene.publish(NEW))

    assert scene.counts == (1, 1, 1)
    details = [row.detail or "" for row in deliveries_of(scene.folder)]
    assert any("slack.j2" in detail for detail in details)


async def test_fault_of_a_notifier_ends_as_a_retry_and_not_as_silence(scene: Scene) -> None:
    class Broken:
        async def send(self, *_: object) -> object:
            raise ZeroDivisionError("hidden")

        async def close(self) -> None:
            pass

    async def break_it(daemon: Daemon) -> None:
        daemon.runtime.notifiers["siem"] = Broken()  # type: ignore[assignment]

    await scene.run(scene.round, break_it, scene.publish(NEW))

    [owed] = [row for row in deliveries_of(scene.folder) if row.channel == "siem"]
    assert (owed.state, owed.error) == ("retrying", "unexpected ZeroDivisionError while sending")


def deliveries_of(folder: Path) -> list[DeliveryRow]:
    """Every delivery in the store of a daemon that has ended."""
    store = open_store(f"sqlite:///{folder}/monitor.db")
    try:
        with store.read() as conn:
            return load_delivery_page(conn)
    finally:
        store.close()
