"""Values that shell completion offers: names from the config and the rules folder, ids from the store.

A function here never fails and prints nothing: without a valid config it offers nothing.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from sqlalchemy import Connection

MAX_IDS = 30  # the newest

Completer: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"
Offers: TypeAlias = "Iterable[tuple[str, str]]"  # values with an explanation


def _completer(find: Callable[[Path], Offers]) -> Completer:
    @functools.wraps(find)
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from monitor.cli.output import terminal_safe

        try:
            offers = list(find(_config_path(ctx)))
        except Exception:  # an error would end up on the command line that is being typed
            return []
        return [
            CompletionItem(value, help=terminal_safe(explanation) or None)
            for value, explanation in offers
            if value.startswith(incomplete)
        ]

    return complete


def _config_path(ctx: click.Context) -> Path:
    """Return the config that the command line names, or the default one."""
    context: click.Context | None = ctx
    while context:
        if path := context.params.get("path"):
            return Path(path)
        context = context.parent
    return Path("config.toml")


def _read_tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8-sig"))


@_completer
def complete_sources(path: Path) -> Offers:
    return [(str(source["name"]), str(source.get("url", ""))) for source in _read_tables(path).get("sources", [])]


@_completer
def complete_channels(path: Path) -> Offers:
    return [(name, str(channel.get("type", ""))) for name, channel in _read_tables(path).get("channels", {}).items()]


@_completer
def complete_rules(path: Path) -> Offers:
    import yaml

    folder = path.parent / _read_tables(path).get("monitor", {}).get("rules", "rules")
    for file in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for rule in content.get("rules", [content]) if isinstance(content, dict) else ():
            if isinstance(rule, dict) and "name" in rule:
                yield str(rule["name"]), str(rule.get("title", ""))


@_completer
def complete_alerts(path: Path) -> Offers:
    from monitor.store.reports.alerts import load_alert_page

    return _from_store(path, lambda conn: [(r.alert.id, r.alert.title) for r in load_alert_page(conn, limit=MAX_IDS)])


@_completer
def complete_unsent_deliveries(path: Path) -> Offers:
    from monitor.store.reports.deliveries import load_delivery_page

    def find(conn: Connection) -> Offers:
        rows = load_delivery_page(conn, limit=MAX_IDS, states=("dead", "retrying"))
        return [(str(row.id), f"{row.state}, {row.channel}: {row.headline}") for row in rows]

    return _from_store(path, find)


@_completer
def complete_silences(path: Path) -> Offers:
    import time

    from monitor.store.silences import load_active_silences

    return _from_store(
        path, lambda conn: [(str(row.id), row.summary) for row in load_active_silences(conn, time.time())]
    )


def _from_store(path: Path, find: Callable[[Connection], Offers]) -> Offers:
    from monitor.cli.options import is_store_missing, load_config, open_existing_store

    config = load_config(path)
    if is_store_missing(config):
        return []
    with open_existing_store(config) as store, store.read() as conn:
        return list(find(conn))
