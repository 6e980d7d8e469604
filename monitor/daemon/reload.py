"""Reload edited rule files and an edited config while the daemon runs: a saved edit is live within two seconds.

A rule set or a config with a problem is rejected as a whole, and the last valid one stays in use. An empty folder is
rejected too, since files disappear by accident or for a moment, for example while another branch is checked out.
Files that are still being written are skipped: they must be unchanged for `SETTLE_S`, and not change while they are
read.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from monitor.assess import Policy
from monitor.config.models import Config
from monitor.config_file.load import read_config
from monitor.daemon.membership import assign_source_shards
from monitor.daemon.reconfigure import (
    describe_changes,
    keep_startup_settings,
    open_changed_notifiers,
    settings_waiting_for_restart,
    store_config,
    use_config,
)
from monitor.daemon.systemd import announced_reload
from monitor.deliver.channels import Notifier
from monitor.deliver.render import Templates, load_templates
from monitor.errors import ConfigError, MonitorError, NoDescriptors, StoreError, StoreOutdated, lacks_descriptors
from monitor.policy import FileStamps, load_policy, stat_files
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


@dataclass(frozen=True, slots=True)
class LoadedFiles:
    """What the files on disk say. `policy` and `templates` are None if they cannot be used, `config` is then the
    running one. `problems` are those of rejected files."""

    config: Config
    policy: Policy | None
    templates: Templates | None
    problems: tuple[str, ...] = ()


async def watch_files(
    runtime: Runtime, interval_s: float = WATCH_INTERVAL_S, on_checked: Callable[[], None] = lambda: None
) -> None:
    """Reload the config and the rules after each edit, until cancelled. SIGHUP reloads them even if they have not
    changed."""
    reload_requested = asyncio.Event()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # only the main thread can handle signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload_requested.set)
    loaded, is_start = None, True
    while True:
        announce = nullcontext if is_start else announced_reload
        loaded = await reload_if_changed(runtime, None if reload_requested.is_set() else loaded, announce)
        is_start = False
        reload_requested.clear()
        on_checked()
        with suppress(TimeoutError):
            await asyncio.wait_for(reload_requested.wait(), interval_s)


async def reload_if_changed(
    runtime: Runtime,
    loaded: FileStamps | None,
    announce: Callable[[], AbstractContextManager[None]] = announced_reload,
) -> FileStamps | None:
    """Reload the files if they differ from `loaded`. Return the stamps of the files that were read last.

    `announce` is entered while they are loaded."""
    try:
        stamps = await asyncio.to_thread(stat_files, runtime.config)
        if stamps == loaded:
            return loaded
        await asyncio.sleep(SETTLE_S)
        with announce():
            return stamps if await reload_files(runtime, stamps) else loaded
    except (NoDescriptors, StoreOutdated):
        pass  # polls log the first; the daemon stops at its next beat after the second, and says why
    except StoreError as error:
        log.error("store failed", stage="reload", error=str(error))
    except Exception:  # later edits must still be loaded
        log.exception("unexpected failure", stage="reload")
    return loaded


async def reload_files(runtime: Runtime, stamps: FileStamps) -> bool:
    """Use the config and the rules on disk, or reject those; false if the files are still being written."""
    loaded = await asyncio.to_thread(load_settled_files, runtime, stamps)
    if loaded is None:
        return False
    for problem in loaded.problems:
        log.error("config or rules rejected; still using the last valid ones", stage="reload", problem=problem)
    if loaded.policy is None or loaded.templates is None:
        await runtime.run_in_store_thread(record_refused_files, runtime, loaded.problems)
        return True
    before = runtime.config
    notifiers = runtime.notifiers
    if loaded.config != before:
        notifiers = open_changed_notifiers(runtime, loaded.config)
    runtime.templates = loaded.templates
    is_new = loaded.config != before or loaded.policy.rules.digest != runtime.policy.rules.digest
    policy = loaded.policy if is_new else runtime.policy
    await runtime.run_in_store_thread(activate, runtime, policy, loaded.config, notifiers, loaded.problems)
    if loaded.config != before:
        log.info("config reloaded", stage="reload", **describe_changes(before, loaded.config))
    elif is_new:
        log.info("rules reloaded", stage="reload", rules=len(policy.rules.rules))
    return True


def load_settled_files(runtime: Runtime, stamps: FileStamps) -> LoadedFiles | None:
    """Load the config, the rules and the templates; None if the files differ from `stamps`."""
    if stat_files(runtime.config) != stamps:
        return None
    config, config_problems = load_edited_config(runtime.config)
    loaded = load_rules_and_templates(runtime, config, config_problems)
    return loaded if stat_files(runtime.config) == stamps else None


def load_edited_config(running: Config) -> tuple[Config, tuple[str, ...]]:
    """Return the config on disk, without changes that need a restart; or the running one, and the problems."""
    try:
        edited = read_config(running.path, env=os.environ)
    except ConfigError as error:
        return running, describe_problems(error, running)
    except MonitorError as error:
        if lacks_descriptors(error):
            raise NoDescriptors from None
        return running, (str(error),)
    if waiting := settings_waiting_for_restart(running, edited):
        log.warning("config change takes effect at the next start", stage="reload", settings=", ".join(waiting))
    return keep_startup_settings(running, edited), ()


def load_rules_and_templates(runtime: Runtime, config: Config, config_problems: tuple[str, ...]) -> LoadedFiles:
    """Load what a config names. If that has a problem, nothing of it is used."""
    folder, rule_count = config.monitor.rules, len(runtime.policy.rules.rules)
    problems: tuple[str, ...] = ()
    try:
        policy, templates = load_policy(config), load_templates(config.monitor.templates, builtin_path("templates"))
    except ConfigError as error:
        problems = describe_problems(error, config)
    except OSError as error:
        if lacks_descriptors(error):
            raise NoDescriptors from None
        problems = (f"{display_path(folder, config)}: {error.strerror}",)
    if not problems and rule_count and not rule_files(folder):
        rules_in_use = "1 rule is" if rule_count == 1 else f"{rule_count} rules are"
        problems = (RULES_VANISHED_MESSAGE.format(display_path(folder, config), rules_in_use),)
    if problems:
        return LoadedFiles(runtime.config, None, None, (*config_problems, *problems))
    return LoadedFiles(config, policy, templates, config_problems)


def describe_problems(error: ConfigError, config: Config) -> tuple[str, ...]:
    return tuple(str(replace(problem, path=display_path(problem.path, config))) for problem in error.problems)


def display_path(path: Path, config: Config) -> Path:
    """Return the path relative to the config's folder, if it is inside."""
    return path.relative_to(config.folder) if path.is_relative_to(config.folder) else path


