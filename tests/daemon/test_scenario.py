"""The daemon end to end, with real servers on loopback: a feed, a mail server and two receivers of posts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer, MailServer, PostSink
from kit.config import (
    WEBHOOK_SECRET,
    email_table,
    loopback_config,
    notify_table,
    source_table,
    toml_table,
    webhook_table,
)
from kit.daemon_harness import deliver, prepared_runtime
from kit.databases import database_url, write_config_file
from standardwebhooks import Webhook

from monitor.daemon.scheduler import Daemon
from monitor.runtime import Runtime
from monitor.store.connect import open_store
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page
from monitor.store.sources import load_sources

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
class Scenario:
    """The servers and config of a daemon, and a clock that the test sets."""

    folder: Path
    feed: FeedServer
    mail: MailServer
    slack: PostSink
    hook: PostSink
    now: float = 1_800_000_000.0

    @property
    def sent_counts(self) -> tuple[int, int, int]:
        return len(self.mail.mails), len(self.slack.posts), len(self.hook.posts)

    async def run(self, *steps: Callable[[Daemon], Awaitable[None]]) -> None:
        """Start the daemon, run the steps, and stop it."""
        async with prepared_runtime(self.folder, lambda: self.now) as runtime:
            daemon = Daemon(runtime)
            for step in steps:
                await step(daemon)

    async def round(self, daemon: Daemon) -> None:
        """Advance the clock by a minute, poll every source and deliver what is due."""
        self.now += 60
        await daemon.poll_round()
        await deliver(daemon)

    def publish(self, *bulletins: Bulletin) -> Callable[[Daemon], Awaitable[None]]:
        """Return a step that adds bulletins to the feed and runs a round."""

        async def step(daemon: Daemon) -> None:
            self.feed.bulletins[:0] = bulletins
            await self.round(daemon)

        return step


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with FeedServer(OLD) as feed, MailServer() as mail, PostSink() as slack, PostSink() as hook:
        config = loopback_config(
            source_table("bulletins", feed.url, every="1s"),
            email_table("desk", mail.port),
            toml_table("[channels.chat]", type="slack", url=f"{slack.url}services/T0/B0/hidden"),
            webhook_table("siem", f"{hook.url}hook"),
            notify_table("desk", "chat", "siem"),
        )
        write_config_file(tmp_path, config, RULE)
        yield Scenario(tmp_path, feed, mail, slack, hook)


async def test_the_first_poll_is_a_baseline_without_alerts(scenario: Scenario) -> None:
    await scenario.run(scenario.round)

    assert scenario.sent_counts == (0, 0, 0)


async def test_a_new_entry_sends_one_alert_to_each_channel(scenario: Scenario) -> None:
    await scenario.run(scenario.round, scenario.publish(NEW))

    assert scenario.sent_counts == (1, 1, 1)
    post = scenario.hook.posts[0]
    body = Webhook(WEBHOOK_SECRET).verify(post.body, post.headers)
    assert body["type"] == "alert.created"
    assert body["data"]["rule"] == "northern-troops"
    assert [(f["claim"], f["novelty"]) for f in body["data"]["findings"]] == [(NEW.title, "new")]
    assert NEW.title in scenario.mail.mails[0].get_body(("plain",)).get_content()
    assert "3,000" in scenario.slack.posts[0].body.decode()


async def test_a_restart_neither_loses_nor_repeats_alerts(scenario: Scenario) -> None:
    await scenario.run(scenario.round, scenario.publish(NEW))
    await scenario.run(scenario.round)

    assert scenario.sent_counts == (1, 1, 1)


async def test_a_restart_between_commit_and_send_delivers_the_pending_alerts(scenario: Scenario) -> None:
    async def poll_only(daemon: Daemon) -> None:
        scenario.feed.bulletins.insert(0, NEW)
        await daemon.poll_round()

    await scenario.run(scenario.round, poll_only)
    assert scenario.sent_counts == (0, 0, 0)
    await scenario.run(scenario.round)

    assert scenario.sent_counts == (1, 1, 1)


async def test_a_reworded_claim_sends_no_alert(scenario: Scenario) -> None:
    await scenario.run(scenario.round, scenario.publish(NEW), scenario.publish(REWORDED))

    assert scenario.sent_counts == (1, 1, 1)


async def test_a_changed_number_sends_one_alert_with_both_figures(scenario: Scenario) -> None:
    await scenario.run(scenario.round, scenario.publish(NEW), scenario.publish(MOVED))

    assert scenario.sent_counts == (2, 2, 2)
    finding = scenario.hook.posts[1].json["data"]["findings"][0]
    assert finding["novelty"] == "changed"
    assert finding["nearest"]["text"] == NEW.title
    [number] = [change for change in finding["changes"] if change["kind"] == "number"]
    assert "3,000" in number["before"]
    assert "12,000" in number["after"]


async def test_a_304_and_an_unchanged_body_are_not_parsed(scenario: Scenario) -> None:
    parsed = 0

    async def count_parses(daemon: Daemon) -> None:
        nonlocal parsed
        parse = daemon.runtime.parser.parse

        async def count(*args: object, **kwargs: object) -> object:
            nonlocal parsed
            parsed += 1
            return await parse(*args, **kwargs)  # type: ignore[arg-type]

        daemon.runtime.parser.parse = count  # type: ignore[assignment,method-assign]

    await scenario.run(count_parses, scenario.round, scenario.round)
    assert scenario.feed.answered == [200, 304]
    scenario.feed.validators = False
    await scenario.run(count_parses, scenario.round)
    assert scenario.feed.answered == [200, 304, 200]
    assert parsed == 1


async def test_only_the_new_items_of_a_changed_body_are_parsed(scenario: Scenario) -> None:
    parsed: list[int] = []

    async def count_parses(daemon: Daemon) -> None:
        parse = daemon.runtime.parser.parse

        async def count(options: object, body: bytes, *args: object) -> object:
            parsed.append(body.count(b"<item>"))
            return await parse(options, body, *args)  # type: ignore[arg-type]

        daemon.runtime.parser.parse = count  # type: ignore[assignment,method-assign]

    await scenario.run(count_parses, scenario.round, scenario.publish(NEW, REWORDED), scenario.publish(MOVED))

    assert parsed == [1, 2, 1]
    assert scenario.sent_counts == (2, 2, 2)


async def test_each_mail_arrives_once_after_the_mail_server_was_down(scenario: Scenario) -> None:
    async def stop_mail_server(daemon: Daemon) -> None:
        scenario.mail.stop()

    async def start_mail_server(daemon: Daemon) -> None:
        scenario.mail.start()

    await scenario.run(scenario.round, stop_mail_server, scenario.publish(NEW), scenario.round)
    assert scenario.sent_counts == (0, 1, 1)
    await scenario.run(start_mail_server, scenario.round, scenario.round, scenario.round)

    assert scenario.sent_counts == (1, 1, 1)


async def test_the_first_retry_is_due_within_fifteen_seconds(scenario: Scenario) -> None:
    async def deliver_after_15_seconds(daemon: Daemon) -> None:
        scenario.mail.start()
        scenario.now += 15
        await daemon.deliver_due()
        await daemon.finish_tasks()

    await scenario.run(scenario.round)
    scenario.mail.stop()
    await scenario.run(scenario.publish(NEW), deliver_after_15_seconds)

    assert scenario.sent_counts == (1, 1, 1)


async def test_two_rules_that_match_one_claim_send_one_message_per_channel(scenario: Scenario) -> None:
    (scenario.folder / "rules" / "second.yaml").write_text(
        "name: halvik\ntitle: Halvik district\nmatch: Halvik\nseverity: low\n"
    )
    await scenario.run(scenario.round, scenario.publish(NEW))

    assert scenario.sent_counts == (1, 1, 1)
    assert scenario.hook.posts[0].json["data"]["rules"] == ["northern-troops", "halvik"]


async def test_a_broken_feed_fails_its_source_and_the_daemon_continues(scenario: Scenario) -> None:
    states: list[tuple[str, str | None]] = []

    async def break_feed(daemon: Daemon) -> None:
        scenario.feed.status = 500

    async def fix_feed(daemon: Daemon) -> None:
        scenario.feed.status = 200
        scenario.now += 86400

    async def read_state(daemon: Daemon) -> None:
        states.append(await daemon.runtime.run_in_store_thread(source_state_and_error, daemon.runtime))

    await scenario.run(
        scenario.round, break_feed, scenario.round, read_state, fix_feed, scenario.publish(NEW), read_state
    )

    assert [state for state, _ in states] == ["failing", "ok"]
    assert "500" in (states[0][1] or "")
    assert scenario.sent_counts == (1, 1, 1)


def source_state_and_error(runtime: Runtime) -> tuple[str, str | None]:
    """Return the state and error of the only source."""
    with runtime.store.read() as conn:
        [row] = load_sources(conn)
    return row.state, row.error


async def test_a_message_is_sent_despite_a_broken_template_and_names_it(scenario: Scenario) -> None:
    (scenario.folder / "templates").mkdir()
    (scenario.folder / "templates" / "slack.j2").write_text("{{ nothing_of_that_name }}")
    await scenario.run(scenario.round, scenario.publish(NEW))

    assert scenario.sent_counts == (1, 1, 1)
    details = [row.detail or "" for row in load_deliveries(scenario.folder)]
    assert any("slack.j2" in detail for detail in details)


async def test_an_unexpected_error_in_a_notifier_schedules_a_retry(scenario: Scenario) -> None:
    class BrokenNotifier:
        async def send(self, *_: object) -> object:
            raise ZeroDivisionError("hidden")

        async def close(self) -> None:
            pass

    async def break_it(daemon: Daemon) -> None:
        daemon.runtime.notifiers["siem"] = BrokenNotifier()  # type: ignore[assignment]

    await scenario.run(scenario.round, break_it, scenario.publish(NEW))

    [delivery] = [row for row in load_deliveries(scenario.folder) if row.channel == "siem"]
    assert (delivery.state, delivery.error) == ("retrying", "unexpected ZeroDivisionError while sending")


def load_deliveries(folder: Path) -> list[DeliveryRow]:
    """Return every delivery in the store of a stopped daemon."""
    store = open_store(database_url(folder))
    try:
        with store.read() as conn:
            return load_delivery_page(conn)
    finally:
        store.close()
