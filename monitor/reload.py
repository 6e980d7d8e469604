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

from monitor.assess import Listening
from monitor.config import Config
from monitor.deliver.render import Templates, load_templates
from monitor.engine import Engine, load_listening
from monitor.errors import ConfigError, StoreError
from monitor.resources import builtin
from monitor.ruleset.load import rule_files
from monitor.store.refusal import accept, refuse
from monitor.store.rulebook import carry_on, drop_gone

log = structlog.get_logger()

LOOK = 0.5  # seconds between two looks at the folder
SETTLE = 0.3  # seconds that the files must have stood still

VANISHED = (
    "{}:1:1: all rule files have gone while {} ran; put them back, or, to run without rules, "
    "leave one file that says `rules: []`"
)

Look: TypeAlias = tuple[tuple[str, int, int, int], ...]  # name, inode, size and time of change of each file


async def follow_rules(engine: Engine, every: float = LOOK) -> None:
    """Takes up each edit, until cancelled. SIGHUP has the rules read anew whether they changed or not."""
    hung_up = asyncio.Event()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # signals belong to the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up.set)
    seen: Look | None = None
    while True:
        seen = await take_up(engine, None if hung_up.is_set() else seen)
        hung_up.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(hung_up.wait(), every)


async def take_up(engine: Engine, seen: Look | None) -> Look | None:
    """Reads the rules if they stand still and are not as they were `seen`; returns what was read last."""
    folder = engine.config.monitor.rules
    try:
        before = await asyncio.to_thread(look_at, folder)
        if before == seen:
            return seen
        await asyncio.sleep(SETTLE)
        return before if await reload(engine, before) else seen
    except StoreError as error:
        log.error("store failed", stage="reload", error=str(error))
    except Exception:  # whatever it is, later edits must be taken up
        log.exception("unexpected failure", stage="reload")
    return seen


async def reload(engine: Engine, looked: Look) -> bool:
    """Puts the rules on disk in the place of those that run, or refuses them; false if they are being written."""
    found = await asyncio.to_thread(read_settled, engine, looked)
    if isinstance(found, list):
        for problem in found:
            log.error("rules refused, the last good ones go on", stage="reload", problem=problem)
        await engine.in_store(write_refused, engine, found)
    elif found is not None:
        listening, engine.templates = found
        if listening.rules.digest != engine.listening.rules.digest:
            engine.listening = listening
            log.info("rules taken up", stage="reload", rules=len(listening.rules.rules))
        await engine.in_store(write_taken_up, engine, listening)
    return found is not None


def read_settled(engine: Engine, looked: Look) -> tuple[Listening, Templates] | list[str] | None:
    """The rules on disk and the templates, or what is wrong; None if the files are not as they were `looked`."""
    folder, running = engine.config.monitor.rules, len(engine.listening.rules.rules)
    if look_at(folder) != looked:
        return None
    found: tuple[Listening, Templates] | list[str]
    try:
        found = load_listening(engine.config), load_templates(engine.config.monitor.templates, builtin("templates"))
    except ConfigError as error:
        found = [str(replace(problem, path=near(problem.path, engine.config))) for problem in error.problems]
    except OSError as error:
        found = [f"{near(folder, engine.config)}: {error.strerror}"]
    if not looked and running and isinstance(found, tuple):
        found = [VANISHED.format(near(folder, engine.config), f"{running} rule{'s' if running > 1 else ''}")]
    return found if look_at(folder) == looked else None


def near(path: Path, config: Config) -> Path:
    """The path as people know it: from the config's folder."""
    return path.relative_to(config.folder) if path.is_relative_to(config.folder) else path


def write_refused(engine: Engine, problems: list[str]) -> None:
    """Keeps in the store what is wrong with the rules on disk."""
    with engine.store.write() as conn:
        refuse(conn, problems, engine.clock())


def write_taken_up(engine: Engine, listening: Listening) -> None:
    """Keeps in the store that the rules on disk are those that run, and what they are called by now."""
    with engine.store.write() as conn:
        accept(conn)
        renamed = carry_on(conn, listening.rules.rules)
    for old, new in renamed.items():
        log.info("rule renamed", stage="reload", rule=new, before=old)


def drop_missed(engine: Engine, listening: Listening) -> None:
    """Ends what waits for other sources for rules that have been gone for long."""
    with engine.store.write() as conn:
        drop_gone(conn, {rule.name for rule in listening.rules.rules}, engine.clock())


def look_at(folder: Path) -> Look:
    """The rule files as they stand, without reading them; nothing if there are none, or the folder is gone."""
    found = []
    with suppress(OSError):  # gone, or an editor puts another file in its place: reading tells
        for path in rule_files(folder):
            stat = path.stat()
            found.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