def record_refused_files(runtime: Runtime, problems: Sequence[str]) -> None:
    """Store the problems of the config or the rules on disk."""
    with runtime.store.write() as conn:
        mark_rules_refused(conn, problems, runtime.clock())


def activate(
    runtime: Runtime, policy: Policy, config: Config, notifiers: dict[str, Notifier], problems: Sequence[str]
) -> None:
    """Make the config and the rules on disk the active ones, and apply the renames of rules.

    All happens under the write lock: alerts are decided there by the active rules, so the names of rules always agree
    with those in the store. `problems` are those of a rejected config beside valid rules.
    """
    is_new_config = config != runtime.config
    with runtime.store.write() as conn:
        mark_rules_accepted(conn)
        if problems:
            mark_rules_refused(conn, problems, runtime.clock())
        if is_new_config:
            store_config(conn, config, runtime.clock())
            assign_source_shards(conn, runtime, config)
        renamed = apply_rule_renames(conn, policy.rules.rules, runtime.policy.rules.rules)
        workers.save_rules_digest(conn, runtime.worker.id, policy.rules.digest)
        runtime.policy = policy
        if is_new_config:
            use_config(runtime, config, notifiers)
    for old_name, new_name in renamed.items():
        log.info("rule renamed", stage="reload", rule=new_name, before=old_name)


def drop_removed_rules(runtime: Runtime) -> None:
    """Drop matches awaiting corroboration whose rule was removed a while ago, and counted matches of past periods."""
    policy = runtime.policy
    periods = {rule.name: rule.count.seconds for rule in policy.rules.rules if rule.count}
    with runtime.store.write() as conn:
        drop_pending_of_missing(conn, {rule.name for rule in policy.rules.rules}, runtime.clock())
        drop_old_counts(conn, periods, runtime.clock())
