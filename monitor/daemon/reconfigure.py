"""Apply an edited config to a running daemon: sources, channels and [monitor] settings, without a restart.

Some settings belong to what is opened once: the database, the workers, the network and the web server. Changes of
those take effect at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.fingerprint import settings_fingerprint
from monitor.config.models import Config
from monitor.deliver.channels import Notifier
from monitor.model import Moment
from monitor.runtime import Runtime, compile_ignore_patterns, open_notifiers
from monitor.store import outbox, sources

if TYPE_CHECKING:
    from sqlalchemy import Connection

STARTUP_KEYS = ("database", "workers", "user_agent")  # of [monitor]
STARTUP_TABLES = ("network", "web")


def settings_waiting_for_restart(running: Config, edited: Config) -> list[str]:
    """Return the names of changed settings that a running daemon does not apply."""
    keys = [key for key in STARTUP_KEYS if getattr(running.monitor, key) != getattr(edited.monitor, key)]
    tables = [name for name in STARTUP_TABLES if getattr(running, name) != getattr(edited, name)]
    return [*(f"[monitor] {key}" for key in keys), *(f"[{name}]" for name in tables)]


def keep_startup_settings(running: Config, edited: Config) -> Config:
    """Return the edited config with the settings that a running daemon cannot change as they were."""
    monitor = edited.monitor.model_copy(update={key: getattr(running.monitor, key) for key in STARTUP_KEYS})
    return edited.model_copy(update={"monitor": monitor} | {name: getattr(running, name) for name in STARTUP_TABLES})


def open_changed_notifiers(runtime: Runtime, config: Config) -> dict[str, Notifier]:
    """Return the notifiers of a config: those of unchanged channels are the open ones."""
    before, running = runtime.config.channels, runtime.notifiers
    kept = {name: running[name] for name, settings in config.channels.items() if before.get(name) == settings}
    changed = {name: settings for name, settings in config.channels.items() if name not in kept}
    return kept | open_notifiers(changed, runtime.network)


def store_config(conn: Connection, config: Config, now: Moment) -> None:
    """Update the stored sources and channels to a config."""
    sources.sync_sources(conn, config.sources, now)
    fingerprints = {name: settings_fingerprint(settings) for name, settings in config.channels.items()}
    outbox.resume_changed_channels(conn, fingerprints, now)


def use_config(runtime: Runtime, config: Config, notifiers: dict[str, Notifier]) -> None:
    """Make a config the active one. Replaced notifiers are closed once nothing is being sent with them."""
    runtime.retired_notifiers += [
        (name, notifier) for name, notifier in runtime.notifiers.items() if notifiers.get(name) is not notifier
    ]
    runtime.sources = {source.name: source for source in config.sources}
    runtime.ignore_patterns = compile_ignore_patterns(config)
    runtime.notifiers = notifiers
    runtime.quiet_deadlines.clear()
    runtime.config = config


def describe_changes(running: Config, edited: Config) -> dict[str, int]:
    """Return how many sources and channels were added, changed and removed, without zeros, for the log."""
    counts: dict[str, int] = {}
    for kind, before, after in (
        ("sources", {s.name: s for s in running.sources}, {s.name: s for s in edited.sources}),
        ("channels", running.channels, edited.channels),
    ):
        counts[f"{kind}_added"] = len(after.keys() - before.keys())
        counts[f"{kind}_removed"] = len(before.keys() - after.keys())
        counts[f"{kind}_changed"] = sum(before[name] != after[name] for name in before.keys() & after.keys())
    return {name: count for name, count in counts.items() if count}
