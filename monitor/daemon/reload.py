"""Reload edited rule files while the daemon runs: a saved edit is live within two seconds.

A rule set with a problem is rejected as a whole, and the last valid set stays in use. An empty folder is rejected
too, since files disappear by accident or for a moment, for example while another branch is checked out. Files that
are still being written are skipped: they must be unchanged for `SETTLE_S`, and not change while they are read.
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
from monitor.errors import ConfigError, StoreError, StoreOutdated
from monitor.policy import load_policy
from monitor.resources import builtin_path
from monitor.ruleset.load import rule_files
from monitor.runtime import Runtime
from monitor.store import workers
from monitor.store.counts import drop_old_counts
from monitor.store.rule_state import (
    apply_rule_renames,
    drop_pending_of_missing,
    mark_rules_accepted,
    mark_rules_refused,
)

log = structlog.get_logger()

WATCH_INTERVAL_S = 0.5  # between two checks of the folder
SETTLE_S = 0.3  # for which the files must be unchanged

RULES_VANISHED_MESSAGE = (
    "{}:1:1: all rule files are gone while {} in use; restore them, or, to run without rules, "
    "keep one file that contains `rules: []`"
)

FileStamps: TypeAlias = tuple[tuple[str, int, int, int], ...]  # name, inode, size and modification time of each file


async def watch_rules(runtime: Runtime, interval_s: float = WATCH_INTERVAL_S) -> None:
    """Reload the rules after each edit, until cancelled. SIGHUP reloads them even if they have not changed."""
    reload_requested = asyncio.Event()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # only the main thread can handle signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload_requested.set)
    loaded: FileStamps | None = None
    while True:
        loaded = await reload_if_changed(runtime, None if reload_requested.is_set() else loaded)
        reload_requested.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(reload_requested.wait(), interval_s)


async def reload_if_changed(runtime: Runtime, loaded: FileStamps | None) -> FileStamps | None:
    """Reload the rules if the files differ from `loaded`. Return the stamps of the files that were read last."""
    folder = runtime.config.monitor.rules
    try:
        stamps = await asyncio.to_thread(stat_rule_files, folder)
        if stamps == loaded:
            return loaded
        await asyncio.sleep(SETTLE_S)
        return stamps if await reload_rules(runtime, stamps) else loaded
    except StoreOutdated:
        pass  # the daemon stops at its next beat, and says why
    except StoreError as error:
        log.error("store failed", stage="reload", error=str(error))
    except Exception:  # later edits must still be loaded
        log.exception("unexpected failure", stage="reload")
    return loaded


async def reload_rules(runtime: Runtime, stamps: FileStamps) -> bool:
    """Replace the active rules by those on disk, or reject those; false if the files are still being written."""
    outcome = await asyncio.to_thread(load_settled_rules, runtime, stamps)
    if isinstance(outcome, list):
        for problem in outcome:
            log.error("rules rejected; still using the last valid set", stage="reload", problem=problem)
        await runtime.run_in_store_thread(record_refused_rules, runtime, outcome)
    elif outcome is not None:
        policy, runtime.templates = outcome
        is_new = policy.rules.digest != runtime.policy.rules.digest
        await runtime.run_in_store_thread(activate_rules, runtime, policy if is_new else runtime.policy)
        if is_new:
            log.info("rules reloaded", stage="reload", rules=len(policy.rules.rules))
    return outcome is not None


def load_settled_rules(runtime: Runtime, stamps: FileStamps) -> tuple[Policy, Templates] | list[str] | None:
    """Load the rules and templates. Return them, or the problems, or None if the files differ from `stamps`."""
    config, folder = runtime.config, runtime.config.monitor.rules
    if stat_rule_files(folder) != stamps:
        return None
    outcome: tuple[Policy, Templates] | list[str]
    try:
        outcome = (load_policy(config), load_templates(config.monitor.templates, builtin_path("templates")))
    except ConfigError as error:
        outcome = [str(replace(problem, path=display_path(problem.path, config))) for problem in error.problems]
    except OSError as error:
        outcome = [f"{display_path(folder, config)}: {error.strerror}"]
    rule_count = len(runtime.policy.rules.rules)
    if not stamps and rule_count and isinstance(outcome, tuple):
        rules_in_use = "1 rule is" if rule_count == 1 else f"{rule_count} rules are"
        outcome = [RULES_VANISHED_MESSAGE.format(display_path(folder, config), rules_in_use)]
    return outcome if stat_rule_files(folder) == stamps else None


def display_path(path: Path, config: Config) -> Path:
    """Return the path relative to the config's folder, if it is inside."""
    return path.relative_to(config.folder) if path.is_relative_to(config.folder) else path


def record_refused_rules(runtime: Runtime, problems: list[str]) -> None:
    """Store the problems of the rules on disk."""
    with runtime.store.write() as conn:
        mark_rules_refused(conn, problems, runtime.clock())


def activate_rules(runtime: Runtime, policy: Policy) -> None:
    """Make the rules on disk the active ones, and apply their renames.

    Both happen under the write lock: alerts are decided there by the active rules, so the names of rules always agree
    with those in the store.
    """
    with runtime.store.write() as conn:
        mark_rules_accepted(conn)
        renamed = apply_rule_renames(conn, policy.rules.rules, runtime.policy.rules.rules)
        workers.save_rules_digest(conn, runtime.worker.id, policy.rules.digest)
        runtime.policy = policy
    for old_name, new_name in renamed.items():
        log.info("rule renamed", stage="reload", rule=new_name, before=old_name)


def drop_removed_rules(runtime: Runtime) -> None:
    """Drop matches awaiting corroboration whose rule was removed a while ago, and counted matches of past periods."""
    policy = runtime.policy
    periods = {rule.name: rule.count.seconds for rule in policy.rules.rules if rule.count}
    with runtime.store.write() as conn:
        drop_pending_of_missing(conn, {rule.name for rule in policy.rules.rules}, runtime.clock())
        drop_old_counts(conn, periods, runtime.clock())


def stat_rule_files(folder: Path) -> FileStamps:
    """Return the stamps of the rule files, without reading them; empty if there are none, or no folder."""
    stamps = []
    with suppress(OSError):  # gone, or being replaced by an editor: loading reports it
        for path in rule_files(folder):
            stat = path.stat()
            stamps.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(stamps)
