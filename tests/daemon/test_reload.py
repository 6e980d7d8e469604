"""Rules edited while the daemon runs: an edit is live within two seconds, and an invalid one changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.config import loopback_config, source_table
from kit.daemon_harness import folder_config
from kit.databases import write_config_file
from kit.waiting import wait_until

from monitor.daemon.reload import SETTLE_S, load_settled_files, watch_files
from monitor.daemon.run import running_daemon
from monitor.policy import stat_files
from monitor.runtime import Runtime, open_runtime
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.status import load_status

EDIT_COUNT = int(os.environ.get("MONITOR_TEST_EDITS", "200"))  # a multiple of ten
RULE = "name: ferries\nmatch: ferr*\n"
EDITED_RULE = "name: ferries\nmatch: ferr*\ntitle: Ferries of Halvik\n"


@dataclass
class RunningDaemon:
    folder: Path
    feed: FeedServer
    runtime: Runtime

    @property
    def rule_file(self) -> Path:
        return self.folder / "rules/ferries.yaml"

    @property
    def titles(self) -> list[str]:
        """The titles of the active rules."""
        return [rule.title for rule in self.runtime.policy.rules.rules]

    async def rejected_rules(self) -> tuple[str, ...]:
        def read() -> tuple[str, ...]:
            with self.runtime.store.read() as conn:
                return load_status(conn, 0.0).rules_refused

        return await self.runtime.run_in_store_thread(read)

    async def alerted_claims(self) -> list[str]:
        def read() -> list[str]:
            with self.runtime.store.read() as conn:
                return [row.alert.findings[0].claim for row in load_alert_page(conn, limit=1000)]

        return await self.runtime.run_in_store_thread(read)


def news_config(feed: str, **monitor_keys: str) -> str:
    return loopback_config(source_table("bulletins", feed, every="1s", first_poll="alert"), **monitor_keys)


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[RunningDaemon]:
    with FeedServer() as feed:
        write_config_file(tmp_path, news_config(feed.url), RULE)
        async with running_daemon(folder_config(tmp_path)) as runtime:
            yield RunningDaemon(tmp_path, feed, runtime)


async def wait_for_rejection(daemon: RunningDaemon, is_rejected: bool) -> tuple[str, ...]:
    """Wait until the rules are rejected or accepted; return their problems."""

    async def is_changed() -> bool:
        return bool(await daemon.rejected_rules()) is is_rejected

    await wait_until(is_changed, 3.0)
    return await daemon.rejected_rules()


async def test_an_edit_is_live_within_two_seconds_of_the_save(daemon: RunningDaemon) -> None:
    assert daemon.titles == ["ferries"]
    daemon.rule_file.write_text(EDITED_RULE)
    await wait_until(lambda: daemon.titles == ["Ferries of Halvik"], 2.0)
    (daemon.folder / "rules/more.yaml").write_text("name: more\nmatch: bridge*\n")
    await wait_until(lambda: daemon.titles == ["Ferries of Halvik", "more"], 2.0)
    daemon.rule_file.unlink()
    await wait_until(lambda: daemon.titles == ["more"], 2.0)


async def test_a_truncated_file_is_rejected_and_the_old_rules_stay_until_it_is_fixed(daemon: RunningDaemon) -> None:
    (daemon.folder / "rules/good.yaml").write_text("name: good\nmatch: bridge*\n")
    daemon.rule_file.write_text(EDITED_RULE[:18])
    (problem, *_) = await wait_for_rejection(daemon, True)
    assert problem.startswith("rules/ferries.yaml:2:1: expected `key: value`, found `matc`")
    assert daemon.titles == ["ferries"]

    daemon.rule_file.write_text(EDITED_RULE)
    await wait_for_rejection(daemon, False)
    assert daemon.titles == ["Ferries of Halvik", "good"]


async def test_reverting_an_invalid_edit_ends_the_rejection(daemon: RunningDaemon) -> None:
    daemon.rule_file.write_text("")
    await wait_for_rejection(daemon, True)
    daemon.rule_file.write_text(RULE)
    await wait_for_rejection(daemon, False)
    assert daemon.titles == ["ferries"]


async def test_a_missing_rules_folder_is_rejected(daemon: RunningDaemon) -> None:
    daemon.rule_file.parent.rename(daemon.folder / "away")
    assert "the rules folder does not exist" in (await wait_for_rejection(daemon, True))[0]
    assert daemon.titles == ["ferries"]


async def test_deleting_all_rule_files_is_rejected_but_an_empty_rule_list_is_not(daemon: RunningDaemon) -> None:
    daemon.rule_file.unlink()
    (problem,) = await wait_for_rejection(daemon, True)
    assert problem.startswith("rules:1:1: all rule files are gone while 1 rule is in use")
    assert daemon.titles == ["ferries"]
    (daemon.folder / "rules/none.yaml").write_text("rules: []\n")
    await wait_for_rejection(daemon, False)
    assert daemon.titles == []


async def test_a_file_truncated_at_any_position_is_rejected_or_a_valid_rule(daemon: RunningDaemon) -> None:
    rule_text = "name: ferries\nmatch: ferr*\non: [new]\ntitle: Ferries of Halvik\n"
    for length in range(len(rule_text)):
        daemon.rule_file.write_text(rule_text[:length])
        loaded = load_settled_files(daemon.runtime, stat_files(daemon.runtime.config))
        assert loaded is not None
        rule_names = loaded.policy and [rule.name for rule in loaded.policy.rules.rules]
        assert loaded.problems or rule_names == ["ferries"], rule_text[:length]


async def test_a_file_that_is_still_being_written_is_skipped(daemon: RunningDaemon) -> None:
    with daemon.rule_file.open("w") as file:
        for letter in "name: ferries\nmatch: ferr*\ntitle: Ferries of Halvik and of Brevik too\n":
            file.write(letter)
            file.flush()
            assert daemon.titles == ["ferries"]
            assert await daemon.rejected_rules() == ()
            await asyncio.sleep(0.03)
    await wait_until(lambda: daemon.titles == ["Ferries of Halvik and of Brevik too"], 2.0)


async def test_sighup_reloads_the_rules_at_once(daemon: RunningDaemon, tmp_path: Path) -> None:
    write_config_file(tmp_path, news_config(daemon.feed.url, database="sqlite:///other.db"))
    async with open_runtime(folder_config(tmp_path)) as runtime:
        watcher = asyncio.create_task(watch_files(runtime, interval_s=3600.0))
        await asyncio.sleep(SETTLE_S + 0.5)
        daemon.rule_file.write_text(EDITED_RULE)
        os.kill(os.getpid(), signal.SIGHUP)
        await wait_until(lambda: runtime.policy.rules.rules[0].title == "Ferries of Halvik", 1.5)
        assert not watcher.done()
        watcher.cancel()


async def test_many_edits_while_polling_lose_no_alert(daemon: RunningDaemon) -> None:
    published: list[str] = []
    edits_per_alert = EDIT_COUNT // 10
    for edit in range(EDIT_COUNT):
        is_broken = edit % 3 == 1
        daemon.rule_file.write_text(f"name: ferries\nmatch: ferr*{' AND' if is_broken else ''}\ntitle: Edit {edit}\n")
        if edit % edits_per_alert == 0:
            title = f"Ferry {edit * 7 + 100} to {'ABCDEFGHIJ'[edit // edits_per_alert] * 3}holm has run aground"
            published.append(title)
            daemon.feed.bulletins.insert(0, Bulletin(str(edit), title))
        await asyncio.sleep(0.02 if edit % 25 else 0.5)
    daemon.rule_file.write_text(EDITED_RULE)
    await wait_until(lambda: daemon.titles == ["Ferries of Halvik"], 2.0)

    async def is_complete() -> bool:
        return sorted(await daemon.alerted_claims()) == sorted(published)

    await wait_until(is_complete, 5.0)
