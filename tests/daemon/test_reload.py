"""Rules are edited while the daemon runs: an edit is live within two seconds, and a broken one changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.polling_wait import wait_until

from monitor.config_file.load import read_config
from monitor.daemon.reload import SETTLE_S, load_settled_rules, stat_rule_files, watch_rules
from monitor.daemon.run import running_daemon
from monitor.runtime import Runtime, open_runtime
from monitor.store.reports.alerts import load_alert_page
from monitor.store.reports.status import load_status

CONFIG = """
[monitor]
database = "sqlite:///monitor.db"
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "bulletins"
url = "{feed}"
every = "1s"
first_poll = "alert"
"""
EDITS = int(os.environ.get("MONITOR_TEST_EDITS", "200"))  # of the storm, a multiple of ten
RULE = "name: ferries\nmatch: ferr*\n"
OTHER = "name: ferries\nmatch: ferr*\ntitle: Ferries of Halvik\n"


@dataclass
class Scene:
    folder: Path
    feed: FeedServer
    engine: Runtime

    @property
    def rule(self) -> Path:
        return self.folder / "rules/ferries.yaml"

    @property
    def titles(self) -> list[str]:
        """What runs."""
        return [rule.title for rule in self.engine.policy.rules.rules]

    async def refused(self) -> tuple[str, ...]:
        def read() -> tuple[str, ...]:
            with self.engine.store.read() as conn:
                return load_status(conn, 0.0).rules_refused

        return await self.engine.run_in_store_thread(read)

    async def told(self) -> list[str]:
        def read() -> list[str]:
            with self.engine.store.read() as conn:
                return [row.alert.findings[0].claim for row in load_alert_page(conn, limit=1000)]

        return await self.engine.run_in_store_thread(read)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    with FeedServer() as feed:
        (tmp_path / "config.toml").write_text(CONFIG.format(feed=feed.url))
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules/ferries.yaml").write_text(RULE)
        async with running_daemon(read_config(tmp_path / "config.toml", env={})) as engine:
            yield Scene(tmp_path, feed, engine)


async def until_refused(scene: Scene, refused: bool) -> tuple[str, ...]:
    for _ in range(150):
        if bool(problems := await scene.refused()) is refused:
            return problems
        await asyncio.sleep(0.02)
    raise AssertionError("waited in vain")


async def test_an_edit_is_live_within_two_seconds_of_the_save(scene: Scene) -> None:
    assert scene.titles == ["ferries"]
    scene.rule.write_text(OTHER)
    await wait_until(lambda: scene.titles == ["Ferries of Halvik"], 2.0)
    (scene.folder / "rules/more.yaml").write_text("name: more\nmatch: bridge*\n")
    await wait_until(lambda: scene.titles == ["Ferries of Halvik", "more"], 2.0)
    scene.rule.unlink()
    await wait_until(lambda: scene.titles == ["more"], 2.0)


async def test_a_truncated_save_keeps_the_old_set_and_is_told_of_until_it_is_mended(scene: Scene) -> None:
    (scene.folder / "rules/good.yaml").write_text("name: good\nmatch: bridge*\n")
    scene.rule.write_text(OTHER[:18])
    (problem, *_) = await until_refused(scene, True)
    assert problem.startswith("rules/ferries.yaml:2:1: expected `key: value`, found `matc`")
    assert scene.titles == ["ferries"]

    scene.rule.write_text(OTHER)
    await until_refused(scene, False)
    assert scene.titles == ["Ferries of Halvik", "good"]


async def test_going_back_to_what_runs_ends_the_refusal(scene: Scene) -> None:
    scene.rule.write_text("")
    await until_refused(scene, True)
    scene.rule.write_text(RULE)
    await until_refused(scene, False)
    assert scene.titles == ["ferries"]


async def test_no_folder_of_rules_is_refused_too(scene: Scene) -> None:
    scene.rule.parent.rename(scene.folder / "away")
    assert "there is no such folder of rules" in (await until_refused(scene, True))[0]
    assert scene.titles == ["ferries"]


async def test_files_that_all_vanish_are_refused_and_a_file_without_rules_is_not(scene: Scene) -> None:
    scene.rule.unlink()
    (problem,) = await until_refused(scene, True)
    assert problem.startswith("rules:1:1: all rule files have gone while 1 rule ran")
    assert scene.titles == ["ferries"]
    (scene.folder / "rules/none.yaml").write_text("rules: []\n")
    await until_refused(scene, False)
    assert scene.titles == []


async def test_a_save_that_was_cut_off_anywhere_is_refused_or_is_a_rule_by_itself(scene: Scene) -> None:
    whole = "name: ferries\nmatch: ferr*\non: [new]\ntitle: Ferries of Halvik\n"
    for cut in range(len(whole)):
        scene.rule.write_text(whole[:cut])
        found = load_settled_rules(scene.engine, stat_rule_files(scene.rule.parent))
        assert isinstance(found, list) or (found and [rule.name for rule in found[0].rules.rules]) == ["ferries"], (
            whole[:cut]
        )


async def test_a_file_that_is_still_being_written_does_not_count(scene: Scene) -> None:
    with scene.rule.open("w") as file:
        for letter in "name: ferries\nmatch: ferr*\ntitle: Ferries of Halvik and of Brevik too\n":
            file.write(letter)
            file.flush()
            assert scene.titles == ["ferries"]
            assert await scene.refused() == ()
            await asyncio.sleep(0.03)
    await wait_until(lambda: scene.titles == ["Ferries of Halvik and of Brevik too"], 2.0)


async def test_sighup_has_the_rules_read_at_once(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.format(feed=scene.feed.url).replace("monitor.db", "other.db"))
    async with open_runtime(read_config(tmp_path / "config.toml", env={})) as engine:
        following = asyncio.create_task(watch_rules(engine, interval_s=3600.0))
        await asyncio.sleep(SETTLE_S + 0.5)
        scene.rule.write_text(OTHER)
        os.kill(os.getpid(), signal.SIGHUP)
        await wait_until(lambda: engine.policy.rules.rules[0].title == "Ferries of Halvik", 1.5)
        assert not following.done()
        following.cancel()


async def test_a_storm_of_edits_while_polling_loses_no_alert(scene: Scene) -> None:
    said: list[str] = []
    every = EDITS // 10
    for edit in range(EDITS):
        broken = edit % 3 == 1
        scene.rule.write_text(f"name: ferries\nmatch: ferr*{' AND' if broken else ''}\ntitle: Edit {edit}\n")
        if edit % every == 0:
            title = f"Ferry {edit * 7 + 100} to {'ABCDEFGHIJ'[edit // every] * 3}holm has run aground"
            said.append(title)
            scene.feed.bulletins.insert(0, Bulletin(str(edit), title))
        await asyncio.sleep(0.02 if edit % 25 else 0.5)
    scene.rule.write_text(OTHER)
    await wait_until(lambda: scene.titles == ["Ferries of Halvik"], 2.0)
    for _ in range(100):
        if sorted(await scene.told()) == sorted(said):
            break
        await asyncio.sleep(0.05)
    assert sorted(await scene.told()) == sorted(said)
