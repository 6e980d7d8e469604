"""config.toml edited while the daemon runs: sources and channels follow, and an invalid config changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer, PostSink
from kit.config import FERRIES_RULE, loopback_config, notify_table, source_table, webhook_table, write_rules
from kit.daemon_harness import folder_config
from kit.databases import write_config_file
from kit.waiting import wait_until

from monitor.daemon.reconfigure import settings_waiting_for_restart
from monitor.daemon.reload import SETTLE_S, watch_files
from monitor.daemon.run import running_daemon
from monitor.runtime import Runtime, open_runtime
from monitor.store.reports.status import load_status
from monitor.store.sources import load_sources

PATIENCE_S = 10.0  # a change is live within two seconds on a quiet machine


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
async def runtime(tmp_path: Path, feed: FeedServer, hook: PostSink) -> AsyncIterator[Runtime]:
    write_config(tmp_path, sources={"first": feed.url}, hook=hook.url)
    write_rules(tmp_path, FERRIES_RULE)
    async with running_daemon(folder_config(tmp_path)) as runtime:
        yield runtime


def write_config(folder: Path, *, sources: dict[str, str], hook: str, tail: str = "") -> None:
    """Write a config with these URLs of sources and of the channel `desk`; `tail` is added to it."""
    tables = [source_table(name, url, every="1s", first_poll="alert") for name, url in sources.items()]
    write_config_file(folder, loopback_config(*tables, webhook_table("desk", hook), notify_table("desk"), tail))


async def wait_for_problems(runtime: Runtime) -> tuple[str, ...]:
    async def is_rejected() -> bool:
        return bool(await problems(runtime))

    await wait_until(is_rejected, PATIENCE_S)
    return await problems(runtime)


async def problems(runtime: Runtime) -> tuple[str, ...]:
    def read() -> tuple[str, ...]:
        with runtime.store.read() as conn:
            return load_status(conn, 0.0).rules_refused

    return await runtime.run_in_store_thread(read)


async def source_states(runtime: Runtime) -> dict[str, str]:
    def read() -> dict[str, str]:
        with runtime.store.read() as conn:
            return {row.name: row.state for row in load_sources(conn)}

    return await runtime.run_in_store_thread(read)


async def test_a_source_that_is_added_is_polled_and_one_that_is_removed_is_not(
    runtime: Runtime, tmp_path: Path, feed: FeedServer, hook: PostSink
) -> None:
    with FeedServer() as other:
        other.bulletins.insert(0, Bulletin("a", "The Osteroy ferry has stopped"))
        write_config(tmp_path, sources={"second": other.url}, hook=hook.url)
        await wait_until(lambda: any("Osteroy" in post.body.decode() for post in hook.posts), PATIENCE_S)
        assert set(await source_states(runtime)) == {"second"}
        requests = len(feed.answered)
        await wait_until(lambda: len(other.answered) > 3, PATIENCE_S)
        assert len(feed.answered) <= requests + 1  # one may have been in flight


async def test_a_channel_that_changes_gets_the_next_alert_at_its_new_address(
    runtime: Runtime, tmp_path: Path, feed: FeedServer, hook: PostSink
) -> None:
    with PostSink() as new_hook:
        before = runtime.notifiers["desk"]
        write_config(tmp_path, sources={"first": feed.url}, hook=new_hook.url)
        await wait_until(lambda: runtime.notifiers["desk"] is not before, PATIENCE_S)
        feed.bulletins.insert(0, Bulletin("b", "The Halvik ferry has run aground"))
        await wait_until(lambda: bool(new_hook.posts), PATIENCE_S)
        assert not hook.posts
        await wait_until(lambda: not runtime.retired_notifiers, PATIENCE_S)


async def test_an_unchanged_channel_keeps_its_notifier(
    runtime: Runtime, tmp_path: Path, feed: FeedServer, hook: PostSink
) -> None:
    before = runtime.notifiers["desk"]
    write_config(tmp_path, sources={"first": feed.url, "again": feed.url}, hook=hook.url)
    await wait_until(lambda: "again" in runtime.sources, PATIENCE_S)
    assert runtime.notifiers["desk"] is before


async def test_an_invalid_config_is_reported_and_the_running_one_stays_while_rules_still_reload(
    runtime: Runtime, tmp_path: Path, feed: FeedServer, hook: PostSink
) -> None:
    running = runtime.config
    write_config(tmp_path, sources={"first": feed.url}, hook=hook.url, tail="[[sources]]\nname = 3\n")
    problem_lines = await wait_for_problems(runtime)
    assert problem_lines[0].startswith("config.toml:")
    assert runtime.config is running

    (tmp_path / "rules/ferries.yaml").write_text("name: ferries\nmatch: ferr*\ntitle: Ferries\n")
    await wait_until(lambda: runtime.policy.rules.rules[0].title == "Ferries", PATIENCE_S)
    assert await problems(runtime) == problem_lines

    write_config(tmp_path, sources={"first": feed.url, "more": feed.url}, hook=hook.url)
    await wait_until(lambda: "more" in runtime.sources, PATIENCE_S)
    assert await problems(runtime) == ()


async def test_a_config_whose_rules_do_not_fit_is_rejected_as_a_whole(
    runtime: Runtime, tmp_path: Path, feed: FeedServer, hook: PostSink
) -> None:
    (tmp_path / "rules/ferries.yaml").write_text("name: ferries\nmatch: ferr*\nnotify: [desk]\n")
    await wait_until(lambda: runtime.policy.rules.rules[0].notify == ("desk",), PATIENCE_S)
    text = (tmp_path / "config.toml").read_text()
    (tmp_path / "config.toml").write_text(
        text.replace("[channels.desk]", "[channels.office]").replace("desk", "office")
    )
    problem_lines = await wait_for_problems(runtime)
    assert "desk" in problem_lines[0]
    assert set(runtime.notifiers) == {"desk"}


async def test_network_and_web_settings_wait_for_the_next_start(
    runtime: Runtime, tmp_path: Path, feed: FeedServer, hook: PostSink
) -> None:
    running = runtime.config
    text = (tmp_path / "config.toml").read_text().replace('"127.0.0.0/8"', '"127.0.0.0/8", "10.0.0.0/8"')
    web = '[web]\nlisten = "127.0.0.1:0"\n'
    (tmp_path / "config.toml").write_text(text.replace('every = "1s"', 'every = "2s"') + web)
    edited = folder_config(tmp_path)
    assert settings_waiting_for_restart(running, edited) == ["[network]", "[web]"]
    await wait_until(lambda: runtime.sources["first"].every == 2.0, PATIENCE_S)
    assert runtime.config.network == running.network
    assert runtime.config.web.listen is None


async def test_sighup_reloads_the_config_at_once(tmp_path: Path, feed: FeedServer, hook: PostSink) -> None:
    write_config(tmp_path, sources={"first": feed.url}, hook=hook.url)
    write_rules(tmp_path, FERRIES_RULE)
    async with open_runtime(folder_config(tmp_path)) as runtime:
        watcher = asyncio.create_task(watch_files(runtime, interval_s=3600.0))
        await asyncio.sleep(SETTLE_S + 0.5)
        write_config(tmp_path, sources={"first": feed.url, "second": feed.url}, hook=hook.url)
        assert set(runtime.sources) == {"first"}
        os.kill(os.getpid(), signal.SIGHUP)
        await wait_until(lambda: set(runtime.sources) == {"first", "second"}, PATIENCE_S)
        watcher.cancel()
