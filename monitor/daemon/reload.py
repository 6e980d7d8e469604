"""Takes up edited rule files while the daemon runs: a save is live within two seconds.

A set with a problem is refused whole and the last good one goes on. So is a folder in which nothing is left: files
vanish by accident or for a moment, as when another branch is checked out. Files that are still being written are left
alone: what is read must be the same on two looks that are `SETTLE` apart, and still be so after it was read.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import structlog

from monitor.assess import Policy
from monitor.config.models import Config
from monitor.deliver.render import Templates, load_templates
from monitor.errors import ConfigError, StoreError
from monitor.policy import load_policy
from monitor.resources import builtin_path
from monitor.ruleset.load import rule_files
from monitor.runtime import Runtime
from monitor.store.rule_state import (
    apply_rule_renames,
    drop_pending_of_missing,
    mark_rules_accepted,
    mark_rules_refused,
)

log = structlog.get_logger()

WATCH_INTERVAL_S = 0.5  # seconds between two looks at the folder
SETTLE_S = 0.3  # seconds that the files must have stood still

RULES_VANISHED_MESSAGE = (
    "{}:1:1: all rule files have gone while {} ran; put them back, or, to run without rules, "
    "leave one file that says `rules: []`"
)

FileStamps: TypeAlias = tuple[tuple[str, int, int, int], ...]  # name, inode, size and time of change of each file


async def watch_rules(runtime: Runtime, interval_s: float = WATCH_INTERVAL_S) -> None:
    """Takes up each edit, until cancelled. SIGHUP has the rules read anew whether they changed or not."""
    reload_requested = asyncio.Event()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # signals belong to the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload_requested.set)
    loaded: FileStamps | None = None
    while True:
        loaded = await reload_if_changed(runtime, None if reload_requested.is_set() else loaded)
        reload_requested.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(reload_requested.wait(), interval_s)


async def reload_if_changed(runtime: Runtime, loaded: FileStamps | None) -> FileStamps | None:
    """Reads the rules if they stand still and are not as they were `seen`; returns what was read last."""
    folder = runtime.config.monitor.rules
    try:
        stamps = await asyncio.to_thread(stat_rule_files, folder)
        if stamps == loaded:
            return loaded
        await asyncio.sleep(SETTLE_S)
        return stamps if await reload_rules(runtime, stamps) else loaded
    except StoreError as error:
        log.error("store failed", stage="reload", error=str(error))
    except Exception:  # whatever it is, later edits must be taken up
        log.exception("unexpected failure", stage="reload")
    return loaded


async def reload_rules(runtime: Runtime, stamps: FileStamps) -> bool:
    """Puts the rules on disk in the place of those that run, or refuses them; false if they are being written."""
    outcome = await asyncio.to_thread(load_settled_rules, runtime, stamps)
    if isinstance(outcome, list):
        for problem in outcome:
            log.error("rules refused, the last good ones go on", stage="reload", problem=problem)
        await runtime.run_in_store_thread(record_refused_rules, runtime, outcome)
    elif outcome is not None:
        policy, runtime.templates = outcome
        if policy.rules.digest != runtime.policy.rules.digest:
            runtime.policy = policy
            log.info("rules taken up", stage="reload", rules=len(policy.rules.rules))
        await runtime.run_in_store_thread(record_active_rules, runtime, policy)
    return outcome is not None


def load_settled_rules(runtime: Runtime, stamps: FileStamps) -> tuple[Policy, Templates] | list[str] | None:
    """The rules on disk and the templates, or what is wrong; None if the files are not as they were `looked`."""
    folder, rule_count = runtime.config.monitor.rules, len(runtime.policy.rules.rules)
    if stat_rule_files(folder) != stamps:
        return None
    outcome: tuple[Policy, Templates] | list[str]
    try:
        outcome = (
            load_policy(runtime.config),
            load_templates(runtime.config.monitor.templates, builtin_path("templates")),
        )
    except ConfigError as error:
        outcome = [
            str(replace(problem, path=display_path(problem.path, runtime.config))) for problem in error.problems
        ]
    except OSError as error:
        outcome = [f"{display_path(folder, runtime.config)}: {error.strerror}"]
    if not stamps and rule_count and isinstance(outcome, tuple):
        outcome = [
            RULES_VANISHED_MESSAGE.format(
                display_path(folder, runtime.config), f"{rule_count} rule{'s' if rule_count > 1 else ''}"
            )
        ]
    return outcome if stat_rule_files(folder) == stamps else None


def display_path(path: Path, config: Config) -> Path:
    """The path as people know it: from the config's folder."""
    return path.relative_to(config.folder) if path.is_relative_to(config.folder) else path


def record_refused_rules(runtime: Runtime, problems: list[str]) -> None:
    """Keeps in the store what is wrong with the rules on disk."""
    with runtime.store.write() as conn:
        mark_rules_refused(conn, problems, runtime.clock())


def record_active_rules(runtime: Runtime, policy: Policy) -> None:
    """Keeps in the store that the rules on disk are those that run, and what they are called by now."""
    with runtime.store.write() as conn:
        mark_rules_accepted(conn)
        renamed = apply_rule_renames(conn, policy.rules.rules)
    for old_name, new_name in renamed.items():
        log.info("rule renamed", stage="reload", rule=new_name, before=old_name)


def drop_removed_rules(runtime: Runtime, policy: Policy) -> None:
    """Ends what waits for other sources for rules that have been gone for long."""
    with runtime.store.write() as conn:
        drop_pending_of_missing(conn, {rule.name for rule in policy.rules.rules}, runtime.clock())


def stat_rule_files(folder: Path) -> FileStamps:
    """The rule files as they stand, without reading them; nothing if there are none, or the folder is gone."""
    stamps = []
    with suppress(OSError):  # gone, or an editor puts another file in its place: reading tells
        for path in rule_files(folder):
            stat = path.stat()
            stamps.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(stamps)
